//! Seeded worlds for the journal: crashes at any operation, and rot while it lies there, each judged by a naive model.
//!
//! [`crash`] writes, syncs, erases, compacts, snapshots and follows on a simulated disk whose power goes, whose writes
//! are torn and whose syncs fail, and after each restart compares all that can be read with what was acknowledged.
//! [`damage`] spoils a quiet journal and demands that it is refused, or that only the unprovable end is cut, and that
//! [`salvage`](super::salvage) gives back every record that was not hit. A failing seed is a number to copy.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::{Error, Result as JournalResult, Task};

use super::memory::SECTOR_BYTES;
use super::open::look;
use super::read::Walk;
use super::segment::HEAD_BYTES;
use super::wire::{FRAME_HEAD_BYTES, genesis};
use super::{
    Damage, Durability, Entry, Fault, Follower, Geometry, Head, Journal, MemoryDisk, Reading, Record, Resume, Stream,
    Tear, salvage, verify,
};

/// What a run answers: nothing, or what is wrong with the journal.
pub type Outcome = Result<(), String>;

/// A small generator of numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// A record as the model knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Item {
    sequence: u64,
    stream: u8,
    subject: Option<String>,
    payload: Vec<u8>,
}

impl Item {
    fn of(entry: Entry<'_>) -> Item {
        Item {
            sequence: entry.sequence,
            stream: entry.stream as u8,
            subject: entry.subject.map(String::from),
            payload: entry.payload.to_vec(),
        }
    }

    fn record(&self) -> Record<'_> {
        let stream = Stream::from_wire(self.stream).unwrap_or(Stream::Stock);
        Record { stream, subject: self.subject.as_deref(), payload: &self.payload }
    }
}

/// The state that is folded from the log: all of it, so that nothing can hide.
#[derive(Default)]
struct State(Vec<Item>);

impl Resume for State {
    fn restore(&mut self, _head: &Head, snapshot: &[u8]) -> JournalResult<bool> {
        let read = postcard::from_bytes(snapshot).map(|items| self.0 = items);
        read.map(|()| true).map_err(|error| Error::Internal { message: error.to_string() })
    }
    fn apply(&mut self, entry: Entry<'_>) -> JournalResult<()> {
        self.0.push(Item::of(entry));
        Ok(())
    }
}

/// What the journal must hold, kept apart from the journal's own books.
#[derive(Default)]
struct Model {
    /// Every batch with the head after it.
    batches: Vec<(Head, Vec<Item>)>,
    acknowledged: u64,
    /// The snapshot that was acknowledged last.
    snapshot: Option<u64>,
    /// Records that an interrupted erase or compaction may have taken.
    doubtful: BTreeSet<u64>,
    /// Whether all of these share one fate.
    together: bool,
}

impl Model {
    fn items(&self) -> impl Iterator<Item = &Item> {
        self.batches.iter().flat_map(|(_, items)| items)
    }

    fn forget(&mut self, gone: &BTreeSet<u64>) {
        for (_, items) in &mut self.batches {
            items.retain(|item| !gone.contains(&item.sequence));
        }
    }

    fn of_subject(&self, subject: &str) -> BTreeSet<u64> {
        let of = |item: &&Item| item.subject.as_deref() == Some(subject);
        self.items().filter(of).map(|item| item.sequence).collect()
    }

    /// Takes what a restart found as the history from here on, if it may be found.
    fn settle(&mut self, journal: &Journal, found: &[Item]) -> Outcome {
        let head = journal.head();
        if head.sequence < self.acknowledged {
            return Err(format!("{} records were acknowledged, {} are there", self.acknowledged, head.sequence));
        }
        self.batches.retain(|(after, _)| after.sequence <= head.sequence);
        if self.batches.last().is_some_and(|(after, _)| after != head) {
            return Err(format!("the end at {} is not the end of a batch", head.sequence));
        }
        let there: BTreeSet<u64> = found.iter().map(|item| item.sequence).collect();
        let doubtful = std::mem::take(&mut self.doubtful);
        let gone: BTreeSet<u64> = doubtful.into_iter().filter(|sequence| !there.contains(sequence)).collect();
        let kept = self.items().any(|item| there.contains(&item.sequence) && gone.contains(&item.sequence));
        if self.together && kept {
            return Err("an erase was done by half".into());
        }
        self.forget(&gone);
        same(self.items(), found)?;
        self.acknowledged = head.sequence;
        Ok(())
    }
}

