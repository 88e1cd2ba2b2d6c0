//! Hierarchies: forecasts of SKUs, products, brands, categories and locations that add up.
//!
//! A hierarchy is a frame `parent, child`. A child may have several parents (product × location); an aggregate is the
//! sum of its leaves, each counted once. [`aggregate()`] builds the series of all nodes, [`reconcile()`] changes base
//! forecasts of all nodes as little as a method allows so that they add up.
//!
//! With C the sums of the leaves, U = \[I −C\] and W the covariance of the base forecasts' errors, the coherent
//! forecast nearest to ŷ is ỹ = ŷ − W Uᵀ (U W Uᵀ)⁻¹ U ŷ (Wickramasuriya, Athanasopoulos & Hyndman 2019, eq. 10). The
//! system has one unknown an aggregate, is never written out, and is solved by conjugate gradients with a diagonal
//! preconditioner; aggregates are summed up from the leaves in the end. Memory is O(leaves × aggregates above each), and
//! of `mint_shrink` O(nodes × times of the residuals): W = λ·diag(v) + (1 − λ)·R Rᵀ/T is kept as its factors.
//!
//! Sources: Hyndman, Ahmed, Athanasopoulos & Shang (2011) for `ols`; Athanasopoulos, Hyndman, Kourentzes & Petropoulos
//! (2017) for `wls_struct`; Hyndman, Lee & Wang (2016) for `wls_var`; Wickramasuriya et al. (2019) for `mint_shrink` with
//! λ by Schäfer & Strimmer (2005); Gross & Sohl (1990) for proportions of the averages of a history.

use std::borrow::Cow;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::table::{Gaps, Times};
use crate::base::{Column, Error, Interner, Result, Table, Task};

/// The most entries of a hierarchy (a leaf under an aggregate), and the most residuals that `mint_shrink` keeps.
pub const MAX_ENTRIES: usize = 100_000_000;

/// The least variance of a node, as a share of the mean of all: so that no forecast counts as certain.
const LEAST_VARIANCE: f64 = 1e-8;
/// The least weight of the diagonal in the shrunk covariance: so that it can be inverted.
const LEAST_SHRINKAGE: f64 = 1e-4;
const MAX_ITERATIONS: usize = 20_000;

/// How forecasts are made to add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReconcileMethod {
    /// Sums of the leaves' forecasts; those of aggregates are not needed.
    BottomUp,
    /// The forecast of the root, split in the proportions of the leaves' forecasts, or of the averages of `history`.
    TopDown,
    /// Least squares: every node's error counts the same.
    Ols,
    /// Least squares weighted by structure: a node's variance is its number of leaves.
    #[default]
    WlsStruct,
    /// Least squares weighted by the mean squared residual of each node.
    WlsVar,
    /// Minimum trace with the covariance of the residuals, shrunk towards its diagonal.
    MintShrink,
}

/// How to reconcile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ReconcileParams {
    /// The method.
    pub method: ReconcileMethod,
    /// Whether no leaf may be below zero: those that are get zero and the others are reconciled again until none is.
    pub non_negative: bool,
    /// Column of the nodes' names.
    pub id_column: String,
    /// Column of the times.
    pub time_column: String,
}

impl Default for ReconcileParams {
    fn default() -> Self {
        let (id_column, time_column) = ("unique_id".into(), "ds".into());
        ReconcileParams { method: ReconcileMethod::WlsStruct, non_negative: false, id_column, time_column }
    }
}

/// How to sum up series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AggregateParams {
    /// What a leaf without a row at a time means for the sums above it.
    pub gaps: Gaps,
    /// Column of the leaves' names.
    pub id_column: String,
    /// Column of the times.
    pub time_column: String,
    /// Column of the values.
    pub target_column: String,
}

impl Default for AggregateParams {
    fn default() -> Self {
        let (id_column, time_column, target_column) = ("unique_id".into(), "ds".into(), "y".into());
        AggregateParams { gaps: Gaps::Missing, id_column, time_column, target_column }
    }
}

/// Nodes by number in the order in which the frame names them, and for each leaf the aggregates above it.
struct Hierarchy {
    names: Interner,
    aggregates: Vec<u32>,
    leaves: Vec<u32>,
    /// Place of each node among the aggregates, or among the leaves.
    place: Vec<usize>,
    is_leaf: Vec<bool>,
    /// Of each aggregate, whether nothing is above it.
    is_root: Vec<bool>,
    /// Leaf `l` is under the aggregates `above[from[l]..from[l + 1]]`, in rising order.
    from: Vec<usize>,
    above: Vec<u32>,
}

