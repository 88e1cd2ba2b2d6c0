//! Segments: the files that the log is cut into, and how they are made.
//!
//! `journal-<number, 16 digits>.seg` begins with a head of 4096 bytes, a block of its own, so that no torn write of a
//! frame can spoil it: magic `trousse\0`, version u32, file id 32, number u64, sequence u64 and chain hash 32 at its start,
//! capacity u64, generation u32 (how often compaction rewrote it), zeros, and the CRC-32C of all that in the last four.
//!
//! A segment is made under another name, flushed, renamed and the folder flushed before any frame is written to it; and
//! the segment before it is flushed first. So a segment that has a successor is complete, and its head is never torn.

use crate::base::{Error, Result};

use super::corrupt;
use super::mutant::{Rule, holds};
use super::storage::Disk;
use super::wire::{FileId, VERSION, array_at, genesis, u32_at, u64_at};
use super::{Head, Mark};

/// What the names of segments begin with.
pub const NAME_START: &str = "journal-";
/// Bytes of the head.
pub const HEAD_BYTES: u64 = 4096;
/// What the names of unfinished files end with.
pub const UNFINISHED: &str = ".tmp";
/// The log of format v0.
const V0_LOG: &str = "journal";

const MAGIC: &[u8; 8] = b"trousse\0";
/// No segment is longer: opening reserves what a head names, and must not be talked into a whole disk.
const CAPACITY_LIMIT_BYTES: u64 = 256 << 20;
const SUM_AT: usize = HEAD_BYTES as usize - 4;

/// What the head of a segment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its number: the first is 0.
    pub number: u64,
    /// The head of the journal where it begins.
    pub start: Head,
    /// Bytes that it may hold with its head.
    pub capacity: u64,
    /// How often compaction rewrote it.
    pub generation: u32,
}

/// All segments of a journal file.
#[derive(Debug, Clone)]
pub struct Log {
    /// The journal file they belong to.
    pub id: FileId,
    /// In order; never empty.
    pub segments: Vec<Segment>,
}

impl Log {
    /// The place where a segment's first frame begins.
    pub fn start_of(&self, index: usize) -> Mark {
        Mark { head: self.segments[index].start.clone(), segment: index, offset: HEAD_BYTES }
    }

    /// The last segment that begins at or before a record.
    pub fn holding(&self, sequence: u64) -> usize {
        self.segments.partition_point(|segment| segment.start.sequence <= sequence).saturating_sub(1)
    }

    /// The number of a segment.
    pub fn number(&self, index: usize) -> u64 {
        self.segments[index].number
    }

    /// The file of a segment.
    pub fn name(&self, index: usize) -> String {
        name(self.number(index))
    }

    /// The index of the last segment.
    pub fn last(&self) -> usize {
        self.segments.len() - 1
    }
}

/// The file of a segment by its number.
pub fn name(number: u64) -> String {
    format!("{NAME_START}{number:016}.seg")
}

