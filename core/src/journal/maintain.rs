//! Care of a journal: compacting, backing up, verifying the whole and salvaging what damage left.

use std::path::Path;

use crate::base::{Error, Result, Task};

use super::keys::{KEYS_FILE, Keys};
use super::mutant::Rule;
use super::open::{look, read_file};
use super::read::{FrameReader, Good, Place, Walk};
use super::reading::over;
use super::segment::{self, HEAD_BYTES, Log, Segment};
use super::storage::{Disk, FileDisk};
use super::wire::{self, FileId, Frame, LOST_RECORD, RECORD_HEAD_BYTES};
use super::{COPY_BYTES, Head, Journal, SNAPSHOTS_KEPT, Stream, corrupt, each_entry, next_of, snapshot};

impl Journal {
    /// Drops the ciphertext of erased subjects from the log; their digests stay, and so does every chain hash.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` if damage is met; `JOURNAL_POISONED`; `DISK_FULL`, `IO`. Segments are exchanged one by one, each
    /// atomically: after an error some are compacted, and only a failure in an exchange poisons the journal.
    pub fn compact(&mut self) -> Result<()> {
        self.compact_expired(&mut |_, _| false).map(|_| ())
    }

    /// Drops the ciphertext of erased subjects, and of every people record that `expired(sequence, subject)` names.
    /// Answers how many records were dropped. Catalog and stock records stay for ever.
    ///
    /// Snapshots go before the first record of a living subject is dropped, because their state may hold it: save a new
    /// one of a state that forgot what expired. A follower has handed out what it has seen and does not take it back.
    ///
    /// # Errors
    /// As [`Journal::compact`].
    pub fn compact_expired(&mut self, expired: &mut dyn FnMut(u64, &str) -> bool) -> Result<u64> {
        self.sync()?;
        let mut dropped = 0;
        for index in 0..self.log.segments.len() {
            dropped += self.compact_segment(index, expired)?;
        }
        Ok(dropped)
    }

    pub(super) fn compact_segment(&mut self, index: usize, expired: &mut dyn FnMut(u64, &str) -> bool) -> Result<u64> {
        let Rewritten { bytes, dropped, living } = self.rewrite(index, expired)?;
        if dropped == 0 {
            return Ok(0);
        }
        if living {
            let done = self.remove_snapshots();
            self.poison_on_error(done)?;
        }
        let (name, last) = (self.log.name(index), index == self.log.last());
        let capacity = if last { self.log.segments[index].capacity } else { 0 };
        segment::write_fresh(self.disk.as_mut(), &name, &bytes, capacity)?;
        let done = segment::exchange(self.disk.as_mut(), &name, Rule::SegmentDirSync);
        self.poison_on_error(done)?;
        self.exchanged(index);
        if last {
            (self.written.offset, self.warm) = (bytes.len() as u64, bytes.len() as u64);
        }
        Ok(dropped)
    }

    pub(super) fn exchanged(&mut self, index: usize) {
        self.log.segments[index].generation += 1;
        self.marks.retain(|mark| mark.segment != index);
        self.exchanges += 1;
    }

    /// The bytes of a segment without what is to be dropped.
    fn rewrite(&self, index: usize, expired: &mut dyn FnMut(u64, &str) -> bool) -> Result<Rewritten> {
        let (mut log, until) = (self.log.clone(), self.written.head.sequence);
        over(self.disk.as_ref(), &mut log, index, until, &mut |log, walk| {
            Rewritten::of(log, &self.keys, index, walk, expired)
        })
    }

    /// Copies the journal up to the synced head into an empty folder, verifying what it copies. Answers that head.
    ///
    /// The copy is a journal of its own with the same history, and holds no snapshot. Without `with_keys` it has no key:
    /// people's records are unreadable there for ever, as if all had been erased. With keys it is as secret as the
    /// journal, and an erase in the journal does not reach it: destroying old copies with keys is the caller's duty.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` if the folder is not empty; `JOURNAL_CORRUPT` if damage is met; `JOURNAL_LOCKED`, `DISK_FULL`,
    /// `READ_ONLY`, `IO` of the copy.
    pub fn backup(&self, folder: &Path, with_keys: bool) -> Result<Head> {
        self.backup_to(&mut FileDisk::open(folder)?, with_keys)
    }

    /// Copies the journal to a disk, as [`Journal::backup`] does to a folder.
    ///
    /// # Errors
    /// As [`Journal::backup`].
    pub fn backup_to(&self, target: &mut dyn Disk, with_keys: bool) -> Result<Head> {
        self.reading()?.backup(target, with_keys, &Task::default(), &mut || Ok(self.now()))
    }

