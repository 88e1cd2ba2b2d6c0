//! Opening: the newest snapshot that fits, the log from the segment that holds it, and mending what a crash left.
//!
//! A snapshot that is damaged, of another format or off the chain is thrown away, and the one before it is tried; without
//! any, every entry comes. Nothing is changed before all was read: a refused journal is left as it was.

use crate::base::{Error, Result};

use super::keys::{KEYS_FILE, Keys};
use super::mutant::{Rule, holds};
use super::read::{Place, Walk};
use super::segment::{self, HEAD_BYTES, Log, UNFINISHED};
use super::snapshot::{self, Snapshot};
use super::storage::Disk;
use super::wire::{Frame, genesis};
use super::{
    COPY_BYTES, Entry, Head, Journal, Mark, Resume, Stream, corrupt, each_entry, fill_zero, next_of, push_mark,
};

struct Everything<'a>(&'a mut dyn FnMut(Entry<'_>) -> Result<()>);

impl Resume for Everything<'_> {
    fn restore(&mut self, _head: &Head, _snapshot: &[u8]) -> Result<bool> {
        Ok(false)
    }
    fn apply(&mut self, entry: Entry<'_>) -> Result<()> {
        (self.0)(entry)
    }
}

impl Journal {
    /// Opens or creates the journal on a disk and hands every readable entry to `apply`, in order, in one pass.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` if anything before the tail is damaged, keys are missing or a snapshot shows that records are:
    /// the disk is left as it was, and what `apply` has seen so far is to be thrown away. `JOURNAL_VERSION` for another
    /// format; `DISK_FULL`, `READ_ONLY`, `IO`; and whatever `apply` answers.
    pub fn open(disk: Box<dyn Disk>, apply: &mut dyn FnMut(Entry<'_>) -> Result<()>) -> Result<Journal> {
        Journal::start(disk, &mut Everything(apply), false)
    }

    /// Opens or creates the journal as [`Journal::open`] does, but from its newest snapshot that fits.
    ///
    /// The log is read and verified from the segment on that holds the snapshot's head. `state` gets the snapshot, and
    /// then the entries after it. A snapshot that does not fit is thrown away and the one before it is tried; where none
    /// is left every entry comes. What lies before is verified by [`Journal::verify`] only.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn resume(disk: Box<dyn Disk>, state: &mut dyn Resume) -> Result<Journal> {
        Journal::start(disk, state, true)
    }

    fn start(mut disk: Box<dyn Disk>, state: &mut dyn Resume, use_snapshot: bool) -> Result<Journal> {
        let (log, keys) = load(disk.as_mut())?;
        let mut scan = Scan::new(disk.as_ref(), &log, &keys);
        let snapshots = if use_snapshot { scan.resume(state)? } else { scan.everything(state, true)? };
        let Scan { mark, group, marks, torn, .. } = scan;
        let (head, warm) = (mark.head.clone(), mark.offset);
        let mut journal = Journal {
            synced: head.clone(),
            file: log.name(log.last()),
            written: mark,
            buffer: Vec::new(),
            poison: None,
            disk,
            log,
            keys,
            head,
            warm,
            marks,
            snapshots,
            exchanges: 0,
        };
        journal.mend(group, torn)?;
        Ok(journal)
    }

    /// Brings the disk to the state that was read: the first changes that opening makes.
    fn mend(&mut self, group: u64, torn: bool) -> Result<()> {
        self.mend_keys()?;
        self.tidy()?;
        let name = self.file.clone();
        self.disk.allocate(&name, self.log.segments[self.log.last()].capacity)?;
        if torn && holds(Rule::CutTail) {
            self.cut(&name)?;
        }
        if holds(Rule::Settle) {
            self.settle(&name, group, self.written.offset)?;
            self.disk.sync(&name)?;
        }
        self.disk.sync_dir()
    }

    /// Writes the appended keys again, for the reason of [`Journal::settle`], or the whole file if its end is torn.
    fn mend_keys(&mut self) -> Result<()> {
        if self.keys.is_torn() {
            return self.publish_keys();
        }
        let (length, appended) = self.keys.extent();
        if appended < length && holds(Rule::Settle) {
            self.settle(KEYS_FILE, appended, length)?;
            self.disk.sync(KEYS_FILE)?;
        }
        Ok(())
    }

