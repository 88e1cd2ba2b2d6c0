//! The frame format, v0: how batches lie in the log, and how a torn tail is told from damage.
//!
//! All integers are little-endian. The file begins with a header of 64 bytes:
//!
//! | bytes | content |
//! |---|---|
//! | 0..8 | magic `trousse\0` |
//! | 8..12 | format version, 0 |
//! | 12..44 | file id: 32 random bytes, chosen once; chain hash 0 is `blake3(domain ‖ file id)` |
//! | 44..60 | zero |
//! | 60..64 | CRC-32 of 0..60 |
//!
//! After it follow frames without gaps, one a batch, then zeros (the preallocated space) or the end of the file:
//!
//! | bytes | content |
//! |---|---|
//! | 0..4 | length of what follows byte 8; 0 = end of the log |
//! | 4..8 | CRC-32 of what follows |
//! | 8..16 | tag: the first 8 bytes of the file id, so that no frame of another file is taken for ours |
//! | 16..24 | `synced`: how many records were durable when this frame was written |
//! | 24..32 | sequence of the first record |
//! | 32..36 | number of records, at least 1 |
//! | 36.. | records |
//! | last 32 | chain hash |
//!
//! A record is `stream u8, flags u8, length u32`, for people `key id u64`, then the content: `length` bytes as they came,
//! or for people a nonce (24), the ciphertext and its tag (16), together `length` bytes. With flag bit 0 (dropped) the
//! content was erased and 32 bytes stand in its place: `blake3(content)`.
//!
//! `chain_n = blake3(chain_(n-1) ‖ bytes 24.. of the frame)` in which each people record counts as its header with
//! flags 0, followed by `blake3(content)`: dropping the content keeps every hash.
//!
//! # Torn or damaged
//! A crash can spoil only what was not yet synced, a failed bit or a stray write can spoil anything. A frame is *bad*
//! when its length, CRC or tag is wrong. Let the bad frame begin at byte `x`, where record `n` was expected; the rest of
//! the file is searched for *good* frames with a sequence of at least `n`.
//! 1. No good frame follows: the tail was torn. It is cut at `x`.
//! 2. A good frame follows whose `synced` is above `n`: what stood at `x` had been acknowledged. Damage: refused.
//! 3. A good frame of the same unsynced write follows (`synced` ≤ `n`): disks write sectors of one write in any order, so
//!    this may be a torn write or damage. Space after the end is always zero, so a sector that was never written is
//!    zero: if such a sector lies between `x` and the good frame the tail was torn and is cut, otherwise refused.
//!
//! A good frame whose chain hash or sequence does not follow is damage, wherever it lies.

use crate::base::{Error, Result};

use super::storage::Disk;
use super::{Head, Stream};

/// The format that this version writes and reads.
pub const VERSION: u32 = 0;
/// Bytes of the file header.
pub const HEADER_BYTES: usize = 64;
/// Bytes of a frame before its first record.
pub const FRAME_HEAD_BYTES: usize = 36;
/// Bytes of a chain hash or digest.
pub const HASH_BYTES: usize = 32;
/// Longest frame: a whole frame is in memory at once.
pub const FRAME_LIMIT_BYTES: usize = 64 << 20;
/// Bytes of a record before its content.
pub const RECORD_HEAD_BYTES: usize = 6;
/// Bytes of a people record before its content.
pub const PEOPLE_HEAD_BYTES: usize = RECORD_HEAD_BYTES + 8;

const MAGIC: &[u8; 8] = b"trousse\0";
const DOMAIN: &str = "trousse journal v0 chain";
const DROPPED: u8 = 1;
const SECTOR_BYTES: u64 = 512;
const WINDOW_BYTES: usize = 1 << 20;

/// The random id of a journal file.
pub type FileId = [u8; 32];

/// The head before the first record.
pub fn genesis(id: &FileId) -> Head {
    Head { sequence: 0, hash: blake3::derive_key(DOMAIN, id) }
}

/// The 64 bytes a journal file begins with.
pub fn file_header(id: &FileId) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..44].copy_from_slice(id);
    let checksum = crc32fast::hash(&header[..60]);
    header[60..].copy_from_slice(&checksum.to_le_bytes());
    header
}

/// Reads the file header: the file id, or `None` if these are not the bytes of a journal.
///
/// # Errors
/// `JOURNAL_VERSION` for another format.
pub fn read_file_header(bytes: &[u8]) -> Result<Option<FileId>> {
    if bytes.len() < HEADER_BYTES || &bytes[..8] != MAGIC {
        return Ok(None);
    }
    let found = u32_at(bytes, 8);
    if found != VERSION {
        return Err(Error::JournalVersion { found, supported: VERSION });
    }
    if crc32fast::hash(&bytes[..60]) != u32_at(bytes, 60) {
        return Ok(None);
    }
    Ok(Some(array_at(bytes, 12)))
}

