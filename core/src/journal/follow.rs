//! Followers: readers without the lock that tail a journal which another process writes.

use std::path::Path;

use crate::base::{Error, Result};

use super::keys::{HEADER_BYTES, KEYS_FILE, Keys};
use super::mutant::{Rule, holds};
use super::open::{look, read_file};
use super::read::FrameReader;
use super::segment::{self, HEAD_BYTES, Segment};
use super::snapshot::{self, Snapshot};
use super::storage::{Disk, FileDisk};
use super::wire::{FileId, genesis};
use super::{Entry, Head, Resume, corrupt, each_entry};

/// A reader that follows the writer of a journal and never writes.
///
/// It hands out whole frames that follow on what it knows, and flushes the segment before it does (a reader may), so that
/// no power cut can take back what it handed out. A torn tail is waited for, a new segment is gone on to, and a segment
/// that compaction exchanged is found again by its chain hash. Erased and dropped records do not come; what was handed
/// out before is the follower's own duty to forget: [`Follower::is_outdated`] says when, [`Follower::rewind`] or
/// [`Follower::resume`] how.
///
/// ```
/// use trousse::journal::{Follower, Journal, MemoryDisk, Record, Stream};
/// let disk = MemoryDisk::new(1);
/// let mut journal = Journal::open(Box::new(disk.clone()), &mut |_| Ok(()))?;
/// let mut follower = Follower::on(Box::new(disk))?;
/// let mut seen = 0;
/// assert_eq!(follower.poll(&mut |_| Ok(seen += 1))?, 0);
/// journal.append(None, &[Record { stream: Stream::Stock, subject: None, payload: b"sold" }])?;
/// journal.sync()?;
/// assert_eq!(follower.poll(&mut |_| Ok(seen += 1))?, 1);
/// assert_eq!((seen, follower.head()), (1, journal.head()));
/// # Ok::<(), trousse::Error>(())
/// ```
pub struct Follower {
    disk: Box<dyn Disk>,
    id: FileId,
    keys: Keys,
    /// The head of the key file when it was read: another one after every erase.
    keys_header: Vec<u8>,
    head: Head,
    segment: Segment,
    offset: u64,
    /// The generations of all segments so far, as they were when it read them.
    generations: Vec<u32>,
    /// Whether keys were replaced since it began.
    rekeyed: bool,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Follower").field("head", &self.head).finish()
    }
}

impl Follower {
    /// Follows the journal in a folder from its first record on.
    ///
    /// # Errors
    /// `IO` if there is no journal; `JOURNAL_VERSION`, `JOURNAL_CORRUPT`.
    pub fn open(folder: &Path) -> Result<Follower> {
        Follower::on(Box::new(FileDisk::read_only(folder)?))
    }

    /// Follows the journal on a disk from its first record on.
    ///
    /// # Errors
    /// As [`Follower::open`].
    pub fn on(disk: Box<dyn Disk>) -> Result<Follower> {
        let nothing = || Error::io("follow journal", "there is no journal");
        let (log, keys) = look(disk.as_ref())?.ok_or_else(nothing)?;
        let segment = log.segments.first().cloned().ok_or_else(nothing)?;
        let head = genesis(&log.id);
        let keys_header = read_header(disk.as_ref())?;
        let generations = vec![segment.generation];
        let (offset, rekeyed) = (HEAD_BYTES, false);
        Ok(Follower { disk, id: log.id, keys, keys_header, head, segment, offset, generations, rekeyed })
    }

    /// Whether something that it may have handed out is gone since: a subject was erased, or records were dropped.
    /// O(segments).
    ///
    /// # Errors
    /// `IO`, `JOURNAL_CORRUPT`, `JOURNAL_VERSION`.
    pub fn is_outdated(&self) -> Result<bool> {
        let heads = self.heads()?;
        let now = heads.iter().take(self.generations.len()).map(|segment| segment.generation);
        Ok((self.rekeyed || !now.eq(self.generations.iter().copied())) && holds(Rule::Outdated))
    }

    /// Goes back to the first record: all that is still readable comes again.
    ///
    /// # Errors
    /// As [`Follower::open`].
    pub fn rewind(&mut self) -> Result<()> {
        self.reload_keys()?;
        let first = segment::numbers(self.disk.as_ref())?.first().copied().unwrap_or(0);
        let found = segment::read(self.disk.as_ref(), &self.id, first)?;
        self.segment = found.ok_or_else(|| corrupt(first, 0, "the head of the segment is damaged"))?;
        (self.head, self.offset, self.rekeyed) = (genesis(&self.id), HEAD_BYTES, false);
        self.generations = vec![self.segment.generation];
        Ok(())
    }

