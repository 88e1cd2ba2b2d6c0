//! k-means clusters of numeric features.
//!
//! In: one row a thing, numeric columns, optionally an id column. Out: cluster and distance to its centre,
//! in standard deviations where standardised. Clusters are numbered by their centres, compared column by column,
//! so that numbers do not depend on chance. The same seed gives the same bits for any number of threads.
//!
//! Source: Lloyd (1982) with k-means++ (Arthur & Vassilvitskii 2007), as in the crate linfa-clustering.

use std::borrow::Cow;

use linfa::DatasetBase;
use linfa::prelude::Fit;
use linfa_clustering::KMeans;
use ndarray::{Array2, ArrayView1, Axis};
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use crate::base::{Column, Error, Result, Table};

/// The largest feature: sums of squares stay finite.
const SIZE_MAX: f64 = 1e100;

/// How to cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KMeansParams {
    /// Number of clusters, 1 … rows.
    pub k: usize,
    /// Seed of the starts.
    pub seed: u64,
    /// Column to carry over, which is no feature; every other column has to be numeric.
    pub id_column: Option<String>,
    /// Most iterations of one start, at least 1.
    pub max_iterations: u64,
    /// A start ends when its centres move less than this, above 0.
    pub tolerance: f64,
    /// Starts, of which the tightest is kept; 1–1000.
    pub restarts: usize,
    /// Scales every column to mean 0 and standard deviation 1 first.
    pub standardise: bool,
}

impl Default for KMeansParams {
    fn default() -> Self {
        KMeansParams {
            k: 8,
            seed: 0,
            id_column: None,
            max_iterations: 300,
            tolerance: 1e-4,
            restarts: 10,
            standardise: true,
        }
    }
}

impl KMeansParams {
    /// Answers whether every field is in its domain.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        if self.k == 0 {
            return Err(Error::argument("k", "at least 1", 0));
        }
        if self.max_iterations == 0 {
            return Err(Error::argument("max_iterations", "at least 1", 0));
        }
        if !(self.tolerance.is_finite() && self.tolerance > 0.0) {
            return Err(Error::argument("tolerance", "a finite number above 0", self.tolerance));
        }
        if !(1..=1000).contains(&self.restarts) {
            return Err(Error::argument("restarts", "between 1 and 1000", self.restarts));
        }
        Ok(())
    }
}

/// Clusters the rows of a table: the id column if there is one, `cluster` (0 … k − 1) and `distance`.
///
/// A cluster may be empty where fewer than `k` rows differ.
///
/// # Errors
/// `INVALID_ARGUMENT` naming a parameter (also where `k` exceeds the rows, or no feature is left), or `column[row]`
/// of a value that is missing or beyond ±1e100; `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
///
/// ```
/// use trousse::base::{Column, Table};
/// use trousse::segment::{KMeansParams, kmeans};
/// let features = Table::default()
///     .with("visits", Column::Integer(vec![9, 1, 8, 2]))?
///     .with("spend", Column::Float(vec![90.0, 5.0, 80.0, 6.0]))?;
/// let clusters = kmeans(&features, &KMeansParams { k: 2, seed: 1, ..Default::default() })?;
/// assert_eq!(clusters.integers("cluster")?, [1, 0, 1, 0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn kmeans(features: &Table, params: &KMeansParams) -> Result<Table> {
    params.check()?;
    let ids = params.id_column.as_ref().map(|name| features.column(name).cloned()).transpose()?;
    let mut rows = read(features, params)?;
    if params.standardise {
        rows.axis_iter_mut(Axis(1)).for_each(standardise);
    }
    let centres = sorted(fit(&rows, params)?);
    let nearest: Vec<(usize, f64)> = rows.axis_iter(Axis(0)).map(|row| closest(&centres, row)).collect();
    let mut clusters = Table::default();
    if let (Some(name), Some(ids)) = (&params.id_column, ids) {
        clusters.push(name.clone(), ids)?;
    }
    clusters
        .with("cluster", Column::Integer(nearest.iter().map(|(cluster, _)| *cluster as i64).collect()))?
        .with("distance", Column::Float(nearest.iter().map(|(_, distance)| *distance).collect()))
}