impl Hierarchy {
    fn read(table: &Table) -> Result<Hierarchy> {
        let (parents, children) = (ids(table, "parent")?, ids(table, "child")?);
        let mut names = Interner::default();
        let mut up: Vec<Vec<u32>> = Vec::new();
        let mut has_children: Vec<bool> = Vec::new();
        for (row, (parent, child)) in parents.iter().zip(children.iter()).enumerate() {
            if child.is_empty() {
                return Err(Error::argument(format!("child[{row}]"), "a name", "an empty text"));
            }
            let parent = (!parent.is_empty()).then(|| names.intern(parent));
            let child = names.intern(child) as usize;
            up.resize(names.len(), Vec::new());
            has_children.resize(names.len(), false);
            if let Some(parent) = parent {
                has_children[parent as usize] = true;
                if !up[child].contains(&parent) {
                    up[child].push(parent);
                }
            }
        }
        if names.is_empty() {
            return Err(Error::argument("hierarchy", "at least one row parent, child", "no row"));
        }
        if let Some(node) = on_cycle(&up) {
            return Err(Error::argument("hierarchy", "free of cycles", format!("a cycle through {}", names.key(node))));
        }
        let all = || 0..names.len() as u32;
        let aggregates: Vec<u32> = all().filter(|node| has_children[*node as usize]).collect();
        let leaves: Vec<u32> = all().filter(|node| !has_children[*node as usize]).collect();
        let mut place = vec![0; names.len()];
        for nodes in [&aggregates, &leaves] {
            nodes.iter().enumerate().for_each(|(at, node)| place[*node as usize] = at);
        }
        let is_root = aggregates.iter().map(|node| up[*node as usize].is_empty()).collect();
        let is_leaf = has_children.iter().map(|has| !has).collect();
        let mut own =
            Hierarchy { names, aggregates, leaves, place, is_leaf, is_root, from: vec![0], above: Vec::new() };
        own.climb(&up)?;
        Ok(own)
    }

    /// Finds the aggregates above each leaf, each once.
    fn climb(&mut self, up: &[Vec<u32>]) -> Result<()> {
        let mut seen_by = vec![u32::MAX; self.names.len()];
        let mut open = Vec::new();
        for leaf in &self.leaves {
            open.push(*leaf);
            let first = self.above.len();
            while let Some(node) = open.pop() {
                for parent in &up[node as usize] {
                    if std::mem::replace(&mut seen_by[*parent as usize], *leaf) != *leaf {
                        open.push(*parent);
                        self.above.push(self.place[*parent as usize] as u32);
                    }
                }
            }
            if self.above.len() > MAX_ENTRIES {
                let rule = format!("at most {MAX_ENTRIES} leaves under aggregates");
                return Err(Error::argument("hierarchy", rule, "more"));
            }
            self.above[first..].sort_unstable();
            self.from.push(self.above.len());
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.names.len()
    }
    fn name(&self, node: usize) -> &str {
        self.names.key(node as u32)
    }
    fn above(&self, leaf: usize) -> &[u32] {
        &self.above[self.from[leaf]..self.from[leaf + 1]]
    }
    /// The number of a node that a frame names.
    fn node(&self, frame: &str, name: &str) -> Result<u32> {
        let unknown = || Error::argument(frame, "of nodes of the hierarchy", name);
        self.names.id(name).ok_or_else(unknown)
    }
    /// Sums of the leaves.
    fn sums(&self, leaves: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.aggregates.len()];
        for (leaf, value) in leaves.iter().enumerate() {
            self.above(leaf).iter().for_each(|aggregate| sums[*aggregate as usize] += value);
        }
        sums
    }
    /// The aggregate without parents above each leaf; none for a leaf that is a root itself.
    fn roots(&self) -> Result<Vec<Option<usize>>> {
        let root = |leaf: usize| {
            let mut roots = self.above(leaf).iter().map(|node| *node as usize).filter(|node| self.is_root[*node]);
            match (roots.next(), roots.next()) {
                (_, Some(_)) => {
                    let got = format!("several above {}", self.name(self.leaves[leaf] as usize));
                    Err(Error::argument("hierarchy", "with one root above each leaf for top_down", got))
                }
                (root, None) => Ok(root),
            }
        };
        (0..self.leaves.len()).map(root).collect()
    }
}

/// A node on a cycle, if there is one.
fn on_cycle(up: &[Vec<u32>]) -> Option<u32> {
    let mut waiting = vec![0usize; up.len()];
    let mut down: Vec<Vec<u32>> = vec![Vec::new(); up.len()];
    for (child, parents) in up.iter().enumerate() {
        waiting[child] = parents.len();
        parents.iter().for_each(|parent| down[*parent as usize].push(child as u32));
    }
    let mut free: Vec<u32> = (0..up.len() as u32).filter(|node| waiting[*node as usize] == 0).collect();
    while let Some(node) = free.pop() {
        for child in &down[node as usize] {
            waiting[*child as usize] -= 1;
            if waiting[*child as usize] == 0 {
                free.push(*child);
            }
        }
    }
    // Each node that is left has a parent that is left: going up comes back to a node on a cycle.
    let mut node = waiting.iter().position(|parents| *parents > 0)? as u32;
    let mut seen = vec![false; up.len()];
    while !std::mem::replace(&mut seen[node as usize], true) {
        node = up[node as usize].iter().copied().find(|parent| waiting[*parent as usize] > 0)?;
    }
    Some(node)
}

fn ids<'a>(table: &'a Table, column: &str) -> Result<Cow<'a, [String]>> {
    match table.column(column)? {
        Column::Text(texts) => Ok(Cow::Borrowed(texts)),
        _ => Ok(Cow::Owned(table.texts(column)?)),
    }
}

