//! Questions about the past of a ledger with ten million movements: traces, as of an instant and a day, values.
//!
//! 2,000 SKUs with 5 lots each at 2 places; all movements but the receipts are till sales of one unit, so that a lot has
//! about a thousand and one lot a hundred thousand of them.

use trousse::engine::{StockParams, StockValueParams, TraceLotParams, TraceOrderParams};
use trousse::{Column, Day, Engine, Options, Table, Timestamp};
use trousse_benches::{Random, measure, size};

const NOW: Timestamp = Timestamp(1_795_424_400_000);
const SKUS: usize = 2_000;
const HOT: usize = 7;

fn texts(values: impl Iterator<Item = String>) -> Column {
    Column::Text(values.collect())
}

fn stock(engine: &mut Engine, units: i64) {
    let rows: Vec<(usize, usize, usize)> =
        (0..SKUS).flat_map(|sku| (0..5).flat_map(move |lot| (0..2).map(move |at| (sku, lot, at)))).collect();
    let table = Table::default()
        .with("id", texts(rows.iter().map(|(sku, lot, at)| format!("r-{sku}-{lot}-{at}"))))
        .and_then(|table| table.with("sku", texts(rows.iter().map(|(sku, ..)| format!("SKU-{sku:04}")))))
        .and_then(|table| table.with("lot", texts(rows.iter().map(|(_, lot, _)| format!("L{lot}")))))
        .and_then(|table| table.with("location", texts(rows.iter().map(|(.., at)| format!("place-{at}")))))
        .and_then(|table| table.with("quantity", Column::Integer(vec![units; rows.len()])))
        .and_then(|table| table.with("unit_cost_minor", Column::Integer(vec![450; rows.len()])))
        .and_then(|table| {
            table.with(
                "expires_on",
                Column::Day(rows.iter().map(|(_, lot, _)| Day(22_000 + 90 * *lot as i32)).collect()),
            )
        });
    engine.batch("receive", &table.expect("columns of one length"), NOW).expect("well formed");
}

fn sell(engine: &mut Engine, sales: usize) {
    let mut random = Random(7);
    for first in (0..sales).step_by(100_000) {
        let n = 100_000.min(sales - first);
        let skus: Vec<usize> = (0..n).map(|i| if i % 100 == 0 { HOT } else { random.below(SKUS) }).collect();
        let table = Table::default()
            .with("id", texts((first..first + n).map(|i| format!("s-{i}"))))
            .and_then(|table| table.with("sku", texts(skus.iter().map(|sku| format!("SKU-{sku:04}")))))
            .and_then(|table| table.with("location", texts((0..n).map(|i| format!("place-{}", i % 2)))))
            .and_then(|table| table.with("quantity", Column::Integer(vec![1; n])));
        let now = Timestamp(NOW.0 + (first / 100_000) as i64 * 3_600_000);
        engine.batch("sale", &table.expect("columns of one length"), now).expect("well formed");
    }
}

fn main() {
    let movements = size(10_000_000, 50_000);
    let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
    stock(&mut engine, (movements / SKUS / 4) as i64 + 1_000);
    sell(&mut engine, movements - SKUS * 10);
    let view = engine.view();
    let book = view.world().ledger.book().len();
    println!("history: a book of {book} movements");

    let ask = |lot: TraceLotParams| view.trace_lot(&lot).expect("a known lot").movements.len() as u64;
    let lot = |sku: usize| TraceLotParams { sku: format!("SKU-{sku:04}"), lot: "L0".into() };
    measure("history: trace a lot", 20, || (), |()| (100..120).map(|sku| ask(lot(sku))).sum());
    measure("history: trace the lot that sold most", 1, || (), |()| ask(lot(HOT)));
    let order = |i: usize| TraceOrderParams { order: format!("s-{}", i * 97 % (movements - SKUS * 10)) };
    let trace = |i: usize| view.trace_order(&order(i)).expect("a known order").movements.len() as u64;
    measure("history: trace an order", 1_000, || (), |()| (0..1_000).map(trace).sum());

    let middle = Timestamp(NOW.0 + (movements / 200_000) as i64 * 3_600_000);
    let sku = |sku: usize| Some(format!("SKU-{sku:04}"));
    let as_of =
        |params: StockParams| view.stock(&params).expect("known").iter().map(|row| row.on_hand as u64).sum::<u64>();
    measure(
        "history: stock of a SKU as of an instant",
        20,
        || (),
        |()| {
            (100..120).map(|n| as_of(StockParams { sku: sku(n), as_of: Some(middle), ..StockParams::default() })).sum()
        },
    );
    measure(
        "history: stock of all SKUs as of a day",
        1,
        || (),
        |()| as_of(StockParams { as_of_day: Some(middle.day(0)), ..StockParams::default() }),
    );
    measure(
        "history: value of a SKU as of a day",
        20,
        || (),
        |()| {
            let value = |n| view.stock_value(&StockValueParams { sku: sku(n), ..StockValueParams::default() });
            (100..120).map(|n| value(n).expect("known").iter().map(|row| row.value.minor as u64).sum::<u64>()).sum()
        },
    );
}