    /// Reads the whole log, from the first segment on, and every snapshot: checksums, chain, keys and unused space.
    ///
    /// # Errors
    /// `IO`. Damage is no error but the report's [`Verified::damage`].
    pub fn verify(&self) -> Result<Verified> {
        self.reading()?.verify(&Task::default(), &mut || Ok(self.now()))
    }
}

/// A segment without what is to be dropped.
pub struct Rewritten {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many records were dropped.
    pub dropped: u64,
    /// Whether a record of a living subject is among them.
    pub living: bool,
}

impl Rewritten {
    /// Rewrites the segment that a walk goes over.
    pub fn of(
        log: &Log,
        keys: &Keys,
        index: usize,
        walk: &mut Walk<'_>,
        expired: &mut dyn FnMut(u64, &str) -> bool,
    ) -> Result<Rewritten> {
        let segment = &log.segments[index];
        let next = Segment { generation: segment.generation + 1, ..segment.clone() };
        let mut out = Rewritten { bytes: segment::head_bytes(&log.id, &next).to_vec(), dropped: 0, living: false };
        while let Some((frame, _)) = next_of(walk, log)? {
            let living = &mut out.living;
            out.dropped +=
                wire::rewrite_frame(&frame, &mut out.bytes, |sequence, record| match keys.get(record.key_id) {
                    Ok(Some(key)) => {
                        let drops = expired(sequence, key.subject());
                        *living |= drops;
                        drops
                    }
                    known => known.is_ok(),
                });
        }
        Ok(out)
    }
}

