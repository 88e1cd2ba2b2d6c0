//! The frame format: how batches lie in a segment.
//!
//! All integers are little-endian. After the head of a segment (`segment`) follow frames without gaps, one a batch, then
//! zeros (the preallocated space) or the end of the file:
//!
//! | bytes | content |
//! |---|---|
//! | 0..4 | length of what follows byte 8; 0 = nothing was written here |
//! | 4..8 | CRC-32C of what follows |
//! | 8..16 | tag: the first 8 bytes of the file id, so that no frame of another file is taken for ours |
//! | 16..24 | `synced`: how many records were durable when this frame was made |
//! | 24..32 | sequence of the first record |
//! | 32..36 | number of records, at least 1 |
//! | 36.. | records |
//! | last 32 | chain hash: the commit marker, without which the batch is not there |
//!
//! A record is `stream u8, flags u8, length u32`, for people `key id u64`, then the content: `length` bytes as they came,
//! or for people a nonce (24), the ciphertext and its tag (16), together `length` bytes. With flag bit 0 (dropped) the
//! content was erased and 32 bytes stand in its place: `blake3(content)`. Stream 0 with flags 0 and length 0 stands for a
//! record that was lost to damage (`salvage`).
//!
//! `chain_n = blake3(chain_(n-1) ‖ bytes 24.. of the frame)` in which each people record counts as its header with
//! flags 0, followed by `blake3(content)`: dropping the content keeps every hash. Chain hash 0 is made of the file id.

use super::mutant::{Rule, holds};
use super::{Head, Stream};

/// The format that this version writes and reads.
pub const VERSION: u32 = 1;
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

const DOMAIN: &str = "trousse journal v1 chain";
const DROPPED: u8 = 1;
const LOST: u8 = 0;

/// The random id of a journal file.
pub type FileId = [u8; 32];

/// The head before the first record.
pub fn genesis(id: &FileId) -> Head {
    Head { sequence: 0, hash: blake3::derive_key(DOMAIN, id) }
}

/// What stands for a record that was lost to damage.
pub const LOST_RECORD: [u8; RECORD_HEAD_BYTES] = [LOST, 0, 0, 0, 0, 0];

/// A record as it lies in a frame.
#[derive(Debug, Clone, Copy)]
pub struct RawRecord<'a> {
    /// Its stream; `None` if the record was lost to damage.
    pub stream: Option<Stream>,
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
        let stream = Stream::from_wire(rest[0]);
        let (dropped, length) = (rest[1] == DROPPED, u32_at(rest, 2) as usize);
        let people = stream == Some(Stream::People);
        let lost = rest[..RECORD_HEAD_BYTES] == LOST_RECORD;
        if rest[1] > DROPPED || (dropped && !people) || (stream.is_none() && !lost) {
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
        let good =
            frame[8..16] == id[..8] && (crc32c::crc32c(&frame[8..]) == u32_at(frame, 4) || !holds(Rule::Checksum));
        good.then_some(Frame { bytes: frame })
    }
    /// All of its bytes.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
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

    /// How many records come before the next frame, if the records fill this one.
    pub fn end(&self) -> Option<u64> {
        let mut records = self.records();
        let count = records.by_ref().count() as u64;
        let fills = records.finished() && count == u64::from(self.count()) && count > 0;
        self.sequence().checked_add(count).filter(|_| fills)
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
                if hash == self.hash() || !holds(Rule::Chain) {
                    Ok(Head { sequence, hash: self.hash() })
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
        if record.stream == Some(Stream::People) {
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

/// The head between two frames of `frames`, where the first ends and the second begins at `at`.
pub fn head_between(frames: &[u8], at: usize) -> Head {
    let hash = at.checked_sub(HASH_BYTES).map_or([0; HASH_BYTES], |start| array_at(frames, start));
    Head { sequence: u64_at(frames, at + 24), hash }
}

/// Copies a frame to the end of `buffer` with the content of the records that `drop` chooses dropped; answers how many.
/// The copy says that everything before it was synced, which is true of a rewritten log.
pub fn rewrite_frame(
    frame: &Frame<'_>,
    buffer: &mut Vec<u8>,
    mut drop: impl FnMut(u64, &RawRecord<'_>) -> bool,
) -> u64 {
    let (start, mut dropped) = (buffer.len(), 0);
    buffer.extend_from_slice(&frame.bytes[..FRAME_HEAD_BYTES]);
    for (sequence, record) in (frame.sequence()..).zip(frame.records()) {
        if record.stream == Some(Stream::People) && !record.dropped && drop(sequence, &record) {
            record.write_dropped(buffer);
            dropped += 1;
        } else {
            buffer.extend_from_slice(record.whole);
        }
    }
    buffer.extend_from_slice(&frame.hash());
    buffer[start + 16..start + 24].copy_from_slice(&frame.sequence().to_le_bytes());
    seal(&mut buffer[start..]);
    dropped
}

/// Writes length and CRC into a complete frame.
fn seal(frame: &mut [u8]) {
    let length = (frame.len() - 8) as u32; // at most FRAME_LIMIT_BYTES, checked at the door
    frame[..4].copy_from_slice(&length.to_le_bytes());
    let checksum = crc32c::crc32c(&frame[8..]);
    frame[4..8].copy_from_slice(&checksum.to_le_bytes());
}

/// Length of the whole frame that `bytes` begin with, if it is one that can be.
pub fn frame_bytes(bytes: &[u8]) -> Option<usize> {
    let length = u32_at(bytes.get(..4)?, 0) as usize + 8;
    (FRAME_HEAD_BYTES + HASH_BYTES..=FRAME_LIMIT_BYTES).contains(&length).then_some(length)
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
