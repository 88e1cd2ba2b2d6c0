//! The durable journal: an append-only, checksummed, hash-chained log of batches. Format v1.
//!
//! It knows bytes, not business events. A batch of records is one atomic frame: after a crash all of it is there or
//! nothing. Appending buffers in memory; [`Journal::sync`] writes the buffer with one write and one `fdatasync`, so
//! many appends share one flush (group commit), and only what was synced is acknowledged. The log is cut into segments of
//! 64 MiB (`segment`); opening starts at the newest snapshot that fits, verifies checksums and hash chain from the segment
//! that holds it, cuts a torn tail and refuses damage before it (the rules: `read`). [`Journal::verify`] reads everything.
//!
//! Records of [`Stream::People`] are encrypted with their subject's key. [`Journal::erase`] destroys the key, so that
//! nothing of the person can be read; the chain covers digests of the ciphertext, so that [`Journal::compact`] can drop
//! the ciphertext too and every hash stays what it was.
//!
//! ```
//! use trousse::journal::{Journal, MemoryDisk, Record, Stream};
//! let disk = MemoryDisk::new(7);
//! let mut journal = Journal::open(Box::new(disk.clone()), &mut |_| Ok(()))?;
//! journal.append(Some(0), &[
//!     Record { stream: Stream::Stock, subject: None, payload: b"sold 1 ROSE-03" },
//!     Record { stream: Stream::People, subject: Some("ana"), payload: b"bought ROSE-03" },
//! ])?;
//! journal.sync()?; // from here on it is durable
//! journal.erase("ana")?;
//! drop(journal);
//!
//! let mut seen = Vec::new();
//! let journal = Journal::open(Box::new(disk), &mut |entry| Ok(seen.push(entry.payload.to_vec())))?;
//! assert_eq!(seen, [b"sold 1 ROSE-03"]);
//! assert_eq!(journal.head().sequence, 2); // ana's record is still counted and chained
//! # Ok::<(), trousse::Error>(())
//! ```
//!
//! Architecture invariants: one writer; no clock; randomness only in [`FileDisk`], for the file id and keys; memory is
//! bounded by the longest frame (64 MiB), the buffer (64 MiB) and the keys, never by the length of the log.

mod follow;
mod keys;
mod maintain;
mod memory;
#[cfg(not(any(test, feature = "simulation")))]
mod mutant;
#[cfg(any(test, feature = "simulation"))]
#[doc(hidden)]
pub mod mutant;
mod open;
mod read;
mod reading;
mod segment;
#[cfg(any(test, feature = "simulation"))]
#[doc(hidden)]
pub mod simulation;
mod snapshot;
pub mod storage;
mod wire;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::base::{Error, Result};

pub use follow::Follower;
use keys::{KEYS_FILE, Keys, SEAL_BYTES};
pub use maintain::{Lost, Salvaged, Verified, salvage, salvage_folder, verify};
pub use memory::{Damage, Fault, MemoryDisk, Tear};
use mutant::{Rule, holds};
use read::Walk;
pub use reading::{Now, Reading};
use segment::{HEAD_BYTES, Log};
pub use storage::{Disk, FileDisk, Geometry};
use wire::Frame;

/// Longest payload of one record, in bytes.
pub const PAYLOAD_LIMIT_BYTES: usize = 16 << 20;
/// Longest key of a subject, in bytes.
pub const SUBJECT_LIMIT_BYTES: usize = 1024;
/// Most bytes that wait for a sync: an append that would pass it writes first.
pub const BUFFER_LIMIT_BYTES: usize = 64 << 20;
/// Snapshots that are kept.
pub const SNAPSHOTS_KEPT: usize = 2;

/// How far apart in a segment the places are that a replay may start from.
const MARK_BYTES: u64 = 1 << 20;
const COPY_BYTES: usize = 1 << 20;
/// Above this a write is not worth zeros ahead of it: they would only double its bytes, and one flush of metadata is
/// little beside it. 10,000-record batches of 0.9 MB measured 0.96, 1.22 and 1.26 times as fast without (2026-11-23,
/// three alternating runs, ext4 on a shared virtual disk).
const SMALL_WRITE_BYTES: u64 = 256 << 10;

