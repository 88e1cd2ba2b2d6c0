//! New products: what their analogues sold after their launches, scaled, and corrected by each period that is seen.
//!
//! The rate of period t after the launch is λ·c(t). The curve c and the law of the scale λ come from the analogues: λ is
//! Gamma(a, b) with their mean and variance. A period's variance given the scale is φ times its mean, φ = 1 + κ·λ·c(t),
//! where κ is how much more than Poisson the analogues' periods spread. What is seen updates the law: a + Σy/φ, b + Σc/φ, with
//! the φ of the updated λ (by iteration; for κ = 0 exactly conjugate). A period is negative binomial with mean
//! m = c·a/b and variance m + κ·m² + m²/a.
//!
//! Source: similarity, Gower (1971); curve, Bass (1969), eq. 4, or the analogues' mean; law, Greenwood & Yule (1920).

use serde::{Deserialize, Serialize};

use super::table::{Series, TableParams, Times, group, places};
use super::{MAX_PERIODS, check_count};
use crate::base::numeric::count_quantile;
use crate::base::{Column, Error, Result, Table, Task};

/// The form of a launch curve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LaunchCurve {
    /// The analogues' mean in each period.
    #[default]
    Empirical,
    /// The diffusion of Bass that is nearest to it.
    Bass,
}

/// How to forecast new products.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LaunchParams {
    /// Periods to forecast.
    pub h: usize,
    /// Columns of the attributes in both frames, 0 … 64: numbers are compared by their range, texts by the share of their
    /// comma-separated words that both have (a brand, a list of ingredients).
    pub attribute_columns: Vec<String>,
    /// The most alike launches that are taken as analogues, 1 … 1000.
    pub analogues: usize,
    /// The form of the curve.
    pub curve: LaunchCurve,
    /// Levels of the intervals in percent, each between 0 and 100.
    pub level: Vec<f64>,
    /// Column of the series' names in all frames.
    pub id_column: String,
    /// Column of the times in `history`, and of the first period of sale in `products`.
    pub time_column: String,
    /// Column of the values, at least 0.
    pub target_column: String,
}

impl Default for LaunchParams {
    fn default() -> Self {
        LaunchParams {
            h: 14,
            attribute_columns: Vec::new(),
            analogues: 20,
            curve: LaunchCurve::Empirical,
            level: vec![80.0],
            id_column: "unique_id".into(),
            time_column: "ds".into(),
            target_column: "y".into(),
        }
    }
}

impl LaunchParams {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_count("analogues", self.analogues, 1_000)?;
        if self.attribute_columns.len() > 64 {
            return Err(Error::argument("attribute_columns", "at most 64", self.attribute_columns.len()));
        }
        self.columns().check()
    }

    fn columns(&self) -> TableParams {
        TableParams {
            h: self.h,
            level: self.level.clone(),
            id_column: self.id_column.clone(),
            time_column: self.time_column.clone(),
            target_column: self.target_column.clone(),
            ..TableParams::default()
        }
    }
}

