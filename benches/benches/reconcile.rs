//! Forecasts of 100,000 leaves under 10,000 products, 500 brands and a total, crossed with 20 locations, made to add up.

use trousse::forecast::{ReconcileMethod, ReconcileParams, reconcile};
use trousse::{Column, Table, Task};
use trousse_benches::{Random, measure, size};

const RESIDUALS: usize = 52;

/// The hierarchy, and the names of its nodes with the number of leaves under each.
fn hierarchy(leaves: usize) -> (Table, Vec<(String, f64)>) {
    let (products, brands, locations) = (leaves / 10, leaves / 200, 20);
    let (mut parents, mut children) = (Vec::new(), Vec::new());
    let mut edge = |parent: String, child: String| {
        parents.push(parent);
        children.push(child);
    };
    (0..brands).for_each(|brand| edge("all".into(), format!("brand {brand}")));
    (0..products).for_each(|product| edge(format!("brand {}", product % brands), format!("product {product}")));
    for leaf in 0..leaves {
        edge(format!("product {}", leaf % products), format!("leaf {leaf}"));
        edge(format!("location {}", leaf / products + 10 * (leaf % 2)), format!("leaf {leaf}"));
    }
    let level = |name: &'static str, n: usize| (0..n).map(move |i| (format!("{name} {i}"), (leaves / n) as f64));
    let mut nodes = vec![("all".to_string(), leaves as f64)];
    nodes.extend(level("brand", brands).chain(level("product", products)));
    nodes.extend(level("location", locations).chain(level("leaf", leaves)));
    let table =
        Table::default().with("parent", Column::Text(parents)).and_then(|t| t.with("child", Column::Text(children)));
    (table.expect("two columns of one length"), nodes)
}

/// Rows of all nodes at some times; a node's value grows with its leaves, its noise with their root.
fn rows(nodes: &[(String, f64)], times: usize, column: &str, level: f64) -> Table {
    let mut random = Random(7);
    let mut value = |leaves: f64| level * leaves + 2.0 * leaves.sqrt() * (random.unit() - 0.5);
    let each = || (0..times).flat_map(|time| nodes.iter().map(move |node| (time, node)));
    let values = each().map(|(_, (_, leaves))| value(*leaves)).collect();
    Table::default()
        .with("unique_id", Column::Text(each().map(|(_, (name, _))| name.clone()).collect()))
        .and_then(|table| table.with("ds", Column::Integer(each().map(|(time, _)| time as i64).collect())))
        .and_then(|table| table.with(column, Column::Float(values)))
        .expect("columns of one length")
}

fn main() {
    let leaves = size(100_000, 400);
    let (hierarchy, nodes) = hierarchy(leaves);
    let residuals = rows(&nodes, RESIDUALS, "residual", 0.0);
    let methods = [
        ("bottom up", ReconcileMethod::BottomUp, 1),
        ("ols", ReconcileMethod::Ols, 1),
        ("wls_struct", ReconcileMethod::WlsStruct, 1),
        ("wls_struct, 12 periods", ReconcileMethod::WlsStruct, 12),
        ("wls_var, 52 residuals", ReconcileMethod::WlsVar, 1),
        ("mint_shrink, 52 residuals", ReconcileMethod::MintShrink, 1),
    ];
    for (name, method, periods) in methods {
        let base = rows(&nodes, periods, "auto", 2.0);
        let params = ReconcileParams { method, ..Default::default() };
        measure(
            &format!("reconcile: {leaves} leaves, {name}"),
            leaves * periods,
            || (),
            |()| {
                let told = reconcile(&base, &hierarchy, Some(&residuals), None, &params, &Task::default());
                let told = told.and_then(|told| told.floats("auto")).expect("a forecast of every node");
                told.iter().fold(0, |sum: u64, value| sum.rotate_left(7) ^ value.to_bits())
            },
        );
    }
}
