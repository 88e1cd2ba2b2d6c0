//! The ledger at the size of a chain: 100,000 SKUs × 10 locations, Zipf, a million balances (SKU × location × lot).
//!
//! Half of the places of a SKU are stocked, each with two lots; the first one is small, so that what is wanted most runs
//! on into the second. Inputs are half till sales (facts) and half reservations with their commits, in batches of 1,000.
//! They come as structs, each answered with its lots, or as frames, each row answered with a code.
//! One engine serves all repeats, each with fresh inputs: a repeat finds the history of those before.
//! Questions about the past (trace, as of) get a file of their own.

use std::time::Instant;

use trousse::{
    Column, Command, Commit, Day, Engine, Fact, Line, Options, Quantity, Receive, Reserve, Sale, Table, Timestamp,
};
use trousse_benches::{Random, Zipf, report, resident_bytes, size, small};

const NOW: Timestamp = Timestamp(1_795_424_400_000);
const STOCKED_PLACES: usize = 5;
const LOTS: [(i64, Day); 2] = [(20, Day(21_000)), (1_000_000, Day(21_400))];
const BATCH: usize = 1_000;

fn options() -> Options {
    Options { open_catalog: true, ..Options::default() }
}

fn sku_key(sku: usize) -> String {
    format!("SKU-{sku:06}")
}

fn place(sku: usize, nth: usize) -> String {
    format!("place-{}", (sku + 2 * nth) % 10)
}

/// Receives two lots of each SKU at half of the places.
fn stock(engine: &mut Engine, skus: usize) -> usize {
    let receipt = |at: usize| {
        let (sku, nth, lot) = (at / 10, at % 10 / 2, at % 2);
        Receive {
            id: format!("r-{at}"),
            sku: sku_key(sku),
            quantity: Quantity(LOTS[lot].0),
            location: place(sku, nth),
            lot: format!("{sku}-{lot}"),
            expires_on: Some(LOTS[lot].1),
            ..Receive::default()
        }
    };
    let balances = skus * STOCKED_PLACES * LOTS.len();
    for from in (0..balances).step_by(100 * BATCH) {
        let until = balances.min(from + 100 * BATCH);
        let facts: Vec<Fact> = (from..until).map(|at| receipt(at).into()).collect();
        engine.record_many(&facts, NOW).expect("well formed");
    }
    balances
}

/// Fresh inputs without end.
struct Shoppers {
    random: Random,
    zipf: Zipf,
    skus: usize,
    inputs: u128,
}

enum Inputs {
    Facts(Vec<Fact>),
    Commands(Vec<Command>),
}

impl Shoppers {
    fn new(skus: usize) -> Shoppers {
        Shoppers { random: Random(7), zipf: Zipf::new(skus, 1.0), skus, inputs: 0 }
    }

    /// An id that no other input has: as of a UUIDv7, it begins with the time.
    fn id(&mut self) -> String {
        self.inputs += 1;
        format!("{:032x}", (NOW.0 as u128) << 80 | self.inputs << 32 | u128::from(self.random.bits() as u32))
    }

    /// A SKU, by Zipf, and a place that stocks it. What is wanted most is not what is stored first.
    fn line(&mut self) -> (Vec<Line>, String) {
        let sku = self.zipf.draw(&mut self.random) * 7_919 % self.skus;
        let location = place(sku, self.random.below(STOCKED_PLACES));
        (vec![Line::new(&sku_key(sku), 1 + self.random.below(3) as i64)], location)
    }

    fn sale(&mut self) -> Fact {
        let (lines, location) = self.line();
        Sale { id: self.id(), lines, location, ..Sale::default() }.into()
    }

    fn order(&mut self) -> [Command; 2] {
        let (lines, location) = self.line();
        let (hold, id) = (self.id(), self.id());
        let reserve = Reserve { id: hold.clone(), lines, location, ..Reserve::default() };
        [reserve.into(), Commit { id, hold, ..Commit::default() }.into()]
    }

    /// Batches of facts and of commands in turns, `n` inputs in all.
    fn batches(&mut self, n: usize) -> Vec<Inputs> {
        let batch = |at: usize| {
            if at % 2 == 0 {
                Inputs::Facts((0..BATCH).map(|_| self.sale()).collect())
            } else {
                Inputs::Commands((0..BATCH / 2).flat_map(|_| self.order()).collect())
            }
        };
        (0..n / BATCH).map(batch).collect()
    }
}