/// Checks that nothing lies on a disk but a lock.
pub fn check_empty(target: &dyn Disk) -> Result<()> {
    match target.list()?.into_iter().find(|name| name != "lock") {
        Some(name) => Err(Error::argument("target", "an empty folder", name)),
        None => Ok(()),
    }
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verified {
    /// Segments that were read.
    pub segments: u64,
    /// Batches.
    pub frames: u64,
    /// Records, dropped and lost ones among them: the sequence of the head.
    pub records: u64,
    /// People's records whose ciphertext was dropped.
    pub dropped: u64,
    /// Records that an earlier salvage marked as lost.
    pub lost: u64,
    /// Bytes of all frames.
    pub bytes: u64,
    /// Bytes after the last good frame that a crash left and opening would cut.
    pub torn_bytes: u64,
    /// Snapshots that fit.
    pub snapshots: u64,
    /// Names of snapshots that do not.
    pub bad_snapshots: Vec<String>,
    /// The first damage, `JOURNAL_CORRUPT` or `JOURNAL_VERSION`; what comes after it was not read.
    pub damage: Option<Error>,
}

/// Verifies a journal that is not opened: one that refuses to open, or one that another process writes and does not
/// compact meanwhile.
///
/// ```
/// use trousse::journal::{Journal, MemoryDisk, Record, Stream, verify};
/// let disk = MemoryDisk::new(1);
/// let mut journal = Journal::open(Box::new(disk.clone()), &mut |_| Ok(()))?;
/// journal.append(None, &[Record { stream: Stream::Stock, subject: None, payload: b"sold" }])?;
/// journal.sync()?;
/// let report = verify(&disk)?;
/// assert_eq!((report.segments, report.frames, report.records, report.damage), (1, 1, 1, None));
/// # Ok::<(), trousse::Error>(())
/// ```
///
/// # Errors
/// `IO`. Damage is no error but the report's [`Verified::damage`].
pub fn verify(disk: &dyn Disk) -> Result<Verified> {
    let mut report = Verified::default();
    let done = look(disk).and_then(|found| match found {
        Some((log, keys)) => report.read(disk, &log, &keys),
        None => Ok(()),
    });
    report.finish(done)
}

impl Verified {
    /// Says what came of it: damage is part of the report.
    pub(super) fn finish(mut self, done: Result<()>) -> Result<Verified> {
        match done {
            Err(error @ (Error::JournalCorrupt { .. } | Error::JournalVersion { .. })) => self.damage = Some(error),
            other => other?,
        }
        Ok(self)
    }

    /// Adds what was counted in a segment.
    pub(super) fn add(&mut self, part: &Verified) {
        self.frames += part.frames;
        self.records += part.records;
        self.bytes += part.bytes;
        self.dropped += part.dropped;
        self.lost += part.lost;
    }

    /// Reads everything.
    fn read(&mut self, disk: &dyn Disk, log: &Log, keys: &Keys) -> Result<()> {
        let snapshots = self.load_snapshots(disk, &log.id)?;
        let (mut walk, mut scratch) = (Walk::new(disk, log, &log.start_of(0), u64::MAX)?, Vec::new());
        let mut met = Vec::new();
        self.segments = 1;
        loop {
            met.extend(snapshots.iter().filter(|head| *head == walk.head()).map(|head| head.sequence));
            let before = walk.mark();
            let Some((frame, place)) = next_of(&mut walk, log)? else { break };
            each_entry(&frame, place, keys, 0, &mut scratch, &mut |_| Ok(()))?;
            self.count(&frame);
            let crossed = walk.mark().segment - before.segment;
            if crossed > 0 {
                self.segments += crossed as u64;
                check_unused(disk, log, before.segment, before.offset)?;
            }
        }
        self.segments = log.segments.len() as u64;
        self.check_end(disk, log, &walk)?;
        for head in snapshots {
            match met.contains(&head.sequence) {
                true => self.snapshots += 1,
                false => self.bad_snapshots.push(snapshot::name(head.sequence)),
            }
        }
        Ok(())
    }

    fn load_snapshots(&mut self, disk: &dyn Disk, id: &FileId) -> Result<Vec<Head>> {
        let mut heads = Vec::new();
        for sequence in snapshot::list(disk)?.into_iter().take(SNAPSHOTS_KEPT) {
            match snapshot::load(disk, id, sequence)? {
                Some(snapshot) => heads.push(snapshot.head),
                None => self.bad_snapshots.push(snapshot::name(sequence)),
            }
        }
        Ok(heads)
    }

    pub(super) fn count(&mut self, frame: &Frame<'_>) {
        self.frames += 1;
        self.records += u64::from(frame.count());
        self.bytes += frame.len() as u64;
        for record in frame.records() {
            self.dropped += u64::from(record.dropped);
            self.lost += u64::from(record.stream.is_none());
        }
    }

    fn check_end(&mut self, disk: &dyn Disk, log: &Log, walk: &Walk<'_>) -> Result<()> {
        let mark = walk.mark();
        if walk.judge()? {
            let name = log.name(mark.segment);
            let end = disk.len(&name)?.unwrap_or(0);
            let place = Place { disk, name: &name, id: &log.id, end };
            self.torn_bytes = place.last_written(mark.offset)? - mark.offset;
        }
        Ok(())
    }
}

/// Checks that nothing but zeros follows the last frame of a segment.
pub fn check_unused(disk: &dyn Disk, log: &Log, index: usize, from: u64) -> Result<()> {
    let name = log.name(index);
    let end = disk.len(&name)?.unwrap_or(0);
    if (Place { disk, name: &name, id: &log.id, end }).is_zero(from)? {
        return Ok(());
    }
    Err(corrupt(log.number(index), from, "there are bytes after the last frame"))
}

/// A range that could not be salvaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Number of the segment.
    pub segment: u64,
    /// First byte in its file.
    pub from_byte: u64,
    /// Byte after the last.
    pub to_byte: u64,
    /// First record that is lost.
    pub from_sequence: u64,
    /// Record after the last; the same as the first if none is known to be lost: after the last good frame nobody can
    /// tell whether there were any.
    pub to_sequence: u64,
}

/// What a salvage did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvaged {
    /// Batches that were copied.
    pub frames: u64,
    /// Records that were copied.
    pub records: u64,
    /// What was not, in order.
    pub lost: Vec<Lost>,
    /// Whether the key file was whole. If not, people whose keys are lost are unreadable, as if they had been erased.
    pub keys_whole: bool,
    /// The head of the new journal.
    pub head: Head,
}

/// Salvages a journal in a folder into an empty folder; see [`salvage`].
///
/// # Errors
/// As [`salvage`]; `JOURNAL_LOCKED` if somebody holds the target; `IO` if there is no source.
pub fn salvage_folder(source: &Path, target: &Path) -> Result<Salvaged> {
    salvage(&FileDisk::read_only(source)?, Box::new(FileDisk::open(target)?))
}

