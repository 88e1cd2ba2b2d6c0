//! What moves the series of a panel together: closed periods, a common level, a common season.

use super::law::Movement;
use super::pool::Series;

/// Fewer series than this have nothing in common that could be measured.
const LEAST_SERIES: usize = 30;
/// Discount of the common level per period.
const DISCOUNT: f64 = 0.6;
/// The noise that a season has to beat, in units of its own: a false season costs more than a missed one.
const DOUBT: f64 = 2.0;
/// No single series counts for more than this times its mean size in a period.
const CAP: f64 = 3.0;

/// Movements per period of the past and ahead.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Common {
    /// How each period of the past was moved; `None` where nobody sold.
    past: Vec<Option<Movement>>,
    /// The level seen from before each period, and from the end.
    level: Vec<Movement>,
    /// The season by phase, counted from the first period.
    season: Vec<Movement>,
}

impl Common {
    /// What is expected `ahead` periods (1 = the next) from an origin.
    pub(super) fn ahead(&self, origin: usize, ahead: usize) -> Movement {
        self.level[origin].times(&self.season[(origin + ahead - 1) % self.season.len()])
    }
    /// How a period of the past was moved; `None` where nobody sold.
    pub(super) fn past(&self, t: usize) -> Option<&Movement> {
        self.past[t].as_ref()
    }
    pub(super) fn has_season(&self) -> bool {
        self.season.len() > 1
    }
    pub(super) fn season_length(&self) -> usize {
        self.season.len()
    }

    /// The season of one series alone, drawn towards none as its noise asks.
    pub(crate) fn own(series: &Series, season: usize) -> Common {
        let n = series.demand.len();
        let index = seasonal(&series.demand, season);
        let moved = |s: f64| Movement { mean: s, sells: s.min(1.0).max(s.sqrt()), size: 1.0 };
        let season: Vec<Movement> = index.into_iter().map(moved).collect();
        let past = (0..n).map(|t| Some(season[t % season.len()])).collect();
        Common { past, level: vec![Movement::NONE; n + 1], season }
    }

    /// What drivers do to one series in each period of the past and ahead, as factors, and its own season beside them,
    /// which is answered too.
    pub(crate) fn driven(series: &Series, factors: &[f64], season: usize) -> (Common, Vec<f64>) {
        let n = series.demand.len();
        let still: Vec<f64> = series.demand.iter().zip(factors).map(|(demand, factor)| demand / factor).collect();
        let index = seasonal(&still, season);
        let moved = |t: usize| Movement::of(factors[t] * index[t % index.len()]);
        let season: Vec<Movement> = (0..factors.len()).map(moved).collect();
        let past = season[..n].iter().copied().map(Some).collect();
        (Common { past, level: vec![Movement::NONE; n + 1], season }, index)
    }

    /// What the series of a panel have in common; `None` for few series or such of different lengths.
    pub(crate) fn of(series: &[Series], season: usize) -> Option<Common> {
        let n = series.first()?.demand.len();
        if series.len() < LEAST_SERIES || series.iter().any(|one| one.demand.len() != n) {
            return None;
        }
        let raw = raw(series, n);
        let columns = [0, 1, 2].map(|k| raw.iter().map(|m| m.map_or(f64::NAN, |m| m[k])).collect::<Vec<f64>>());
        let indices = columns.each_ref().map(|column| seasonal(column, season));
        let length = indices.iter().map(Vec::len).max().unwrap_or(1);
        let at = |k: usize, phase: usize| indices[k][phase % indices[k].len()];
        let season: Vec<Movement> =
            (0..length).map(|phase| Movement { mean: at(0, phase), sells: at(1, phase), size: at(2, phase) }).collect();
        let past: Vec<Option<Movement>> =
            raw.iter().map(|m| m.map(|[mean, sells, size]| Movement { mean, sells, size })).collect();
        Some(Common { level: levels(&past, &season), past, season })
    }
}