/// A value of a node at a time.
struct Row {
    node: u32,
    time: i64,
    value: f64,
}

/// The finite rows of a frame by node and time.
fn rows(hierarchy: &Hierarchy, frame: &str, table: &Table, column: &str, names: [&str; 2]) -> Result<Vec<Row>> {
    let (names, times, values) = (ids(table, names[0])?, Times::read(table, names[1])?, table.floats(column)?);
    let mut rows = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        let node = hierarchy.node(frame, &names[row])?;
        if value.is_infinite() {
            return Err(Error::argument(format!("{column}[{row}]"), format!("finite for {}", names[row]), value));
        }
        rows.push(Row { node, time: times.value[row], value: *value });
    }
    rows.sort_by_key(|row| (row.node, row.time));
    if let Some(pair) = rows.windows(2).find(|pair| (pair[0].node, pair[0].time) == (pair[1].node, pair[1].time)) {
        let series = hierarchy.name(pair[0].node as usize).to_string();
        return Err(Error::DuplicateTime { series, ds: times.spelled(pair[0].time) });
    }
    Ok(rows)
}

/// Sums the series of the leaves up to those of all nodes: `unique_id, ds, y`, aggregates first, each in time order.
///
/// In: `unique_id, ds, y` of leaves and the hierarchy `parent, child` (an empty parent for none). An aggregate has a row
/// at each time at which one of its leaves has one. A leaf without a row there leaves the sum unknown (`NaN`) or with
/// `gaps: zero` adds nothing; a `NaN` leaves it unknown always.
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `DUPLICATE_TIME`; `INVALID_ARGUMENT` for a cycle, a node that the hierarchy does
/// not know or that is no leaf, an infinite value; `CANCELLED`.
///
/// ```
/// use trousse::{Column, Table, Task, forecast::{self, AggregateParams}};
/// let texts = |v: [&str; 2]| Column::Text(v.map(String::from).to_vec());
/// let hierarchy = Table::default().with("parent", texts(["lips", "lips"]))?.with("child", texts(["red", "nude"]))?;
/// let sales = Table::default()
///     .with("unique_id", texts(["red", "nude"]))?
///     .with("ds", Column::Integer(vec![1, 1]))?
///     .with("y", Column::Float(vec![2.0, 3.0]))?;
/// let all = forecast::aggregate(&sales, &hierarchy, &AggregateParams::default(), &Task::default())?;
/// assert_eq!(all.texts("unique_id")?, ["lips", "red", "nude"]);
/// assert_eq!(all.floats("y")?, [5.0, 2.0, 3.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn aggregate(table: &Table, hierarchy: &Table, params: &AggregateParams, task: &Task) -> Result<Table> {
    let hierarchy = Hierarchy::read(hierarchy)?;
    let times = Times::read(table, &params.time_column)?;
    let rows = rows(&hierarchy, "df", table, &params.target_column, [&params.id_column, &params.time_column])?;
    if let Some(row) = rows.iter().find(|row| !hierarchy.is_leaf[row.node as usize]) {
        return Err(Error::argument("df", "of leaves", hierarchy.name(row.node as usize)));
    }
    let mut grid: Vec<i64> = rows.iter().map(|row| row.time).collect();
    grid.sort_unstable();
    grid.dedup();
    let mut members = vec![Vec::new(); hierarchy.aggregates.len()];
    for leaf in 0..hierarchy.leaves.len() {
        hierarchy.above(leaf).iter().for_each(|aggregate| members[*aggregate as usize].push(hierarchy.leaves[leaf]));
    }
    let of = |node: u32| {
        let first = rows.partition_point(|row| row.node < node);
        rows[first..].iter().take_while(move |row| row.node == node)
    };
    let (mut names, mut ds, mut y) = (Vec::new(), Vec::new(), Vec::new());
    task.expect(members.len());
    for (members, node) in members.iter().zip(&hierarchy.aggregates) {
        let mut sums = vec![(0.0, 0usize); grid.len()];
        for row in members.iter().flat_map(|leaf| of(*leaf)) {
            let at = &mut sums[grid.partition_point(|time| *time < row.time)];
            *at = (at.0 + row.value, at.1 + 1);
        }
        for (time, (sum, known)) in grid.iter().zip(sums).filter(|(_, (_, known))| *known > 0) {
            names.push(hierarchy.name(*node as usize).to_string());
            ds.push(*time);
            y.push(if params.gaps == Gaps::Zero || known == members.len() { sum } else { f64::NAN });
        }
        task.tick()?;
    }
    for row in hierarchy.leaves.iter().flat_map(|leaf| of(*leaf)) {
        names.push(hierarchy.name(row.node as usize).to_string());
        ds.push(row.time);
        y.push(row.value);
    }
    let mut out = Table::default();
    out.push(params.id_column.clone(), Column::Text(names))?;
    out.push(params.time_column.clone(), times.column(ds))?;
    out.push(params.target_column.clone(), Column::Float(y))?;
    Ok(out)
}

