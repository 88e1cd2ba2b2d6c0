//! Durable append: facts on a file journal, acknowledged after one fdatasync per batch of 1, 100 and 10,000.

use trousse::journal::{FileDisk, Journal, Record, Stream};
use trousse::{Engine, Fact, Options, Quantity, Receive, Timestamp};
use trousse_benches::{measure, size};

const NOW: Timestamp = Timestamp(1_795_424_400_000);

fn receipts(from: usize, n: usize) -> Vec<Fact> {
    let receipt = |i: usize| Receive {
        id: format!("r-{i}"),
        sku: format!("SKU-{:04}", i % 1_000),
        quantity: Quantity(1),
        location: "paris".into(),
        ..Receive::default()
    };
    (from..from + n).map(receipt).map(Into::into).collect()
}

fn main() {
    for (batch, batches) in [(1, size(2_000, 50)), (100, size(200, 5)), (10_000, size(20, 1))] {
        let payload = [7u8; 80];
        let prepare = || {
            let folder = tempfile::tempdir().expect("a folder");
            let disk = FileDisk::open(folder.path()).expect("a journal");
            let journal = Journal::open(Box::new(disk), &mut |_| Ok(())).expect("an empty journal");
            (folder, journal)
        };
        let record = Record { stream: Stream::Stock, subject: None, payload: &payload };
        let records = vec![record; batch];
        measure(&format!("journal: append + sync, batch {batch}"), batch * batches, prepare, |(_, journal)| {
            for _ in 0..batches {
                journal.append(None, &records).and_then(|_| journal.sync()).expect("the disk takes it");
            }
            journal.head().sequence
        });
        let prepare = || {
            let folder = tempfile::tempdir().expect("a folder");
            let options = Options { open_catalog: true, ..Options::default() };
            let engine = Engine::open(folder.path(), options).expect("a journal");
            let facts: Vec<Vec<Fact>> = (0..batches).map(|i| receipts(i * batch, batch)).collect();
            (folder, engine, facts)
        };
        measure(&format!("engine: record_many, batch {batch}"), batch * batches, prepare, |(_, engine, facts)| {
            facts.iter().map(|facts| engine.record_many(facts, NOW).expect("recorded").len() as u64).sum()
        });
    }
}
