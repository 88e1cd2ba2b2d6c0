//! Reading the log: frames through a window, segments one after the other, and how a torn tail is told from damage.
//!
//! A crash can spoil only what was not yet synced, a failed bit or a stray write can spoil anything. A frame is *bad*
//! when its length, CRC or tag is wrong. A segment with a successor was synced before that was made: a bad frame in it is
//! damage. In the last segment let the bad frame begin at byte `x`, where record `n` was expected; the rest of the segment
//! is searched for *good* frames with a sequence of at least `n`.
//! 1. No good frame follows: the tail was torn. It is cut at `x`.
//! 2. A good frame follows whose `synced` is above `n`: what stood at `x` had been acknowledged. Damage: refused.
//! 3. A good frame of the same unsynced writes follows (`synced` ≤ `n`): disks write sectors in any order, so this may be
//!    a torn write or damage. Space after the end is always zero, so a sector that was not written, or written in part,
//!    begins or ends with a zero: if such a sector lies between `x` and the good frame the tail was torn and is cut,
//!    otherwise refused.
//!
//! A good frame whose chain hash or sequence does not follow is damage, wherever it lies.

use crate::base::Result;

use super::mutant::{Rule, holds};
use super::segment::{HEAD_BYTES, Log};
use super::storage::Disk;
use super::wire::{FRAME_HEAD_BYTES, FileId, Frame, frame_bytes};
use super::{Head, Mark, corrupt};

const SECTOR_BYTES: u64 = 512;
const WINDOW_MIN_BYTES: usize = 32 << 10;
const WINDOW_MAX_BYTES: usize = 1 << 20;

/// Reads frames of one file one after the other: memory is bounded by the longest frame plus 1 MiB.
pub struct FrameReader<'a> {
    disk: &'a dyn Disk,
    name: String,
    id: FileId,
    window: Vec<u8>,
    /// Bytes to read at once; it grows with the distance that was read.
    step: usize,
    /// Where the next frame begins in the window.
    at: usize,
    /// Where the next frame begins in the file.
    offset: u64,
    end: u64,
}

impl<'a> FrameReader<'a> {
    /// Starts reading at a byte of a file, up to `end`.
    pub fn new(disk: &'a dyn Disk, name: String, id: FileId, offset: u64, end: u64) -> Self {
        FrameReader { disk, name, id, window: Vec::new(), step: WINDOW_MIN_BYTES, at: 0, offset, end }
    }

    /// Byte offset of the next frame.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Where reading ends.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Reads the good frame that stands here and steps over it; `None` if there is none.
    ///
    /// # Errors
    /// `IO` if the disk cannot be read.
    pub fn read(&mut self) -> Result<Option<Frame<'_>>> {
        self.fill(FRAME_HEAD_BYTES)?;
        // No room is made for a length that the file cannot hold.
        let left = self.end.saturating_sub(self.offset);
        let length = frame_bytes(&self.window[self.at..]).filter(|length| *length as u64 <= left);
        let Some(length) = length else { return Ok(None) };
        self.fill(length)?;
        let frame = Frame::parse(&self.window[self.at..], &self.id);
        if frame.is_some() {
            self.at += length;
            self.offset += length as u64;
        }
        Ok(frame)
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
        let want = (need.max(self.step) as u64).min(left) as usize;
        self.step = (self.step * 2).min(WINDOW_MAX_BYTES);
        if want > have {
            self.window.resize(want, 0);
            let read = self.disk.read_at(&self.name, self.offset + have as u64, &mut self.window[have..])?;
            self.window.truncate(have + read);
        }
        Ok(())
    }
}

/// A walk over the frames of a log from a mark on, each of which has to follow on the one before.
pub struct Walk<'a> {
    disk: &'a dyn Disk,
    log: &'a Log,
    index: usize,
    reader: FrameReader<'a>,
    head: Head,
    until: u64,
}