/// The covariance of the base forecasts' errors: a diagonal, and perhaps factors beside it.
struct Weights {
    aggregates: Vec<f64>,
    leaves: Vec<f64>,
    factors: Option<Factors>,
}

/// (1 − λ)·R Rᵀ/T as its factors, a row of T residuals a node.
struct Factors {
    periods: usize,
    share: f64,
    /// U R: what the residuals of an aggregate differ by from the sum of its leaves'.
    gaps: Vec<f64>,
    leaves: Vec<f64>,
}

impl Factors {
    fn gap(&self, aggregate: usize) -> &[f64] {
        &self.gaps[aggregate * self.periods..][..self.periods]
    }
    fn leaf(&self, leaf: usize) -> &[f64] {
        &self.leaves[leaf * self.periods..][..self.periods]
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b)
}

fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
}

impl Weights {
    fn diagonal(hierarchy: &Hierarchy, variances: &[f64]) -> Weights {
        let of = |nodes: &[u32]| nodes.iter().map(|node| variances[*node as usize]).collect();
        Weights { aggregates: of(&hierarchy.aggregates), leaves: of(&hierarchy.leaves), factors: None }
    }

    fn structural(hierarchy: &Hierarchy) -> Weights {
        let leaves = vec![1.0; hierarchy.leaves.len()];
        Weights { aggregates: hierarchy.sums(&leaves), leaves, factors: None }
    }

    /// Mean squared residuals; each node by its own times.
    fn variances(hierarchy: &Hierarchy, rows: &[Row]) -> Result<Weights> {
        let mut sums = vec![(0.0, 0.0); hierarchy.len()];
        for row in rows.iter().filter(|row| !row.value.is_nan()) {
            let at = &mut sums[row.node as usize];
            *at = (at.0 + row.value * row.value, at.1 + 1.0);
        }
        if let Some(node) = sums.iter().position(|(_, n)| *n == 0.0) {
            return Err(Error::argument("residuals", format!("given for node {}", hierarchy.name(node)), "none"));
        }
        let means: Vec<f64> = sums.iter().map(|(sum, n)| sum / n).collect();
        Ok(Weights::diagonal(hierarchy, &floored(&means)))
    }

    /// The shrunk covariance, of the times at which every node has a residual.
    fn shrunk(hierarchy: &Hierarchy, rows: &[Row]) -> Result<Weights> {
        let (residuals, periods) = complete(hierarchy, rows)?;
        let of = |node: usize| &residuals[node * periods..][..periods];
        let means: Vec<f64> = (0..hierarchy.len()).map(|node| dot(of(node), of(node)) / periods as f64).collect();
        let lambda = shrinkage(&residuals, periods, &means).max(LEAST_SHRINKAGE);
        let diagonal: Vec<f64> = floored(&means).iter().map(|variance| lambda * variance).collect();
        let mut gaps = Vec::with_capacity(hierarchy.aggregates.len() * periods);
        hierarchy.aggregates.iter().for_each(|node| gaps.extend_from_slice(of(*node as usize)));
        let mut leaves = Vec::with_capacity(hierarchy.leaves.len() * periods);
        for (leaf, node) in hierarchy.leaves.iter().enumerate() {
            leaves.extend_from_slice(of(*node as usize));
            for aggregate in hierarchy.above(leaf) {
                add(&mut gaps[*aggregate as usize * periods..][..periods], -1.0, of(*node as usize));
            }
        }
        let factors = Factors { periods, share: (1.0 - lambda) / periods as f64, gaps, leaves };
        Ok(Weights { factors: Some(factors), ..Weights::diagonal(hierarchy, &diagonal) })
    }
}

fn floored(variances: &[f64]) -> Vec<f64> {
    let mean = variances.iter().sum::<f64>() / variances.len() as f64;
    let least = if mean > 0.0 { LEAST_VARIANCE * mean } else { 1.0 };
    variances.iter().map(|variance| variance.max(least)).collect()
}

/// Residuals of the times that all nodes have, a row a node, and how many times there are.
fn complete(hierarchy: &Hierarchy, rows: &[Row]) -> Result<(Vec<f64>, usize)> {
    let known = || rows.iter().filter(|row| !row.value.is_nan());
    let mut grid: Vec<i64> = known().map(|row| row.time).collect();
    grid.sort_unstable();
    let common: Vec<i64> =
        grid.chunk_by(|a, b| a == b).filter(|run| run.len() == hierarchy.len()).map(|run| run[0]).collect();
    if common.len() < 2 {
        let mut counts = vec![0usize; hierarchy.len()];
        known().for_each(|row| counts[row.node as usize] += 1);
        let fewest = (0..counts.len()).min_by_key(|node| counts[*node]).unwrap_or(0);
        let got = format!("{}, and {} has {} residuals", common.len(), hierarchy.name(fewest), counts[fewest]);
        return Err(Error::argument("residuals", "given for all nodes at 2 or more times for mint_shrink", got));
    }
    if common.len().saturating_mul(hierarchy.len()) > MAX_ENTRIES {
        let rule = format!("at most {MAX_ENTRIES} for mint_shrink");
        return Err(Error::argument("residuals", rule, common.len().saturating_mul(hierarchy.len())));
    }
    // Rows are sorted by node and time, and each node has a row at each common time.
    let kept = known().filter(|row| common.binary_search(&row.time).is_ok());
    Ok((kept.map(|row| row.value).collect(), common.len()))
}