/// A record as it lies in a frame.
#[derive(Debug, Clone, Copy)]
pub struct RawRecord<'a> {
    /// Its stream.
    pub stream: Stream,
    /// Key id, for people.
    pub key_id: u64,
    /// Whether the content was erased and `content` is its digest.
    pub dropped: bool,
    /// The content, or its digest.
    pub content: &'a [u8],
    /// The record with its header.
    pub whole: &'a [u8],
}

impl RawRecord<'_> {
    /// Digest of the content of a people record.
    fn digest(&self) -> [u8; HASH_BYTES] {
        if self.dropped { array_at(self.content, 0) } else { *blake3::hash(self.content).as_bytes() }
    }

    /// What of a people record's header the chain covers: everything but the dropped flag.
    fn chained_header(&self) -> [u8; PEOPLE_HEAD_BYTES] {
        let mut header: [u8; PEOPLE_HEAD_BYTES] = array_at(self.whole, 0);
        header[1] = 0;
        header
    }

    /// Appends the record with its content dropped.
    pub fn write_dropped(&self, out: &mut Vec<u8>) {
        let mut header = self.chained_header();
        header[1] = DROPPED;
        out.extend_from_slice(&header);
        out.extend_from_slice(&self.digest());
    }
}

/// The records of a frame, one after the other; ends early with `None` on bytes that are no record.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    /// Whether every byte was read.
    pub fn finished(&self) -> bool {
        self.at == self.bytes.len()
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = RawRecord<'a>;

    fn next(&mut self) -> Option<RawRecord<'a>> {
        let rest = &self.bytes[self.at..];
        if rest.len() < RECORD_HEAD_BYTES {
            return None;
        }
        let stream = Stream::from_wire(rest[0])?;
        let (dropped, length) = (rest[1] == DROPPED, u32_at(rest, 2) as usize);
        let people = stream == Stream::People;
        if rest[1] > DROPPED || (dropped && !people) {
            return None;
        }
        let start = if people { PEOPLE_HEAD_BYTES } else { RECORD_HEAD_BYTES };
        let end = start.checked_add(if dropped { HASH_BYTES } else { length })?;
        let whole = rest.get(..end)?;
        self.at += end;
        let key_id = if people { u64_at(whole, RECORD_HEAD_BYTES) } else { 0 };
        Some(RawRecord { stream, key_id, dropped, content: &whole[start..], whole })
    }
}

/// A frame whose length, CRC and tag are right.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Takes the frame at the start of `bytes`, if a good one of this file lies there.
    pub fn parse(bytes: &'a [u8], id: &FileId) -> Option<Frame<'a>> {
        let length = frame_bytes(bytes)?;
        let frame = bytes.get(..length)?;
        let good = frame[8..16] == id[..8] && crc32fast::hash(&frame[8..]) == u32_at(frame, 4);
        good.then_some(Frame { bytes: frame })
    }
    /// Length of the whole frame.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
    /// Records that were durable when the frame was written.
    pub fn synced(&self) -> u64 {
        u64_at(self.bytes, 16)
    }
    /// Sequence of the first record.
    pub fn sequence(&self) -> u64 {
        u64_at(self.bytes, 24)
    }
    /// Number of records.
    pub fn count(&self) -> u32 {
        u32_at(self.bytes, 32)
    }
    /// The chain hash it carries.
    pub fn hash(&self) -> [u8; HASH_BYTES] {
        array_at(self.bytes, self.bytes.len() - HASH_BYTES)
    }
    /// Its records.
    pub fn records(&self) -> Records<'a> {
        Records { bytes: &self.bytes[FRAME_HEAD_BYTES..self.bytes.len() - HASH_BYTES], at: 0 }
    }

    /// The head after this frame, if it follows on `before`.
    ///
    /// # Errors
    /// A message that says what does not follow.
    pub fn follow(&self, before: &Head) -> std::result::Result<Head, String> {
        if self.sequence() != before.sequence {
            return Err(format!("sequence {} where {} was expected", self.sequence(), before.sequence));
        }
        let (hash, count) = chain(&before.hash, &self.bytes[24..self.bytes.len() - HASH_BYTES], self.records());
        match before.sequence.checked_add(u64::from(self.count())) {
            Some(sequence) if count == Some(u64::from(self.count())) && count != Some(0) => {
                if hash == self.hash() {
                    Ok(Head { sequence, hash })
                } else {
                    Err("the hash chain is broken".into())
                }
            }
            _ => Err("the records do not fill their frame".into()),
        }
    }
}