    /// Goes to the newest snapshot that fits and hands it to `state`, or back to the first record where none does: what
    /// follows comes with [`Follower::poll`]. O(snapshot + the segment that holds it).
    ///
    /// # Errors
    /// As [`Follower::open`]; and whatever `state` answers.
    pub fn resume(&mut self, state: &mut dyn Resume) -> Result<()> {
        self.rewind()?;
        while !self.restore(state)? {
            self.rewind()?;
        }
        Ok(())
    }

    /// Restores the newest snapshot that fits, if one does; false if something was exchanged between two looks.
    fn restore(&mut self, state: &mut dyn Resume) -> Result<bool> {
        // Keys and generations were read before the snapshot: if it shows what is gone since, that will be noticed.
        let heads = self.heads()?;
        for sequence in snapshot::list(self.disk.as_ref())? {
            let Some(found) = self.load(sequence)? else { continue };
            match self.go_to(&found.head, &heads) {
                Ok(()) => {}
                Err(Error::JournalCorrupt { .. }) if self.heads()? != heads => return Ok(false),
                Err(Error::JournalCorrupt { .. }) => continue,
                Err(error) => return Err(error),
            }
            if self.keys.next() < found.keys && !self.more_keys(found.keys)? {
                return Ok(false);
            }
            if state.restore(&found.head, &found.payload)? {
                return Ok(true);
            }
        }
        self.go_to(&genesis(&self.id), &heads)?;
        Ok(true)
    }

    /// Reads a snapshot; `None` if it does not hold together, or the writer took it away meanwhile.
    fn load(&self, sequence: u64) -> Result<Option<Snapshot>> {
        match snapshot::load(self.disk.as_ref(), &self.id, sequence) {
            Err(_) if self.disk.len(&snapshot::name(sequence))?.is_none() => Ok(None),
            done => done,
        }
    }

    /// Goes to a head in the segments that begin with `heads`.
    fn go_to(&mut self, head: &Head, heads: &[Segment]) -> Result<()> {
        let holding = heads.partition_point(|segment| segment.start.sequence <= head.sequence).max(1);
        let segment = heads.get(holding - 1).ok_or_else(|| corrupt(0, 0, "the head of the segment is damaged"))?;
        (self.segment, self.head) = (segment.clone(), head.clone());
        self.generations = heads[..holding].iter().map(|segment| segment.generation).collect();
        self.relocate()
    }

    /// Reads the keys that were appended since; false if they were exchanged.
    fn more_keys(&mut self, need: u64) -> Result<bool> {
        let before = self.keys_header.clone();
        self.reload_keys()?;
        match self.keys.next() < need {
            true => Err(corrupt(0, 0, "the key file lost keys that a snapshot counts")),
            false => Ok(self.keys_header == before),
        }
    }

    /// The heads of all segments up to the first that cannot be read.
    fn heads(&self) -> Result<Vec<Segment>> {
        let mut heads = Vec::new();
        for number in segment::numbers(self.disk.as_ref())? {
            match segment::read(self.disk.as_ref(), &self.id, number)? {
                Some(segment) => heads.push(segment),
                None => break,
            }
        }
        Ok(heads)
    }

    /// Follows the journal in a folder from a head on that was known before.
    ///
    /// # Errors
    /// As [`Follower::open`]; `JOURNAL_CORRUPT` if the journal does not have that head.
    pub fn open_at(folder: &Path, head: &Head) -> Result<Follower> {
        Follower::open(folder)?.at(head)
    }

    /// Goes to a head that was known before.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` if the journal does not have that head; `IO`.
    pub fn at(mut self, head: &Head) -> Result<Follower> {
        let heads = self.heads()?;
        self.go_to(head, &heads)?;
        Ok(self)
    }