/// Schäfer & Strimmer's intensity λ = Σ Var(r_ij) / Σ r_ij² over i ≠ j, of residuals in units of their root mean square.
///
/// The sums over pairs of nodes are squared Frobenius norms and come from T × T products: O(nodes · T²).
fn shrinkage(residuals: &[f64], periods: usize, means: &[f64]) -> f64 {
    let n = periods as f64;
    let mut gram = vec![0.0; periods * periods];
    let (mut squares, mut fourth, mut nodes) = (vec![0.0; periods], 0.0, 0.0);
    for (row, mean) in residuals.chunks_exact(periods).zip(means).filter(|(_, mean)| **mean > 0.0) {
        let scaled: Vec<f64> = row.iter().map(|r| r / mean.sqrt()).collect();
        for (t, x) in scaled.iter().enumerate() {
            add(&mut gram[t * periods..][..=t], *x, &scaled[..=t]);
            squares[t] += x * x;
            fourth += x * x * x * x;
        }
        nodes += 1.0;
    }
    let each = |t: usize| {
        let row = &gram[t * periods..][..=t];
        2.0 * dot(&row[..t], &row[..t]) + row[t] * row[t]
    };
    let products = (0..periods).map(each).sum::<f64>() - nodes * n * n; // Σ_{i≠j} (x_i·x_j)²
    let variances = (dot(&squares, &squares) - fourth - products / n) / (n * (n - 1.0));
    let lambda = variances * n * n / products;
    if lambda.is_nan() { 1.0 } else { lambda.clamp(0.0, 1.0) }
}

/// The system U W Uᵀ x = b, with a row for each aggregate and for each leaf that is held at zero.
struct System<'a> {
    hierarchy: &'a Hierarchy,
    weights: &'a Weights,
    held: Vec<bool>,
}

impl System<'_> {
    /// For multipliers x: W Uᵀ x at the leaves, and U W Uᵀ x at the aggregates.
    fn pull(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (of_aggregates, of_leaves) = x.split_at(self.hierarchy.aggregates.len());
        let mut out: Vec<f64> = of_aggregates.iter().zip(&self.weights.aggregates).map(|(x, w)| x * w).collect();
        let mut leaves = vec![0.0; of_leaves.len()];
        for (leaf, pulled) in leaves.iter_mut().enumerate() {
            let above = self.hierarchy.above(leaf);
            let sum = above.iter().fold(0.0, |sum, aggregate| sum + of_aggregates[*aggregate as usize]);
            *pulled = self.weights.leaves[leaf] * (of_leaves[leaf] - sum);
            above.iter().for_each(|aggregate| out[*aggregate as usize] -= *pulled);
        }
        if let Some(factors) = &self.weights.factors {
            let mut common = vec![0.0; factors.periods];
            for (aggregate, x) in of_aggregates.iter().enumerate() {
                add(&mut common, factors.share * x, factors.gap(aggregate));
            }
            for leaf in (0..leaves.len()).filter(|leaf| self.held[*leaf]) {
                add(&mut common, factors.share * of_leaves[leaf], factors.leaf(leaf));
            }
            out.iter_mut().enumerate().for_each(|(at, out)| *out += dot(factors.gap(at), &common));
            leaves.iter_mut().enumerate().for_each(|(at, out)| *out += dot(factors.leaf(at), &common));
        }
        (leaves, out)
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let (leaves, mut out) = self.pull(x);
        out.extend(leaves.iter().zip(&self.held).map(|(pulled, held)| if *held { *pulled } else { 0.0 }));
        out
    }

    fn diagonal(&self) -> Vec<f64> {
        let mut diagonal = self.hierarchy.sums(&self.weights.leaves);
        add(&mut diagonal, 1.0, &self.weights.aggregates);
        diagonal.extend_from_slice(&self.weights.leaves);
        if let Some(factors) = &self.weights.factors {
            let (aggregates, leaves) = diagonal.split_at_mut(self.hierarchy.aggregates.len());
            let norm = |row: &[f64]| factors.share * dot(row, row);
            aggregates.iter_mut().enumerate().for_each(|(at, out)| *out += norm(factors.gap(at)));
            leaves.iter_mut().enumerate().for_each(|(at, out)| *out += norm(factors.leaf(at)));
        }
        diagonal
    }

    /// Conjugate gradients, until the residual is 1e-13 of what it was.
    fn solve(&self, b: Vec<f64>) -> Result<Vec<f64>> {
        let diagonal = self.diagonal();
        let scaled = |r: &[f64]| r.iter().zip(&diagonal).map(|(r, d)| r / d).collect::<Vec<f64>>();
        let mut x = vec![0.0; b.len()];
        let mut residual = b;
        let mut direction = scaled(&residual);
        let first = dot(&residual, &direction);
        let mut size = first;
        for _ in 0..MAX_ITERATIONS {
            if size <= 1e-26 * first {
                return Ok(x);
            }
            let image = self.apply(&direction);
            let step = size / dot(&direction, &image);
            if !step.is_finite() {
                break;
            }
            add(&mut x, step, &direction);
            add(&mut residual, -step, &image);
            let next = scaled(&residual);
            let new_size = dot(&residual, &next);
            let turn = new_size / size;
            size = new_size;
            direction.iter_mut().zip(next).for_each(|(d, next)| *d = turn * *d + next);
        }
        if size <= 1e-18 * first {
            return Ok(x);
        }
        Err(Error::argument("residuals", "of variances and forecasts that can be weighed together", "too far apart"))
    }

    /// Leaves of the coherent forecast nearest to the base, those that are held at zero.
    fn project(&self, aggregates: &[f64], leaves: &[f64]) -> Result<Vec<f64>> {
        let mut b = aggregates.to_vec();
        add(&mut b, -1.0, &self.hierarchy.sums(leaves));
        b.extend(leaves.iter().zip(&self.held).map(|(base, held)| if *held { *base } else { 0.0 }));
        let (pulled, _) = self.pull(&self.solve(b)?);
        let moved = leaves.iter().zip(pulled).zip(&self.held);
        Ok(moved.map(|((base, pulled), held)| if *held { 0.0 } else { base - pulled }).collect())
    }
}