/// Forecasts products from their launches on, by what similar products sold after theirs.
///
/// In: `products` with name, first period of sale and attributes; `history`, the sales of the others and what was seen of
/// the products; `attributes` of the others. A series that sold in the first period of `history` is no launch. Out: name,
/// time, `auto` (the mean), whole `auto-lo-80`, `auto-hi-80` … for `h` periods after what was seen, and `model`, which is
/// `launch`. O(products · series · attributes).
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`, `DUPLICATE_TIME`; `INVALID_ARGUMENT` for parameters, values below 0 and a
/// history without another launch that sold anything; `CANCELLED`.
///
/// ```
/// use trousse::{Column, Table, Task, forecast};
/// let text = |texts: &[&str]| Column::Text(texts.iter().map(ToString::to_string).collect());
/// let history = Table::default()
///     .with("unique_id", text(&["old", "a", "a", "b", "b"]))?
///     .with("ds", Column::Integer(vec![0, 1, 2, 1, 2]))?
///     .with("y", Column::Integer(vec![9, 12, 6, 4, 2]))?;
/// let attributes = Table::default().with("unique_id", text(&["a", "b"]))?.with("brand", text(&["x", "y"]))?;
/// let products = Table::default()
///     .with("unique_id", text(&["new"]))?
///     .with("ds", Column::Integer(vec![3]))?
///     .with("brand", text(&["x"]))?;
/// let params = forecast::LaunchParams { h: 2, analogues: 1, attribute_columns: vec!["brand".into()], ..Default::default() };
/// let told = forecast::forecast_new(&products, &history, &attributes, &params, &Task::default())?;
/// assert!((told.floats("auto")?[0] - 12.0).abs() < 1e-9 && (told.floats("auto")?[1] - 6.0).abs() < 1e-9);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn forecast_new(
    products: &Table,
    history: &Table,
    attributes: &Table,
    params: &LaunchParams,
    task: &Task,
) -> Result<Table> {
    params.check()?;
    let columns = params.columns();
    let (times, starts) = (Times::read(history, &params.time_column)?, Times::read(products, &params.time_column)?);
    if !starts.is_kind_of(&times) {
        let expected = "times of the same kind as in history".to_string();
        let got = products.column(&params.time_column)?.kind().into();
        return Err(Error::WrongColumnType { column: params.time_column.clone(), expected, got });
    }
    let y = history.floats(&params.target_column)?;
    if let Some(row) = y.iter().position(|y| !(0.0..1e150).contains(y)) {
        return Err(Error::argument(format!("history.{}[{row}]", params.target_column), "at least 0", y[row]));
    }
    let series = group(history, &columns, &times)?;
    let step = times.step(&series);
    let names = products.texts(&params.id_column)?;
    let first = times.value.iter().copied().min().unwrap_or(0);
    let past: Vec<Past> = series
        .iter()
        .filter(|one| !names.contains(&one.name))
        .filter_map(|one| Past::of(one, &places(one, &times, step), &times, &y, first))
        .collect();
    let likeness = Likeness::read(products, attributes, &past, params)?;
    task.expect(names.len());
    let (mut ids, mut ds, mut mean, mut ends) =
        (Vec::new(), Vec::new(), Vec::new(), vec![Vec::new(); 2 * params.level.len()]);
    for (product, name) in names.iter().enumerate() {
        task.tick()?;
        let start = starts.value[product];
        let own = series.iter().find(|one| one.name == *name);
        let rows = || own.iter().flat_map(|one| &one.rows).filter(|row| times.value[**row] >= start);
        let seen: Vec<(usize, f64)> =
            rows().map(|row| (step.between(start, times.value[*row]).max(0) as usize, y[*row])).collect();
        let from = seen.iter().map(|(place, _)| place + 1).max().unwrap_or(0);
        if from > MAX_PERIODS {
            return Err(Error::argument(
                format!("products.{}[{product}]", params.time_column),
                "a launch not so long ago",
                from,
            ));
        }
        let alike = likeness.nearest(product, &past, params.analogues);
        let Some(mut law) = Law::of(&alike, from + params.h, params.curve) else {
            return Err(Error::argument("history", "another launch that sold anything", "none"));
        };
        law.see(&seen);
        for place in from..from + params.h {
            ids.push(name.clone());
            ds.push(step.after(start, place as i64));
            let (expected, variance) = law.moments(place);
            mean.push(expected);
            for (k, level) in params.level.iter().enumerate() {
                let tail = (1.0 - level / 100.0) / 2.0;
                ends[2 * k].push(count_quantile(expected, variance, tail));
                ends[2 * k + 1].push(count_quantile(expected, variance, 1.0 - tail));
            }
        }
    }
    let rows = ids.len();
    let mut out = Table::default();
    out.push(params.id_column.clone(), Column::Text(ids))?;
    out.push(params.time_column.clone(), times.column(ds))?;
    out.push("auto", Column::Float(mean))?;
    for (k, level) in params.level.iter().enumerate() {
        out.push(format!("auto-lo-{level}"), Column::Float(std::mem::take(&mut ends[2 * k])))?;
        out.push(format!("auto-hi-{level}"), Column::Float(std::mem::take(&mut ends[2 * k + 1])))?;
    }
    out.push("model", Column::Text(vec!["launch".into(); rows]))?;
    Ok(out)
}

/// What a product sold from its first sale on; a period without a row is 0.
struct Past {
    name: String,
    y: Vec<f64>,
}