/// Hashes one frame onto the chain; answers the number of records too, `None` if they do not fill the frame.
/// `chained` runs from byte 24 of the frame to the end of the records.
fn chain(before: &[u8; HASH_BYTES], chained: &[u8], mut records: Records<'_>) -> ([u8; HASH_BYTES], Option<u64>) {
    let head = FRAME_HEAD_BYTES - 24;
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    // What needs no digest is hashed in one piece, not record by record: that is where blake3 is fast.
    let (mut run, mut count) = (0, 0);
    while let Some(record) = records.next() {
        count += 1;
        if record.stream == Stream::People {
            hasher.update(&chained[run..head + records.at - record.whole.len()]);
            hasher.update(&record.chained_header());
            hasher.update(&record.digest());
            run = head + records.at;
        }
    }
    hasher.update(&chained[run..]);
    (*hasher.finalize().as_bytes(), records.finished().then_some(count))
}

/// Begins a frame at the end of `buffer`: room for its head. Records follow, then [`finish_frame`].
pub fn begin_frame(buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(&[0; FRAME_HEAD_BYTES]);
}

/// Completes the frame that begins at `start` of `buffer` and answers the head after it.
pub fn finish_frame(buffer: &mut Vec<u8>, start: usize, id: &FileId, synced: u64, before: &Head, count: u32) -> Head {
    let frame = &mut buffer[start..];
    frame[8..16].copy_from_slice(&id[..8]);
    frame[16..24].copy_from_slice(&synced.to_le_bytes());
    frame[24..32].copy_from_slice(&before.sequence.to_le_bytes());
    frame[32..36].copy_from_slice(&count.to_le_bytes());
    let (hash, _) = chain(&before.hash, &frame[24..], Records { bytes: &frame[FRAME_HEAD_BYTES..], at: 0 });
    buffer.extend_from_slice(&hash);
    seal(&mut buffer[start..]);
    Head { sequence: before.sequence + u64::from(count), hash }
}

/// Copies a frame to the end of `buffer` with the content of the records that `drop` chooses dropped.
/// The copy says that everything before it was synced, which is true of a rewritten log.
pub fn rewrite_frame(frame: &Frame<'_>, buffer: &mut Vec<u8>, drop: impl Fn(&RawRecord<'_>) -> bool) {
    let start = buffer.len();
    buffer.extend_from_slice(&frame.bytes[..FRAME_HEAD_BYTES]);
    for record in frame.records() {
        if drop(&record) {
            record.write_dropped(buffer);
        } else {
            buffer.extend_from_slice(record.whole);
        }
    }
    buffer.extend_from_slice(&frame.hash());
    buffer[start + 16..start + 24].copy_from_slice(&frame.sequence().to_le_bytes());
    seal(&mut buffer[start..]);
}

/// Writes length and CRC into a complete frame.
fn seal(frame: &mut [u8]) {
    let length = (frame.len() - 8) as u32; // at most FRAME_LIMIT_BYTES, checked at the door
    frame[..4].copy_from_slice(&length.to_le_bytes());
    let checksum = crc32fast::hash(&frame[8..]);
    frame[4..8].copy_from_slice(&checksum.to_le_bytes());
}

/// Length of the whole frame that `bytes` begin with, if it is one that can be.
fn frame_bytes(bytes: &[u8]) -> Option<usize> {
    let length = u32_at(bytes.get(..4)?, 0) as usize + 8;
    (FRAME_HEAD_BYTES + HASH_BYTES..=FRAME_LIMIT_BYTES).contains(&length).then_some(length)
}

/// What stands at a place of the log.
pub enum Found<'a> {
    /// A good frame.
    Frame(Frame<'a>),
    /// Zeros or the end of the file: the log ends here.
    End,
    /// Neither.
    Bad,
}

/// Reads frames one after the other through a window: memory is bounded by the longest frame plus 1 MiB.
pub struct FrameReader<'a> {
    disk: &'a dyn Disk,
    id: FileId,
    window: Vec<u8>,
    /// Where the next frame begins in the window.
    at: usize,
    /// Where the next frame begins in the file.
    offset: u64,
    end: u64,
}

impl<'a> FrameReader<'a> {
    /// Starts reading at a byte of the log, up to `end`.
    pub fn new(disk: &'a dyn Disk, id: FileId, offset: u64, end: u64) -> Self {
        FrameReader { disk, id, window: Vec::new(), at: 0, offset, end }
    }