/// Copies every good frame of a damaged journal into a new one on an empty disk. The source is only read.
///
/// Sequences stay what they were: a record that is lost is marked as lost in the new log, and replay skips it. The chain
/// cannot go on over a gap, so the new journal has a file id of its own and its own hashes; snapshots are not copied.
///
/// # Errors
/// `INVALID_ARGUMENT` if the target is not empty; `JOURNAL_CORRUPT` if not even a file id can be read;
/// `JOURNAL_VERSION`; `DISK_FULL`, `READ_ONLY`, `IO`.
pub fn salvage(source: &dyn Disk, target: Box<dyn Disk>) -> Result<Salvaged> {
    check_empty(target.as_ref())?;
    let (id, keys, keys_whole) = find_keys(source)?;
    let mut journal = Journal::open(target, &mut |_| Ok(()))?;
    journal.keys = keys.moved(journal.log.id);
    journal.publish_keys()?;
    let salvaged = Salvaged { frames: 0, records: 0, lost: Vec::new(), keys_whole, head: journal.head.clone() };
    let hash = Some(wire::genesis(&id).hash);
    let mut salvage = Salvage { source, id, journal, hash, skipped: 0, room: 0, due: 0, salvaged };
    for number in segment::numbers(source)? {
        salvage.segment(number)?;
    }
    salvage.finish()
}

/// The file id and what there is of the keys, and whether that is all.
fn find_keys(source: &dyn Disk) -> Result<(FileId, Keys, bool)> {
    let bytes = read_file(source, KEYS_FILE)?.unwrap_or_default();
    match Keys::read(&bytes) {
        Ok(keys) if keys.is_torn() => {
            let mut rescued = Keys::rescue(&bytes, *keys.file_id());
            rescued.raise(keys.next());
            Ok((*keys.file_id(), rescued, false))
        }
        Ok(keys) => Ok((*keys.file_id(), keys, true)),
        Err(Error::JournalCorrupt { .. }) => match segment::find_id(source)? {
            Some(id) => Ok((id, Keys::rescue(&bytes, id), false)),
            None => Err(corrupt(0, 0, "neither the key file nor the head of any segment can be read")),
        },
        Err(error) => Err(error),
    }
}

struct Salvage<'a> {
    source: &'a dyn Disk,
    id: FileId,
    /// The new journal; its head's sequence is the record that is expected next.
    journal: Journal,
    /// The old chain hash up to here, where it is known.
    hash: Option<[u8; 32]>,
    /// Bytes since the last good frame, which bound how many records can have been lost.
    skipped: u64,
    /// Bytes of the files since the last good frame, that frame's own among them: the same bound for whole segments.
    room: u64,
    /// Number of the segment that is expected next.
    due: u64,
    salvaged: Salvaged,
}

