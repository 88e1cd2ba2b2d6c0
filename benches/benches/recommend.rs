//! Recommendations for one person among 2,000 SKUs, learned from 50,000 people, stock and hard rules included.

use trousse::engine::RecommendParams;
use trousse::{Engine, Fact, Options, Profile, Quantity, Rating, Receive, Sku, Timestamp, View};
use trousse_benches::{Random, measure, size};

const NOW: Timestamp = Timestamp(1_795_424_400_000);

fn shop() -> View {
    let (skus, people) = (size(2_000, 200), size(50_000, 500));
    let mut random = Random(7);
    let mut engine = Engine::memory(Options::default());
    let entry = |i: usize| Sku {
        sku: format!("SKU-{i:04}"),
        brand: format!("b{}", i % 50),
        category: format!("c{}", i % 12),
        ingredients: vec!["Aqua".into(), if i % 5 == 0 { "Limonene".into() } else { "Glycerin".into() }],
        ..Sku::default()
    };
    engine.upsert_skus((0..skus).map(entry).collect(), NOW).expect("a catalogue");
    let receipt = |i: usize| Receive {
        id: format!("r-{i}"),
        sku: format!("SKU-{i:04}"),
        quantity: Quantity(100),
        location: "paris".into(),
        ..Receive::default()
    };
    let mut facts: Vec<Fact> = (0..skus).map(receipt).map(Into::into).collect();
    for person in 0..people {
        let home = random.below(skus);
        for n in 0..4 {
            let sku = if n < 3 { (home + random.below(20)) % skus } else { random.below(skus) };
            let (id, subject, sku) = (format!("g-{person}-{n}"), format!("p-{person}"), format!("SKU-{sku:04}"));
            facts.push(Rating { id, subject, sku, value: 1 + random.below(5) as u8 }.into());
        }
    }
    let avoid = vec!["limonene".into()];
    facts.push(Profile { id: "f".into(), subject: "p-1".into(), avoid, attributes: Vec::new() }.into());
    engine.record_many(&facts, NOW).expect("well formed");
    engine.view()
}

fn main() {
    let view = shop();
    let n = size(500, 20);
    for (name, avoids) in [("recommend: one user, 2,000 SKUs", false), ("recommend: the same, with a hard rule", true)]
    {
        let ask = |i: usize| {
            let subject = if avoids { "p-1".into() } else { format!("p-{}", 2 + i) };
            view.recommend(&RecommendParams { subject, explain: false, ..RecommendParams::default() })
        };
        measure(
            name,
            n,
            || (),
            |()| {
                let scores = (0..n).flat_map(|i| ask(i).expect("a known location"));
                scores.fold(0, |sum: u64, pick| sum.wrapping_mul(31).wrapping_add(pick.score.to_bits()))
            },
        );
    }
}
