//! The durable journal: an append-only, checksummed, hash-chained log of batches. Format v0.
//!
//! It knows bytes, not business events. A batch of records is one atomic frame: after a crash all of it is there or
//! nothing. Appending buffers in memory; [`Journal::sync`] writes the buffer with one write and one `fdatasync`, so
//! many appends share one flush (group commit), and only what was synced is acknowledged. Opening verifies checksum and
//! hash chain of the whole log, cuts a torn tail and refuses damage before it (the rules: `wire`).
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
//! let journal = Journal::open(Box::new(disk), &mut |entry| Ok(seen.push(entry.payload)))?;
//! assert_eq!(seen, [b"sold 1 ROSE-03"]);
//! assert_eq!(journal.head().sequence, 2); // ana's record is still counted and chained
//! # Ok::<(), trousse::Error>(())
//! ```
//!
//! Architecture invariants: one writer; no clock; randomness only in [`FileDisk`], for the file id and keys; memory is
//! bounded by the longest frame (64 MiB), the buffer (64 MiB) and the keys, never by the length of the log.

mod keys;
mod snapshot;
pub mod storage;
mod wire;

#[cfg(test)]
mod tests;

use crate::base::{Error, Result};

use keys::{KEYS_BLOB, Keys, SEAL_BYTES};
use snapshot::SNAPSHOT_BLOB;
pub use storage::{Disk, FileDisk, MemoryDisk, Tear};
use wire::{FileId, Found, Frame, FrameReader};

/// Longest payload of one record, in bytes.
pub const PAYLOAD_LIMIT_BYTES: usize = 16 << 20;
/// Longest key of a subject, in bytes.
pub const SUBJECT_LIMIT_BYTES: usize = 1024;
/// Most bytes that wait for a sync: an append that would pass it syncs first.
pub const BUFFER_LIMIT_BYTES: usize = 64 << 20;

const COMPACTED_BLOB: &str = "journal.new";
/// How far apart in the file the places are that a replay may start from.
const MARK_BYTES: u64 = 1 << 20;
const COPY_BYTES: usize = 1 << 20;

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

/// A record read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// How many records came before it.
    pub sequence: u64,
    /// Its stream.
    pub stream: Stream,
    /// Whose it is, for [`Stream::People`].
    pub subject: Option<String>,
    /// Its content.
    pub payload: Vec<u8>,
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
    fn apply(&mut self, entry: Entry) -> Result<()>;
}

struct Everything<'a>(&'a mut dyn FnMut(Entry) -> Result<()>);

impl Resume for Everything<'_> {
    fn restore(&mut self, _head: &Head, _snapshot: &[u8]) -> Result<bool> {
        Ok(false)
    }
    fn apply(&mut self, entry: Entry) -> Result<()> {
        (self.0)(entry)
    }
}

/// A frame boundary: the head there and its byte offset.
#[derive(Debug, Clone)]
struct Mark {
    head: Head,
    offset: u64,
}

/// The one writer of a log.
///
/// Dropping it without [`Journal::sync`] forgets what was appended since the last one: it was never acknowledged.
pub struct Journal {
    disk: Box<dyn Disk>,
    id: FileId,
    keys: Keys,
    head: Head,
    synced: Mark,
    /// Frames that wait for a sync.
    buffer: Vec<u8>,
    /// Boundaries about 1 MiB apart, the first frame's among them.
    marks: Vec<Mark>,
    /// The head of the snapshot, if there is one that fits.
    snapshot: Option<Head>,
    poison: Option<String>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Journal").field("head", &self.head).field("poison", &self.poison).finish()
    }
}

impl Journal {
    /// Opens or creates the journal on a disk and hands every readable entry to `apply`, in order, in one pass.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` if anything before the tail is damaged or keys are missing: the disk is left as it was, and
    /// what `apply` has seen so far is to be thrown away.
    /// `JOURNAL_VERSION` for another format; `IO`; and whatever `apply` answers.
    pub fn open(disk: Box<dyn Disk>, apply: &mut dyn FnMut(Entry) -> Result<()>) -> Result<Journal> {
        Journal::start(disk, &mut Everything(apply), false)
    }