fn same<'a>(expected: impl Iterator<Item = &'a Item>, found: &[Item]) -> Outcome {
    let expected: Vec<&Item> = expected.collect();
    if expected.len() == found.len() && expected.iter().zip(found).all(|(a, b)| *a == b) {
        return Ok(());
    }
    let differ = expected.iter().zip(found).position(|(a, b)| *a != b);
    let place = differ.and_then(|at| expected.get(at)).map(|item| item.sequence);
    Err(format!("{} records expected, {} found, first difference at {place:?}", expected.len(), found.len()))
}

fn ok<T>(what: &str, done: JournalResult<T>) -> Result<T, String> {
    done.map_err(|error| format!("{what}: {error}"))
}

fn replayed(journal: &Journal) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let push = &mut |entry: Entry<'_>| {
        items.push(Item::of(entry));
        Ok(())
    };
    ok("replay", journal.replay(0, push))?;
    Ok(items)
}

/// One world: a disk, the model and a follower's last head.
struct World {
    dice: Dice,
    disk: MemoryDisk,
    model: Model,
    followed: Option<Head>,
    /// A backup that was begun.
    backup: Option<Reading>,
}

/// Takes in what is new, or everything again where something is gone.
fn caught_up(follower: &mut Follower, state: &mut State) -> JournalResult<()> {
    follower.poll(&mut |entry| state.apply(entry)).map(drop)?;
    if follower.is_outdated()? {
        *state = State::default();
        follower.resume(state)?;
        follower.poll(&mut |entry| state.apply(entry)).map(drop)?;
    }
    Ok(())
}

fn geometry(dice: &mut Dice) -> Geometry {
    let segment_bytes = HEAD_BYTES + 1024 + dice.below(6) * 1500;
    Geometry { segment_bytes, warm_bytes: [0, 0, 1024][dice.below(3) as usize] }
}

/// Runs one world of crashes.
///
/// # Errors
/// What was lost, split, invented or refused.
pub fn crash(seed: u64) -> Outcome {
    let mut dice = Dice(seed);
    let disk = MemoryDisk::with_geometry(seed, geometry(&mut dice));
    let mut world = World { dice, disk, model: Model::default(), followed: None, backup: None };
    for round in 0..5 {
        world.round().map_err(|message| format!("seed {seed}, round {round}: {message}"))?;
    }
    Ok(())
}

impl World {
    fn round(&mut self) -> Outcome {
        if self.dice.one_in(3) {
            self.plan(8); // something may happen while the journal is opened, too
        }
        let mut state = State::default();
        match Journal::resume(Box::new(self.disk.clone()), &mut state) {
            Ok(mut journal) => {
                self.disk.calm();
                self.check(&journal, &state)?;
                let fault = self.plan(60);
                self.live(&mut journal, fault)?;
            }
            Err(error @ (Error::Io { .. } | Error::DiskFull { .. })) if self.disk.operations() > 0 => drop(error),
            Err(error) => return Err(format!("opening with a fault: {error}")),
        }
        self.restart();
        let mut state = State::default();
        let journal = ok("opening", Journal::resume(Box::new(self.disk.clone()), &mut state))?;
        self.check(&journal, &state)
    }

    fn plan(&mut self, operations: u64) -> Fault {
        let fault = match self.dice.below(8) {
            0 => Fault::Full,
            1 | 2 => Fault::Error,
            _ => Fault::PowerCut,
        };
        self.disk.fault_at(1 + self.dice.below(operations), fault);
        if self.dice.one_in(12) {
            self.disk.fail_read_at(1 + self.dice.below(20));
        }
        fault
    }