/// A method with what it needs.
enum Rule {
    BottomUp,
    /// The root above each leaf, and how the averages of a history share it.
    TopDown(Vec<Option<usize>>, Option<Vec<f64>>),
    Least(Weights),
}

impl Rule {
    fn read(
        hierarchy: &Hierarchy,
        residuals: Option<&Table>,
        history: Option<&Table>,
        params: &ReconcileParams,
    ) -> Result<Rule> {
        let names = [&params.id_column[..], &params.time_column];
        let residuals = || {
            let missing = || Error::argument("residuals", "given for wls_var and mint_shrink", "nothing");
            rows(hierarchy, "residuals", residuals.ok_or_else(missing)?, "residual", names)
        };
        Ok(match params.method {
            ReconcileMethod::BottomUp => Rule::BottomUp,
            ReconcileMethod::TopDown => {
                let roots = hierarchy.roots()?;
                let shares = match history {
                    Some(history) => {
                        Some(shares(hierarchy, &roots, &rows(hierarchy, "history", history, "y", names)?)?)
                    }
                    None => None,
                };
                Rule::TopDown(roots, shares)
            }
            ReconcileMethod::Ols => Rule::Least(Weights::diagonal(hierarchy, &vec![1.0; hierarchy.len()])),
            ReconcileMethod::WlsStruct => Rule::Least(Weights::structural(hierarchy)),
            ReconcileMethod::WlsVar => Rule::Least(Weights::variances(hierarchy, &residuals()?)?),
            ReconcileMethod::MintShrink => Rule::Least(Weights::shrunk(hierarchy, &residuals()?)?),
        })
    }

    /// Which nodes must have a forecast.
    fn needs(&self, hierarchy: &Hierarchy, node: usize) -> bool {
        match self {
            _ if hierarchy.is_leaf[node] => true,
            Rule::BottomUp => false,
            Rule::TopDown(..) => hierarchy.is_root[hierarchy.place[node]],
            Rule::Least(_) => true,
        }
    }

    /// Coherent leaves.
    fn leaves(&self, hierarchy: &Hierarchy, aggregates: &[f64], base: &[f64], non_negative: bool) -> Result<Vec<f64>> {
        let clipped = |values: &[f64]| values.iter().map(|value| value.max(0.0)).collect::<Vec<f64>>();
        match self {
            Rule::BottomUp if non_negative => Ok(clipped(base)),
            Rule::BottomUp => Ok(base.to_vec()),
            Rule::TopDown(roots, shares) => {
                let base = if non_negative { &clipped(base) } else { base };
                let split = split(hierarchy, roots, aggregates, shares.as_deref().unwrap_or(base), base);
                Ok(if non_negative { clipped(&split) } else { split })
            }
            Rule::Least(weights) => {
                let mut system = System { hierarchy, weights, held: vec![false; base.len()] };
                let mut leaves = system.project(aggregates, base)?;
                while non_negative && leaves.iter().any(|leaf| *leaf < 0.0) {
                    system.held.iter_mut().zip(&leaves).for_each(|(held, leaf)| *held |= *leaf < 0.0);
                    leaves = system.project(aggregates, base)?;
                }
                Ok(leaves)
            }
        }
    }
}

/// Splits each root in proportion to `parts`; evenly where those sum to nothing.
fn split(hierarchy: &Hierarchy, roots: &[Option<usize>], aggregates: &[f64], parts: &[f64], alone: &[f64]) -> Vec<f64> {
    let sums = hierarchy.sums(parts);
    let counts = hierarchy.sums(&vec![1.0; parts.len()]);
    let of = |(leaf, root): (usize, &Option<usize>)| match *root {
        None => alone[leaf],
        // Written as a change, so that what adds up already stays as it is.
        Some(root) if sums[root] == 0.0 => parts[leaf] + aggregates[root] / counts[root],
        Some(root) => parts[leaf] + (aggregates[root] - sums[root]) * (parts[leaf] / sums[root]),
    };
    roots.iter().enumerate().map(of).collect()
}