    /// Byte offset of the next frame.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads what stands here; a good frame is stepped over.
    ///
    /// # Errors
    /// `IO` if the disk cannot be read.
    pub fn read(&mut self) -> Result<Found<'_>> {
        self.fill(FRAME_HEAD_BYTES)?;
        // No room is made for a length that the file cannot hold.
        let left = self.end.saturating_sub(self.offset);
        if let Some(length) = frame_bytes(&self.window[self.at..]).filter(|length| *length as u64 <= left) {
            self.fill(length)?;
            if Frame::parse(&self.window[self.at..], &self.id).is_some() {
                let bytes = &self.window[self.at..self.at + length];
                self.at += length;
                self.offset += length as u64;
                return Ok(Found::Frame(Frame { bytes }));
            }
        }
        if self.rest_is_zero()? { Ok(Found::End) } else { Ok(Found::Bad) }
    }

    /// Makes sure that the window holds `need` bytes from here, or all that there are.
    fn fill(&mut self, need: usize) -> Result<()> {
        if self.window.len() - self.at >= need {
            return Ok(());
        }
        self.window.drain(..self.at);
        self.at = 0;
        let have = self.window.len();
        let left = self.end.saturating_sub(self.offset);
        let want = (need.max(WINDOW_BYTES) as u64).min(left) as usize;
        if want > have {
            self.window.resize(want, 0);
            let read = self.disk.read_at(self.offset + have as u64, &mut self.window[have..])?;
            self.window.truncate(have + read);
        }
        Ok(())
    }

    fn rest_is_zero(&self) -> Result<bool> {
        let mut zero = true;
        windows(self.disk, self.offset, self.end, 0, &mut |_, bytes| {
            zero = bytes.iter().all(|byte| *byte == 0);
            Ok(zero)
        })?;
        Ok(zero)
    }
}

/// Judges the bad place at `offset`, where record `expected` should begin: `Ok` if it is a torn tail that may be cut.
///
/// # Errors
/// `JOURNAL_CORRUPT` by the rules at the head of this file; `IO`.
pub fn judge_bad(disk: &dyn Disk, id: &FileId, offset: u64, end: u64, expected: u64) -> Result<()> {
    let mut next = offset.saturating_add(1);
    let mut first = true;
    while let Some((place, synced, length)) = next_good(disk, id, next, end, expected)? {
        let torn = synced <= expected && (!first || unwritten_sector(disk, offset, place)?);
        if !torn {
            let message = format!("bad frame at record {expected}, but a good one follows at byte {place}");
            return Err(Error::JournalCorrupt { offset, message });
        }
        first = false;
        next = place + length;
    }
    Ok(())
}

/// The next good frame at or after `from` with a sequence of at least `expected`: its place, `synced` and length.
fn next_good(disk: &dyn Disk, id: &FileId, from: u64, end: u64, expected: u64) -> Result<Option<(u64, u64, u64)>> {
    let mut found = None;
    // The tag stands at byte 8 of a frame, so only its occurrences need a closer look.
    windows(disk, from, end, 15, &mut |place, bytes| {
        for at in 0..bytes.len().saturating_sub(15) {
            if bytes[at + 8..at + 16] == id[..8] {
                found = good_at(disk, id, place + at as u64, end, expected)?;
                if found.is_some() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    })?;
    Ok(found)
}

fn good_at(disk: &dyn Disk, id: &FileId, place: u64, end: u64, expected: u64) -> Result<Option<(u64, u64, u64)>> {
    let mut reader = FrameReader::new(disk, *id, place, end);
    Ok(match reader.read()? {
        Found::Frame(frame) if frame.sequence() >= expected => Some((place, frame.synced(), frame.len() as u64)),
        _ => None,
    })
}

/// Whether between two places some sector (or the part of it that lies there) is zero.
fn unwritten_sector(disk: &dyn Disk, from: u64, to: u64) -> Result<bool> {
    let mut start = from;
    while start < to {
        let stop = (start / SECTOR_BYTES + 1).saturating_mul(SECTOR_BYTES).min(to);
        let mut sector = [0; SECTOR_BYTES as usize];
        let part = &mut sector[..(stop - start) as usize];
        let read = disk.read_at(start, part)?;
        if part[..read].iter().all(|byte| *byte == 0) {
            return Ok(true);
        }
        start = stop;
    }
    Ok(false)
}

/// Calls `look(place, bytes)` on windows of the log that overlap by `overlap` bytes until it answers false.
fn windows(
    disk: &dyn Disk,
    from: u64,
    end: u64,
    overlap: u64,
    look: &mut dyn FnMut(u64, &[u8]) -> Result<bool>,
) -> Result<()> {
    let mut window = vec![0; WINDOW_BYTES.min(end.saturating_sub(from) as usize)];
    let mut place = from;
    while place < end {
        let want = (end - place).min(window.len() as u64) as usize;
        let read = disk.read_at(place, &mut window[..want])?;
        if read == 0 || !look(place, &window[..read])? {
            break;
        }
        if place + read as u64 >= end || read as u64 <= overlap {
            break;
        }
        place += read as u64 - overlap;
    }
    Ok(())
}

/// Reads a `u32`; the caller has checked the length.
pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

/// Reads a `u64`; the caller has checked the length.
pub fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

/// Reads an array; the caller has checked the length.
pub fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}
