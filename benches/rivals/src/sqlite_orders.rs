//! Orders on SQLite: the same logical schema, in the form that is fastest there.
//!
//! Integer keys for SKU and location, 16-byte ids, clustered tables in the order in which they are asked, and one
//! transaction for reservation and commit together, although trousse acknowledges each.

use std::path::Path;
use std::sync::Mutex;

use rusqlite::{CachedStatement, Connection, params};

use crate::orders::{EXPIRES, NOW, Order, SKUS, Workload, run_threads, shipped};
use crate::race::{Lap, seconds};
use crate::stores;

const TABLES: &str = "
CREATE TABLE seen_ids (id BLOB PRIMARY KEY, fingerprint INTEGER NOT NULL, answer BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE lots (
    sku INTEGER, location INTEGER, expires_on INTEGER, lot INTEGER, on_hand INTEGER NOT NULL, held INTEGER NOT NULL,
    PRIMARY KEY (sku, location, expires_on, lot)) WITHOUT ROWID;
CREATE TABLE holds (
    id BLOB PRIMARY KEY, location INTEGER NOT NULL, deadline INTEGER NOT NULL, state INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE hold_lots (
    hold BLOB, sku INTEGER, expires_on INTEGER, lot INTEGER, quantity INTEGER NOT NULL,
    PRIMARY KEY (hold, sku, expires_on, lot)) WITHOUT ROWID;
CREATE TABLE movements (
    sequence INTEGER PRIMARY KEY, sku INTEGER NOT NULL, location INTEGER NOT NULL, lot INTEGER NOT NULL,
    quantity INTEGER NOT NULL, at INTEGER NOT NULL);";

const PARIS: i64 = 0;
const LIVE: i64 = 0;
const COMMITTED: i64 = 1;

const SEE: &str = "INSERT INTO seen_ids VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
const FREE_LOTS: &str = "SELECT expires_on, lot, on_hand - held FROM lots
    WHERE sku = ?1 AND location = ?2 AND expires_on >= ?3 AND on_hand > held ORDER BY expires_on, lot";
const HOLD_LOT: &str =
    "UPDATE lots SET held = held + ?5 WHERE sku = ?1 AND location = ?2 AND expires_on = ?3 AND lot = ?4";
const SHIP_LOT: &str = "UPDATE lots SET held = held - ?5, on_hand = on_hand - ?5
    WHERE sku = ?1 AND location = ?2 AND expires_on = ?3 AND lot = ?4";
const OPEN_HOLD: &str = "INSERT INTO holds VALUES (?1, ?2, ?3, ?4)";
const CLOSE_HOLD: &str = "UPDATE holds SET state = ?2 WHERE id = ?1 AND state = ?3";
const ADD_HOLD_LOT: &str = "INSERT INTO hold_lots VALUES (?1, ?2, ?3, ?4, ?5)";
const HOLD_LOTS: &str = "SELECT sku, expires_on, lot, quantity FROM hold_lots WHERE hold = ?1";
const MOVE: &str = "INSERT INTO movements (sku, location, lot, quantity, at) VALUES (?1, ?2, ?3, ?4, ?5)";

fn shop(folder: &Path, workload: &Workload) -> Connection {
    let db = stores::sqlite(folder, TABLES);
    let transaction = db.unchecked_transaction().expect("the only writer");
    for at in 0..SKUS * 3 {
        let (sku, lot) = (at / 3, at % 3);
        db.prepare_cached("INSERT INTO lots VALUES (?1, ?2, ?3, ?4, ?5, 0)")
            .and_then(|mut insert| insert.execute(params![sku, PARIS, EXPIRES[lot].0, lot, workload.stock[sku][lot]]))
            .expect("room");
    }
    transaction.commit().expect("durable");
    db
}

fn cached<'c>(db: &'c Connection, sql: &str) -> CachedStatement<'c> {
    db.prepare_cached(sql).expect("good SQL")
}

/// Whether the id is new; else its first answer would be looked up, which never happens here.
fn see(db: &Connection, id: u128, fingerprint: i64, answer: &[u8]) -> bool {
    cached(db, SEE).execute(params![id.to_be_bytes(), fingerprint, answer]).expect("room") == 1
}

