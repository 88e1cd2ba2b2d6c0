//! A forecast of the log of demand: quantiles, moments and totals of demand itself.

use std::sync::Arc;

use super::effects::Ahead;
use crate::base::numeric::normal_quantile;
use crate::forecast::ways::Law;
use crate::forecast::{Forecast, Model, Options, interval_at};

/// No quantile is beyond so many times the largest demand that was seen.
const REACH: f64 = 10.0;
/// Quantiles that the mean of the law is taken over.
const KNOTS: usize = 200;

/// The log of demand in each period ahead, and the deviation of its error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Logs {
    /// `level`, or `drivers` where those help.
    pub(crate) model: &'static str,
    /// Whether the normal law was asked for.
    pub(crate) analytic: bool,
    log: Vec<f64>,
    sd: Vec<f64>,
    /// Sizes of the standardised errors of the past, ascending; none for the normal law.
    errors: Arc<[f64]>,
    /// Whether demand is whole numbers.
    count: bool,
    most: f64,
}

impl Logs {
    /// In periods in which it is not on sale nothing sells.
    pub(super) fn new(
        model: &'static str,
        told: &[Ahead],
        off: &[bool],
        errors: Option<&Arc<[f64]>>,
        count: bool,
        largest: f64,
    ) -> Logs {
        let log = |(at, off): (&Ahead, &bool)| if *off || largest == 0.0 { f64::NEG_INFINITY } else { at.log };
        let (log, sd) = (told.iter().zip(off).map(log).collect(), told.iter().map(|at| at.sd).collect());
        let (analytic, errors) = (errors.is_none(), errors.cloned().unwrap_or_default());
        Logs { model, analytic, log, sd, errors, count, most: REACH * largest }
    }

    pub(crate) fn quantile(&self, step: usize, p: f64) -> f64 {
        let (side, within) = (if p < 0.5 { -1.0 } else { 1.0 }, (2.0 * p - 1.0).abs());
        let reach = match self.errors.len() {
            0 => normal_quantile(0.5 + within / 2.0),
            n => self.errors[((within * n as f64 - 1e-9).ceil() as usize).clamp(1, n) - 1],
        };
        let value = (self.log[step] + side * reach * self.sd[step]).min(700.0).exp().min(self.most);
        if self.count { value.round() } else { value }
    }

    /// The mean of each period by the law, where a forecast may tell the median.
    pub(crate) fn means(&self) -> impl Iterator<Item = f64> + '_ {
        let of = |step: usize| (0..KNOTS).map(|k| self.quantile(step, (k as f64 + 0.5) / KNOTS as f64)).sum::<f64>();
        (0..self.log.len()).map(move |step| of(step) / KNOTS as f64)
    }

    /// The forecast of demand: its median, or its mean where that erred less.
    pub(super) fn forecast(self, lift: f64, alpha: f64, options: &Options) -> Forecast {
        let lift = |(log, sd): (&f64, &f64)| (log + lift * sd * sd / 2.0).min(700.0).exp();
        let (sd, total_sd) = self.deviations(alpha);
        let mut forecast = Forecast {
            model: Model::Ses,
            mean: self.log.iter().zip(&self.sd).map(lift).collect(),
            sd,
            total_sd,
            intervals: Vec::new(),
            count: false,
            error: 0.0,
            naive_error: 0.0,
            candidates: Vec::new(),
            shape: Vec::new(),
            non_negative: true,
            counts: None,
            law: Law::Logs(Box::new(self)),
        };
        forecast.intervals = options.levels.iter().map(|level| interval_at(&forecast, *level)).collect();
        forecast
    }

    /// Deviations of demand in each period and of demand so far, to first order; `alpha` is the smoothing of the level, by
    /// which errors of the log go on: cov(eⱼ, eₖ) = σ²·(α + j·α²) for j < k, from 0.
    pub(super) fn deviations(&self, alpha: f64) -> (Vec<f64>, Vec<f64>) {
        let first = self.sd.first().map_or(0.0, |sd| sd * sd);
        let size: Vec<f64> = self.log.iter().map(|log| log.min(350.0).exp()).collect();
        let sd: Vec<f64> = size.iter().zip(&self.sd).map(|(size, sd)| size * sd).collect();
        let (mut past, mut square, mut total) = (0.0, 0.0, Vec::with_capacity(sd.len()));
        for (k, (size, sd)) in size.iter().zip(&sd).enumerate() {
            square += sd * sd + 2.0 * size * past;
            past += size * first * alpha * (1.0 + k as f64 * alpha);
            total.push(square.sqrt());
        }
        (sd, total)
    }
}