    /// Does what a writer does until something fails.
    fn live(&mut self, journal: &mut Journal, fault: Fault) -> Outcome {
        let (mut follower, mut mirror) = (self.follow()?, None);
        self.backup = None;
        for _ in 0..80 {
            if self.act(journal).is_err() {
                return Ok(());
            }
            if self.dice.one_in(12) && !self.copy(journal)? {
                return Ok(());
            }
            // A follower's sync that fails would be told to the writer too, by errors that this disk does not keep.
            let clean = journal.synced() == journal.head() || fault == Fault::PowerCut;
            if clean && self.dice.one_in(8) && !self.poll(&mut follower)? {
                return Ok(());
            }
            if clean && self.dice.one_in(8) && !self.reflect(&mut mirror)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn follow(&mut self) -> Result<Option<Follower>, String> {
        let Ok(follower) = Follower::on(Box::new(self.disk.clone())) else { return Ok(None) };
        match self.followed.clone() {
            None => Ok(Some(follower)),
            Some(head) => match follower.at(&head) {
                Err(error @ Error::JournalCorrupt { .. }) => Err(format!("a follower is lost: {error}")),
                other => Ok(other.ok()),
            },
        }
    }

    /// Lets the follower look; false if a fault came.
    fn poll(&mut self, follower: &mut Option<Follower>) -> Result<bool, String> {
        let Some(follower) = follower else { return Ok(true) };
        let (mut came, before) = (Vec::new(), follower.head().sequence);
        let push = &mut |entry: Entry<'_>| {
            came.push(Item::of(entry));
            Ok(())
        };
        match follower.poll(push) {
            Err(error @ (Error::JournalCorrupt { .. } | Error::JournalVersion { .. })) => {
                return Err(format!("a follower: {error}"));
            }
            Err(_) => return Ok(false),
            Ok(_) => {}
        }
        let after = follower.head().clone();
        let between = |item: &&Item| item.sequence >= before && item.sequence < after.sequence;
        same(self.model.items().filter(between), &came).map_err(|message| format!("a follower: {message}"))?;
        self.followed = Some(after);
        Ok(true)
    }

    /// Lets a follower look that starts from snapshots and forgets what is gone; false if a fault came.
    fn reflect(&mut self, mirror: &mut Option<(Follower, State)>) -> Result<bool, String> {
        let done = match mirror {
            Some((follower, state)) => caught_up(follower, state),
            None => Follower::on(Box::new(self.disk.clone())).and_then(|mut follower| {
                let mut state = State::default();
                follower.resume(&mut state)?;
                caught_up(&mut follower, &mut state)?;
                *mirror = Some((follower, state));
                Ok(())
            }),
        };
        match (done, &mirror) {
            (Err(error @ (Error::JournalCorrupt { .. } | Error::JournalVersion { .. })), _) => {
                Err(format!("a mirror: {error}"))
            }
            (Ok(()), Some((follower, state))) => {
                let there = |item: &&Item| item.sequence < follower.head().sequence;
                same(self.model.items().filter(there), &state.0).map_err(|message| format!("a mirror: {message}"))?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Begins a backup, or ends the one that was begun and opens the copy; false if a fault came.
    fn copy(&mut self, journal: &mut Journal) -> Result<bool, String> {
        let Some(reading) = self.backup.take() else {
            if journal.sync().is_err() {
                return Ok(false);
            }
            self.acknowledge(journal);
            self.backup = journal.reading().ok();
            return Ok(true);
        };
        let (mut target, end) = (MemoryDisk::new(1), reading.head().clone());
        match reading.backup(&mut target, true, &Task::default(), &mut || Ok(journal.now())) {
            Err(Error::Io { .. }) => return Ok(false),
            Err(error) => return Err(format!("backup: {error}")),
            Ok(_) => {}
        }
        let mut state = State::default();
        let copy = ok("opening a copy", Journal::open(Box::new(target), &mut |entry| state.apply(entry)))?;
        if *copy.head() != end {
            return Err(format!("the copy ends at {}, the backup began at {}", copy.head().sequence, end.sequence));
        }
        let there = self.model.items().filter(|item| item.sequence < end.sequence);
        same(there, &state.0).map_err(|message| format!("a copy: {message}"))?;
        Ok(true)
    }

    fn act(&mut self, journal: &mut Journal) -> JournalResult<()> {
        match self.dice.below(24) {
            0 => self.erase(journal),
            1 => journal.compact().map(|()| self.acknowledge(journal)),
            2 => self.expire(journal),
            3 | 4 => self.snapshot(journal),
            5 => journal.flush(),
            6..=8 => journal.sync().map(|()| self.acknowledge(journal)),
            9..=11 => journal.commit(Durability::Group { max_delay_ms: 0 }).map(|()| self.acknowledge(journal)),
            _ => self.append(journal),
        }
    }

    fn acknowledge(&mut self, journal: &Journal) {
        self.model.acknowledged = journal.head().sequence;
    }

    fn append(&mut self, journal: &mut Journal) -> JournalResult<()> {
        let start = journal.head().sequence;
        let items: Vec<Item> = (start..start + 1 + self.dice.below(4)).map(|sequence| self.item(sequence)).collect();
        let batch: Vec<Record<'_>> = items.iter().map(Item::record).collect();
        let head = journal.append(Some(start), &batch)?;
        self.model.batches.push((head, items));
        Ok(())
    }

    fn item(&mut self, sequence: u64) -> Item {
        let length = if self.dice.one_in(60) { 3000 + self.dice.below(9000) } else { self.dice.below(400) };
        let fill = if self.dice.one_in(4) { 0 } else { sequence as u8 | 1 };
        let payload = vec![fill; length as usize];
        let people = self.dice.one_in(3);
        let subject = people.then(|| format!("s{}", self.dice.below(6)));
        Item { sequence, stream: if people { Stream::People } else { Stream::Stock } as u8, subject, payload }
    }

    fn erase(&mut self, journal: &mut Journal) -> JournalResult<()> {
        let subject = format!("s{}", self.dice.below(6));
        journal.sync()?;
        self.acknowledge(journal);
        let gone = self.model.of_subject(&subject);
        (self.model.doubtful, self.model.together, self.model.snapshot) = (gone.clone(), true, None);
        journal.erase(&subject)?;
        self.model.doubtful.clear();
        self.model.forget(&gone);
        Ok(())
    }

    fn expire(&mut self, journal: &mut Journal) -> JournalResult<()> {
        let (before, subject) = (self.dice.below(journal.head().sequence + 1), format!("s{}", self.dice.below(6)));
        journal.sync()?;
        self.acknowledge(journal);
        let gone = self.model.of_subject(&subject).into_iter().filter(|sequence| *sequence < before).collect();
        if gone == BTreeSet::new() {
            return Ok(());
        }
        self.model.doubtful.clone_from(&gone);
        (self.model.together, self.model.snapshot) = (false, None);
        journal.compact_expired(&mut |sequence, name| sequence < before && name == subject)?;
        self.model.doubtful.clear();
        self.model.forget(&gone);
        Ok(())
    }

    fn snapshot(&mut self, journal: &mut Journal) -> JournalResult<()> {
        journal.sync()?;
        self.acknowledge(journal);
        let items: Vec<&Item> = self.model.items().collect();
        let bytes = postcard::to_allocvec(&items).map_err(|error| Error::Internal { message: error.to_string() })?;
        journal.save_snapshot(&bytes)?;
        self.model.snapshot = Some(journal.head().sequence);
        Ok(())
    }

    /// Cuts the power, or only ends the process.
    fn restart(&mut self) {
        let (crashed, tear) = (!self.dice.one_in(4), self.dice.one_in(2));
        let off = self.disk.is_off();
        self.disk.calm();
        if crashed || off {
            self.disk = self.disk.crash(if tear { Tear::Prefix } else { Tear::Sectors });
        }
    }

    /// Judges what an opened journal holds.
    fn check(&mut self, journal: &Journal, state: &State) -> Outcome {
        let found = replayed(journal)?;
        if self.model.batches.is_empty() && *journal.head() != genesis(&journal.log.id) {
            return Err("records out of nothing".into());
        }
        self.model.settle(journal, &found)?;
        same(found.iter(), &state.0).map_err(|message| format!("the state differs from the log: {message}"))?;
        let snapshot = ok("snapshot", journal.load_snapshot())?.map(|(head, _)| head.sequence);
        if snapshot < self.model.snapshot {
            return Err(format!("snapshot {:?} was saved, {snapshot:?} is there", self.model.snapshot));
        }
        let report = ok("verify", journal.verify())?;
        if let Some(damage) = report.damage {
            return Err(format!("verify: {damage}"));
        }
        match self.disk.files().into_iter().find(|name| name.ends_with(super::segment::UNFINISHED)) {
            Some(name) => Err(format!("{name} was left")),
            None => Ok(()),
        }
    }
}

/// Gives any bytes to everything that reads a journal: in the place of the frames of a small one, with checksums made
/// right where `sealed`, and in the place of its key file and snapshot. Whatever comes, it is an answer and never a panic.
pub fn any_bytes(bytes: &[u8], sealed: bool) {
    let disk = MemoryDisk::with_geometry(1, Geometry { segment_bytes: 1 << 14, warm_bytes: 0 });
    let Ok(mut journal) = Journal::open(Box::new(disk.clone()), &mut |_| Ok(())) else { return };
    let record = Record { stream: Stream::People, subject: Some("ana"), payload: b"likes rose" };
    let done = journal.append(None, &[record]).and_then(|_| journal.save_snapshot(b"state"));
    let (name, id) = (super::segment::name(0), journal.log.id);
    drop((journal, done));
    for file in ["keys".to_string(), super::snapshot::name(1), name] {
        let disk = disk.copy();
        let mut all = disk.blob(&file).unwrap_or_default();
        all.truncate(if file.starts_with("journal-") { HEAD_BYTES as usize } else { 0 });
        let start = all.len();
        all.extend_from_slice(bytes);
        if sealed && start > 0 {
            seal(&mut all[start..], &id);
        }
        disk.set_blob(&file, &all);
        read_all(&disk);
    }
}

/// Makes length, checksum, tag and sequence of a frame right.
fn seal(frame: &mut [u8], id: &[u8; 32]) {
    if frame.len() < FRAME_HEAD_BYTES + 32 {
        return;
    }
    let length = frame.len() as u32 - 8;
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame[8..16].copy_from_slice(&id[..8]);
    frame[24..32].fill(0);
    let checksum = crc32c::crc32c(&frame[8..]);
    frame[4..8].copy_from_slice(&checksum.to_le_bytes());
}

fn read_all(disk: &MemoryDisk) {
    let _ = verify(disk);
    let _ = salvage(disk, Box::new(MemoryDisk::new(1)));
    let _ = Follower::on(Box::new(disk.copy())).and_then(|mut follower| follower.poll(&mut |_| Ok(())));
    let _ = Follower::on(Box::new(disk.copy())).and_then(|mut follower| follower.resume(&mut State::default()));
    let _ = Journal::resume(Box::new(disk.copy()), &mut State::default());
    let _ = Journal::open(Box::new(disk.copy()), &mut |_| Ok(()));
}

/// Where a frame lies.
#[derive(Debug, Clone)]
struct Extent {
    segment: u64,
    from: u64,
    to: u64,
    sequence: u64,
    end: u64,
    synced: u64,
}

/// A quiet journal of several segments, and what is in it.
struct Quiet {
    disk: MemoryDisk,
    items: Vec<Item>,
    extents: Vec<Extent>,
}

/// What was done to a quiet journal.
struct Harm {
    name: String,
    sectors: Vec<u64>,
    /// Whether it must be refused wherever it lies.
    refused: bool,
}

fn quiet(seed: u64, dice: &mut Dice) -> Result<Quiet, String> {
    let disk = MemoryDisk::with_geometry(seed, geometry(dice));
    disk.keep_history();
    let mut world =
        World { dice: Dice(seed), disk: disk.clone(), model: Model::default(), followed: None, backup: None };
    let mut journal = ok("opening", Journal::open(Box::new(disk.clone()), &mut |_| Ok(())))?;
    let acts = 20 + dice.below(60);
    for _ in 0..acts {
        ok("acting", world.act(&mut journal))?;
    }
    ok("append", world.append(&mut journal))?;
    ok("sync", journal.sync())?;
    Ok(Quiet { items: world.model.items().cloned().collect(), extents: extents(&disk)?, disk })
}

fn extents(disk: &MemoryDisk) -> Result<Vec<Extent>, String> {
    let Some((log, _)) = ok("look", look(disk))? else { return Ok(Vec::new()) };
    let mut walk = ok("walk", Walk::new(disk, &log, &log.start_of(0), u64::MAX))?;
    let mut extents = Vec::new();
    while let Some((frame, segment, from)) = ok("walk", walk.next())? {
        let (sequence, synced, length) = (frame.sequence(), frame.synced(), frame.len() as u64);
        let end = sequence + u64::from(frame.count());
        extents.push(Extent { segment: segment as u64, from, to: from + length, sequence, end, synced });
    }
    Ok(extents)
}

/// Runs one world of rot.
///
/// # Errors
/// What was accepted, lost or invented.
pub fn damage(seed: u64) -> Outcome {
    let mut dice = Dice(seed ^ 0x5EED);
    let quiet = quiet(seed, &mut dice).map_err(|message| format!("seed {seed}: {message}"))?;
    for turn in 0..6 {
        let disk = quiet.disk.copy();
        let harm = harm(&disk, &quiet, &mut dice);
        let done = quiet.judge(&disk, &harm);
        let what = format!("seed {seed}, turn {turn}, {} sectors {:?}", harm.name, harm.sectors);
        done.map_err(|message| format!("{what}: {message}"))?;
    }
    Ok(())
}

fn harm(disk: &MemoryDisk, quiet: &Quiet, dice: &mut Dice) -> Harm {
    if dice.one_in(6) {
        return tamper(disk, quiet, dice);
    }
    let names = disk.files();
    let name = names[dice.below(names.len() as u64) as usize].clone();
    let sectors = (disk.blob(&name).map_or(0, |bytes| bytes.len()).div_ceil(SECTOR_BYTES) as u64).max(1);
    // Heads of segments are mostly empty: look behind them more often.
    let first = if name.starts_with("journal-") && !dice.one_in(6) { HEAD_BYTES / SECTOR_BYTES as u64 } else { 0 };
    let sector = first.min(sectors - 1) + dice.below((sectors - first.min(sectors - 1)).max(1));
    let other = dice.below(sectors);
    let (damage, hit) = match dice.below(5) {
        0 | 1 => (Damage::FlipBit(dice.below(4096) as u16), vec![sector]),
        2 => (Damage::Zero, vec![sector]),
        3 => (Damage::Stale, vec![sector]),
        _ => (Damage::Misdirect(other), vec![sector, other]),
    };
    disk.damage(&name, sector, damage);
    Harm { name, sectors: hit, refused: false }
}

/// Changes a byte of a frame and makes its checksum right again: only the chain can tell.
fn tamper(disk: &MemoryDisk, quiet: &Quiet, dice: &mut Dice) -> Harm {
    let extent = &quiet.extents[dice.below(quiet.extents.len() as u64) as usize];
    let name = super::segment::name(extent.segment);
    let mut bytes = disk.blob(&name).unwrap_or_default();
    let frame = &mut bytes[extent.from as usize..extent.to as usize];
    let at = FRAME_HEAD_BYTES + 6 + dice.below((frame.len() - FRAME_HEAD_BYTES - 6) as u64) as usize;
    frame[at] ^= 1 << dice.below(8);
    let checksum = crc32c::crc32c(&frame[8..]);
    frame[4..8].copy_from_slice(&checksum.to_le_bytes());
    disk.set_blob(&name, &bytes);
    let sectors = (extent.from / SECTOR_BYTES as u64..=(extent.to - 1) / SECTOR_BYTES as u64).collect();
    Harm { name, sectors, refused: true }
}

impl Quiet {
    /// Which frames a harm spoiled: those whose bytes differ.
    fn spoiled(&self, disk: &MemoryDisk) -> Vec<bool> {
        let bytes = |disk: &MemoryDisk, extent: &Extent| {
            let blob = disk.blob(&super::segment::name(extent.segment)).unwrap_or_default();
            blob.get(extent.from as usize..extent.to as usize).map(<[u8]>::to_vec)
        };
        self.extents.iter().map(|extent| bytes(disk, extent) != bytes(&self.disk, extent)).collect()
    }

    /// The record before which the log may not end after a harm.
    fn may_end_at(&self, spoiled: &[bool], harm: &Harm) -> u64 {
        let Some(last) = self.extents.last() else { return 0 };
        let Some(first) = spoiled.iter().position(|spoiled| *spoiled) else { return last.end };
        let (sequence, segment) = (self.extents[first].sequence, self.extents[first].segment);
        // A frame that is whole and says that the first one spoiled was durable proves that it was there.
        let mut whole = self.extents.iter().zip(spoiled).skip(first).filter(|(_, spoiled)| !**spoiled);
        let proven = whole.any(|(extent, _)| extent.synced > sequence);
        if proven || harm.refused || segment < last.segment { last.end } else { sequence }
    }

    fn judge(&self, disk: &MemoryDisk, harm: &Harm) -> Outcome {
        let spoiled = self.spoiled(disk);
        let least = self.may_end_at(&spoiled, harm);
        let report = ok("verify", verify(disk))?;
        for resume in [false, true] {
            let (disk, mut state) = (disk.copy(), State::default());
            let opened = match resume {
                true => Journal::resume(Box::new(disk), &mut state),
                false => Journal::open(Box::new(disk), &mut |entry| state.apply(entry)),
            };
            match opened {
                Ok(journal) => self.accepted(&journal, &state, least, resume, report.damage.is_some())?,
                Err(Error::JournalCorrupt { .. } | Error::JournalVersion { .. }) => {}
                Err(error) => return Err(format!("opening: {error}")),
            }
        }
        self.salvaged(disk, &spoiled)
    }

    fn accepted(&self, journal: &Journal, state: &State, least: u64, resume: bool, known: bool) -> Outcome {
        let end = journal.head().sequence;
        if end < least {
            return Err(format!("the log was cut at record {end}, but {least} is proven"));
        }
        same(self.items.iter().filter(|item| item.sequence < end), &state.0)?;
        if !resume || !known {
            same(state.0.iter(), &replayed(journal)?)?;
        }
        Ok(())
    }

    /// Every record that was not hit comes back, and none that was not there.
    fn salvaged(&self, disk: &MemoryDisk, spoiled: &[bool]) -> Outcome {
        let target = MemoryDisk::with_geometry(1, Geometry { segment_bytes: 1 << 16, warm_bytes: 0 });
        let salvaged = match salvage(disk, Box::new(target.clone())) {
            Err(Error::JournalVersion { .. }) => return Ok(()), // a flipped bit of the version
            other => ok("salvage", other)?,
        };
        let report = ok("verify", verify(&target))?;
        if let Some(damage) = report.damage {
            return Err(format!("what was salvaged is damaged: {damage}"));
        }
        let mut state = State::default();
        let journal = ok("opening", Journal::open(Box::new(target), &mut |entry| state.apply(entry)))?;
        if journal.head() != &salvaged.head {
            return Err("salvage names another head".into());
        }
        for item in &state.0 {
            if !self.items.contains(item) {
                return Err(format!("salvage made record {} up", item.sequence));
            }
        }
        let there: BTreeSet<u64> = state.0.iter().map(|item| item.sequence).collect();
        for (extent, _) in self.extents.iter().zip(spoiled).filter(|(_, spoiled)| !**spoiled) {
            let due = self.items.iter().filter(|item| (extent.sequence..extent.end).contains(&item.sequence));
            for item in due.filter(|item| salvaged.keys_whole || item.subject.is_none()) {
                if !there.contains(&item.sequence) {
                    return Err(format!("record {} was not salvaged: {:?}", item.sequence, salvaged.lost));
                }
            }
        }
        Ok(())
    }
}