/// Averages of the history of each leaf.
fn shares(hierarchy: &Hierarchy, roots: &[Option<usize>], rows: &[Row]) -> Result<Vec<f64>> {
    let mut sums = vec![(0.0, 0.0); hierarchy.leaves.len()];
    for row in rows.iter().filter(|row| hierarchy.is_leaf[row.node as usize] && !row.value.is_nan()) {
        let at = &mut sums[hierarchy.place[row.node as usize]];
        *at = (at.0 + row.value, at.1 + 1.0);
    }
    for (leaf, (sum, n)) in sums.iter().enumerate().filter(|(leaf, _)| roots[*leaf].is_some()) {
        let name = hierarchy.name(hierarchy.leaves[leaf] as usize);
        if *n == 0.0 {
            return Err(Error::argument("history", format!("given for leaf {name}"), "none"));
        }
        if *sum < 0.0 {
            return Err(Error::argument("history", format!("of a mean of at least 0 for leaf {name}"), sum / n));
        }
    }
    Ok(sums.iter().map(|(sum, n)| if *n > 0.0 { sum / n } else { 0.0 }).collect())
}

/// Where the forecasts of a frame stand: a row for each node and instant (a time, or a cutoff and a time).
struct Places {
    instants: Vec<(i64, i64)>,
    row: Vec<u32>,
}

const NONE: u32 = u32::MAX;

fn places(hierarchy: &Hierarchy, rule: &Rule, table: &Table, params: &ReconcileParams) -> Result<Places> {
    let (names, times) = (ids(table, &params.id_column)?, Times::read(table, &params.time_column)?);
    let cutoffs = table.get("cutoff").map(|_| Times::read(table, "cutoff")).transpose()?;
    let instant = |row: usize| (cutoffs.as_ref().map_or(0, |cutoffs| cutoffs.value[row]), times.value[row]);
    let mut instants: Vec<(i64, i64)> = (0..times.value.len()).map(instant).collect();
    instants.sort_unstable();
    instants.dedup();
    if instants.len().saturating_mul(hierarchy.len()) > 10 * MAX_ENTRIES || times.value.len() >= NONE as usize {
        let got = format!("{} nodes × {} times", hierarchy.len(), instants.len());
        return Err(Error::argument("df", format!("of at most {} nodes × times", 10 * MAX_ENTRIES), got));
    }
    let mut row_of = vec![NONE; instants.len() * hierarchy.len()];
    for (row, name) in names.iter().enumerate() {
        let node = hierarchy.node("df", name)? as usize;
        let at = instants.partition_point(|other| *other < instant(row));
        if std::mem::replace(&mut row_of[at * hierarchy.len() + node], row as u32) != NONE {
            return Err(Error::DuplicateTime { series: name.clone(), ds: times.spelled(times.value[row]) });
        }
    }
    for (at, (_, time)) in instants.iter().enumerate() {
        let rows = &row_of[at * hierarchy.len()..][..hierarchy.len()];
        if let Some(node) = (0..rows.len()).find(|node| rows[*node] == NONE && rule.needs(hierarchy, *node)) {
            let rule = format!("with a forecast of {} at each time", hierarchy.name(node));
            return Err(Error::argument("df", rule, format!("none at {}", times.spelled(*time))));
        }
    }
    Ok(Places { instants, row: row_of })
}

