//! Laws of reconciliation on random hierarchies: what comes out adds up, and what added up stays as it is.

use proptest::prelude::*;

use super::{AggregateParams, ReconcileMethod, ReconcileParams, aggregate, reconcile};
use crate::base::{Column, Table, Task};

const METHODS: [ReconcileMethod; 6] = [
    ReconcileMethod::BottomUp,
    ReconcileMethod::TopDown,
    ReconcileMethod::Ols,
    ReconcileMethod::WlsStruct,
    ReconcileMethod::WlsVar,
    ReconcileMethod::MintShrink,
];

fn texts(values: Vec<String>) -> Column {
    Column::Text(values)
}

/// Leaves under products and, crossed with them, locations; all under `all`.
#[derive(Debug)]
struct World {
    leaves: Vec<(usize, usize)>,
    nodes: Vec<String>,
    members: Vec<Vec<usize>>,
}

impl World {
    fn new(leaves: &[(usize, usize)]) -> World {
        let mut nodes = vec!["all".to_string()];
        let mut members = vec![(0..leaves.len()).collect::<Vec<usize>>()];
        for (kind, of) in [("p", 0), ("l", 1)] {
            for group in 0..4 {
                let own: Vec<usize> = (0..leaves.len()).filter(|i| [leaves[*i].0, leaves[*i].1][of] == group).collect();
                if !own.is_empty() {
                    nodes.push(format!("{kind}{group}"));
                    members.push(own);
                }
            }
        }
        nodes.extend((0..leaves.len()).map(|i| format!("leaf{i}")));
        members.extend((0..leaves.len()).map(|i| vec![i]));
        World { leaves: leaves.to_vec(), nodes, members }
    }

    fn hierarchy(&self) -> Table {
        let (mut parents, mut children) = (Vec::new(), Vec::new());
        let mut edge = |parent: String, child: String| {
            parents.push(parent);
            children.push(child);
        };
        for (i, (product, location)) in self.leaves.iter().enumerate() {
            edge("all".into(), format!("p{product}"));
            edge("all".into(), format!("l{location}"));
            edge(format!("p{product}"), format!("leaf{i}"));
            edge(format!("l{location}"), format!("leaf{i}"));
        }
        Table::default().with("parent", texts(parents)).unwrap().with("child", texts(children)).unwrap()
    }

    fn frame(&self, column: &str, times: usize, value: impl Fn(usize, usize) -> f64) -> Table {
        let each = || (0..times).flat_map(|t| (0..self.nodes.len()).map(move |node| (t, node)));
        Table::default()
            .with("unique_id", texts(each().map(|(_, node)| self.nodes[node].clone()).collect()))
            .unwrap()
            .with("ds", Column::Integer(each().map(|(t, _)| t as i64).collect()))
            .unwrap()
            .with(column, Column::Float(each().map(|(t, node)| value(t, node)).collect()))
            .unwrap()
    }

    fn sum(&self, leaves: &[f64], node: usize) -> f64 {
        self.members[node].iter().map(|leaf| leaves[*leaf]).sum()
    }

    fn reconciled(&self, base: &Table, residuals: &Table, params: &ReconcileParams) -> Vec<f64> {
        let told = reconcile(base, &self.hierarchy(), Some(residuals), None, params, &Task::default()).unwrap();
        told.floats("auto").unwrap()
    }
}

fn worlds() -> impl Strategy<Value = (World, Vec<f64>)> {
    let leaves = prop::collection::vec((0usize..4, 0usize..4), 1..12).prop_map(|leaves| World::new(&leaves));
    (leaves, prop::collection::vec(-50.0..100.0f64, 400))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn reconciled_forecasts_add_up((world, values) in worlds(), non_negative: bool) {
        let base = world.frame("auto", 2, |t, node| values[t * 30 + node]);
        let residuals = world.frame("residual", 9, |t, node| values[60 + t * 30 + node]);
        let nodes = world.nodes.len();
        for method in METHODS {
            let params = ReconcileParams { method, non_negative, ..Default::default() };
            let told = world.reconciled(&base, &residuals, &params);
            for told in told.chunks(nodes) {
                let leaves = &told[nodes - world.leaves.len()..];
                prop_assert!(!non_negative || leaves.iter().all(|leaf| *leaf >= 0.0), "{method:?}");
                for (node, told) in told.iter().enumerate() {
                    let sum = world.sum(leaves, node);
                    let size: f64 = world.members[node].iter().map(|leaf| leaves[*leaf].abs()).sum();
                    prop_assert!((told - sum).abs() <= 1e-9 * size.max(1.0), "{method:?} {}", world.nodes[node]);
                }
            }
        }
    }

    #[test]
    fn what_adds_up_stays((world, values) in worlds()) {
        let base = world.frame("auto", 2, |t, node| world.sum(&values[t * 30..], node));
        let residuals = world.frame("residual", 9, |t, node| values[60 + t * 30 + node]);
        let expected = base.floats("auto").unwrap();
        for method in METHODS {
            let told = world.reconciled(&base, &residuals, &ReconcileParams { method, ..Default::default() });
            for (told, expected) in told.iter().zip(&expected) {
                prop_assert!((told - expected).abs() <= 1e-8, "{method:?}: {told} instead of {expected}");
            }
        }
    }

    #[test]
    fn sums_are_those_of_the_leaves((world, values) in worlds()) {
        let first = world.nodes.len() - world.leaves.len();
        let leaves = Table::default()
            .with("unique_id", texts(world.nodes[first..].to_vec())).unwrap()
            .with("ds", Column::Integer(vec![1; world.leaves.len()])).unwrap()
            .with("y", Column::Float(values[..world.leaves.len()].to_vec())).unwrap();
        let params = AggregateParams::default();
        let all = aggregate(&leaves, &world.hierarchy(), &params, &Task::default()).unwrap();
        prop_assert_eq!(all.rows(), world.nodes.len());
        for (name, y) in all.texts("unique_id").unwrap().iter().zip(all.floats("y").unwrap()) {
            let node = world.nodes.iter().position(|own| own == name).unwrap();
            prop_assert!((y - world.sum(&values, node)).abs() < 1e-9);
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let world = World::new(&[(0, 0), (0, 1), (1, 0), (1, 1), (2, 1)]);
    let wave = |t: usize, node: usize| ((t * 31 + node * 17) as f64).sin() * 10.0;
    let (base, residuals) = (world.frame("auto", 20, wave), world.frame("residual", 30, |t, node| wave(node, t)));
    let params = ReconcileParams { method: ReconcileMethod::MintShrink, ..Default::default() };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| world.reconciled(&base, &residuals, &params))
    };
    let bits = |values: Vec<f64>| values.iter().map(|value| value.to_bits()).collect::<Vec<u64>>();
    assert_eq!(bits(with(1)), bits(with(8)));
}
