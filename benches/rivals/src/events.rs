//! Events of 200 bytes made durable: one at a time, one at a time with shared flushes, and in batches of 10,000.

use std::os::unix::fs::FileExt;
use std::path::Path;

use fjall::PersistMode;
use redb::Durability;
use trousse_benches::{size, small};

use crate::race::{Lap, Race, goal, seconds};
use crate::stores::{self, EVENT_BYTES};

type Event = [u8; EVENT_BYTES];

/// Many short laps: what else the disk has to do then meets all rivals alike.
fn rounds() -> usize {
    if small() { 1 } else { 15 }
}

/// Commits all events and answers the time of those after the first quarter: what set-up wrote still occupies the disk
/// during the first ones (raw flushes right after 64 MiB of zeros measured 0.4 to 0.9 of the rate they settle to).
fn settled(events: &[Event], mut commit: impl FnMut(usize, &[Event])) -> f64 {
    let (first, rest) = events.split_at(events.len() / 4);
    commit(0, first);
    seconds(|| commit(first.len(), rest))
}

/// Appends to a raw file, with a flush after every event.
fn raw(folder: &Path, events: &[Event]) -> Lap {
    let file = stores::raw_file(folder);
    let seconds = settled(events, |from, events| {
        for (at, event) in (from..).zip(events) {
            file.write_all_at(event, (at * EVENT_BYTES) as u64).and_then(|()| file.sync_data()).expect("a disk");
        }
    });
    let mut stored = vec![0; std::mem::size_of_val(events)];
    file.read_exact_at(&mut stored, 0).expect("a disk");
    Lap { seconds, checksum: stores::digest_all(&stored) }
}

/// The journal: one append an event, one sync after every `share` of them.
fn trousse(folder: &Path, events: &[Event], share: usize) -> Lap {
    let mut journal = stores::journal(folder);
    let seconds = settled(events, |_, events| {
        for group in events.chunks(share) {
            for event in group {
                journal.append(None, &[stores::record(event)]).expect("room");
            }
            journal.sync().expect("a disk");
        }
    });
    drop(journal);
    Lap { seconds, checksum: stores::journal_digest(folder) }
}

fn sqlite(folder: &Path, events: &[Event]) -> Lap {
    let db = stores::sqlite(folder, stores::SQLITE_ROWS);
    let mut insert = db.prepare(stores::SQLITE_INSERT).expect("a table");
    let seconds = settled(events, |_, events| {
        for event in events {
            insert.execute([event]).expect("durable");
        }
    });
    Lap { seconds, checksum: stores::sqlite_digest(&db) }
}

/// One transaction an event; of every `share` the last one flushes.
fn redb(folder: &Path, events: &[Event], share: usize) -> Lap {
    let db = stores::redb(folder);
    let seconds = settled(events, |from, events| {
        for (at, event) in (from..).zip(events) {
            let last = (at + 1) % share == 0;
            let durability = if last { Durability::Immediate } else { Durability::None };
            stores::redb_write(&db, durability, |rows| {
                rows.insert(at as u64, event.as_slice()).expect("room");
            });
        }
    });
    Lap { seconds, checksum: stores::redb_digest(&db) }
}

fn fjall(folder: &Path, events: &[Event], share: usize) -> Lap {
    let (db, rows) = stores::fjall(folder);
    let seconds = settled(events, |from, events| {
        for (at, event) in (from..).zip(events) {
            rows.insert((at as u64).to_be_bytes(), event).expect("room");
            if (at + 1) % share == 0 {
                db.persist(PersistMode::SyncData).expect("a disk");
            }
        }
    });
    Lap { seconds, checksum: stores::fjall_digest(&rows) }
}

fn measured(events: &[Event]) -> usize {
    events.len() - events.len() / 4
}

/// One event a flush.
pub fn singles(folder: &Path) {
    let events = stores::events(size(1_600, 40));
    let results = Race::new("A. one event of 200 B a flush", measured(&events))
        .enter("trousse: append + sync", |folder| trousse(folder, &events, 1))
        .enter("raw disk: pwrite + fdatasync, preallocated", |folder| raw(folder, &events))
        .enter("SQLite: one insert a transaction", |folder| sqlite(folder, &events))
        .enter("redb: one insert a transaction", |folder| redb(folder, &events, 1))
        .enter("fjall: insert + persist", |folder| fjall(folder, &events, 1))
        .run(folder, rounds());
    let ratio = results.ratio("trousse: append + sync", "raw disk: pwrite + fdatasync, preallocated");
    goal("trousse ÷ raw disk", 0.9, ratio);

    let share = 100;
    let events = stores::events(size(16_000, 400));
    Race::new("A. group commit: 100 single commits share a flush (SQLite has none)", measured(&events))
        .enter("trousse: 100 × append, sync", |folder| trousse(folder, &events, share))
        .enter("redb: 99 commits without, 1 with durability", |folder| redb(folder, &events, share))
        .enter("fjall: 100 × insert, persist", |folder| fjall(folder, &events, share))
        .run(folder, rounds());
}

const FJALL_THREADS: usize = 4;

