//! How each rival is opened: the fastest settings that keep every acknowledged commit through a power cut.
//!
//! | rival | settings |
//! |---|---|
//! | raw | `pwrite` + `fdatasync` into 64 MiB of real zeros, written and synced before: what the disk allows |
//! | SQLite | WAL, synchronous FULL, built with fdatasync, one connection with an exclusive lock, memory map, 256 MiB cache, statements prepared once, a WAL file that already has its blocks; it has no group commit |
//! | redb | `Durability::Immediate`, one-phase commit; its group commit: commits with `Durability::None` before one `Immediate` |
//! | fjall | `persist(SyncData)`, which is fdatasync (`SyncAll` is slower), manual journal persistence; its group commit: threads insert, one persists |

use std::fs::{File, OpenOptions};
use std::path::Path;

use fjall::{Keyspace, KeyspaceCreateOptions};
use redb::{ReadableDatabase, ReadableTable, TableDefinition};
use rusqlite::Connection;
use trousse::journal::{FileDisk, Journal, Record, Stream};
use trousse_benches::Random;

/// Bytes of an event.
pub const EVENT_BYTES: usize = 200;
const PREALLOCATED_BYTES: usize = 64 << 20;
/// Rows by sequence.
pub const ROWS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("events");

/// Seeded events.
pub fn events(n: usize) -> Vec<[u8; EVENT_BYTES]> {
    let mut random = Random(7);
    let mut event = || std::array::from_fn(|_| random.bits() as u8);
    (0..n).map(|_| event()).collect()
}

/// A number that depends on every byte; those of many events are added up.
pub fn digest(event: &[u8]) -> u64 {
    event.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The digest of events that lie one after the other.
pub fn digest_all(bytes: &[u8]) -> u64 {
    bytes.chunks_exact(EVENT_BYTES).map(digest).fold(0, u64::wrapping_add)
}

/// A file of zeros that has all its blocks.
pub fn raw_file(folder: &Path) -> File {
    let path = folder.join("raw");
    std::fs::write(&path, vec![0; PREALLOCATED_BYTES]).expect("room for 64 MiB");
    let file = OpenOptions::new().read(true).write(true).open(path).expect("it is there");
    file.sync_all().expect("a disk");
    file
}

/// A journal that has been written to.
pub fn journal(folder: &Path) -> Journal {
    let disk = FileDisk::open(folder).expect("a folder");
    Journal::open(Box::new(disk), &mut |_| Ok(())).expect("an empty journal")
}

/// An event as the journal takes it.
pub fn record(event: &[u8]) -> Record<'_> {
    Record { stream: Stream::Stock, subject: None, payload: event }
}

/// The digest of a closed journal.
pub fn journal_digest(folder: &Path) -> u64 {
    let mut sum = 0u64;
    let disk = FileDisk::open(folder).expect("a folder");
    let add = &mut |entry: trousse::journal::Entry| {
        sum = sum.wrapping_add(digest(&entry.payload));
        Ok(())
    };
    Journal::open(Box::new(disk), add).expect("a good journal");
    sum
}

/// An SQLite database with tables; its WAL file has had its full length before.
pub fn sqlite(folder: &Path, tables: &str) -> Connection {
    let db = Connection::open(folder.join("sqlite")).expect("a database");
    db.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -262144; PRAGMA temp_store = MEMORY;
         CREATE TABLE warm (bytes BLOB); INSERT INTO warm VALUES (zeroblob(16777216)); DROP TABLE warm;",
    )
    .and_then(|()| db.execute_batch(tables))
    .and_then(|()| db.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())))
    .expect("settings");
    db.set_prepared_statement_cache_capacity(64);
    db
}

/// Rows of events in order.
pub const SQLITE_ROWS: &str = "CREATE TABLE events (sequence INTEGER PRIMARY KEY, event BLOB NOT NULL)";
/// Adds such a row.
pub const SQLITE_INSERT: &str = "INSERT INTO events (event) VALUES (?1)";

/// The digest of the rows.
pub fn sqlite_digest(db: &Connection) -> u64 {
    let mut rows = db.prepare("SELECT event FROM events").expect("a table");
    let digests = rows.query_map([], |row| row.get_ref(0)?.as_blob().map(digest).map_err(Into::into)).expect("rows");
    digests.map(|digest| digest.expect("a blob")).fold(0, u64::wrapping_add)
}

/// A redb database with its table.
pub fn redb(folder: &Path) -> redb::Database {
    let db = redb::Database::create(folder.join("redb")).expect("a database");
    redb_write(&db, redb::Durability::Immediate, |_| ());
    db
}

/// One transaction on the table.
pub fn redb_write(
    db: &redb::Database,
    durability: redb::Durability,
    write: impl FnOnce(&mut redb::Table<'_, u64, &[u8]>),
) {
    let mut transaction = db.begin_write().expect("the only writer");
    transaction.set_durability(durability).expect("no savepoints");
    write(&mut transaction.open_table(ROWS).expect("a table"));
    transaction.commit().expect("durable");
}

/// The digest of the values.
pub fn redb_digest(db: &redb::Database) -> u64 {
    let transaction = db.begin_read().expect("a reader");
    let table = transaction.open_table(ROWS).expect("a table");
    let rows = table.iter().expect("rows");
    rows.map(|row| digest_all(row.expect("a row").1.value())).fold(0, u64::wrapping_add)
}

/// A fjall database with its keyspace.
pub fn fjall(folder: &Path) -> (fjall::Database, Keyspace) {
    let db = fjall::Database::builder(folder.join("fjall")).manual_journal_persist(true).open().expect("a database");
    let rows = db.keyspace("events", KeyspaceCreateOptions::default).expect("a keyspace");
    (db, rows)
}

/// The digest of the values.
pub fn fjall_digest(rows: &Keyspace) -> u64 {
    rows.iter().map(|row| digest_all(&row.value().expect("a row"))).fold(0, u64::wrapping_add)
}