    /// The point it has come to.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Hands every readable entry that is new to `f`, in order; answers how many came.
    ///
    /// If `f` fails, the entries of its batch come again with the next poll.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` if what follows does not fit what it knows; `IO`; and whatever `f` answers.
    pub fn poll(&mut self, f: &mut dyn FnMut(Entry<'_>) -> Result<()>) -> Result<u64> {
        let mut came = 0;
        loop {
            match self.advance(f, &mut came) {
                // A compaction between two looks makes the one not fit the other: then look again.
                Err(Error::JournalCorrupt { .. }) if self.was_exchanged()? => {}
                done => return done.map(|()| came),
            }
        }
    }

    fn advance(&mut self, f: &mut dyn FnMut(Entry<'_>) -> Result<()>, came: &mut u64) -> Result<()> {
        self.refresh()?;
        loop {
            self.tail(f, came)?;
            if !self.cross()? {
                return Ok(());
            }
        }
    }

    fn was_exchanged(&self) -> Result<bool> {
        let found = segment::read(self.disk.as_ref(), &self.id, self.segment.number)?;
        Ok(found.is_some_and(|found| found.generation != self.segment.generation))
    }

    /// Sees what the writer exchanged since: keys after an erase, the segment after a compaction.
    fn refresh(&mut self) -> Result<()> {
        if read_header(self.disk.as_ref())? != self.keys_header {
            self.reload_keys()?;
            self.rekeyed = true;
        }
        let number = self.segment.number;
        let found = segment::read(self.disk.as_ref(), &self.id, number)?;
        let found = found.ok_or_else(|| corrupt(number, 0, "the head of the segment is damaged"))?;
        if found.generation != self.segment.generation {
            self.relocate()?;
            self.segment = found;
        }
        Ok(())
    }

    fn reload_keys(&mut self) -> Result<()> {
        let bytes = read_file(self.disk.as_ref(), KEYS_FILE)?.unwrap_or_default();
        self.keys = Keys::read(&bytes)?;
        self.keys_header = bytes[..HEADER_BYTES.min(bytes.len())].to_vec();
        Ok(())
    }

    /// Finds the place of the head in its segment.
    fn relocate(&mut self) -> Result<()> {
        let number = self.segment.number;
        let mut reader = self.reader(HEAD_BYTES)?;
        let mut at = self.segment.start.clone();
        while at.sequence < self.head.sequence {
            let offset = reader.offset();
            let Some(frame) = reader.read()? else {
                return Err(corrupt(number, offset, "the journal ends before what was read of it"));
            };
            at = frame.follow(&at).map_err(|message| corrupt(number, offset, message))?;
        }
        let offset = reader.offset();
        if at != self.head {
            return Err(corrupt(number, offset, "the journal has another history than what was read of it"));
        }
        self.offset = offset;
        Ok(())
    }

    fn reader(&self, offset: u64) -> Result<FrameReader<'_>> {
        let name = segment::name(self.segment.number);
        let end = self.disk.len(&name)?.unwrap_or(0);
        Ok(FrameReader::new(self.disk.as_ref(), name, self.id, offset, end))
    }

    /// Hands out what is new in the segment.
    fn tail(&mut self, f: &mut dyn FnMut(Entry<'_>) -> Result<()>, came: &mut u64) -> Result<()> {
        let end = self.written()?;
        if end == self.offset {
            return Ok(());
        }
        self.disk.sync(&segment::name(self.segment.number))?;
        let mut scratch = Vec::new();
        let (number, name) = (self.segment.number, segment::name(self.segment.number));
        let mut reader = FrameReader::new(self.disk.as_ref(), name, self.id, self.offset, end);
        while let Some(frame) = reader.read()? {
            let next = frame.follow(&self.head).map_err(|message| corrupt(number, self.offset, message))?;
            if frame.records().any(|record| self.keys.get(record.key_id).is_err() && record.key_id != 0) {
                let bytes = read_file(self.disk.as_ref(), KEYS_FILE)?.unwrap_or_default();
                self.keys = Keys::read(&bytes)?;
            }
            each_entry(&frame, (number, self.offset), &self.keys, 0, &mut scratch, &mut |entry| {
                *came += 1;
                f(entry)
            })?;
            self.offset += frame.len() as u64;
            self.head = next;
        }
        Ok(())
    }

    /// Where the frames that are there now end.
    fn written(&self) -> Result<u64> {
        let mut reader = self.reader(self.offset)?;
        while reader.read()?.is_some() {}
        Ok(reader.offset())
    }

    /// Goes to the next segment, if it begins at the head; false if there is nothing to go to.
    fn cross(&mut self) -> Result<bool> {
        let number = self.segment.number + 1;
        if self.disk.len(&segment::name(number))?.is_none() {
            return Ok(false);
        }
        let next = segment::read(self.disk.as_ref(), &self.id, number)?;
        let next = next.ok_or_else(|| corrupt(number, 0, "the head of the segment is damaged"))?;
        if next.start == self.head {
            self.generations.push(next.generation);
            (self.segment, self.offset) = (next, HEAD_BYTES);
            return Ok(true);
        }
        // The writer may have gone on between the two looks: then there is more in this segment now.
        if self.written()? > self.offset {
            return Ok(true);
        }
        let message = format!("record {} is missing at the end of the segment", self.head.sequence);
        Err(corrupt(self.segment.number, self.offset, message))
    }
}

fn read_header(disk: &dyn Disk) -> Result<Vec<u8>> {
    let mut header = vec![0; HEADER_BYTES];
    let read = disk.read_at(KEYS_FILE, 0, &mut header)?;
    header.truncate(read);
    Ok(header)
}