impl Salvage<'_> {
    fn expected(&self) -> u64 {
        self.journal.head.sequence
    }

    fn segment(&mut self, number: u64) -> Result<()> {
        let name = segment::name(number);
        let (source, id, end) = (self.source, self.id, self.source.len(&name)?.unwrap_or(0));
        let place = Place { disk: source, name: &name, id: &id, end };
        let missing = number.saturating_sub(self.due).saturating_mul(2 * wire::FRAME_LIMIT_BYTES as u64);
        let most = self.expected().saturating_add(self.room.saturating_add(missing) / RECORD_HEAD_BYTES as u64);
        // A head that counts more records than there was room for is none, however right its checksum.
        match segment::read(source, &id, number)?.filter(|segment| segment.start.sequence <= most) {
            Some(segment) if segment.start.sequence >= self.expected() => {
                if segment.start.sequence > self.expected() {
                    self.lose(number, HEAD_BYTES, HEAD_BYTES, segment.start.sequence)?;
                }
                self.hash = Some(segment.start.hash);
            }
            Some(_) => {}
            None => {
                self.skipped += HEAD_BYTES;
                self.lose(number, 0, HEAD_BYTES, self.expected())?;
            }
        }
        self.frames(number, &place)?;
        self.room = self.room.saturating_add(end);
        self.due = number.saturating_add(1);
        Ok(())
    }

    /// Copies the good frames of one segment.
    fn frames(&mut self, number: u64, place: &Place<'_>) -> Result<()> {
        let mut offset = self.run(place, HEAD_BYTES)?;
        let end = place.last_written(offset)?;
        for good in self.scattered(place, offset)? {
            self.skipped = end;
            if self.copy(number, place, offset, &good)? {
                offset = good.offset + good.length;
            }
        }
        if end > offset {
            self.skipped = end - offset;
            self.lose(number, offset, end, self.expected())?;
        }
        Ok(())
    }

    /// Copies frames as long as each follows on the one before; answers where that ends.
    fn run(&mut self, place: &Place<'_>, from: u64) -> Result<u64> {
        let mut reader = FrameReader::new(place.disk, place.name.to_string(), self.id, from, place.end);
        let mut end = from;
        while let Some(frame) = reader.read()? {
            if frame.sequence() != self.expected() || !self.follows(&frame, 0) {
                break;
            }
            self.take(&frame)?;
            end = reader.offset();
        }
        Ok(end)
    }

    /// All good frames from a byte on by their sequence, because a sector may have been written to the wrong place.
    fn scattered(&self, place: &Place<'_>, from: u64) -> Result<Vec<Good>> {
        let (mut found, mut next) = (Vec::new(), from);
        while let Some(good) = place.next_good(next, self.expected())? {
            found.push(good);
            next = good.offset + good.length;
        }
        found.sort_by_key(|good| (good.sequence, good.offset));
        Ok(found)
    }

    /// Copies one frame after a gap; false if it does not belong here or does not hold together.
    fn copy(&mut self, number: u64, place: &Place<'_>, from: u64, good: &Good) -> Result<bool> {
        let mut bytes = vec![0; good.length as usize];
        place.disk.read_at(place.name, good.offset, &mut bytes)?;
        let Some(frame) = Frame::parse(&bytes, &self.id) else { return Ok(false) };
        let Some(gap) = good.sequence.checked_sub(self.expected()) else { return Ok(false) };
        let possible = gap <= self.skipped / RECORD_HEAD_BYTES as u64;
        if !possible || !self.follows(&frame, gap) {
            return Ok(false);
        }
        if gap > 0 || good.offset > from {
            self.lose(number, from, good.offset.max(from), good.sequence)?;
        }
        self.take(&frame)?;
        Ok(true)
    }

    /// Whether a frame holds together, and follows on what is known of the chain before it.
    fn follows(&self, frame: &Frame<'_>, gap: u64) -> bool {
        let is_key = |id: u64| (1..u64::MAX).contains(&id);
        if frame.records().any(|record| record.stream == Some(Stream::People) && !is_key(record.key_id)) {
            return false;
        }
        match self.hash.filter(|_| gap == 0) {
            Some(hash) => frame.follow(&Head { sequence: self.expected(), hash }).is_ok(),
            None => frame.end().is_some(),
        }
    }

    fn take(&mut self, frame: &Frame<'_>) -> Result<()> {
        (self.hash, self.skipped, self.room) = (Some(frame.hash()), 0, 0);
        self.salvaged.frames += 1;
        self.salvaged.records += u64::from(frame.count());
        self.write(frame)
    }

    /// Writes a frame again with the tag and the chain of the new journal.
    fn write(&mut self, frame: &Frame<'_>) -> Result<()> {
        let journal = &mut self.journal;
        let (start, mut scratch) = (journal.buffer.len(), Vec::new());
        wire::begin_frame(&mut journal.buffer);
        for (sequence, record) in (frame.sequence()..).zip(frame.records()) {
            let people = record.stream == Some(Stream::People);
            if people && record.key_id >= journal.keys.next() {
                journal.keys.raise(record.key_id.saturating_add(1));
                self.salvaged.keys_whole = false;
            }
            match journal.keys.get(record.key_id) {
                Ok(Some(key)) if people && !record.dropped => {
                    if key.open(record.key_id, sequence, record.content, &mut scratch) {
                        journal.buffer.extend_from_slice(record.whole);
                    } else {
                        record.write_dropped(&mut journal.buffer);
                    }
                }
                _ => journal.buffer.extend_from_slice(record.whole),
            }
        }
        self.finish_frame(start, frame.count())
    }

    fn finish_frame(&mut self, start: usize, count: u32) -> Result<()> {
        let journal = &mut self.journal;
        let (id, synced) = (journal.log.id, journal.synced.sequence);
        journal.head = wire::finish_frame(&mut journal.buffer, start, &id, synced, &journal.head, count);
        if journal.buffer.len() > COPY_BYTES { journal.sync() } else { Ok(()) }
    }

    /// Notes a range as lost and marks its records up to `to_sequence`.
    fn lose(&mut self, segment: u64, from_byte: u64, to_byte: u64, to_sequence: u64) -> Result<()> {
        let from_sequence = self.expected();
        self.salvaged.lost.push(Lost { segment, from_byte, to_byte, from_sequence, to_sequence });
        if to_sequence > from_sequence {
            self.hash = None;
        }
        while self.expected() < to_sequence {
            let count = (to_sequence - self.expected()).min(COPY_BYTES as u64) as u32;
            let start = self.journal.buffer.len();
            wire::begin_frame(&mut self.journal.buffer);
            (0..count).for_each(|_| self.journal.buffer.extend_from_slice(&LOST_RECORD));
            self.finish_frame(start, count)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Salvaged> {
        self.journal.sync()?;
        self.journal.publish_keys()?; // ids that the log mentions and the keys did not know count as given out now
        Ok(Salvaged { head: self.journal.head.clone(), ..self.salvaged })
    }
}
