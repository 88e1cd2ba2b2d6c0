//! Reading a journal while its writer goes on: verifying, copying, looking through and rewriting it.
//!
//! What was written stays as it is: a sealed segment changes only where compaction exchanges it as a whole, the last one
//! only grows. So a [`Reading`] takes the list of segments and the end from the writer once and reads without it; a
//! segment whose generation changed while it was read is read again. What only the writer knows in the end (whether
//! something was exchanged since, and how far it wrote) is asked for in a moment: [`Now`].

use crate::base::{Result, Task};

use super::keys::{KEYS_FILE, Keys};
use super::maintain::{Rewritten, Verified, check_empty, check_unused};
use super::mutant::{Rule, holds};
use super::open::read_file;
use super::read::{Place, Walk};
use super::segment::{self, Log, Segment};
use super::storage::Disk;
use super::{COPY_BYTES, Entry, Head, Journal, SNAPSHOTS_KEPT, corrupt, each_entry, next_of, snapshot};

/// What one tick of progress stands for.
const PIECE_BYTES: u64 = 1 << 20;

/// What is written of a journal, to be read without its writer.
pub struct Reading {
    disk: Box<dyn Disk>,
    log: Log,
    /// How far it is written.
    head: Head,
    /// How far it is durable.
    synced: Head,
    /// Where in the last segment the written frames end.
    offset: u64,
    /// Key ids given out, and one.
    keys: u64,
    exchanges: u64,
}

/// What the writer knows at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// The generations of all segments.
    generations: Vec<u32>,
    /// Where in the last of them the written frames end.
    offset: u64,
}

impl Journal {
    /// Takes what is written, to be read while the writer goes on. O(segments).
    ///
    /// # Errors
    /// `IO`.
    pub fn reading(&self) -> Result<Reading> {
        Ok(Reading {
            disk: self.disk.reader()?,
            log: self.log.clone(),
            head: self.written.head.clone(),
            synced: self.synced.clone(),
            offset: self.written.offset,
            keys: self.keys.next(),
            exchanges: self.exchanges,
        })
    }

    /// What a [`Reading`] has to ask for in the end. O(segments).
    pub fn now(&self) -> Now {
        let generations = self.log.segments.iter().map(|segment| segment.generation).collect();
        Now { generations, offset: self.written.offset }
    }

    /// How often keys or segments were exchanged since it was opened.
    pub fn exchanges(&self) -> u64 {
        self.exchanges
    }
}

/// Counts what was read of a segment in pieces of 1 MiB.
struct Pace<'a> {
    task: &'a Task,
    done: u64,
    pieces: u64,
}

impl Pace<'_> {
    fn reached(&mut self, offset: u64) -> Result<()> {
        while self.done < (offset / PIECE_BYTES).min(self.pieces) {
            self.done += 1;
            self.task.tick()?;
        }
        Ok(())
    }
}

impl Reading {
    /// How far it goes.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How many exchanges there were when it was taken.
    pub fn exchanges(&self) -> u64 {
        self.exchanges
    }

    /// The index of the segment that may still grow.
    pub fn last(&self) -> usize {
        self.log.last()
    }

    /// How many ticks one pass takes.
    pub fn pieces(&self) -> Result<usize> {
        (0..self.log.segments.len()).try_fold(0, |sum, index| Ok(sum + self.pieces_of(index)? as usize))
    }

    fn pieces_of(&self, index: usize) -> Result<u64> {
        let sealed = index < self.log.last();
        let length = if sealed { self.disk.len(&self.log.name(index))?.unwrap_or(0) } else { self.offset };
        Ok(length.div_ceil(PIECE_BYTES))
    }