    /// Opens or creates the journal as [`Journal::open`] does, but from its snapshot where there is one.
    ///
    /// The whole log is verified. Where its chain reaches the head of the snapshot, `state` gets the snapshot, and then
    /// the entries after it. A snapshot that does not fit is thrown away and every entry comes instead.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn resume(disk: Box<dyn Disk>, state: &mut dyn Resume) -> Result<Journal> {
        Journal::start(disk, state, true)
    }

    fn start(mut disk: Box<dyn Disk>, state: &mut dyn Resume, use_snapshot: bool) -> Result<Journal> {
        let (id, keys) = load(disk.as_mut())?;
        let snapshot = disk.read_blob(SNAPSHOT_BLOB)?.and_then(snapshot::read);
        let candidate = snapshot.as_ref().map(|(head, _)| head);
        let mut scan = Scan::new(disk.as_ref(), id, &keys);
        let restored = use_snapshot && snapshot.is_some() && scan.run(state, snapshot.as_ref(), candidate)?;
        if !restored {
            scan = Scan::new(disk.as_ref(), id, &keys);
            scan.run(state, None, candidate)?;
        }
        let Scan { mark, group, marks, torn, met, .. } = scan;
        let fits = met && (restored || !use_snapshot);
        let snapshot = snapshot.map(|(head, _)| head).filter(|_| fits);
        let head = mark.head.clone();
        let mut journal =
            Journal { disk, id, keys, head, synced: mark, buffer: Vec::new(), marks, snapshot, poison: None };
        journal.mend(group, torn)?;
        Ok(journal)
    }

    /// Brings the disk to the state that was read: the first changes that opening makes.
    fn mend(&mut self, group: u64, torn: bool) -> Result<()> {
        if torn {
            self.disk.truncate(self.synced.offset)?;
        }
        if self.keys.is_torn() {
            let bytes = self.keys.write();
            self.disk.replace_blob(KEYS_BLOB, &bytes)?;
            self.keys.mended();
        }
        if self.snapshot.is_none() {
            self.disk.remove_blob(SNAPSHOT_BLOB)?;
        }
        self.disk.remove_blob(COMPACTED_BLOB)?;
        self.settle(group)
    }

    /// Writes the last synced group again and syncs it: after a failed sync the system may show bytes that are not on
    /// the disk and believe them clean, and the frames to come will say that all before them is durable.
    fn settle(&mut self, group: u64) -> Result<()> {
        let mut piece = Vec::new();
        let mut place = group;
        while place < self.synced.offset {
            piece.resize((self.synced.offset - place).min(COPY_BYTES as u64) as usize, 0);
            let read = self.disk.read_at(place, &mut piece)?;
            if read != piece.len() {
                return Err(Error::io("read journal", "the file ends early"));
            }
            self.disk.write_at(place, &piece)?;
            place += read as u64;
        }
        self.disk.sync()
    }

    /// The point reached by all appends, synced or not.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The point that is durable.
    pub fn synced(&self) -> &Head {
        &self.synced.head
    }

    /// Appends a batch to the buffer as one atomic frame and answers the head after it.
    ///
    /// With `expected_head` it is appended only if so many records are there. An empty batch changes nothing. When more
    /// than 64 MiB would wait, what waits is synced first.
    ///
    /// # Errors
    /// `HEAD_MOVED` if the head is another; `INVALID_ARGUMENT` for a payload above 16 MiB, a batch above 64 MiB, a
    /// subject where none may be or none where one must be; `JOURNAL_POISONED`; `IO`. After an error the batch is not there.
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
            self.sync()?;
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
                None => write_record_head(&mut self.buffer, record.stream, record.payload.len()),
                Some(subject) => {
                    self.write_sealed(sequence, subject, record)?;
                    continue;
                }
            }
            self.buffer.extend_from_slice(record.payload);
        }
        let count = batch.len() as u32; // below 2^32: every record has 6 bytes, a frame at most 64 MiB
        let synced = self.synced.head.sequence;
        self.head = wire::finish_frame(&mut self.buffer, start, &self.id, synced, &self.head, count);
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
    /// `IO` if anything fails; the journal is poisoned then, because nobody can tell what reached the disk: all later
    /// appends and syncs answer `JOURNAL_POISONED` until it is opened anew.
    pub fn sync(&mut self) -> Result<()> {
        self.check_poison()?;
        if self.buffer.is_empty() {
            return Ok(());
        }
        let done = self.flush();
        self.poison_on_error(done)?;
        if self.marks.last().is_none_or(|mark| self.synced.offset - mark.offset >= MARK_BYTES) {
            self.marks.push(self.synced.clone());
        }
        self.synced = Mark { head: self.head.clone(), offset: self.synced.offset + self.buffer.len() as u64 };
        self.buffer.clear();
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if !self.keys.unsaved().is_empty() {
            self.disk.append_blob(KEYS_BLOB, self.keys.unsaved())?;
            self.keys.saved();
        }
        self.disk.write_at(self.synced.offset, &self.buffer)?;
        self.disk.sync()
    }

    /// Destroys the key of a subject and the snapshot, durably. Answers whether there was a key.
    ///
    /// From here on no replay shows the subject's records and no byte of them is readable; their ciphertext stays until
    /// [`Journal::compact`]. A subject who comes back gets another key.
    ///
    /// # Errors
    /// `JOURNAL_POISONED`; `IO`, which poisons the journal: whether the key is gone shows when it is opened anew.
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
        // The snapshot first: a crash between the two then leaves a state in which the erase did not happen.
        self.snapshot = None;
        self.disk.remove_blob(SNAPSHOT_BLOB)?;
        self.keys.remove(subject);
        self.disk.replace_blob(KEYS_BLOB, &self.keys.write())?;
        self.keys.saved();
        Ok(())
    }

    /// Rewrites the log without the ciphertext of erased subjects; their digests stay, and so does every chain hash.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` if damage is met; `JOURNAL_POISONED`; `IO`. Until the last step, an atomic exchange, the old
    /// log stays as it is; only a failure in that step poisons the journal.
    pub fn compact(&mut self) -> Result<()> {
        self.sync()?;
        self.disk.remove_blob(COMPACTED_BLOB)?;
        let (marks, offset) = self.write_compacted()?;
        let done = self.disk.adopt_log(COMPACTED_BLOB);
        self.poison_on_error(done)?;
        self.marks = marks;
        self.synced.offset = offset;
        Ok(())
    }

    /// Writes the new log as a blob; answers its marks and length.
    fn write_compacted(&mut self) -> Result<(Vec<Mark>, u64)> {
        let mut out = wire::file_header(&self.id).to_vec();
        let (mut place, mut written) = (first_mark(&self.id), 0u64);
        let mut to = place.clone();
        let mut marks: Vec<Mark> = Vec::new();
        while place.offset < self.synced.offset {
            let mut reader = FrameReader::new(self.disk.as_ref(), self.id, place.offset, self.synced.offset);
            while out.len() < COPY_BYTES {
                if place.offset >= self.synced.offset {
                    break;
                }
                let Some((frame, next)) = next_frame(&mut reader, &place.head)? else {
                    return Err(corrupt(place.offset, "the log ends early"));
                };
                if marks.last().is_none_or(|mark| to.offset - mark.offset >= MARK_BYTES) {
                    marks.push(to.clone());
                }
                wire::rewrite_frame(&frame, &mut out, |record| {
                    record.stream == Stream::People
                        && !record.dropped
                        && matches!(self.keys.get(record.key_id), Ok(None))
                });
                place = Mark { head: next, offset: reader.offset() };
                to = Mark { head: place.head.clone(), offset: written + out.len() as u64 };
            }
            self.disk.append_blob(COMPACTED_BLOB, &out)?;
            written += out.len() as u64;
            out.clear();
        }
        if !out.is_empty() {
            self.disk.append_blob(COMPACTED_BLOB, &out)?;
        }
        Ok((marks, to.offset))
    }

    /// Hands every readable synced entry with a sequence of at least `from` to `f`, in order.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` if damage is met; `IO`; and whatever `f` answers.
    pub fn replay(&self, from: u64, f: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        let later = self.marks.partition_point(|mark| mark.head.sequence <= from);
        let start = later.checked_sub(1).map_or_else(|| first_mark(&self.id), |at| self.marks[at].clone());
        let mut reader = FrameReader::new(self.disk.as_ref(), self.id, start.offset, self.synced.offset);
        let mut head = start.head;
        while head.sequence < self.synced.head.sequence {
            let offset = reader.offset();
            let Some((frame, next)) = next_frame(&mut reader, &head)? else {
                return Err(corrupt(offset, "the log ends early"));
            };
            each_entry(&frame, offset, &self.keys, from, f)?;
            head = next;
        }
        Ok(())
    }

    /// Saves a state as the snapshot of the head, which is synced before. It replaces the one before.
    ///
    /// # Errors
    /// `JOURNAL_POISONED`; `IO`, after which there may be no snapshot, but the journal is well.
    pub fn save_snapshot(&mut self, payload: &[u8]) -> Result<()> {
        self.sync()?;
        self.snapshot = None;
        self.disk.replace_blob(SNAPSHOT_BLOB, &snapshot::write(&self.head, payload))?;
        self.snapshot = Some(self.head.clone());
        Ok(())
    }

    /// Reads the snapshot and the head it was taken at; `None` if there is none that fits this journal.
    ///
    /// # Errors
    /// `IO`.
    pub fn load_snapshot(&self) -> Result<Option<(Head, Vec<u8>)>> {
        let Some(expected) = &self.snapshot else { return Ok(None) };
        let found = self.disk.read_blob(SNAPSHOT_BLOB)?.and_then(snapshot::read);
        Ok(found.filter(|(head, _)| head == expected))
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

/// One pass over the log: verifies, restores, applies.
struct Scan<'a> {
    disk: &'a dyn Disk,
    id: FileId,
    keys: &'a Keys,
    /// How far it came.
    mark: Mark,
    /// Where the last synced group begins.
    group: u64,
    marks: Vec<Mark>,
    torn: bool,
    /// Whether the chain passed the head of the snapshot.
    met: bool,
}