impl Past {
    fn of(series: &Series, places: &[usize], times: &Times, y: &[f64], first: i64) -> Option<Past> {
        let at = series.rows.iter().position(|row| y[*row] > 0.0)?;
        if times.value[series.rows[at]] == first {
            return None;
        }
        let length = places.last()? - places[at] + 1;
        let mut own = vec![0.0; length];
        series.rows.iter().zip(places).skip(at).for_each(|(row, place)| own[place - places[at]] = y[*row]);
        Some(Past { name: series.name.clone(), y: own })
    }
}

enum Attribute {
    Number { new: Vec<f64>, old: Vec<f64>, range: f64 },
    Words { new: Vec<Vec<String>>, old: Vec<Vec<String>> },
}

struct Likeness {
    attributes: Vec<Attribute>,
    /// The row of each past launch in the attributes.
    row: Vec<Option<usize>>,
}

impl Likeness {
    fn read(products: &Table, attributes: &Table, past: &[Past], params: &LaunchParams) -> Result<Likeness> {
        let names = attributes.texts(&params.id_column)?;
        let rows: std::collections::BTreeMap<&str, usize> =
            names.iter().enumerate().map(|(row, name)| (name.as_str(), row)).collect();
        let read = |name: &String| match products.column(name)? {
            Column::Text(_) | Column::Category(..) => {
                let words =
                    |table: &Table| table.texts(name).map(|texts| texts.iter().map(|text| words(text)).collect());
                Ok(Attribute::Words { new: words(products)?, old: words(attributes)? })
            }
            _ => {
                let (new, old) = (products.floats(name)?, attributes.floats(name)?);
                let known = || new.iter().chain(&old).copied().filter(|value| value.is_finite());
                let range = known().fold(f64::NEG_INFINITY, f64::max) - known().fold(f64::INFINITY, f64::min);
                Ok(Attribute::Number { new, old, range })
            }
        };
        Ok(Likeness {
            attributes: params.attribute_columns.iter().map(read).collect::<Result<_>>()?,
            row: past.iter().map(|past| rows.get(past.name.as_str()).copied()).collect(),
        })
    }

    /// Gower's similarity, 0–1: the mean over the attributes that both have.
    fn of(&self, product: usize, row: usize) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0f64);
        for attribute in &self.attributes {
            let alike = match attribute {
                Attribute::Number { new, old, range } => {
                    let off = (new[product] - old[row]).abs();
                    if *range > 0.0 { 1.0 - off / range } else { 1.0 - off }
                }
                Attribute::Words { new, old } => shared(&new[product], &old[row]),
            };
            if alike.is_finite() {
                (sum, count) = (sum + alike, count + 1.0);
            }
        }
        sum / count.max(1.0)
    }

    /// The most alike launches with their weights; where none is alike at all, or nothing is known, all count the same.
    fn nearest<'a>(&self, product: usize, past: &'a [Past], most: usize) -> Vec<(f64, &'a Past)> {
        let of = |(row, past): (Option<usize>, &'a Past)| (row.map_or(0.0, |row| self.of(product, row)), past);
        let mut alike: Vec<(f64, &'a Past)> = self.row.iter().copied().zip(past).map(of).collect();
        if alike.iter().all(|(alike, _)| *alike <= 0.0) {
            alike.iter_mut().for_each(|(alike, _)| *alike = 1.0);
            return alike;
        }
        alike.sort_by(|a, b| b.0.total_cmp(&a.0));
        alike.truncate(most);
        alike.retain(|(alike, _)| *alike > 0.0);
        alike
    }
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> =
        text.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect();
    words.sort();
    words.dedup();
    words
}

/// Share of the words of either that both have; `NaN` where one has none.
fn shared(a: &[String], b: &[String]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return f64::NAN;
    }
    let both = a.iter().filter(|word| b.contains(word)).count();
    both as f64 / (a.len() + b.len() - both) as f64
}

/// A curve, and the law of its scale.
struct Law {
    curve: Vec<f64>,
    shape: f64,
    rate: f64,
    /// Squared coefficient of variation of a period given the scale, beyond Poisson.
    excess: f64,
}

/// A scale is not known better than to this squared coefficient of variation before anything was seen.
const LEAST_SPREAD: f64 = 0.05;
/// One analogue alone says nothing of the spread.
const ALONE: f64 = 1.0;
/// Rounds in which a scale and its errors settle.
const ROUNDS: usize = 8;