    /// Removes what a crash left unfinished and snapshots that do not fit.
    fn tidy(&mut self) -> Result<()> {
        for name in self.disk.list()? {
            let stale = name.starts_with(snapshot::NAME_START)
                && !self.snapshots.iter().any(|sequence| snapshot::name(*sequence) == name);
            if stale || name.ends_with(UNFINISHED) {
                self.disk.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Overwrites a torn tail with zeros: space after the end is always zero, never old content.
    fn cut(&mut self, name: &str) -> Result<()> {
        let end = self.disk.len(name)?.unwrap_or(0);
        let place = Place { disk: self.disk.as_ref(), name, id: &self.log.id, end };
        let last = place.last_written(self.written.offset)?;
        fill_zero(self.disk.as_mut(), name, self.written.offset, last)
    }

    /// Writes again what was not surely synced: after a failed sync the system may show bytes that are not on the disk
    /// and believe them clean, and the frames to come will say that all before them is durable.
    fn settle(&mut self, name: &str, from: u64, to: u64) -> Result<()> {
        let mut piece = Vec::new();
        let mut place = from;
        while place < to {
            piece.resize((to - place).min(COPY_BYTES as u64) as usize, 0);
            let read = self.disk.read_at(name, place, &mut piece)?;
            if read != piece.len() {
                return Err(Error::io(format!("read {name}"), "the file ends early"));
            }
            self.disk.write_at(name, place, &piece)?;
            place += read as u64;
        }
        Ok(())
    }
}

/// One pass over the log: verifies, restores, applies.
struct Scan<'a> {
    disk: &'a dyn Disk,
    log: &'a Log,
    keys: &'a Keys,
    /// How far it came.
    mark: Mark,
    /// Where in the last segment the last synced group begins.
    group: u64,
    marks: Vec<Mark>,
    torn: bool,
    /// Of the snapshots' heads those that the chain passed.
    met: Vec<u64>,
}

impl<'a> Scan<'a> {
    fn new(disk: &'a dyn Disk, log: &'a Log, keys: &'a Keys) -> Self {
        let (marks, met) = Default::default();
        Scan { disk, log, keys, mark: log.start_of(0), group: HEAD_BYTES, marks, torn: false, met }
    }

    /// Goes on from the newest snapshot that fits; answers the snapshots to keep.
    fn resume(&mut self, state: &mut dyn Resume) -> Result<Vec<u64>> {
        let mut sequences = snapshot::list(self.disk)?;
        while let Some(sequence) = sequences.first().copied() {
            if let Some(snapshot) = snapshot::load(self.disk, &self.log.id, sequence)? {
                self.marks.clear();
                self.mark = self.log.start_of(self.log.holding(sequence));
                if self.run(state, Some(&snapshot), &[])? {
                    return Ok(sequences);
                }
            }
            sequences.remove(0);
        }
        self.everything(state, false)
    }

    /// Reads from the first entry on; answers the snapshots to keep, of which `wanted` says whether there are any.
    fn everything(&mut self, state: &mut dyn Resume, wanted: bool) -> Result<Vec<u64>> {
        *self = Scan::new(self.disk, self.log, self.keys);
        let mut heads = Vec::new();
        for sequence in snapshot::list(self.disk)?.into_iter().filter(|_| wanted) {
            heads.extend(snapshot::load(self.disk, &self.log.id, sequence)?.map(|snapshot| snapshot.head));
        }
        self.run(state, None, &heads)?;
        match heads.first().filter(|head| head.sequence > self.mark.head.sequence) {
            Some(newest) => Err(self.too_short(newest.sequence)),
            None => Ok(heads.into_iter().map(|head| head.sequence).filter(|head| self.met.contains(head)).collect()),
        }
    }

    /// Reads to the end. With a `snapshot`, entries come only once it was restored; answers whether they came.
    fn run(&mut self, state: &mut dyn Resume, snapshot: Option<&Snapshot>, heads: &[Head]) -> Result<bool> {
        let mut walk = Walk::new(self.disk, self.log, &self.mark, u64::MAX)?;
        let (mut applying, mut scratch) = (snapshot.is_none(), Vec::new());
        let mut group = (0, HEAD_BYTES);
        loop {
            if let Some(snapshot) = snapshot.filter(|_| !applying) {
                match self.reach(state, snapshot, walk.head())? {
                    Reached::NotYet => {}
                    Reached::Restored => applying = true,
                    Reached::Misfit => return Ok(false),
                }
            }
            if heads.contains(walk.head()) {
                self.met.push(walk.head().sequence);
            }
            let Some((frame, place)) = next_of(&mut walk, self.log)? else { break };
            if applying {
                each_entry(&frame, place, self.keys, 0, &mut scratch, &mut |entry| state.apply(entry))?;
            } else {
                check_keys(&frame, place, self.keys)?;
            }
            if frame.synced() == frame.sequence() {
                group = place;
            }
            push_mark(&mut self.marks, &walk.mark());
        }
        self.torn = walk.judge()?;
        self.mark = walk.mark();
        self.group = if group.0 == self.log.number(self.mark.segment) { group.1 } else { HEAD_BYTES };
        match snapshot.filter(|_| !applying) {
            Some(snapshot) => Err(self.too_short(snapshot.head.sequence)),
            None => Ok(true),
        }
    }

    /// Restores the snapshot if the chain has come to its head.
    fn reach(&self, state: &mut dyn Resume, snapshot: &Snapshot, head: &Head) -> Result<Reached> {
        if head.sequence < snapshot.head.sequence {
            return Ok(Reached::NotYet);
        }
        if *head != snapshot.head {
            return Ok(Reached::Misfit);
        }
        if self.keys.next() < snapshot.keys {
            return Err(corrupt(0, 0, "the key file lost keys that a snapshot counts"));
        }
        Ok(if state.restore(head, &snapshot.payload)? { Reached::Restored } else { Reached::Misfit })
    }

    fn too_short(&self, sequence: u64) -> Error {
        let (number, end) = (self.log.number(self.mark.segment), self.mark.head.sequence);
        let message = format!("the log ends at record {end}, but a snapshot was taken at record {sequence}");
        corrupt(number, self.mark.offset, message)
    }
}

enum Reached {
    NotYet,
    Restored,
    Misfit,
}

/// Checks that no key of a frame was lost.
fn check_keys(frame: &Frame<'_>, (segment, offset): (u64, u64), keys: &Keys) -> Result<()> {
    for record in frame.records().filter(|record| record.stream == Some(Stream::People)) {
        keys.get(record.key_id).map_err(|message| corrupt(segment, offset, message))?;
    }
    Ok(())
}

/// Reads a whole file.
pub fn read_file(disk: &dyn Disk, name: &str) -> Result<Option<Vec<u8>>> {
    let Some(length) = disk.len(name)? else { return Ok(None) };
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let read = disk.read_at(name, 0, &mut bytes)?;
    bytes.truncate(read);
    Ok(Some(bytes))
}

/// Reads keys and the heads of segments without changing anything; `None` if no journal was ever finished here.
pub fn look(disk: &dyn Disk) -> Result<Option<(Log, Keys)>> {
    let numbers = segment::numbers(disk)?;
    let Some(bytes) = read_file(disk, KEYS_FILE)? else {
        return match is_unborn(disk, &numbers)? {
            true => Ok(None),
            false => Err(corrupt(0, 0, "the key file is missing")),
        };
    };
    let keys = Keys::read(&bytes)?;
    let log = Log { id: *keys.file_id(), segments: segment::read_all(disk, keys.file_id())? };
    match log.segments.is_empty() {
        true => Err(corrupt(0, 0, "the segment is missing")),
        false => Ok(Some((log, keys))),
    }
}

/// Whether there is nothing but what a crash during creation may have left: at most a first segment without a frame.
fn is_unborn(disk: &dyn Disk, numbers: &[u64]) -> Result<bool> {
    let name = segment::name(0);
    match (numbers, segment::find_id(disk)?) {
        ([], _) => Ok(true),
        ([0], Some(id)) => {
            let end = disk.len(&name)?.unwrap_or(0);
            Place { disk, name: &name, id: &id, end }.is_zero(HEAD_BYTES)
        }
        _ => Ok(false),
    }
}

/// Reads keys and segments, or makes them on an empty disk. The keys are made last: keys without a segment, or a
/// segment with frames and without keys, are damage.
fn load(disk: &mut dyn Disk) -> Result<(Log, Keys)> {
    if let Some(found) = look(disk)? {
        return Ok(found);
    }
    let id = match segment::find_id(disk)? {
        Some(id) => {
            disk.sync_dir()?; // the rename that shows the segment may not be durable
            id
        }
        None => {
            let id = disk.entropy()?;
            segment::create(disk, &id, 0, &genesis(&id), 0)?;
            id
        }
    };
    segment::publish(disk, KEYS_FILE, &Keys::new(id).write(), 0, Rule::KeySync)?;
    look(disk)?.ok_or_else(|| Error::io("make journal", "what was written is not there"))
}