impl<'a> Scan<'a> {
    fn new(disk: &'a dyn Disk, id: FileId, keys: &'a Keys) -> Self {
        let mark = first_mark(&id);
        Scan { disk, id, keys, group: mark.offset, mark, marks: Vec::new(), torn: false, met: false }
    }

    /// Reads to the end. With a `snapshot`, entries come only once it was restored; answers whether they came.
    fn run(
        &mut self,
        state: &mut dyn Resume,
        snapshot: Option<&(Head, Vec<u8>)>,
        candidate: Option<&Head>,
    ) -> Result<bool> {
        let end = self.disk.log_len()?;
        let mut reader = FrameReader::new(self.disk, self.id, self.mark.offset, end);
        let mut applying = snapshot.is_none();
        loop {
            if candidate == Some(&self.mark.head) {
                self.met = true;
                if let Some((head, payload)) = snapshot {
                    applying = state.restore(head, payload)?;
                }
                if !applying {
                    return Ok(false);
                }
            }
            let offset = reader.offset();
            let frame = match reader.read()? {
                Found::Frame(frame) => frame,
                Found::End => break,
                Found::Bad => {
                    wire::judge_bad(self.disk, &self.id, offset, end, self.mark.head.sequence)?;
                    self.torn = true;
                    break;
                }
            };
            let next = frame.follow(&self.mark.head).map_err(|message| corrupt(offset, message))?;
            if applying {
                each_entry(&frame, offset, self.keys, 0, &mut |entry| state.apply(entry))?;
            } else {
                check_keys(&frame, offset, self.keys)?;
            }
            if frame.synced() == frame.sequence() {
                self.group = offset;
            }
            if self.marks.last().is_none_or(|mark| offset - mark.offset >= MARK_BYTES) {
                self.marks.push(self.mark.clone());
            }
            self.mark = Mark { head: next, offset: reader.offset() };
        }
        Ok(applying)
    }
}