fn reserve(db: &Connection, order: &Order) {
    let fingerprint = (order.sku as i64) << 32 | order.quantity;
    assert!(see(db, order.reserve, fingerprint, b"held"), "ids are new");
    let mut lots = Vec::with_capacity(3);
    let mut left = order.quantity;
    {
        let mut free = cached(db, FREE_LOTS);
        let mut rows = free.query(params![order.sku, PARIS, NOW.day(0).0]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let part = left.min(row.get(2).expect("units"));
            lots.push((row.get::<_, i64>(0).expect("a day"), row.get::<_, i64>(1).expect("a lot"), part));
            left -= part;
            if left == 0 {
                break;
            }
        }
    }
    assert_eq!(left, 0, "there is stock for all");
    let hold = order.reserve.to_be_bytes();
    cached(db, OPEN_HOLD).execute(params![hold, PARIS, NOW.0 + 900_000, LIVE]).expect("room");
    for (expires_on, lot, units) in lots {
        cached(db, HOLD_LOT).execute(params![order.sku, PARIS, expires_on, lot, units]).expect("room");
        cached(db, ADD_HOLD_LOT).execute(params![hold, order.sku, expires_on, lot, units]).expect("room");
    }
}

fn commit(db: &Connection, order: &Order) {
    assert!(see(db, order.commit, order.reserve as i64, b"shipped"), "ids are new");
    let hold = order.reserve.to_be_bytes();
    let closed = cached(db, CLOSE_HOLD).execute(params![hold, COMMITTED, LIVE]).expect("room");
    assert_eq!(closed, 1, "the hold is live");
    let mut lots = cached(db, HOLD_LOTS);
    let mut rows = lots.query([hold]).expect("rows");
    while let Some(row) = rows.next().expect("a row") {
        let column = |at: usize| row.get::<_, i64>(at).expect("a number");
        let (sku, expires_on, lot, units) = (column(0), column(1), column(2), column(3));
        cached(db, SHIP_LOT).execute(params![sku, PARIS, expires_on, lot, units]).expect("room");
        cached(db, MOVE).execute(params![sku, PARIS, lot, -units, NOW.0]).expect("room");
    }
}

/// Orders in one transaction.
fn transact(db: &Connection, orders: &[Order]) {
    cached(db, "BEGIN IMMEDIATE").execute([]).expect("the only writer");
    for order in orders {
        reserve(db, order);
        commit(db, order);
    }
    cached(db, "COMMIT").execute([]).expect("durable");
}

fn checksum(db: &Connection) -> u64 {
    let mut sums = cached(db, "SELECT sku, lot, -SUM(quantity) FROM movements GROUP BY sku, lot");
    let sum = |row: &rusqlite::Row<'_>| Ok(shipped(row.get(0)?, row.get(1)?, row.get(2)?));
    let rows = sums.query_map([], sum).expect("rows");
    rows.map(|sum| sum.expect("numbers")).fold(0, u64::wrapping_add)
}

/// A transaction an order, from a thread a submitter through one connection: SQLite has one writer anyway.
pub fn threads(folder: &Path, workload: &Workload) -> Lap {
    let db = Mutex::new(shop(folder, workload));
    let submit = |orders: &[Order]| {
        for order in orders {
            transact(&db.lock().expect("no panic"), std::slice::from_ref(order));
        }
        0
    };
    let seconds = run_threads(&workload.orders, submit).seconds;
    let checksum = checksum(&db.lock().expect("no panic"));
    Lap { seconds, checksum }
}

/// `group` orders a transaction from one thread that never waits for a submitter.
pub fn alone(folder: &Path, workload: &Workload, group: usize) -> Lap {
    let db = shop(folder, workload);
    let each = workload.orders[0].len();
    let in_turn: Vec<Order> = (0..each).flat_map(|at| workload.orders.iter().map(move |list| list[at])).collect();
    let seconds = seconds(|| in_turn.chunks(group).for_each(|orders| transact(&db, orders)));
    Lap { seconds, checksum: checksum(&db) }
}