/// When an answer is given. Every mode but `os` answers only what is durable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Durability {
    /// Once it survives a power cut.
    #[default]
    Sync,
    /// Once it survives a power cut, but the writer waits for more inputs to share one flush.
    Group {
        /// How long the first input waits at most, in milliseconds, 0 … 10,000; less once nothing came for a quarter of it.
        max_delay_ms: u32,
    },
    /// Once it survives the end of the process, not a power cut.
    Os,
}

/// What a record is about; privacy falls on the same line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Stream {
    /// Products, SKUs, locations, prices.
    Catalog = 1,
    /// Movements of goods; no personal data.
    Stock = 2,
    /// What one person did or said: encrypted, erasable.
    People = 3,
}

impl Stream {
    fn from_wire(byte: u8) -> Option<Stream> {
        [Stream::Catalog, Stream::Stock, Stream::People].into_iter().find(|stream| *stream as u8 == byte)
    }
}

/// A record to append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its stream.
    pub stream: Stream,
    /// Whose it is, 1 to 1024 bytes: for [`Stream::People`] and only for it.
    pub subject: Option<&'a str>,
    /// Its content, at most 16 MiB.
    pub payload: &'a [u8],
}

/// A record read back, lent for one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// How many records came before it.
    pub sequence: u64,
    /// Its stream.
    pub stream: Stream,
    /// Whose it is, for [`Stream::People`].
    pub subject: Option<&'a str>,
    /// Its content.
    pub payload: &'a [u8],
}

/// A point of the journal: equal heads have equal histories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Records so far.
    pub sequence: u64,
    /// Chain hash over all of them.
    pub hash: [u8; 32],
}

/// Rebuilds a state while [`Journal::resume`] goes once through the log.
pub trait Resume {
    /// Takes the state of a snapshot, before any [`Resume::apply`]; entries before `head` will not come.
    /// False if it is of no use (another version): then nothing may have changed, and every entry comes.
    fn restore(&mut self, head: &Head, snapshot: &[u8]) -> Result<bool>;
    /// Takes the next entry.
    fn apply(&mut self, entry: Entry<'_>) -> Result<()>;
}

/// A boundary between frames: a head and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    head: Head,
    /// Index of the segment.
    segment: usize,
    /// Byte in its file.
    offset: u64,
}

/// A journal, opened by its one writer.
///
/// Dropping it without [`Journal::sync`] forgets what was appended since the last one: it was never acknowledged.
pub struct Journal {
    disk: Box<dyn Disk>,
    log: Log,
    keys: Keys,
    head: Head,
    /// How far frames are written.
    written: Mark,
    /// The file of the last segment.
    file: String,
    /// How far they are durable.
    synced: Head,
    /// How far the last segment was written before, by frames or zeros.
    warm: u64,
    /// Frames that wait to be written.
    buffer: Vec<u8>,
    /// Boundaries about 1 MiB apart in what was read or written since opening.
    marks: Vec<Mark>,
    /// Sequences of the snapshots that are kept, newest first; the newest fits.
    snapshots: Vec<u64>,
    /// How often keys or segments were exchanged.
    exchanges: u64,
    poison: Option<String>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Journal").field("head", &self.head).field("poison", &self.poison).finish()
    }
}

impl Journal {
    /// The point reached by all appends, synced or not.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The point that is durable.
    pub fn synced(&self) -> &Head {
        &self.synced
    }