/// Reads a frame that has to be there and to follow on `head`; `None` at the end.
fn next_frame<'r>(reader: &'r mut FrameReader<'_>, head: &Head) -> Result<Option<(Frame<'r>, Head)>> {
    let offset = reader.offset();
    match reader.read()? {
        Found::Frame(frame) => {
            let next = frame.follow(head).map_err(|message| corrupt(offset, message))?;
            Ok(Some((frame, next)))
        }
        Found::End => Ok(None),
        Found::Bad => Err(corrupt(offset, "a frame that was good before is bad")),
    }
}

/// Hands the readable records of a frame to `f`.
fn each_entry(
    frame: &Frame<'_>,
    offset: u64,
    keys: &Keys,
    from: u64,
    f: &mut dyn FnMut(Entry) -> Result<()>,
) -> Result<()> {
    for (sequence, record) in (frame.sequence()..).zip(frame.records()) {
        let (subject, payload) = if record.stream == Stream::People {
            let key = keys.get(record.key_id).map_err(|message| corrupt(offset, message))?;
            let Some(key) = key.filter(|_| !record.dropped) else { continue };
            let Some(payload) = key.open(record.key_id, sequence, record.content) else {
                return Err(corrupt(offset, format!("record {sequence} does not decrypt with its key")));
            };
            (Some(key.subject().to_string()), payload)
        } else {
            (None, record.content.to_vec())
        };
        if sequence >= from {
            f(Entry { sequence, stream: record.stream, subject, payload })?;
        }
    }
    Ok(())
}

