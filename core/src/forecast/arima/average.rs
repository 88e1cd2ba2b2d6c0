//! ARIMA models of nearly the same AICc, averaged.
//!
//! In: the models that a search came by. Out: one filter, the weighted mean of theirs. Weights fall with the AICc above
//! the least, Δ, as exp(−Δ/4), half as fast as Akaike's (Burnham & Anderson 2002, ch. 4), and between competing differences with
//! the fourth power of their errors out of sample.
//!
//! On 2026-11-24, on earlier parts of the series (`make bench-accuracy DATA=… MODELS="arima inner=1"`, 2, 3): MASE of tourism_monthly
//! 1.800, 1.993, 1.880 for the one model of the least AICc and 1.794, 1.978, 1.854 so, of every third series of m4_weekly 2.171,
//! 2.111, 2.769 and 2.167, 2.071, 2.757. Other weights (exp(−Δ/2), equal ones, 6 or 20 models) come within .6 % of these.

use super::search::{Near, like};
use super::{Arima, Reader, Roll, Writer};

/// At most so many models are averaged.
const MOST: usize = 10;
/// Lighter ones are left out.
const LIGHT: f64 = 0.01;

/// Models and their weights, which sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Arimas(Vec<(f64, Arima)>);

impl Arimas {
    /// Averages what was found for each of some differences: their errors out of sample, and the models near the least AICc.
    pub(super) fn of(found: Vec<(f64, Vec<Near>)>) -> Option<Arimas> {
        let least = found.iter().map(|(off, _)| *off).fold(f64::INFINITY, f64::min);
        let mut all = Vec::new();
        for (off, near) in found {
            let share = if off <= least { 1.0 } else { (least / off).powi(4) };
            let best = near.first().map_or(0.0, |near| near.aicc);
            let own = near.into_iter().map(|near| (share * ((best - near.aicc) / 4.0).exp(), near.model));
            all.extend(own);
        }
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        all.truncate(MOST);
        let most = all.first().map_or(0.0, |(weight, _)| *weight);
        all.retain(|(weight, _)| *weight >= LIGHT * most);
        Arimas::weighed(all)
    }

    fn weighed(mut all: Vec<(f64, Arima)>) -> Option<Arimas> {
        let total: f64 = all.iter().map(|(weight, _)| weight).sum();
        all.iter_mut().for_each(|(weight, _)| *weight /= total);
        (!all.is_empty()).then_some(Arimas(all))
    }

    /// The same orders and weights fitted to another part of the series; none where that is too short for all.
    pub(crate) fn like(&self, y: &[f64], weight: &[f64]) -> Option<Arimas> {
        let anew = |(share, model): &(f64, Arima)| Some((*share, like(model, y, weight)?));
        Arimas::weighed(self.0.iter().filter_map(anew).collect())
    }

    #[cfg(test)]
    pub(super) fn parts(&self) -> &[(f64, Arima)] {
        &self.0
    }

    /// Whether it is one model.
    pub(crate) fn is_one(&self) -> bool {
        self.0.len() == 1
    }

    /// Writes one model as itself, several with their number and weights before.
    pub(crate) fn save(&self, out: &mut Writer) {
        if !self.is_one() {
            out.whole(self.0.len() as u64);
        }
        for (weight, model) in &self.0 {
            if !self.is_one() {
                out.float(*weight);
            }
            model.save(out);
        }
    }

    /// What [`Arimas::save`] wrote of one model.
    pub(crate) fn load_one(read: &mut Reader<'_>) -> Option<Arimas> {
        Arima::load(read).map(|model| Arimas(vec![(1.0, model)]))
    }

    /// What [`Arimas::save`] wrote of several.
    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Arimas> {
        let count = read.count(9).filter(|count| (2..=MOST).contains(count))?;
        let mut one = || Some((read.float().filter(|weight| *weight > 0.0)?, Arima::load(read)?));
        (0..count).map(|_| one()).collect::<Option<Vec<_>>>().map(Arimas)
    }
}

impl Roll for Arimas {
    fn update(&mut self, y: f64, weight: f64) {
        self.0.iter_mut().for_each(|(_, model)| Roll::update(model, y, weight));
    }
    fn ahead(&self, ahead: usize) -> f64 {
        self.0.iter().map(|(weight, model)| weight * Roll::ahead(model, ahead)).sum()
    }
    fn path(&self, horizon: usize) -> Vec<f64> {
        let mut sum = vec![0.0; horizon];
        for (weight, model) in &self.0 {
            sum.iter_mut().zip(Roll::path(model, horizon)).for_each(|(sum, value)| *sum += weight * value);
        }
        sum
    }
}