/// Reconciles base forecasts: the rows of `table` with values that add up.
///
/// In: `unique_id, ds` and a column of numbers a model, for the nodes of the hierarchy `parent, child` (an empty parent for
/// none), rows in any order; with a column `cutoff` each cutoff is reconciled for itself. Every node needs a row at every
/// time (for `bottom_up` leaves only, for `top_down` leaves and roots). The ends of an interval (`auto-lo-80`) move with
/// their forecast: their width stays, and is no longer calibrated. Other columns and `y` stay as they are.
///
/// `residuals` (`unique_id, ds, residual`, one step ahead in sample) serve `wls_var`, each node with the times that it has,
/// and `mint_shrink`, with the times that all have; they are not centred. Variances are at least 1e-8 of their mean, and
/// the shrinkage at least 1e-4. `history` (`unique_id, ds, y` of the leaves) serves `top_down`. With `non_negative` leaves
/// below zero get zero and the rest is projected again with them held there, until none is below zero: at most as many
/// rounds as leaves, and not always the nearest non-negative forecast. In `top_down` they are left out of the proportions.
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`, `DUPLICATE_TIME`; `INVALID_ARGUMENT` for a cycle, a node that the hierarchy does not
/// know, a node without a forecast at a time, a value that is not finite, residuals or a history that a node lacks, several
/// roots above a leaf for `top_down`, more than [`MAX_ENTRIES`] entries or residuals; `CANCELLED`.
///
/// ```
/// use trousse::{Column, Table, Task, forecast::{self, ReconcileMethod, ReconcileParams}};
/// let texts = |v: &[&str]| Column::Text(v.iter().map(|v| v.to_string()).collect());
/// let hierarchy = Table::default().with("parent", texts(&["all", "all"]))?.with("child", texts(&["a", "b"]))?;
/// let base = Table::default()
///     .with("unique_id", texts(&["all", "a", "b"]))?
///     .with("ds", Column::Integer(vec![1, 1, 1]))?
///     .with("auto", Column::Float(vec![10.0, 3.0, 5.0]))?;
/// let params = ReconcileParams { method: ReconcileMethod::WlsStruct, ..Default::default() };
/// let told = forecast::reconcile(&base, &hierarchy, None, None, &params, &Task::default())?;
/// assert_eq!(told.floats("auto")?, [9.0, 3.5, 5.5]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn reconcile(
    table: &Table,
    hierarchy: &Table,
    residuals: Option<&Table>,
    history: Option<&Table>,
    params: &ReconcileParams,
    task: &Task,
) -> Result<Table> {
    let hierarchy = Hierarchy::read(hierarchy)?;
    let rule = Rule::read(&hierarchy, residuals, history, params)?;
    let places = places(&hierarchy, &rule, table, params)?;
    let end_of = |name: &str| {
        let cut = name.find("-lo-").or_else(|| name.find("-hi-"))?;
        Some(name[..cut].to_string())
    };
    let taken = [&params.id_column[..], &params.time_column, "y", "cutoff"];
    let number = |name: &str, column: &Column| column.is_numeric() && !taken.contains(&name);
    let numbers = || table.columns().iter().filter(|(name, column)| number(name, column));
    let models: Vec<&str> = numbers().map(|(name, _)| &name[..]).filter(|name| end_of(name).is_none()).collect();
    if models.is_empty() {
        return Err(Error::argument("df", "with a column of forecasts", "none"));
    }
    task.expect(models.len() * places.instants.len());
    let mut changes: Vec<Vec<f64>> = Vec::new();
    let mut told: Vec<Vec<f64>> = Vec::new();
    for model in &models {
        let base = table.floats(model)?;
        let (new, change) = column(&hierarchy, &rule, &places, model, &base, params.non_negative, task)?;
        told.push(new);
        changes.push(change);
    }
    let mut out = Table::default();
    for (name, column) in table.columns() {
        let of_model = |name: &str| models.iter().position(|model| *model == name);
        let end = end_of(name).and_then(|model| of_model(&model));
        let column = match (of_model(name), end) {
            (Some(model), _) => Column::Float(std::mem::take(&mut told[model])),
            (None, Some(model)) if number(name, column) => {
                let moved = table.floats(name)?.into_iter().zip(&changes[model]).map(|(end, change)| end + change);
                Column::Float(moved.map(|end| if params.non_negative && end < 0.0 { 0.0 } else { end }).collect())
            }
            _ => column.clone(),
        };
        out.push(name.clone(), column)?;
    }
    Ok(out)
}

/// One model's column, and what each row changed by.
fn column(
    hierarchy: &Hierarchy,
    rule: &Rule,
    places: &Places,
    model: &str,
    base: &[f64],
    non_negative: bool,
    task: &Task,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let nodes = hierarchy.len();
    let one = |at: usize| {
        let rows = &places.row[at * nodes..][..nodes];
        let value = |node: &u32| {
            let row = rows[*node as usize] as usize;
            match base.get(row) {
                Some(value) if value.is_finite() => Ok(*value),
                Some(value) if rule.needs(hierarchy, *node as usize) => {
                    let rule = format!("finite for {}", hierarchy.name(*node as usize));
                    Err(Error::argument(format!("{model}[{row}]"), rule, value))
                }
                _ => Ok(0.0), // of no use to the method
            }
        };
        let aggregates: Vec<f64> = hierarchy.aggregates.iter().map(value).collect::<Result<_>>()?;
        let leaves: Vec<f64> = hierarchy.leaves.iter().map(value).collect::<Result<_>>()?;
        task.tick()?;
        let leaves = rule.leaves(hierarchy, &aggregates, &leaves, non_negative)?;
        Ok((hierarchy.sums(&leaves), leaves))
    };
    let each: Vec<Result<(Vec<f64>, Vec<f64>)>> = (0..places.instants.len()).into_par_iter().map(one).collect();
    let coherent = each.into_iter().collect::<Result<Vec<_>>>()?; // of several errors the first
    let mut told = base.to_vec();
    for (at, (aggregates, leaves)) in coherent.iter().enumerate() {
        for (nodes_of, values) in [(&hierarchy.aggregates, aggregates), (&hierarchy.leaves, leaves)] {
            for (node, value) in nodes_of.iter().zip(values) {
                if let Some(told) = told.get_mut(places.row[at * nodes + *node as usize] as usize) {
                    *told = *value;
                }
            }
        }
    }
    let changes = told.iter().zip(base).map(|(told, base)| told - base).collect();
    Ok((told, changes))
}
