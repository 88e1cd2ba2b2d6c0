//! A small shop whose journal, snapshot and events the targets spoil.

use trousse::journal::{Geometry, Journal, MemoryDisk};
use trousse::{
    Commit, Count, Engine, Fact, Interest, Line, Move, Options, Quantity, Recall, Receive, Reserve, Sale, Sku, Timestamp,
};

pub const NOW: Timestamp = Timestamp(1_795_424_400_000);

/// The disk of the shop, with several segments and a snapshot.
#[allow(dead_code)]
pub fn disk() -> MemoryDisk {
    let disk = MemoryDisk::with_geometry(7, Geometry { segment_bytes: 4096 + 2048, warm_bytes: 0 });
    let mut engine = Engine::with_disk(Box::new(disk.clone()), Options::default()).expect("an empty disk opens");
    let sku = |key: &str| Sku { sku: key.into(), backorder_limit: 3, ..Sku::default() };
    engine.upsert_skus(vec![sku("a"), sku("b")], NOW).expect("entries");
    let record = |engine: &mut Engine, fact: Fact| drop(engine.record(fact, NOW).expect("a fact"));
    for lot in 0..6 {
        let (id, sku, location) = (format!("r{lot}"), if lot % 2 == 0 { "a" } else { "b" }.into(), "p".into());
        let expires_on = Some(NOW.day(0) + lot);
        record(&mut engine, Receive { id, sku, location, quantity: Quantity(9), lot: format!("L{lot}"), expires_on, ..Receive::default() }.into());
    }
    for n in 0..4 {
        let lines = vec![Line::new("a", 2), Line::new("b", n + 1)];
        let wish = Reserve { id: format!("h{n}"), lines: lines.clone(), location: "p".into(), ..Reserve::default() };
        engine.submit(wish.into(), NOW).expect("a hold");
        record(&mut engine, Sale { id: format!("s{n}"), lines, location: "p".into(), subject: Some("ana".into()), ..Sale::default() }.into());
    }
    let ship = Commit { id: "c".into(), hold: "h0".into(), subject: Some("bo".into()), ..Commit::default() };
    engine.submit(ship.into(), NOW).expect("a shipment");
    let send = Move { id: "m".into(), sku: "a".into(), quantity: Quantity(1), from: "p".into(), to: "q".into(), in_transit: true, ..Move::default() };
    engine.submit(send.into(), NOW).expect("a move");
    engine.snapshot().expect("a snapshot");
    record(&mut engine, Recall { id: "x".into(), sku: "b".into(), lot: "L1".into() }.into());
    record(&mut engine, Fact::Click(Interest { id: "k".into(), subject: "ana".into(), sku: "a".into() }));
    record(&mut engine, Count { id: "n".into(), sku: "a".into(), location: "p".into(), ..Count::default() }.into());
    disk
}

/// The events of the shop in their binary form.
#[allow(dead_code)]
pub fn events() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    Journal::open(Box::new(disk()), &mut |entry| {
        all.push(entry.payload.to_vec());
        Ok(())
    })
    .expect("it opens");
    all
}

/// Spoils bytes as the input says: three bytes an edit, place and value.
#[allow(dead_code)]
pub fn spoil(bytes: &mut Vec<u8>, edits: &[u8]) {
    for edit in edits.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % bytes.len().max(1);
        match edit[2] {
            0xFD => bytes.truncate(at),
            0xFE => bytes.insert(at, edit[0]),
            value => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
        }
    }
}