/// One frame of inputs and the name of their kind.
type Frame = (&'static str, Table);

impl Shoppers {
    fn keyed(&mut self, n: usize) -> Table {
        let lines: Vec<(Vec<Line>, String)> = (0..n).map(|_| self.line()).collect();
        let ids = (0..n).map(|_| self.id()).collect();
        let units = lines.iter().map(|(lines, _)| lines[0].quantity.0).collect();
        let skus = lines.iter().map(|(lines, _)| lines[0].sku.clone()).collect();
        let locations = lines.into_iter().map(|(_, location)| location).collect();
        frame([("id", ids), ("sku", skus), ("location", locations)]).with("quantity", Column::Integer(units)).unwrap()
    }

    /// As [`Shoppers::batches`], as frames: sales, reservations and their commits in turns.
    fn frames(&mut self, n: usize) -> Vec<Frame> {
        let mut frames = Vec::new();
        for _ in 0..n / (2 * BATCH) {
            frames.push(("sale", self.keyed(BATCH)));
            let reserve = self.keyed(BATCH / 2);
            let Some(Column::Text(holds)) = reserve.get("id").cloned() else { unreachable!() };
            let ids = holds.iter().map(|_| self.id()).collect();
            frames.push(("reserve", reserve));
            frames.push(("commit", frame([("id", ids), ("hold", holds)])));
        }
        frames
    }
}

fn frame<const N: usize>(columns: [(&str, Vec<String>); N]) -> Table {
    columns.into_iter().fold(Table::default(), |table, (name, texts)| table.with(name, Column::Text(texts)).unwrap())
}

/// Mixed inputs as frames on a stocked engine.
fn framed(name: &str, engine: &mut Engine, shoppers: &mut Shoppers, inputs: usize) {
    let repeats = if small() { 1 } else { 5 };
    let (mut seconds, mut accepted) = (Vec::new(), 0);
    for repeat in 0..repeats {
        let frames = shoppers.frames(inputs);
        let start = Instant::now();
        for (kind, table) in &frames {
            let answers = engine.batch(kind, table, Timestamp(NOW.0 + repeat)).expect("well formed");
            let Some(Column::Bool(done)) = answers.get("accepted") else { unreachable!() };
            accepted += done.iter().filter(|done| **done).count() as u64;
        }
        seconds.push(start.elapsed().as_secs_f64());
    }
    report(name, inputs, &mut seconds, accepted);
}

/// Puts the batches through and answers how many inputs were accepted.
fn run(engine: &mut Engine, batches: &[Inputs], now: Timestamp) -> u64 {
    let mut accepted = 0;
    for batch in batches {
        accepted += match batch {
            Inputs::Facts(facts) => engine.record_many(facts, now).expect("well formed").len(),
            Inputs::Commands(commands) => {
                let outcomes = engine.submit_many(commands, now).expect("well formed");
                outcomes.iter().filter(|outcome| outcome.rejected().is_none()).count()
            }
        } as u64;
    }
    accepted
}

/// Mixed inputs on a stocked engine.
fn mixed(name: &str, engine: &mut Engine, shoppers: &mut Shoppers, inputs: usize) {
    let repeats = if small() { 1 } else { 5 };
    let (mut seconds, mut accepted) = (Vec::new(), 0);
    for repeat in 0..repeats {
        let batches = shoppers.batches(inputs);
        let start = Instant::now();
        accepted += run(engine, &batches, Timestamp(NOW.0 + repeat));
        seconds.push(start.elapsed().as_secs_f64());
    }
    report(name, inputs, &mut seconds, accepted);
}

/// Opens a folder several times.
fn reopen(name: &str, folder: &std::path::Path, operations: usize) -> Engine {
    let repeats = if small() { 1 } else { 3 };
    let (mut seconds, mut opened) = (Vec::new(), None);
    for _ in 0..repeats {
        drop(opened.take());
        let start = Instant::now();
        opened = Some(Engine::open(folder, options()).expect("a good journal"));
        seconds.push(start.elapsed().as_secs_f64());
    }
    let engine = opened.expect("opened at least once");
    report(name, operations, &mut seconds, engine.position().sequence as u64);
    engine
}

fn main() {
    let (skus, inputs) = (size(100_000, 200), size(400_000, 2 * BATCH));
    let mut shoppers = Shoppers::new(skus);

    let folder = tempfile::tempdir().expect("a folder");
    let before = resident_bytes();
    let mut engine = Engine::open(folder.path(), options()).expect("a journal");
    let start = Instant::now();
    let balances = stock(&mut engine, skus);
    report("ledger: receive, durable, batches of 100,000", balances, &mut [start.elapsed().as_secs_f64()], 0);
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        let each = after.saturating_sub(before) / balances as u64;
        println!(
            "{:<44} {each:>12} B    of memory for each of {balances}, its receipt's id included",
            "ledger: a balance"
        );
    }
    mixed("ledger: sales and orders, durable", &mut engine, &mut shoppers, inputs);
    let events = engine.position().sequence as usize;
    drop(engine);
    let mut engine = reopen("ledger: replay on opening, an event", folder.path(), events);
    let start = Instant::now();
    engine.snapshot().expect("room");
    report("ledger: write a snapshot, a balance", balances, &mut [start.elapsed().as_secs_f64()], 0);
    drop(engine);
    drop(reopen("ledger: open from the snapshot, a balance", folder.path(), balances));

    let mut engine = Engine::memory(options());
    stock(&mut engine, skus);
    mixed("ledger: sales and orders, in memory", &mut engine, &mut shoppers, inputs);
    framed("ledger: the same as frames", &mut engine, &mut shoppers, inputs);
}