impl<'a> Walk<'a> {
    /// Starts at a mark; ends before record `until`.
    ///
    /// # Errors
    /// `IO`.
    pub fn new(disk: &'a dyn Disk, log: &'a Log, from: &Mark, until: u64) -> Result<Self> {
        let reader = reader(disk, log, from.segment, from.offset)?;
        Ok(Walk { disk, log, index: from.segment, reader, head: from.head.clone(), until })
    }

    /// Where it stands.
    pub fn mark(&self) -> Mark {
        Mark { head: self.head.clone(), segment: self.index, offset: self.reader.offset() }
    }

    /// The head so far.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The next frame, the index of its segment and the byte where it begins; `None` at `until`, or where the last segment has no good frame.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` where something does not follow or an earlier segment has no good frame; `IO`.
    pub fn next(&mut self) -> Result<Option<(Frame<'_>, usize, u64)>> {
        if self.head.sequence >= self.until {
            return Ok(None);
        }
        self.cross()?;
        let (offset, number) = (self.reader.offset(), self.log.number(self.index));
        let Some(frame) = self.reader.read()? else {
            return match self.log.segments.get(self.index + 1) {
                Some(_) => Err(corrupt(number, offset, format!("bad frame at record {}", self.head.sequence))),
                None => Ok(None),
            };
        };
        self.head = frame.follow(&self.head).map_err(|message| corrupt(number, offset, message))?;
        Ok(Some((frame, self.index, offset)))
    }

    /// Goes to the segment that begins at the head, if one does.
    fn cross(&mut self) -> Result<()> {
        while let Some(next) = self.log.segments.get(self.index + 1) {
            if next.start.sequence > self.head.sequence {
                break;
            }
            if next.start != self.head && holds(Rule::Chain) {
                return Err(corrupt(next.number, 0, "the segment does not follow on the one before"));
            }
            self.index += 1;
            self.reader = reader(self.disk, self.log, self.index, HEAD_BYTES)?;
        }
        Ok(())
    }

    /// Judges the end of the last segment, where [`Walk::next`] found no good frame: whether it is torn, and to be cut.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` if it is damage by the rules at the head of this file; `IO`.
    pub fn judge(&self) -> Result<bool> {
        let place = Place { disk: self.disk, name: &self.reader.name, id: &self.log.id, end: self.reader.end() };
        let offset = self.reader.offset();
        if place.is_zero(offset)? {
            return Ok(false);
        }
        match place.judge(offset, self.head.sequence)? {
            Some(message) if holds(Rule::Judge) => Err(corrupt(self.log.number(self.index), offset, message)),
            _ => Ok(true),
        }
    }
}

/// A reader of a segment from a byte on.
fn reader<'a>(disk: &'a dyn Disk, log: &Log, index: usize, offset: u64) -> Result<FrameReader<'a>> {
    let name = log.name(index);
    let end = disk.len(&name)?.unwrap_or(0);
    Ok(FrameReader::new(disk, name, log.id, offset, end))
}

/// A file to look at closely.
pub struct Place<'a> {
    /// Where it lies.
    pub disk: &'a dyn Disk,
    /// Its name.
    pub name: &'a str,
    /// The journal file it belongs to.
    pub id: &'a FileId,
    /// Where to stop.
    pub end: u64,
}

/// A good frame that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Good {
    /// Where it begins.
    pub offset: u64,
    /// Its length.
    pub length: u64,
    /// Its `synced`.
    pub synced: u64,
    /// Its first record.
    pub sequence: u64,
}