impl Law {
    fn of(alike: &[(f64, &Past)], periods: usize, form: LaunchCurve) -> Option<Law> {
        let mut curve: Vec<f64> = Vec::with_capacity(periods);
        for t in 0..periods {
            let known = alike.iter().filter(|(_, past)| t < past.y.len());
            let (sum, weight) = known.fold((0.0, 0.0), |sum, (w, past)| (sum.0 + w * past.y[t], sum.1 + w));
            curve.push(if weight > 0.0 { sum / weight } else { curve.last().copied().unwrap_or(0.0) });
        }
        if curve.iter().sum::<f64>() <= 0.0 {
            return None;
        }
        if form == LaunchCurve::Bass {
            curve = bass(&curve);
        }
        // a launch of which only the beginning is known is measured by that part of the curve, and counts for as much
        let scaled: Vec<(f64, f64, &Past)> = alike
            .iter()
            .map(|(w, past)| {
                let usual: f64 = curve.iter().zip(&past.y).map(|(c, _)| c).sum();
                let sold: f64 = past.y.iter().take(periods).sum();
                (w * usual, if usual > 0.0 { sold / usual } else { 0.0 }, *past)
            })
            .collect();
        let weight: f64 = scaled.iter().map(|(w, _, _)| w).sum();
        let centre = scaled.iter().map(|(w, m, _)| w * m).sum::<f64>() / weight;
        if centre.is_nan() || centre <= 0.0 {
            return None;
        }
        let (mut square, mut whole) = (0.0, 0.0f64);
        for ((w, _), (_, m, past)) in alike.iter().zip(&scaled).filter(|(_, (_, m, _))| *m > 0.0) {
            for (y, c) in past.y.iter().zip(&curve).filter(|(_, c)| **c > 0.0) {
                let (usual, sure) = (m * c, w / (1.0 + m * c).powi(2));
                square += sure * ((y - usual).powi(2) - usual);
                whole += sure * usual * usual;
            }
        }
        let excess = if whole > 0.0 { (square / whole).max(0.0) } else { 0.0 };
        let spread = scaled.iter().map(|(w, m, _)| w * (m - centre).powi(2)).sum::<f64>() / weight / centre.powi(2);
        let spread = if scaled.len() < 2 { ALONE } else { spread.max(LEAST_SPREAD) };
        Some(Law { curve, shape: 1.0 / spread, rate: 1.0 / spread / centre, excess })
    }

    fn see(&mut self, seen: &[(usize, f64)]) {
        let sums = |of: &dyn Fn(f64) -> f64| {
            let add = |sum: (f64, f64), (place, y): &(usize, f64)| {
                let c = self.curve[*place];
                (sum.0 + y / of(c), sum.1 + c / of(c))
            };
            seen.iter().fold((0.0, 0.0), add)
        };
        let (sold, usual) = sums(&|_| 1.0);
        let mut scale = if usual > 0.0 { sold / usual } else { self.shape / self.rate };
        let (mut shape, mut rate) = (self.shape, self.rate);
        for _ in 0..ROUNDS {
            let (sold, usual) = sums(&|c| 1.0 + self.excess * scale * c);
            (shape, rate) = (self.shape + sold, self.rate + usual);
            scale = shape / rate;
        }
        (self.shape, self.rate) = (shape, rate);
    }

    fn moments(&self, place: usize) -> (f64, f64) {
        let mean = self.curve[place] * self.shape / self.rate;
        (mean, mean + (self.excess + 1.0 / self.shape) * mean * mean)
    }
}

/// The curve m·(F(t) − F(t − 1)), F(t) = (1 − e^(−(p+q)t)) / (1 + q/p · e^(−(p+q)t)), nearest to a curve by squares, over a
/// grid of p and q; m has a closed form.
fn bass(curve: &[f64]) -> Vec<f64> {
    let mut best = (f64::INFINITY, Vec::new());
    for p in [0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3] {
        for q in [0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0] {
            let grown = |t: f64| {
                let left = (-(p + q) * t).exp();
                (1.0 - left) / (1.0 + q / p * left)
            };
            let shape: Vec<f64> = (0..curve.len()).map(|t| grown(t as f64 + 1.0) - grown(t as f64)).collect();
            let cross: f64 = shape.iter().zip(curve).map(|(s, c)| s * c).sum();
            let m = cross / shape.iter().map(|s| s * s).sum::<f64>().max(1e-300);
            let off: f64 = shape.iter().zip(curve).map(|(s, c)| (m * s - c).powi(2)).sum();
            if off < best.0 {
                best = (off, shape.iter().map(|s| m * s).collect());
            }
        }
    }
    best.1
}