fn trousse_batches(folder: &Path, events: &[Event], batches: usize) -> Lap {
    let mut journal = stores::journal(folder);
    let seconds = seconds(|| {
        for _ in 0..batches {
            let records: Vec<_> = events.iter().map(|event| stores::record(event)).collect();
            journal.append(None, &records).and_then(|_| journal.sync()).expect("a disk");
        }
    });
    drop(journal);
    Lap { seconds, checksum: stores::journal_digest(folder) }
}

fn sqlite_batches(folder: &Path, events: &[Event], batches: usize) -> Lap {
    let db = stores::sqlite(folder, stores::SQLITE_ROWS);
    let mut insert = db.prepare(stores::SQLITE_INSERT).expect("a table");
    let seconds = seconds(|| {
        for _ in 0..batches {
            let transaction = db.unchecked_transaction().expect("the only writer");
            for event in events {
                insert.execute([event]).expect("room");
            }
            transaction.commit().expect("durable");
        }
    });
    Lap { seconds, checksum: stores::sqlite_digest(&db) }
}

fn redb_batches(folder: &Path, events: &[Event], batches: usize, whole: bool) -> Lap {
    let db = stores::redb(folder);
    let seconds = seconds(|| {
        for batch in 0..batches {
            stores::redb_write(&db, Durability::Immediate, |rows| {
                if whole {
                    rows.insert(batch as u64, events.concat().as_slice()).expect("room");
                    return;
                }
                for (at, event) in events.iter().enumerate() {
                    rows.insert((batch * events.len() + at) as u64, event.as_slice()).expect("room");
                }
            });
        }
    });
    Lap { seconds, checksum: stores::redb_digest(&db) }
}

fn fjall_batches(folder: &Path, events: &[Event], batches: usize, whole: bool) -> Lap {
    let (db, rows) = stores::fjall(folder);
    let seconds = seconds(|| {
        for batch in 0..batches {
            let mut write = db.batch().durability(Some(PersistMode::SyncData));
            if whole {
                write.insert(&rows, (batch as u64).to_be_bytes(), events.concat());
            } else {
                for (at, event) in events.iter().enumerate() {
                    write.insert(&rows, ((batch * events.len() + at) as u64).to_be_bytes(), event.as_slice());
                }
            }
            write.commit().expect("durable");
        }
    });
    Lap { seconds, checksum: stores::fjall_digest(&rows) }
}

/// Several threads write a part of the batch each; one persists for all.
fn fjall_threads(folder: &Path, events: &[Event], batches: usize) -> Lap {
    let (db, rows) = stores::fjall(folder);
    let part = events.len().div_ceil(FJALL_THREADS);
    let write_part = |batch: usize, thread: usize| {
        let mut write = db.batch();
        for (at, event) in events.iter().enumerate().skip(thread * part).take(part) {
            write.insert(&rows, ((batch * events.len() + at) as u64).to_be_bytes(), event.as_slice());
        }
        write.commit().expect("room");
    };
    let barrier = std::sync::Barrier::new(FJALL_THREADS);
    let seconds = seconds(|| {
        std::thread::scope(|scope| {
            for thread in 0..FJALL_THREADS {
                let (write_part, barrier, db) = (&write_part, &barrier, &db);
                scope.spawn(move || {
                    for batch in 0..batches {
                        write_part(batch, thread);
                        if barrier.wait().is_leader() {
                            db.persist(PersistMode::SyncData).expect("a disk");
                        }
                        barrier.wait();
                    }
                });
            }
        });
    });
    Lap { seconds, checksum: stores::fjall_digest(&rows) }
}

/// 10,000 events a flush.
pub fn batches(folder: &Path) {
    let (batch, batches) = (size(10_000, 200), size(10, 2));
    let events = stores::events(batch);
    let results = Race::new("B. 10,000 events of 200 B a flush", batch * batches)
        .enter("trousse: one append, one sync", |folder| trousse_batches(folder, &events, batches))
        .enter("SQLite: a row an event, one transaction", |folder| sqlite_batches(folder, &events, batches))
        .enter("redb: a row an event, one transaction", |folder| redb_batches(folder, &events, batches, false))
        .enter("redb: one value a batch", |folder| redb_batches(folder, &events, batches, true))
        .enter("fjall: a row an event, one batch", |folder| fjall_batches(folder, &events, batches, false))
        .enter("fjall: the same from 4 threads, one persists", |folder| fjall_threads(folder, &events, batches))
        .enter("fjall: one value a batch", |folder| fjall_batches(folder, &events, batches, true))
        .run(folder, rounds());
    let own = "trousse: one append, one sync";
    goal("trousse, events/s", 1e6, results.rate(own));
    for rival in ["SQLite: a row an event, one transaction", "redb: a row an event, one transaction"] {
        goal(&format!("trousse ÷ {rival}"), 2.0, results.ratio(own, rival));
    }
    goal("trousse ÷ fjall: a row an event, one batch", 2.0, results.ratio(own, "fjall: a row an event, one batch"));
    goal("trousse ÷ redb: one value a batch", 1.3, results.ratio(own, "redb: one value a batch"));
}