fn read(features: &Table, params: &KMeansParams) -> Result<Array2<f64>> {
    let names = features.columns().iter().map(|(name, _)| name).filter(|name| Some(*name) != params.id_column.as_ref());
    let columns: Vec<Cow<'_, [f64]>> = names.map(|name| finite(features, name)).collect::<Result<_>>()?;
    if columns.is_empty() {
        return Err(Error::argument("features", "at least one numeric column", "none"));
    }
    if params.k > features.rows() {
        return Err(Error::argument("k", format!("at most the number of rows ({})", features.rows()), params.k));
    }
    Ok(Array2::from_shape_fn((features.rows(), columns.len()), |(row, column)| columns[column][row]))
}

fn finite<'a>(features: &'a Table, name: &str) -> Result<Cow<'a, [f64]>> {
    let values = features.as_floats(name)?;
    match values.iter().position(|value| !(-SIZE_MAX..=SIZE_MAX).contains(value)) {
        Some(row) => Err(Error::argument(format!("{name}[{row}]"), "between -1e100 and 1e100", values[row])),
        None => Ok(values),
    }
}

/// Mean 0 and standard deviation 1; a constant column becomes 0.
fn standardise(mut column: ndarray::ArrayViewMut1<'_, f64>) {
    let n = column.len() as f64;
    let mean = column.iter().sum::<f64>() / n;
    let deviation = (column.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
    let scale = if deviation > 1e-12 * mean.abs() { 1.0 / deviation } else { 0.0 }; // else rounding alone
    column.mapv_inplace(|x| (x - mean) * scale);
}

fn fit(rows: &Array2<f64>, params: &KMeansParams) -> Result<Array2<f64>> {
    let rng = Xoshiro256Plus::seed_from_u64(params.seed);
    let model = KMeans::params_with_rng(params.k, rng)
        .n_runs(params.restarts)
        .max_n_iterations(params.max_iterations)
        .tolerance(params.tolerance)
        .fit(&DatasetBase::from(rows.clone()))
        .map_err(|error| Error::Internal { message: format!("k-means: {error}") })?;
    Ok(model.centroids().clone())
}

/// Centres in rising order, compared column by column.
fn sorted(centres: Array2<f64>) -> Vec<Vec<f64>> {
    let mut sorted: Vec<Vec<f64>> = centres.rows().into_iter().map(|row| row.to_vec()).collect();
    let order = |a: &Vec<f64>, b: &Vec<f64>| {
        let unequal = a.iter().zip(b).map(|(x, y)| x.total_cmp(y)).find(|order| order.is_ne());
        unequal.unwrap_or(std::cmp::Ordering::Equal)
    };
    sorted.sort_by(order);
    sorted
}

/// The nearest centre, of equally near ones the first, and its Euclidean distance.
fn closest(centres: &[Vec<f64>], row: ArrayView1<'_, f64>) -> (usize, f64) {
    let square = |centre: &Vec<f64>| row.iter().zip(centre).map(|(x, c)| (x - c) * (x - c)).sum::<f64>();
    let mut best = (0, f64::INFINITY);
    for (at, centre) in centres.iter().enumerate() {
        let distance = square(centre);
        if distance < best.1 {
            best = (at, distance);
        }
    }
    (best.0, best.1.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Three clouds around (0, 0), (10, 0) and (20, 10), laid out by a small lattice.
    fn clouds(rows: usize) -> Table {
        let centre = [(0.0, 0.0), (10.0, 0.0), (20.0, 10.0)];
        let jitter = |row: usize, step: usize| (row * step % 17) as f64 / 17.0;
        let x = (0..rows).map(|row| centre[row % 3].0 + jitter(row, 5)).collect();
        let y = (0..rows).map(|row| centre[row % 3].1 + jitter(row, 7)).collect();
        let ids = (0..rows).map(|row| format!("c{row}")).collect();
        let table = Table::default().with("id", Column::Text(ids)).and_then(|t| t.with("x", Column::Float(x)));
        table.and_then(|t| t.with("y", Column::Float(y))).unwrap()
    }

    fn params(k: usize, seed: u64) -> KMeansParams {
        KMeansParams { k, seed, id_column: Some("id".into()), ..Default::default() }
    }

    #[test]
    fn clouds_are_found_under_any_seed_and_thread_count() {
        let features = clouds(300);
        let expect: Vec<i64> = (0..300).map(|row| row % 3).collect();
        let with = |threads: usize, seed: u64| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| kmeans(&features, &params(3, seed))).unwrap()
        };
        let bits =
            |table: &Table| -> Vec<u64> { table.floats("distance").unwrap().into_iter().map(f64::to_bits).collect() };
        for seed in 0..4 {
            let (one, four) = (with(1, seed), with(4, seed));
            assert_eq!(one.integers("cluster").unwrap(), expect, "seed {seed}");
            assert_eq!((bits(&one), one.texts("id")), (bits(&four), four.texts("id")), "seed {seed}");
        }
    }

    #[test]
    fn bad_input_names_its_place() {
        let features = clouds(4);
        let nan = Table::default().with("x", Column::Float(vec![1.0, f64::NAN])).unwrap();
        let huge = Table::default().with("x", Column::Float(vec![-1e300, 1e300, 0.0])).unwrap();
        let large = Table::default().with("x", Column::Float(vec![-1e100, 1e100, 0.0])).unwrap();
        let raw = KMeansParams { k: 2, standardise: false, ..Default::default() };
        for (result, message) in [
            (kmeans(&features, &params(5, 0)), "k must be at most the number of rows (4), got 5"),
            (kmeans(&features, &params(0, 0)), "k must be at least 1, got 0"),
            (kmeans(&features, &raw), "column id must be numbers, got text"),
            (kmeans(&nan, &raw), "x[1] must be between -1e100 and 1e100, got NaN"),
            (
                kmeans(&Table::default(), &KMeansParams::default()),
                "features must be at least one numeric column, got none",
            ),
        ] {
            assert_eq!(result.unwrap_err().to_string(), message);
        }
        assert_eq!(kmeans(&huge, &raw).unwrap_err().code(), "INVALID_ARGUMENT");
        for standardise in [false, true] {
            let clusters = kmeans(&large, &KMeansParams { k: 3, standardise, ..raw.clone() }).unwrap();
            assert_eq!(clusters.integers("cluster").unwrap(), [0, 2, 1]);
        }
    }

    #[test]
    fn equal_rows_share_a_cluster() {
        let features = Table::default().with("x", Column::Integer(vec![4; 6])).unwrap();
        let clusters = kmeans(&features, &KMeansParams { k: 3, ..Default::default() }).unwrap();
        assert_eq!(clusters.integers("cluster").unwrap(), [0; 6]);
        assert_eq!(clusters.floats("distance").unwrap(), [0.0; 6]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn every_row_is_numbered_within_k(values in prop::collection::vec(-100i64..100, 4..40), k in 1usize..5, seed: u64) {
            let features = Table::default().with("x", Column::Integer(values.clone())).unwrap();
            let clusters = kmeans(&features, &KMeansParams { k, seed, restarts: 3, ..Default::default() }).unwrap();
            let own = clusters.integers("cluster").unwrap();
            prop_assert!(own.iter().all(|cluster| (0..k as i64).contains(cluster)));
            // In one dimension clusters are intervals, numbered from left to right.
            let mut pairs: Vec<(i64, i64)> = values.into_iter().zip(own).collect();
            pairs.sort_unstable();
            prop_assert!(pairs.windows(2).all(|two| two[0].1 <= two[1].1));
        }
    }
}