/// Per period the mean demand in units of each series' mean size, the share of series that sold and the mean
/// logarithm of size (as a factor), each relative to its mean over time.
fn raw(series: &[Series], n: usize) -> Vec<Option<[f64; 3]>> {
    let mut sums = vec![[0.0; 5]; n];
    for one in series {
        let sold = || one.demand.iter().zip(&one.weight).filter(|(y, _)| **y > 0.0);
        let count = sold().count() as f64;
        if count == 0.0 {
            continue;
        }
        let size = sold().map(|(y, _)| y).sum::<f64>() / count;
        let log = sold().map(|(y, _)| y.ln()).sum::<f64>() / count;
        for (t, (y, weight)) in one.demand.iter().zip(&one.weight).enumerate().filter(|(_, (y, _))| !y.is_nan()) {
            sums[t][0] += weight;
            sums[t][1] += weight * (y / size).min(CAP);
            if *y > 0.0 {
                sums[t][2] += weight;
                sums[t][3] += 1.0;
                sums[t][4] += y.ln() - log;
            }
        }
    }
    let open: Vec<bool> = sums.iter().map(|s| s[3] > 0.0).collect();
    let each = |s: &[f64; 5]| [s[1] / s[0], s[2] / s[0], s[4] / s[3]];
    let count = open.iter().filter(|open| **open).count().max(1) as f64;
    let mut mean = [0.0; 3];
    for (s, _) in sums.iter().zip(&open).filter(|(_, open)| **open) {
        mean.iter_mut().zip(each(s)).for_each(|(m, x)| *m += x / count);
    }
    let relative = |s: &[f64; 5]| {
        let [level, sells, log] = each(s);
        [level / mean[0], sells / mean[1], (log - mean[2]).exp()]
    };
    sums.iter().zip(&open).map(|(s, open)| open.then(|| relative(s))).collect()
}

/// Discounted means of the movements without their season.
fn levels(past: &[Option<Movement>], season: &[Movement]) -> Vec<Movement> {
    let (mut sum, mut mass) = ([0.0; 3], 0.0);
    let mut levels = vec![Movement::NONE];
    for (t, moved) in past.iter().enumerate() {
        if let Some(m) = moved {
            let s = &season[t % season.len()];
            for (sum, x) in sum.iter_mut().zip([m.mean / s.mean, m.sells / s.sells, (m.size / s.size).ln()]) {
                *sum = DISCOUNT * *sum + x;
            }
            mass = DISCOUNT * mass + 1.0;
        }
        let at = |k: usize| if mass > 0.0 { sum[k] / mass } else { f64::NAN };
        levels.push(if mass > 0.0 {
            Movement { mean: at(0), sells: at(1), size: at(2).exp() }
        } else {
            Movement::NONE
        });
    }
    levels
}

/// Factors by phase with mean 1, drawn towards 1 by the noise of each phase's mean (James–Stein); `[1]` without two
/// whole seasons.
fn seasonal(x: &[f64], season: usize) -> Vec<f64> {
    let n = x.len();
    if season < 2 || n < 2 * season {
        return vec![1.0];
    }
    let mut of_phase = vec![(0.0, 0.0, 0.0); season];
    for (t, value) in x.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
        let from = t.saturating_sub(season / 2).min(n - season);
        let window = x[from..from + season].iter().filter(|value| !value.is_nan());
        let (sum, count) = window.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        if sum > 0.0 {
            let ratio = value * count / sum;
            let (k, s, q) = of_phase[t % season];
            of_phase[t % season] = (k + 1.0, s + ratio, q + ratio * ratio);
        }
    }
    if of_phase.iter().any(|(k, _, _)| *k < 1.0) {
        return vec![1.0];
    }
    let mean = |(k, s, _): &(f64, f64, f64)| s / k;
    let within: f64 = of_phase.iter().map(|phase| phase.2 - phase.0 * mean(phase).powi(2)).sum();
    let freedom: f64 = of_phase.iter().map(|(k, _, _)| k - 1.0).sum();
    if freedom < 1.0 {
        return vec![1.0];
    }
    let noise = of_phase.iter().map(|(k, _, _)| within.max(0.0) / freedom / k).sum::<f64>() / season as f64;
    let centre = of_phase.iter().map(mean).sum::<f64>() / season as f64;
    let between = of_phase.iter().map(|phase| (mean(phase) - centre).powi(2)).sum::<f64>() / (season as f64 - 1.0);
    let trust = if between > 0.0 { (1.0 - DOUBT * noise / between).max(0.0) } else { 0.0 };
    if trust == 0.0 {
        return vec![1.0];
    }
    let raw: Vec<f64> = of_phase.iter().map(|phase| (1.0 + trust * (mean(phase) / centre - 1.0)).max(0.05)).collect();
    let total: f64 = raw.iter().sum();
    raw.iter().map(|factor| factor * season as f64 / total).collect()
}