    fn pace<'a>(&self, index: usize, task: &'a Task) -> Result<Pace<'a>> {
        Ok(Pace { task, done: 0, pieces: self.pieces_of(index)? })
    }

    /// The keys of the people in it who were not erased meanwhile.
    fn read_keys(&self) -> Result<Keys> {
        let bytes = read_file(self.disk.as_ref(), KEYS_FILE)?.unwrap_or_default();
        Ok(Keys::read(&bytes)?.until(self.keys))
    }

    /// Reads everything, as [`Journal::verify`] does.
    ///
    /// # Errors
    /// `IO`, `CANCELLED`; and what `now` answers.
    pub fn verify(mut self, task: &Task, now: &mut dyn FnMut() -> Result<Now>) -> Result<Verified> {
        let mut report = Verified::default();
        let done = self.look_over(&mut report, task, now);
        report.finish(done)
    }

    fn look_over(&mut self, report: &mut Verified, task: &Task, now: &mut dyn FnMut() -> Result<Now>) -> Result<()> {
        task.expect(self.pieces()?);
        let (keys, snapshots) = (self.read_keys()?, self.snapshots(report)?);
        let mut met = Vec::new();
        for index in 0..self.log.last() {
            self.look_at(index, report, &keys, &snapshots, &mut met, task)?;
        }
        let last = self.log.last();
        loop {
            let before = report.clone();
            let written = self.look_at(last, report, &keys, &snapshots, &mut met, task)?;
            let now = now()?;
            if now.generations.get(last) == Some(&self.log.segments[last].generation) {
                // What stands beyond the writer's end was written by nobody.
                if now.generations.len() == last + 1 && written > now.offset {
                    return Err(corrupt(self.log.number(last), now.offset, "there are bytes after the last frame"));
                }
                break;
            }
            *report = before;
        }
        for head in snapshots {
            match met.contains(&head.sequence) {
                true => report.snapshots += 1,
                false => report.bad_snapshots.push(snapshot::name(head.sequence)),
            }
        }
        Ok(())
    }

    /// Looks at one segment; answers where the last byte in it ends that is not zero.
    fn look_at(
        &mut self,
        index: usize,
        report: &mut Verified,
        keys: &Keys,
        snapshots: &[Head],
        met: &mut Vec<u64>,
        task: &Task,
    ) -> Result<u64> {
        report.segments += 1;
        let (mut part, mut pace, mut scratch) = (Verified::default(), self.pace(index, task)?, Vec::new());
        let (disk, until, sealed) = (self.disk.as_ref(), self.head.sequence, index < self.log.last());
        let done = over(disk, &mut self.log, index, until, &mut |log, walk| {
            part = Verified::default();
            loop {
                met.extend(snapshots.iter().filter(|head| *head == walk.head()).map(|head| head.sequence));
                let Some((frame, place)) = next_of(walk, log)? else { break };
                each_entry(&frame, place, keys, 0, &mut scratch, &mut |_| Ok(()))?;
                part.count(&frame);
                pace.reached(place.1 + frame.len() as u64)?;
            }
            let (name, from) = (log.name(index), walk.mark().offset);
            if sealed {
                return check_unused(disk, log, index, from).map(|()| from);
            }
            let end = disk.len(&name)?.unwrap_or(0);
            Place { disk, name: &name, id: &log.id, end }.last_written(from)
        });
        report.add(&part);
        pace.reached(u64::MAX)?;
        done
    }

    /// The heads of the snapshots that were there: of those that are no good only the name is noted.
    fn snapshots(&self, report: &mut Verified) -> Result<Vec<Head>> {
        let mut heads = Vec::new();
        let there = snapshot::list(self.disk.as_ref())?.into_iter().filter(|sequence| *sequence <= self.head.sequence);
        for sequence in there.take(SNAPSHOTS_KEPT) {
            let name = snapshot::name(sequence);
            match snapshot::load(self.disk.as_ref(), &self.log.id, sequence) {
                Ok(Some(snapshot)) => heads.push(snapshot.head),
                _ if self.disk.len(&name)?.is_none() => {} // the writer has newer ones now
                Ok(None) => report.bad_snapshots.push(name),
                Err(error) => return Err(error),
            }
        }
        Ok(heads)
    }

    /// Copies everything up to the synced head to an empty disk, as [`Journal::backup`] does.
    ///
    /// What is erased or dropped while it copies is not in the copy either.
    ///
    /// # Errors
    /// As [`Journal::backup`]; `CANCELLED`; and what `now` answers.
    pub fn backup(
        mut self,
        target: &mut dyn Disk,
        with_keys: bool,
        task: &Task,
        now: &mut dyn FnMut() -> Result<Now>,
    ) -> Result<Head> {
        check_empty(target)?;
        task.expect(self.pieces()?);
        let mut due: Vec<usize> = (0..self.log.segments.len()).collect();
        let keys = loop {
            for index in due {
                self.copy(index, target, task)?;
            }
            // The keys before the last look: who is erased after it is erased after the backup.
            let (keys, now) = (self.read_keys()?, now()?);
            due = self.exchanged(&now);
            if due.is_empty() {
                break keys;
            }
        };
        target.sync_dir()?;
        // The keys last: a copy that was cut short is refused, because it has none.
        let keys = if with_keys { keys.write() } else { keys.without_secrets().write() };
        segment::publish(target, KEYS_FILE, &keys, 0, Rule::KeySync)?;
        Ok(self.synced)
    }

    /// The segments that are others now than when they were read.
    fn exchanged(&self, now: &Now) -> Vec<usize> {
        let own = self.log.segments.iter().zip(&now.generations).enumerate();
        own.filter(|(_, (segment, now))| segment.generation != **now).map(|(index, _)| index).collect()
    }

    fn copy(&mut self, index: usize, target: &mut dyn Disk, task: &Task) -> Result<()> {
        let (mut pace, name) = (self.pace(index, task)?, self.log.name(index));
        let until = if holds(Rule::BackupEnd) { self.synced.sequence } else { u64::MAX };
        over(self.disk.as_ref(), &mut self.log, index, until, &mut |log, walk| {
            target.remove(&name)?;
            let mut out = segment::head_bytes(&log.id, &log.segments[index]).to_vec();
            let mut place = 0;
            while let Some((frame, at)) = next_of(walk, log)? {
                out.extend_from_slice(frame.bytes());
                if out.len() >= COPY_BYTES {
                    target.write_at(&name, place, &out)?;
                    place += out.len() as u64;
                    out.clear();
                }
                pace.reached(at.1 + frame.len() as u64)?;
            }
            target.write_at(&name, place, &out)
        })?;
        pace.reached(u64::MAX)?;
        target.sync(&name)
    }

    /// Collects what `pick` makes of the readable entries, of those of one subject only where one is named.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` if damage is met; `IO`, `CANCELLED`; and what `pick` answers.
    pub fn collect<T>(
        &mut self,
        subject: Option<&str>,
        task: &Task,
        pick: &mut dyn FnMut(Entry<'_>) -> Result<Option<T>>,
    ) -> Result<Vec<T>> {
        let keys = self.read_keys()?;
        let keys = match subject {
            Some(subject) => keys.only(subject), // of the others nothing is decrypted
            None => keys,
        };
        let (mut found, mut scratch) = (Vec::new(), Vec::new());
        for index in 0..self.log.segments.len() {
            let (mut pace, before) = (self.pace(index, task)?, found.len());
            over(self.disk.as_ref(), &mut self.log, index, self.head.sequence, &mut |log, walk| {
                found.truncate(before);
                while let Some((frame, at)) = next_of(walk, log)? {
                    each_entry(&frame, at, &keys, 0, &mut scratch, &mut |entry| {
                        found.extend(pick(entry)?);
                        Ok(())
                    })?;
                    pace.reached(at.1 + frame.len() as u64)?;
                }
                Ok(())
            })?;
            pace.reached(u64::MAX)?;
        }
        Ok(found)
    }

    /// Hands every readable entry from a sequence on to `apply`, once. If something was exchanged meanwhile what came is to
    /// be thrown away: [`Journal::exchanges`] tells.
    ///
    /// # Errors
    /// As [`Reading::collect`].
    pub fn replay(&self, from: u64, task: &Task, apply: &mut dyn FnMut(Entry<'_>) -> Result<()>) -> Result<()> {
        let keys = self.read_keys()?;
        let first = self.log.holding(from);
        let mut walk = Walk::new(self.disk.as_ref(), &self.log, &self.log.start_of(first), self.head.sequence)?;
        let (mut scratch, mut index) = (Vec::new(), first);
        let mut pace = self.pace(first, task)?;
        loop {
            let mark = walk.mark();
            if mark.segment != index {
                pace.reached(u64::MAX)?;
                (index, pace) = (mark.segment, self.pace(mark.segment, task)?);
            }
            pace.reached(mark.offset)?;
            let Some((frame, at)) = next_of(&mut walk, &self.log)? else { break };
            each_entry(&frame, at, &keys, from, &mut scratch, apply)?;
        }
        pace.reached(u64::MAX)?;
        ends_at(&walk, &self.log, self.log.last(), self.head.sequence)
    }

    /// Writes a sealed segment anew beside itself, without the records that `expired(sequence)` names and those of erased
    /// subjects, for [`Journal::exchange_aside`]. `disk` is where it may write.
    ///
    /// # Errors
    /// As [`Reading::collect`]; `DISK_FULL`.
    pub fn rewrite_aside(
        &mut self,
        index: usize,
        disk: &mut dyn Disk,
        task: &Task,
        expired: &mut dyn FnMut(u64) -> bool,
    ) -> Result<()> {
        let keys = self.read_keys()?;
        self.pace(index, task)?.reached(u64::MAX)?;
        let Rewritten { bytes, .. } = over(self.disk.as_ref(), &mut self.log, index, u64::MAX, &mut |log, walk| {
            Rewritten::of(log, &keys, index, walk, &mut |sequence, _| expired(sequence))
        })?;
        segment::write_aside(disk, &self.log.name(index), &bytes)
    }

    /// Removes what was written beside segments.
    ///
    /// # Errors
    /// `IO`.
    pub fn remove_aside(&self, disk: &mut dyn Disk) -> Result<()> {
        (0..self.log.segments.len()).try_for_each(|index| disk.remove(&segment::aside(&self.log.name(index))))
    }

    /// The segments that hold any of these sequences, which are in order.
    pub fn holding(&self, sequences: &[u64]) -> Vec<usize> {
        let mut found: Vec<usize> = sequences.iter().map(|sequence| self.log.holding(*sequence)).collect();
        found.dedup();
        found
    }
}

/// Goes over the frames of a segment up to a sequence at most; again if the segment was exchanged meanwhile.
pub fn over<T>(
    disk: &dyn Disk,
    log: &mut Log,
    index: usize,
    limit: u64,
    read: &mut dyn FnMut(&Log, &mut Walk<'_>) -> Result<T>,
) -> Result<T> {
    loop {
        let until = log.segments.get(index + 1).map_or(limit, |next| next.start.sequence.min(limit));
        let done = Walk::new(disk, log, &log.start_of(index), until).and_then(|mut walk| {
            let answer = read(log, &mut walk)?;
            ends_at(&walk, log, index, until)?;
            Ok(answer)
        });
        let (number, own) = (log.number(index), log.segments[index].generation);
        match segment::read(disk, &log.id, number)? {
            Some(found @ Segment { generation, .. }) if generation != own => log.segments[index] = found,
            None if done.is_ok() => return Err(corrupt(number, 0, "the head of the segment is damaged")),
            _ => return done,
        }
    }
}

/// Checks that a walk over a segment came to the record where it had to end, and to the start of the next segment.
fn ends_at(walk: &Walk<'_>, log: &Log, index: usize, until: u64) -> Result<()> {
    let (mark, head) = (walk.mark(), walk.head());
    match log.segments.get(index + 1).map(|next| &next.start).filter(|next| next.sequence <= head.sequence) {
        Some(next) if next != head && holds(Rule::Chain) => {
            Err(corrupt(log.number(index + 1), 0, "the segment does not follow on the one before"))
        }
        _ if head.sequence == until || until == u64::MAX => Ok(()),
        _ => Err(corrupt(log.number(mark.segment), mark.offset, "the log ends early")),
    }
}

impl Journal {
    /// Puts sealed segments that were rewritten beside themselves in their places, and drops what `expired(sequence)`
    /// names from the last one. Snapshots go before.
    ///
    /// # Errors
    /// As [`Journal::compact_expired`].
    pub fn exchange_aside(
        &mut self,
        indexes: &[usize],
        last: Option<usize>,
        expired: &mut dyn FnMut(u64) -> bool,
    ) -> Result<()> {
        self.sync()?;
        let done = self.remove_snapshots();
        self.poison_on_error(done)?;
        for index in indexes {
            let name = self.log.name(*index);
            let done = segment::exchange_aside(self.disk.as_mut(), &name);
            self.poison_on_error(done)?;
            self.exchanged(*index);
        }
        match last {
            Some(index) => self.compact_segment(index, &mut |sequence, _| expired(sequence)).map(drop),
            None => Ok(()),
        }
    }

    /// Where what is written aside goes.
    ///
    /// # Errors
    /// `IO`.
    pub fn aside(&self) -> Result<Box<dyn Disk>> {
        self.disk.share()
    }

    /// Takes a snapshot that was written aside ([`write_snapshot`]) of a head that is durable. False, and the snapshot is
    /// thrown away, if something was exchanged since: it may hold what is gone.
    ///
    /// # Errors
    /// As [`Journal::save_snapshot`].
    pub fn adopt_snapshot(&mut self, head: &Head, exchanges: u64) -> Result<bool> {
        self.check_poison()?;
        let name = snapshot::name(head.sequence);
        if self.exchanges != exchanges || self.synced.sequence < head.sequence {
            self.disk.remove(&segment::aside(&name))?;
            return Ok(false);
        }
        segment::exchange_aside(self.disk.as_mut(), &name)?;
        self.keep_snapshot(head.sequence)?;
        Ok(true)
    }
}

impl Reading {
    /// Writes a snapshot of the state at the head aside, for [`Journal::adopt_snapshot`].
    ///
    /// # Errors
    /// `DISK_FULL`, `IO`.
    pub fn write_snapshot(&self, disk: &mut dyn Disk, payload: &[u8]) -> Result<()> {
        let bytes = snapshot::write(&self.log.id, &self.head, self.keys, payload);
        segment::write_aside(disk, &snapshot::name(self.head.sequence), &bytes)
    }
}