/// Arguments of `shade_split`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ShadeSplitParams {
    /// What is expected of each shade, in any unit above 0: sales of the most alike shades of siblings.
    pub prior: Vec<f64>,
    /// Units that the expectation counts for, above 0.
    #[serde(default = "twenty")]
    pub strength: f64,
    /// Units sold of each shade since the launch, at least 0; none before it.
    #[serde(default)]
    pub sold: Vec<f64>,
}

fn twenty() -> f64 {
    20.0
}

/// How a launch splits over its shades.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShadeSplit {
    /// Expected share of each shade; they sum to 1.
    pub share: Vec<f64>,
    /// Standard deviation of each share.
    pub sd: Vec<f64>,
}

/// Splits a launch over its shades: shares are Dirichlet, updated by what sold (multinomial), exactly.
///
/// With α = strength · prior share + sold and A = Σα: share α/A, variance share·(1 − share)/(A + 1).
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field.
///
/// ```
/// use trousse::forecast::{ShadeSplitParams, shade_split};
/// let params = ShadeSplitParams { prior: vec![3.0, 1.0], strength: 4.0, sold: vec![1.0, 3.0] };
/// assert_eq!(shade_split(&params)?.share, [0.5, 0.5]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn shade_split(params: &ShadeSplitParams) -> Result<ShadeSplit> {
    let ShadeSplitParams { prior, strength, sold } = params;
    check_count("prior", prior.len(), 10_000)?;
    if let Some(at) = prior.iter().position(|own| !(*own > 0.0 && own.is_finite())) {
        return Err(Error::argument(format!("prior[{at}]"), "above 0", prior[at]));
    }
    if !(*strength > 0.0 && strength.is_finite()) {
        return Err(Error::argument("strength", "above 0", strength));
    }
    if !sold.is_empty() && sold.len() != prior.len() {
        return Err(Error::argument("sold", format!("{} values long", prior.len()), sold.len()));
    }
    if let Some(at) = sold.iter().position(|own| !(*own >= 0.0 && own.is_finite())) {
        return Err(Error::argument(format!("sold[{at}]"), "at least 0", sold[at]));
    }
    let whole: f64 = prior.iter().sum();
    let alpha: Vec<f64> =
        prior.iter().enumerate().map(|(k, own)| strength * own / whole + sold.get(k).copied().unwrap_or(0.0)).collect();
    let total: f64 = alpha.iter().sum();
    let share: Vec<f64> = alpha.iter().map(|own| own / total).collect();
    let sd = share.iter().map(|share| (share * (1.0 - share) / (total + 1.0)).sqrt()).collect();
    Ok(ShadeSplit { share, sd })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diffusion_is_found_again() {
        let grown = |t: f64| {
            let left = (-0.32 * t).exp();
            (1.0 - left) / (1.0 + 15.0 * left)
        };
        let curve: Vec<f64> = (0..20).map(|t| 7.0 * (grown(f64::from(t) + 1.0) - grown(f64::from(t)))).collect();
        for (own, found) in curve.iter().zip(bass(&curve)) {
            assert!((own - found).abs() < 1e-9, "{own}, {found}");
        }
    }

    #[test]
    fn what_is_seen_overrules_what_was_expected() {
        let past = [Past { name: "a".into(), y: vec![10.0; 30] }, Past { name: "b".into(), y: vec![30.0; 30] }];
        let alike: Vec<(f64, &Past)> = past.iter().map(|past| (1.0, past)).collect();
        let mut law = Law::of(&alike, 30, LaunchCurve::Empirical).unwrap();
        assert!((law.moments(0).0 - 20.0).abs() < 1e-9);
        let before = law.moments(0).1;
        law.see(&(0..20).map(|place| (place, 50.0)).collect::<Vec<_>>());
        let (mean, variance) = law.moments(20);
        assert!((mean - 50.0).abs() < 1.0 && variance < before, "{mean}, {variance}");
    }
}