impl Place<'_> {
    /// Whether everything from a byte on is zero.
    pub fn is_zero(&self, from: u64) -> Result<bool> {
        Ok(self.last_written(from)? == from)
    }

    /// Where the last byte that is not zero ends; `from` if there is none.
    pub fn last_written(&self, from: u64) -> Result<u64> {
        let mut last = from;
        self.windows(from, 0, &mut |place, bytes| {
            if let Some(length) = written_length(bytes) {
                last = place + length as u64;
            }
            Ok(true)
        })?;
        Ok(last)
    }

    /// Judges the bad place at `offset`, where record `expected` should begin: `None` if it is a torn tail, or why not.
    fn judge(&self, offset: u64, expected: u64) -> Result<Option<String>> {
        let mut next = offset.saturating_add(1);
        let mut first = true;
        while let Some(good) = self.next_good(next, expected)? {
            let torn = good.synced <= expected && (!first || self.unwritten_sector(offset, good.offset)?);
            if !torn {
                let at = good.offset;
                return Ok(Some(format!("bad frame at record {expected}, but a good one follows at byte {at}")));
            }
            first = false;
            next = good.offset + good.length;
        }
        Ok(None)
    }

    /// The next good frame at or after `from` with a sequence of at least `expected`.
    pub fn next_good(&self, from: u64, expected: u64) -> Result<Option<Good>> {
        let mut found = None;
        // The tag stands at byte 8 of a frame, so only its occurrences need a closer look.
        self.windows(from, 15, &mut |place, bytes| {
            for at in tags(bytes, &self.id[..8]) {
                found = self.good_at(place + at as u64, expected)?;
                if found.is_some() {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        Ok(found)
    }

    fn good_at(&self, offset: u64, expected: u64) -> Result<Option<Good>> {
        let mut reader = FrameReader::new(self.disk, self.name.to_string(), *self.id, offset, self.end);
        Ok(reader.read()?.filter(|frame| frame.sequence() >= expected).map(|frame| Good {
            offset,
            length: frame.len() as u64,
            synced: frame.synced(),
            sequence: frame.sequence(),
        }))
    }

    /// Whether between two bytes some sector (or the part of it that lies there) begins or ends with a zero.
    fn unwritten_sector(&self, from: u64, to: u64) -> Result<bool> {
        let mut start = from;
        while start < to {
            let stop = (start / SECTOR_BYTES + 1).saturating_mul(SECTOR_BYTES).min(to);
            let mut sector = [0; SECTOR_BYTES as usize];
            let part = &mut sector[..(stop - start) as usize];
            self.disk.read_at(self.name, start, part)?;
            if part.first() == Some(&0) || part.last() == Some(&0) {
                return Ok(true);
            }
            start = stop;
        }
        Ok(false)
    }

    /// Calls `look(place, bytes)` on windows that overlap by `overlap` bytes until it answers false.
    fn windows(&self, from: u64, overlap: u64, look: &mut dyn FnMut(u64, &[u8]) -> Result<bool>) -> Result<()> {
        let mut window = vec![0; WINDOW_MAX_BYTES.min(self.end.saturating_sub(from) as usize)];
        let mut place = from;
        while place < self.end {
            let want = (self.end - place).min(window.len() as u64) as usize;
            let read = self.disk.read_at(self.name, place, &mut window[..want])?;
            if read == 0 || !look(place, &window[..read])? {
                break;
            }
            if place + read as u64 >= self.end || read as u64 <= overlap {
                break;
            }
            place += read as u64 - overlap;
        }
        Ok(())
    }
}

/// Where in these bytes a frame may begin whose tag is at its byte 8.
fn tags<'b>(bytes: &'b [u8], tag: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    let last = bytes.len().saturating_sub(15);
    (0..last).filter(move |at| bytes[at + 8] == tag[0] && bytes[at + 8..at + 16] == *tag)
}

/// How many bytes there are up to the last that is not zero; `None` if all are.
fn written_length(bytes: &[u8]) -> Option<usize> {
    // Sixteen at a time: most of a segment that is looked at is its preallocated space.
    let whole = bytes.len() / 16 * 16;
    if let Some(last) = bytes[whole..].iter().rposition(|byte| *byte != 0) {
        return Some(whole + last + 1);
    }
    let block = bytes[..whole].chunks_exact(16).rposition(|block| block != [0; 16])?;
    bytes[..(block + 1) * 16].iter().rposition(|byte| *byte != 0).map(|last| last + 1)
}