/// Checks that no key of a frame was lost.
fn check_keys(frame: &Frame<'_>, offset: u64, keys: &Keys) -> Result<()> {
    for record in frame.records().filter(|record| record.stream == Stream::People) {
        keys.get(record.key_id).map_err(|message| corrupt(offset, message))?;
    }
    Ok(())
}

/// Reads file header and keys, or makes them on an empty disk. The keys are made first: a log without keys is damage.
fn load(disk: &mut dyn Disk) -> Result<(FileId, Keys)> {
    let keys = disk.read_blob(KEYS_BLOB)?;
    let keys = keys.map(|bytes| Keys::read(&bytes).map_err(|message| corrupt(0, message))).transpose()?;
    let mut header = [0; wire::HEADER_BYTES];
    let read = disk.read_at(0, &mut header)?;
    match (wire::read_file_header(&header[..read])?, keys) {
        (Some(id), Some(keys)) if keys.file_id() == &id => Ok((id, keys)),
        (Some(_), Some(_)) => Err(corrupt(0, "the key file belongs to another journal")),
        (Some(_), None) => Err(corrupt(0, "the key file is missing")),
        (None, keys) if is_unborn(disk, keys.as_ref())? => create(disk),
        (None, _) => Err(corrupt(0, "this is no journal, or its head is damaged")),
    }
}

/// Whether the disk holds nothing but what a crash during creation may have left.
fn is_unborn(disk: &dyn Disk, keys: Option<&Keys>) -> Result<bool> {
    let end = disk.log_len()?;
    let Some(keys) = keys else {
        return Ok(matches!(FrameReader::new(disk, [0; 32], 0, end).read()?, Found::End));
    };
    let mut bytes = [0; wire::HEADER_BYTES];
    let read = disk.read_at(0, &mut bytes)?;
    // A part of the header that was to be written, and nothing after it.
    let header = wire::file_header(keys.file_id());
    let part = bytes[..read].iter().zip(header).all(|(found, due)| *found == due || *found == 0);
    let mut reader = FrameReader::new(disk, *keys.file_id(), wire::HEADER_BYTES as u64, end);
    Ok(part && keys.is_unused() && matches!(reader.read()?, Found::End))
}

fn create(disk: &mut dyn Disk) -> Result<(FileId, Keys)> {
    let id = disk.entropy()?;
    let keys = Keys::new(id);
    disk.replace_blob(KEYS_BLOB, &keys.write())?;
    disk.write_at(0, &wire::file_header(&id))?;
    disk.sync()?;
    Ok((id, keys))
}

fn first_mark(id: &FileId) -> Mark {
    Mark { head: wire::genesis(id), offset: wire::HEADER_BYTES as u64 }
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

fn corrupt(offset: u64, message: impl Into<String>) -> Error {
    Error::JournalCorrupt { offset, message: message.into() }
}