    /// Appends a batch to the buffer as one atomic frame and answers the head after it.
    ///
    /// With `expected_head` it is appended only if so many records are there. An empty batch changes nothing. When more
    /// than 64 MiB would wait, what waits is written first.
    ///
    /// # Errors
    /// `HEAD_MOVED` if the head is another; `INVALID_ARGUMENT` for a payload above 16 MiB, a batch above 64 MiB, a
    /// subject where none may be or none where one must be; `JOURNAL_POISONED`; `DISK_FULL`; `IO`. After an error the
    /// batch is not there.
    pub fn append(&mut self, expected_head: Option<u64>, batch: &[Record<'_>]) -> Result<Head> {
        self.check_poison()?;
        let actual = self.head.sequence;
        if let Some(expected) = expected_head.filter(|expected| *expected != actual) {
            return Err(Error::HeadMoved { expected, actual });
        }
        let bytes = check_batch(batch)?;
        if batch.is_empty() {
            return Ok(self.head.clone());
        }
        if self.buffer.len() + bytes > BUFFER_LIMIT_BYTES {
            self.flush()?;
        }
        let start = self.buffer.len();
        self.buffer.reserve(bytes);
        if let Err(error) = self.write_frame(batch) {
            self.buffer.truncate(start);
            return Err(error);
        }
        Ok(self.head.clone())
    }

    fn write_frame(&mut self, batch: &[Record<'_>]) -> Result<()> {
        let start = self.buffer.len();
        wire::begin_frame(&mut self.buffer);
        for (sequence, record) in (self.head.sequence..).zip(batch) {
            match record.subject {
                None => {
                    write_record_head(&mut self.buffer, record.stream, record.payload.len());
                    self.buffer.extend_from_slice(record.payload);
                }
                Some(subject) => self.write_sealed(sequence, subject, record)?,
            }
        }
        let count = batch.len() as u32; // below 2^32: every record has 6 bytes, a frame at most 64 MiB
        self.head = wire::finish_frame(&mut self.buffer, start, &self.log.id, self.synced.sequence, &self.head, count);
        Ok(())
    }

    fn write_sealed(&mut self, sequence: u64, subject: &str, record: &Record<'_>) -> Result<()> {
        let key_id = match self.keys.id_of(subject) {
            Some(key_id) => key_id,
            None => self.keys.create(subject, self.disk.entropy()?)?,
        };
        write_record_head(&mut self.buffer, record.stream, record.payload.len() + SEAL_BYTES);
        self.buffer.extend_from_slice(&key_id.to_le_bytes());
        match self.keys.get(key_id) {
            Ok(Some(key)) => key.seal(key_id, sequence, record.payload, &mut self.buffer),
            _ => Err(Error::Internal { message: format!("key {key_id} vanished") }),
        }
    }

    /// Makes everything that was appended durable: one write, one `fdatasync`. New keys go to the disk before.
    ///
    /// # Errors
    /// `DISK_FULL` or `IO` if anything fails; the journal is poisoned then, because nobody can tell what reached the
    /// disk: all later appends and syncs answer `JOURNAL_POISONED` until it is opened anew.
    pub fn sync(&mut self) -> Result<()> {
        self.flush()?;
        if self.synced == self.written.head {
            return Ok(());
        }
        let done = self.sync_segment(Rule::DataSync);
        self.poison_on_error(done)
    }

    /// Hands everything that was appended to the operating system, without waiting for the disk: it survives the end of
    /// the process, and a power cut only once [`Journal::sync`] came back.
    ///
    /// # Errors
    /// As [`Journal::sync`].
    pub fn flush(&mut self) -> Result<()> {
        self.check_poison()?;
        if self.buffer.is_empty() {
            return Ok(());
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let done = self.save_keys().and_then(|()| self.write_frames(&buffer));
        buffer.clear();
        self.buffer = buffer;
        self.poison_on_error(done)
    }

    /// Does what a durability asks before an acknowledgement: [`Journal::flush`] for `Os`, else [`Journal::sync`].
    ///
    /// The journal has no clock: with `Group` it is the writer thread that waits for more inputs before this call.
    ///
    /// # Errors
    /// As [`Journal::sync`].
    pub fn commit(&mut self, durability: Durability) -> Result<()> {
        match durability {
            Durability::Group { .. } if !holds(Rule::GroupSync) => self.flush(),
            Durability::Sync | Durability::Group { .. } => self.sync(),
            Durability::Os => self.flush(),
        }
    }

    fn save_keys(&mut self) -> Result<()> {
        if self.keys.unsaved().is_empty() {
            return Ok(());
        }
        self.disk.write_at(KEYS_FILE, self.keys.extent().0, self.keys.unsaved())?;
        if holds(Rule::KeySync) {
            self.disk.sync(KEYS_FILE)?;
        }
        self.keys.saved();
        Ok(())
    }

    /// Writes whole frames, in as many segments as they need.
    fn write_frames(&mut self, mut frames: &[u8]) -> Result<()> {
        while !frames.is_empty() {
            let room = self.log.segments[self.written.segment].capacity.saturating_sub(self.written.offset);
            let (length, head) = fitting(frames, room, &self.head);
            if length > 0 {
                self.write_piece(&frames[..length], head)?;
                frames = &frames[length..];
            } else {
                self.roll(wire::frame_bytes(frames).unwrap_or(frames.len()) as u64)?;
            }
        }
        Ok(())
    }

    fn write_piece(&mut self, bytes: &[u8], head: Head) -> Result<()> {
        self.prepare(bytes.len() as u64)?;
        self.disk.write_at(&self.file, self.written.offset, bytes)?;
        self.written.head = head;
        self.written.offset += bytes.len() as u64;
        self.warm = self.warm.max(self.written.offset);
        push_mark(&mut self.marks, &self.written);
        Ok(())
    }

    /// Writes zeros ahead of a small write that comes to where nothing was written before.
    fn prepare(&mut self, length: u64) -> Result<()> {
        let (ahead, end) = (self.disk.geometry().warm_bytes, self.written.offset + length);
        if ahead == 0 || end <= self.warm || length >= SMALL_WRITE_BYTES {
            return Ok(());
        }
        let target = (end + ahead).min(self.log.segments[self.written.segment].capacity);
        fill_zero(self.disk.as_mut(), &self.file, self.written.offset, target)?;
        self.disk.sync(&self.file)?;
        self.warm = target;
        Ok(())
    }

    /// Closes the last segment and makes the next, with room for a frame of `frame_bytes`.
    fn roll(&mut self, frame_bytes: u64) -> Result<()> {
        self.sync_segment(Rule::SegmentSync)?;
        let number = self.log.number(self.log.last()) + 1;
        let next = segment::create(self.disk.as_mut(), &self.log.id, number, &self.written.head, frame_bytes)?;
        self.log.segments.push(next);
        self.written = self.log.start_of(self.log.last());
        self.file = self.log.name(self.log.last());
        self.warm = HEAD_BYTES;
        Ok(())
    }

    fn sync_segment(&mut self, rule: Rule) -> Result<()> {
        if holds(rule) && holds(Rule::SyncBeforeAnswer) {
            self.disk.sync(&self.file)?;
        }
        self.synced = self.written.head.clone();
        Ok(())
    }

    /// Destroys the key of a subject and all snapshots, durably. Answers whether there was a key.
    ///
    /// From here on no replay shows the subject's records and no byte of them is readable; their ciphertext stays until
    /// [`Journal::compact`]. A subject who comes back gets another key.
    ///
    /// # Errors
    /// `JOURNAL_POISONED`; `DISK_FULL` or `IO`, which poison the journal: whether the key is gone shows when it is
    /// opened anew.
    pub fn erase(&mut self, subject: &str) -> Result<bool> {
        self.sync()?;
        if self.keys.id_of(subject).is_none() {
            return Ok(false);
        }
        let done = self.erase_key(subject);
        self.poison_on_error(done)?;
        Ok(true)
    }

    fn erase_key(&mut self, subject: &str) -> Result<()> {
        // The snapshots first: a crash between the two then leaves a state in which the erase did not happen.
        self.remove_snapshots()?;
        self.keys.remove(subject);
        self.exchanges += 1;
        self.publish_keys()
    }

    fn publish_keys(&mut self) -> Result<()> {
        let bytes = self.keys.write();
        segment::publish(self.disk.as_mut(), KEYS_FILE, &bytes, 0, Rule::KeySync)?;
        self.keys.replaced(bytes.len());
        Ok(())
    }

    fn remove_snapshots(&mut self) -> Result<()> {
        self.snapshots.clear();
        let names = self.disk.list()?;
        let found: Vec<&String> = names.iter().filter(|name| name.starts_with(snapshot::NAME_START)).collect();
        if found.is_empty() {
            return Ok(());
        }
        found.into_iter().try_for_each(|name| self.disk.remove(name))?;
        self.disk.sync_dir()
    }

    /// Hands every readable written entry with a sequence of at least `from` to `f`, in order.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` if damage is met; `IO`; and whatever `f` answers.
    pub fn replay(&self, from: u64, f: &mut dyn FnMut(Entry<'_>) -> Result<()>) -> Result<()> {
        let mut walk = Walk::new(self.disk.as_ref(), &self.log, &self.start_for(from), self.written.head.sequence)?;
        let mut scratch = Vec::new();
        let segments = &self.log;
        while let Some((frame, place)) = next_of(&mut walk, segments)? {
            each_entry(&frame, place, &self.keys, from, &mut scratch, f)?;
        }
        if walk.head() != &self.written.head {
            let mark = walk.mark();
            return Err(corrupt(self.log.number(mark.segment), mark.offset, "the log ends early"));
        }
        Ok(())
    }

    /// The nearest known boundary at or before a record.
    fn start_for(&self, from: u64) -> Mark {
        let start = self.log.start_of(self.log.holding(from));
        let later = self.marks.partition_point(|mark| mark.head.sequence <= from);
        match later.checked_sub(1).map(|at| &self.marks[at]) {
            Some(mark) if mark.head.sequence > start.head.sequence => mark.clone(),
            _ => start,
        }
    }

    /// Saves a state as the snapshot of the head, which is synced before. The one before it is kept, older ones go.
    ///
    /// # Errors
    /// `JOURNAL_POISONED`; `DISK_FULL` or `IO`, after which the snapshots may be those of before, but the journal is well.
    pub fn save_snapshot(&mut self, payload: &[u8]) -> Result<()> {
        self.sync()?;
        let sequence = self.head.sequence;
        let bytes = snapshot::write(&self.log.id, &self.head, self.keys.next(), payload);
        segment::publish(self.disk.as_mut(), &snapshot::name(sequence), &bytes, 0, Rule::SnapshotDirSync)?;
        self.keep_snapshot(sequence)
    }

    fn keep_snapshot(&mut self, sequence: u64) -> Result<()> {
        self.snapshots.retain(|other| *other != sequence);
        self.snapshots.insert(0, sequence);
        self.snapshots.sort_unstable_by(|a, b| b.cmp(a));
        while self.snapshots.len() > SNAPSHOTS_KEPT {
            let old = self.snapshots[SNAPSHOTS_KEPT];
            self.disk.remove(&snapshot::name(old))?;
            self.snapshots.remove(SNAPSHOTS_KEPT);
        }
        Ok(())
    }

    /// Whether there is a snapshot that fits.
    pub fn has_snapshot(&self) -> bool {
        !self.snapshots.is_empty()
    }

    /// Reads the newest snapshot and the head it was taken at; `None` if there is none that fits this journal.
    ///
    /// # Errors
    /// `IO`.
    pub fn load_snapshot(&self) -> Result<Option<(Head, Vec<u8>)>> {
        let Some(newest) = self.snapshots.first() else { return Ok(None) };
        let found = snapshot::load(self.disk.as_ref(), &self.log.id, *newest)?;
        Ok(found.map(|snapshot| (snapshot.head, snapshot.payload)))
    }

    /// Answers whether every write so far went well.
    ///
    /// # Errors
    /// `JOURNAL_POISONED` with the first failure.
    pub fn check_poison(&self) -> Result<()> {
        match &self.poison {
            Some(message) => Err(Error::JournalPoisoned { message: message.clone() }),
            None => Ok(()),
        }
    }

    /// Says that the state in memory is ahead of what could be appended: nothing may be appended any more.
    pub fn poison(&mut self, error: &Error) {
        self.poison.get_or_insert(error.to_string());
    }

    fn poison_on_error(&mut self, done: Result<()>) -> Result<()> {
        if let Err(error) = &done {
            self.poison = Some(error.to_string());
        }
        done
    }
}

/// Remembers a boundary if it is far enough from the last one.
fn push_mark(marks: &mut Vec<Mark>, mark: &Mark) {
    let near = |last: &Mark| last.segment == mark.segment && mark.offset - last.offset < MARK_BYTES;
    if !marks.last().is_some_and(near) {
        marks.push(mark.clone());
    }
}

/// How many bytes of whole frames fit into `room`, and the head after them; `last` is the head after all of them.
fn fitting(frames: &[u8], room: u64, last: &Head) -> (usize, Head) {
    if frames.len() as u64 <= room {
        return (frames.len(), last.clone());
    }
    let mut end = 0;
    while let Some(length) = wire::frame_bytes(&frames[end..]).filter(|length| (end + length) as u64 <= room) {
        end += length;
    }
    (end, wire::head_between(frames, end))
}

/// Overwrites a part of a file with zeros.
fn fill_zero(disk: &mut dyn Disk, name: &str, from: u64, to: u64) -> Result<()> {
    let zeros = vec![0; to.saturating_sub(from).min(COPY_BYTES as u64) as usize];
    let mut place = from;
    while place < to {
        let part = (to - place).min(zeros.len() as u64) as usize;
        disk.write_at(name, place, &zeros[..part])?;
        place += part as u64;
    }
    Ok(())
}

/// Where a frame lies: number of the segment and byte.
type Place = (u64, u64);

/// The next frame of a walk and where it lies.
fn next_of<'w>(walk: &'w mut Walk<'_>, log: &Log) -> Result<Option<(Frame<'w>, Place)>> {
    Ok(walk.next()?.map(|(frame, segment, offset)| (frame, (log.number(segment), offset))))
}

/// Hands the readable records of a frame to `f`.
fn each_entry(
    frame: &Frame<'_>,
    (segment, offset): Place,
    keys: &Keys,
    from: u64,
    scratch: &mut Vec<u8>,
    f: &mut dyn FnMut(Entry<'_>) -> Result<()>,
) -> Result<()> {
    for (sequence, record) in (frame.sequence()..).zip(frame.records()) {
        let Some(stream) = record.stream else { continue };
        if stream != Stream::People {
            if sequence >= from {
                f(Entry { sequence, stream, subject: None, payload: record.content })?;
            }
            continue;
        }
        let key = keys.get(record.key_id).map_err(|message| corrupt(segment, offset, message))?;
        let Some(key) = key.filter(|_| !record.dropped) else { continue };
        if !key.open(record.key_id, sequence, record.content, scratch) {
            return Err(corrupt(segment, offset, format!("record {sequence} does not decrypt with its key")));
        }
        if sequence >= from {
            f(Entry { sequence, stream, subject: Some(key.subject()), payload: scratch })?;
        }
    }
    Ok(())
}

fn write_record_head(buffer: &mut Vec<u8>, stream: Stream, length: usize) {
    let mut head = [0; wire::RECORD_HEAD_BYTES];
    head[0] = stream as u8;
    head[2..].copy_from_slice(&(length as u32).to_le_bytes()); // at most PAYLOAD_LIMIT_BYTES and a seal
    buffer.extend_from_slice(&head);
}

/// Checks a batch and answers the length of its frame.
fn check_batch(batch: &[Record<'_>]) -> Result<usize> {
    let mut bytes = wire::FRAME_HEAD_BYTES + wire::HASH_BYTES;
    for (index, record) in batch.iter().enumerate() {
        let length = record.payload.len();
        if length > PAYLOAD_LIMIT_BYTES {
            return Err(refuse(index, "payload", "at most 16777216 bytes", length));
        }
        bytes = bytes.saturating_add(length + check_subject(index, record)?);
    }
    if bytes > wire::FRAME_LIMIT_BYTES {
        return Err(Error::argument("batch", "at most 67108864 bytes", bytes));
    }
    Ok(bytes)
}

/// Checks the subject of a record and answers how many bytes its frame has beside the payload.
fn check_subject(index: usize, record: &Record<'_>) -> Result<usize> {
    match (record.stream, record.subject) {
        (Stream::People, None) => Err(refuse(index, "subject", "given in the people stream", "none")),
        (Stream::People, Some(subject)) if subject.is_empty() || subject.len() > SUBJECT_LIMIT_BYTES => {
            Err(refuse(index, "subject", "1 to 1024 bytes long", subject.len()))
        }
        (Stream::People, Some(_)) => Ok(wire::PEOPLE_HEAD_BYTES + SEAL_BYTES),
        (_, Some(subject)) => Err(refuse(index, "subject", "given in the people stream only", subject)),
        (_, None) => Ok(wire::RECORD_HEAD_BYTES),
    }
}

fn refuse(index: usize, field: &str, rule: &str, got: impl ToString) -> Error {
    Error::argument(format!("batch[{index}].{field}"), rule, got)
}

fn corrupt(segment: u64, offset: u64, message: impl Into<String>) -> Error {
    Error::JournalCorrupt { segment, offset, message: message.into() }
}