/// The numbers of all files that are named as segments, in order.
///
/// # Errors
/// `JOURNAL_VERSION` if a log of format v0 lies there; `IO`.
pub fn numbers(disk: &dyn Disk) -> Result<Vec<u64>> {
    let names = disk.list()?;
    if names.iter().any(|name| name == V0_LOG) {
        return Err(Error::JournalVersion { found: 0, supported: VERSION });
    }
    let mut numbers: Vec<u64> = names.iter().filter_map(|file| number_of(file)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn number_of(file: &str) -> Option<u64> {
    let number = file.strip_prefix(NAME_START)?.strip_suffix(".seg")?.parse().ok()?;
    (name(number) == file).then_some(number)
}

/// Reads the heads of all segments; no segment at all is no error.
///
/// # Errors
/// `JOURNAL_CORRUPT` if a segment is missing, damaged or of another journal; `JOURNAL_VERSION`; `IO`.
pub fn read_all(disk: &dyn Disk, id: &FileId) -> Result<Vec<Segment>> {
    let mut segments: Vec<Segment> = Vec::new();
    for (due, number) in (0..).zip(numbers(disk)?) {
        if number != due {
            return Err(corrupt(due, 0, "the segment is missing"));
        }
        let segment =
            read(disk, id, number)?.ok_or_else(|| corrupt(number, 0, "the head of the segment is damaged"))?;
        let follows = segments
            .last()
            .map_or(segment.start == genesis(id), |before| before.start.sequence <= segment.start.sequence);
        if !follows {
            return Err(corrupt(number, 0, "the segment does not follow on the one before"));
        }
        segments.push(segment);
    }
    Ok(segments)
}

/// Reads the head of a segment; `None` if it is no good head of this journal.
///
/// # Errors
/// `JOURNAL_VERSION`; `IO`.
pub fn read(disk: &dyn Disk, id: &FileId, number: u64) -> Result<Option<Segment>> {
    let mut head = [0; HEAD_BYTES as usize];
    let read = disk.read_at(&name(number), 0, &mut head)?;
    if read < head.len() || &head[..8] != MAGIC {
        return Ok(None);
    }
    let found = u32_at(&head, 8);
    if found != VERSION {
        return Err(Error::JournalVersion { found, supported: VERSION });
    }
    let good = crc32c::crc32c(&head[..SUM_AT]) == u32_at(&head, SUM_AT);
    let capacity = u64_at(&head, 92);
    if !good || head[12..44] != id[..] || u64_at(&head, 44) != number || capacity > CAPACITY_LIMIT_BYTES {
        return Ok(None);
    }
    Ok(Some(Segment {
        number,
        start: Head { sequence: u64_at(&head, 52), hash: array_at(&head, 60) },
        capacity,
        generation: u32_at(&head, 100),
    }))
}

/// The file id in the first good head there is, for a journal whose key file is lost.
///
/// # Errors
/// `IO`.
pub fn find_id(disk: &dyn Disk) -> Result<Option<FileId>> {
    for number in numbers(disk)? {
        let mut head = [0; HEAD_BYTES as usize];
        let read = disk.read_at(&name(number), 0, &mut head)?;
        let good = crc32c::crc32c(&head[..SUM_AT]) == u32_at(&head, SUM_AT);
        if read == head.len() && &head[..8] == MAGIC && good {
            return Ok(Some(array_at(&head, 12)));
        }
    }
    Ok(None)
}

/// The head of a segment as it is written.
pub fn head_bytes(id: &FileId, segment: &Segment) -> [u8; HEAD_BYTES as usize] {
    let mut head = [0; HEAD_BYTES as usize];
    head[..8].copy_from_slice(MAGIC);
    head[8..12].copy_from_slice(&VERSION.to_le_bytes());
    head[12..44].copy_from_slice(id);
    head[44..52].copy_from_slice(&segment.number.to_le_bytes());
    head[52..60].copy_from_slice(&segment.start.sequence.to_le_bytes());
    head[60..92].copy_from_slice(&segment.start.hash);
    head[92..100].copy_from_slice(&segment.capacity.to_le_bytes());
    head[100..104].copy_from_slice(&segment.generation.to_le_bytes());
    let checksum = crc32c::crc32c(&head[..SUM_AT]);
    head[SUM_AT..].copy_from_slice(&checksum.to_le_bytes());
    head
}

/// Makes an empty segment with all its space, durably, with room for a frame of `frame_bytes`.
///
/// # Errors
/// `DISK_FULL`, `READ_ONLY`, `IO`.
pub fn create(disk: &mut dyn Disk, id: &FileId, number: u64, start: &Head, frame_bytes: u64) -> Result<Segment> {
    let (usual, need) = (disk.geometry().segment_bytes, HEAD_BYTES + frame_bytes);
    let capacity = if need > usual { need.next_multiple_of(HEAD_BYTES) } else { usual };
    let segment = Segment { number, start: start.clone(), capacity, generation: 0 };
    publish(disk, &name(number), &head_bytes(id, &segment), capacity, Rule::SegmentDirSync)?;
    Ok(segment)
}

/// Puts a file in its place: all of it or nothing, durably. `capacity` bytes are reserved for it.
///
/// # Errors
/// `DISK_FULL`, `READ_ONLY`, `IO`.
pub fn publish(disk: &mut dyn Disk, name: &str, bytes: &[u8], capacity: u64, dir_sync: Rule) -> Result<()> {
    write_fresh(disk, name, bytes, capacity)?;
    exchange(disk, name, dir_sync)
}

/// Writes a file durably under its unfinished name. A failure leaves the one in place as it is.
///
/// # Errors
/// `DISK_FULL`, `READ_ONLY`, `IO`.
pub fn write_fresh(disk: &mut dyn Disk, name: &str, bytes: &[u8], capacity: u64) -> Result<()> {
    let fresh = format!("{name}{UNFINISHED}");
    disk.remove(&fresh)?;
    if capacity > 0 {
        disk.allocate(&fresh, capacity)?;
    }
    disk.write_at(&fresh, 0, bytes)?;
    disk.sync(&fresh)
}

/// The name of a file that is written beside the one in place, while the writer goes on.
pub fn aside(name: &str) -> String {
    format!("{name}.aside{UNFINISHED}")
}

/// Writes a file durably beside the one in place.
///
/// # Errors
/// `DISK_FULL`, `READ_ONLY`, `IO`.
pub fn write_aside(disk: &mut dyn Disk, name: &str, bytes: &[u8]) -> Result<()> {
    let aside = aside(name);
    disk.remove(&aside)?;
    disk.write_at(&aside, 0, bytes)?;
    disk.sync(&aside)
}

/// Puts a file that was written aside in its place, durably.
///
/// # Errors
/// `READ_ONLY`, `IO`: nobody can tell then which of the two is in place.
pub fn exchange_aside(disk: &mut dyn Disk, name: &str) -> Result<()> {
    disk.rename(&aside(name), name)?;
    disk.sync_dir()
}

/// Gives an unfinished file its name, durably.
///
/// # Errors
/// `READ_ONLY`, `IO`: nobody can tell then which of the two is in place.
pub fn exchange(disk: &mut dyn Disk, name: &str, dir_sync: Rule) -> Result<()> {
    disk.rename(&format!("{name}{UNFINISHED}"), name)?;
    if holds(dir_sync) { disk.sync_dir() } else { Ok(()) }
}
