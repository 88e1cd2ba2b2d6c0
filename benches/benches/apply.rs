//! In-memory apply and decide: stock events on a world of 1,000 SKUs at 3 locations.

use trousse::engine::World;
use trousse::event::{Body, Event, StockEvent, Taken};
use trousse::{Day, Engine, Line, Options, Quantity, Receive, Reserve, Timestamp};
use trousse_benches::{Random, measure, size};

const SKUS: usize = 1_000;
const NOW: Timestamp = Timestamp(1_795_424_400_000);

fn events(n: usize) -> Vec<Event> {
    let mut random = Random(7);
    let stamp = |body| Event { at: NOW, day: NOW.day(0), origin: None, body: Body::Stock(body) };
    let goods = |sku: usize, quantity| Taken {
        sku: format!("SKU-{sku:04}"),
        lot: format!("L{}", sku % 3),
        quantity: Quantity(quantity),
        expires_on: Some(Day(21_500 + (sku % 3) as i32)),
    };
    let place = |i: usize| format!("place-{}", i % 3);
    let receive = |i: usize| StockEvent::Received {
        goods: goods(i % SKUS, 1_000_000),
        location: place(i),
        purchase: None,
        unit_cost: None,
    };
    let stocked = (0..SKUS * 3).map(|i| receive(i % SKUS + (i / SKUS) * SKUS));
    let sales = (0..n).map(|_| {
        let sku = random.below(SKUS);
        StockEvent::Sold { location: place(sku), taken: vec![goods(sku, 1)], missing: Vec::new() }
    });
    stocked.chain(sales).map(stamp).collect()
}

fn main() {
    let n = size(1_000_000, 20_000);
    let all = events(n);
    measure("apply: stock events in memory", all.len(), World::default, |world| {
        all.iter().for_each(|event| world.apply(event));
        (0..SKUS as u32).map(|sku| world.ledger.totals(trousse::base::SkuId(sku)).sold as u64).sum()
    });

    let n = size(100_000, 2_000);
    let prepare = || {
        let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
        for sku in 0..SKUS {
            let receipt = Receive {
                id: format!("r-{sku}"),
                sku: format!("SKU-{sku:04}"),
                quantity: Quantity(1_000_000),
                location: "paris".into(),
                ..Receive::default()
            };
            engine.record(receipt.into(), NOW).expect("a receipt is recorded");
        }
        let mut random = Random(7);
        let wish = |i| Reserve {
            id: format!("o-{i}"),
            lines: vec![Line::new(&format!("SKU-{:04}", random.below(SKUS)), 1)],
            location: "paris".into(),
            ..Reserve::default()
        };
        let commands: Vec<_> = (0..n).map(wish).map(Into::into).collect();
        (engine, commands)
    };
    measure("submit: reserve, journal in memory", n, prepare, |(engine, commands)| {
        let outcomes = engine.submit_many(commands, NOW).expect("well formed");
        outcomes.iter().filter(|outcome| outcome.rejected().is_none()).count() as u64
    });
}
