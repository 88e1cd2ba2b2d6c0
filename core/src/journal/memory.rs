//! A simulated disk: a flat file system of 512-byte sectors that loses power, tears writes, fails and rots by seed.
//!
//! What a power cut may do: a sector written and not synced since holds its new bytes, any older version since its last
//! sync, or a part of the one and the rest of the other; a length not synced is the old or the new one; names made,
//! exchanged or removed since the last directory sync are as they were, up to some point or one by one. A failed sync
//! believes its pages clean: later syncs leave them out, as on Linux. Writing costs what is written, a sync what is
//! unsynced, a crash one copy of the disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::base::{Error, Result};

use super::storage::{Disk, Geometry};

/// Bytes of a sector: what a disk writes as a whole, or tears.
pub const SECTOR_BYTES: usize = 512;

/// How a power cut spoils what was written and not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tear {
    /// Sectors arrived in order, up to an arbitrary byte of an arbitrary one.
    Prefix,
    /// Sectors arrived or did not, each by itself, and some in part.
    Sectors,
}

/// What may go wrong with a changing operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The power goes: it is done in part or not at all, and all later ones fail. Then [`MemoryDisk::crash`].
    PowerCut,
    /// The disk is full: a write is done in part, and this and all later ones that need space fail with `DISK_FULL`
    /// until [`MemoryDisk::free_space`].
    Full,
    /// It fails with `IO`, a write after a part of it (a short write), a sync after it dropped its dirty pages.
    Error,
}

/// What may rot in a file that lies there quietly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// A bit changes: its number from the start of the sector.
    FlipBit(u16),
    /// The sector is zero.
    Zero,
    /// The sector has its content of before the last sync that changed it ([`MemoryDisk::keep_history`]).
    Stale,
    /// The sector's content was written over another sector of the file, and itself is stale.
    Misdirect(u64),
}

/// A simulated disk, seeded and shared by its clones: give one to the journal and keep one to do harm with.
///
/// ```
/// use trousse::journal::{Journal, MemoryDisk, Record, Stream, Tear};
/// let disk = MemoryDisk::new(1);
/// let mut journal = Journal::open(Box::new(disk.clone()), &mut |_| Ok(()))?;
/// journal.append(None, &[Record { stream: Stream::Stock, subject: None, payload: b"sold" }])?;
/// let after = disk.crash(Tear::Prefix); // before any sync: the batch never left the memory
/// let journal = Journal::open(Box::new(after), &mut |_| Ok(()))?;
/// assert_eq!(journal.head().sequence, 0);
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemoryDisk(Arc<Mutex<Simulated>>);

type Sector = [u8; SECTOR_BYTES];
/// An older version of a sector; `None` is all zero, which most are.
type Old = Option<Box<Sector>>;

#[derive(Debug, Clone, Default)]
struct Inode {
    /// What a reader sees; beyond it, up to `length`, zeros.
    data: Vec<u8>,
    length: u64,
    durable_length: u64,
    /// Versions of the sectors written since the last sync, the durable one first.
    unsynced: BTreeMap<u64, Vec<Old>>,
    /// What the disk holds of sectors that a failed sync dropped and a reader still sees.
    dropped: BTreeMap<u64, Old>,
    history: BTreeMap<u64, Old>,
}

#[derive(Debug, Clone)]
enum Change {
    Make(String, u64),
    Rename(String, String, u64),
    Remove(String, u64),
}

#[derive(Debug, Clone)]
struct Simulated {
    seed: u64,
    draws: u64,
    geometry: Geometry,
    inodes: BTreeMap<u64, Inode>,
    next_inode: u64,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    changes: Vec<Change>,
    faults: Vec<(u64, Fault)>,
    operations: u64,
    reads: u64,
    fail_read: Option<u64>,
    fail_sync: bool,
    off: bool,
    full: bool,
    crashes: bool,
    history: bool,
}

impl Inode {
    fn sector(&self, sector: u64) -> Old {
        let start = (sector as usize * SECTOR_BYTES).min(self.data.len());
        let bytes = &self.data[start..(start + SECTOR_BYTES).min(self.data.len())];
        if bytes.iter().all(|byte| *byte == 0) {
            return None;
        }
        let mut whole = Box::new([0; SECTOR_BYTES]);
        whole[..bytes.len()].copy_from_slice(bytes);
        Some(whole)
    }

    fn set_sector(&mut self, sector: u64, bytes: &Sector) {
        let start = sector as usize * SECTOR_BYTES;
        if self.data.len() < start + SECTOR_BYTES {
            self.data.resize(start + SECTOR_BYTES, 0);
        }
        self.data[start..start + SECTOR_BYTES].copy_from_slice(bytes);
    }

    /// Keeps the sectors that are about to change.
    fn remember(&mut self, offset: u64, length: usize) {
        let end = (offset + length as u64).div_ceil(SECTOR_BYTES as u64);
        for sector in offset / SECTOR_BYTES as u64..end {
            let now = self.sector(sector);
            if let Some(versions) = self.unsynced.get_mut(&sector) {
                versions.push(now);
            } else {
                let first = self.dropped.remove(&sector);
                let versions = first.map_or_else(|| vec![now.clone()], |durable| vec![durable, now.clone()]);
                self.unsynced.insert(sector, versions);
            }
        }
    }

    fn write(&mut self, offset: u64, bytes: &[u8], crashes: bool) {
        if crashes {
            self.remember(offset, bytes.len());
        }
        let (start, end) = (offset as usize, offset as usize + bytes.len());
        if self.data.len() < start {
            self.data.resize(start, 0);
        }
        let (over, beyond) = bytes.split_at(bytes.len().min(self.data.len() - start));
        self.data[start..start + over.len()].copy_from_slice(over);
        self.data.extend_from_slice(beyond);
        self.length = self.length.max(end as u64);
    }

    fn sync(&mut self, history: bool) {
        for (sector, mut versions) in std::mem::take(&mut self.unsynced) {
            if history {
                self.history.insert(sector, versions.swap_remove(0));
            }
        }
        self.durable_length = self.length;
    }

    fn cut(&mut self, length: u64) {
        self.length = length;
        self.data.truncate(length as usize);
    }
}

impl Simulated {
    /// The next pseudo-random number (SplitMix64).
    fn draw(&mut self) -> u64 {
        self.draws += 1;
        let mut z = self.seed.wrapping_add(self.draws.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A pseudo-random number from 0 up to and including `limit`.
    fn up_to(&mut self, limit: usize) -> usize {
        (self.draw() % (limit as u64 + 1)) as usize
    }

    fn coin(&mut self) -> bool {
        self.draw() % 2 == 0
    }

    /// The inode of a name, made if there is none.
    fn make(&mut self, name: &str) -> u64 {
        if let Some(inode) = self.names.get(name) {
            return *inode;
        }
        self.next_inode += 1;
        self.inodes.insert(self.next_inode, Inode::default());
        self.names.insert(name.to_string(), self.next_inode);
        self.changes.push(Change::Make(name.to_string(), self.next_inode));
        self.next_inode
    }

    fn with(&mut self, inode: u64) -> &mut Inode {
        self.inodes.entry(inode).or_default()
    }

    /// Counts a changing operation; answers what befalls it.
    fn step(&mut self) -> Option<Fault> {
        self.operations += 1;
        if self.off {
            return Some(Fault::PowerCut);
        }
        let at = self.faults.iter().position(|(operation, _)| *operation == self.operations)?;
        let (_, fault) = self.faults.swap_remove(at);
        self.full |= fault == Fault::Full;
        Some(fault)
    }

    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> Result<()> {
        let was_off = self.off;
        let fault = self.step().or(self.full.then_some(Fault::Full));
        let part = match fault {
            None => bytes.len(),
            Some(_) if was_off => return Err(power_off(name)),
            Some(_) => self.up_to(bytes.len()),
        };
        let (inode, crashes) = (self.make(name), self.crashes);
        if part > 0 {
            self.with(inode).write(offset, &bytes[..part], crashes);
        }
        self.fail(fault, "write", name)
    }

    fn allocate(&mut self, name: &str, length: u64) -> Result<()> {
        let was_off = self.off;
        let fault = self.step().or(self.full.then_some(Fault::Full));
        if fault.is_none() || (!was_off && self.coin()) {
            let inode = self.make(name);
            let inode = self.with(inode);
            inode.length = inode.length.max(length);
        }
        self.fail(fault, "allocate", name)
    }

    fn sync(&mut self, name: &str) -> Result<()> {
        let (inode, history) = (self.inode(name, "sync")?, self.history);
        let mut fault = self.step();
        if fault.is_none() && std::mem::take(&mut self.fail_sync) {
            fault = Some(Fault::Error);
        }
        match fault {
            None => self.with(inode).sync(history),
            Some(Fault::Error) => self.drop_pages(inode),
            Some(_) => {}
        }
        self.fail(fault, "sync", name)
    }

    /// What Linux does to dirty pages that could not be written: it believes them clean, and may forget them.
    fn drop_pages(&mut self, inode: u64) {
        let forgets = self.coin();
        let inode = self.with(inode);
        for (sector, mut versions) in std::mem::take(&mut inode.unsynced) {
            let durable = versions.swap_remove(0);
            if forgets {
                inode.set_sector(sector, durable.as_deref().unwrap_or(&[0; SECTOR_BYTES]));
            } else {
                inode.dropped.insert(sector, durable);
            }
        }
    }

    fn sync_dir(&mut self) -> Result<()> {
        let fault = self.step();
        if fault.is_none() && !self.changes.is_empty() {
            self.durable_names.clone_from(&self.names);
            self.changes.clear();
            let named: std::collections::BTreeSet<u64> = self.names.values().copied().collect();
            self.inodes.retain(|inode, _| named.contains(inode));
        }
        self.fail(fault, "sync", "folder")
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        let inode = self.inode(from, "rename")?;
        let was_off = self.off;
        let fault = self.step();
        if fault.is_none() || (!was_off && self.coin()) {
            self.change(Change::Rename(from.to_string(), to.to_string(), inode));
        }
        self.fail(fault, "rename", from)
    }

    fn remove(&mut self, name: &str) -> Result<()> {
        let Some(inode) = self.names.get(name).copied() else { return Ok(()) };
        let was_off = self.off;
        let fault = self.step();
        if fault.is_none() || (!was_off && self.coin()) {
            self.change(Change::Remove(name.to_string(), inode));
        }
        self.fail(fault, "remove", name)
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.names, &change);
        self.changes.push(change);
    }

    fn inode(&self, name: &str, operation: &str) -> Result<u64> {
        let missing = || Error::io(format!("{operation} {name}"), "there is no such file");
        self.names.get(name).copied().ok_or_else(missing)
    }

    fn fail(&mut self, fault: Option<Fault>, operation: &str, name: &str) -> Result<()> {
        let Some(fault) = fault else { return Ok(()) };
        let operation = format!("{operation} {name}");
        Err(match fault {
            Fault::PowerCut => {
                self.off = true;
                power_off(&operation)
            }
            Fault::Full => Error::DiskFull { operation, message: "no space left".into() },
            Fault::Error => Error::io(operation, "the disk failed"),
        })
    }

    /// Lets a part of what is unsynced arrive and forgets the rest.
    fn tear(&mut self, tear: Tear) {
        self.tear_names();
        let total: usize = self.inodes.values().map(|inode| inode.unsynced.len()).sum();
        let mut left = self.up_to(total);
        let numbers: Vec<u64> = self.inodes.keys().copied().collect();
        for number in numbers {
            let Some(mut inode) = self.inodes.remove(&number) else { continue };
            for (sector, durable) in std::mem::take(&mut inode.dropped) {
                inode.set_sector(sector, durable.as_deref().unwrap_or(&[0; SECTOR_BYTES]));
            }
            for (sector, versions) in std::mem::take(&mut inode.unsynced) {
                let arrives = match tear {
                    Tear::Sectors => self.up_to(8),
                    Tear::Prefix if left > 1 => 0,
                    Tear::Prefix if left == 1 => 8,
                    Tear::Prefix => 7,
                };
                left = left.saturating_sub(1);
                self.tear_sector(&mut inode, sector, &versions, arrives);
            }
            if inode.length != inode.durable_length && self.coin() {
                inode.cut(inode.durable_length.min(inode.length));
            }
            inode.durable_length = inode.length;
            self.inodes.insert(number, inode);
        }
    }

    /// Gives one sector its fate: 0 to 3 it arrived, 4 to 6 some older version holds, 7 the durable one, 8 a part arrived.
    fn tear_sector(&mut self, inode: &mut Inode, sector: u64, versions: &[Old], fate: usize) {
        let version = match fate {
            0..=3 => return,
            4..=6 => &versions[self.up_to(versions.len() - 1)],
            _ => &versions[0],
        };
        let mut bytes = version.as_deref().copied().unwrap_or([0; SECTOR_BYTES]);
        if fate == 8 {
            let new = inode.sector(sector).map_or([0; SECTOR_BYTES], |new| *new);
            let part = self.up_to(SECTOR_BYTES);
            let arrived = if self.coin() { 0..part } else { part..SECTOR_BYTES };
            bytes[arrived.clone()].copy_from_slice(&new[arrived]);
        }
        inode.set_sector(sector, &bytes);
    }

    fn tear_names(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        let (in_order, count) = (self.coin(), self.up_to(changes.len()));
        self.names.clone_from(&self.durable_names);
        for (index, change) in changes.iter().enumerate() {
            if if in_order { index < count } else { self.coin() } {
                apply(&mut self.names, change);
            }
        }
        self.durable_names.clone_from(&self.names);
    }
}

/// Changes names; an entry that is not there, because its making was lost, is not moved or removed.
fn apply(names: &mut BTreeMap<String, u64>, change: &Change) {
    match change {
        Change::Make(name, inode) => {
            names.insert(name.clone(), *inode);
        }
        Change::Rename(from, to, inode) => {
            if names.get(from) == Some(inode) {
                names.remove(from);
                names.insert(to.clone(), *inode);
            }
        }
        Change::Remove(name, inode) => {
            if names.get(name) == Some(inode) {
                names.remove(name);
            }
        }
    }
}

fn power_off(operation: &str) -> Error {
    Error::io(operation, "the power is off")
}

impl MemoryDisk {
    /// An empty disk; everything random about it follows from `seed`.
    pub fn new(seed: u64) -> Self {
        MemoryDisk::with_geometry(seed, Geometry { segment_bytes: 256 << 10, warm_bytes: 0 })
    }

    /// An empty disk whose segments are cut otherwise: small ones make small worlds cross them.
    pub fn with_geometry(seed: u64, geometry: Geometry) -> Self {
        MemoryDisk(Arc::new(Mutex::new(Simulated {
            seed,
            draws: 0,
            geometry,
            inodes: BTreeMap::new(),
            next_inode: 0,
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            changes: Vec::new(),
            faults: Vec::new(),
            operations: 0,
            reads: 0,
            fail_read: None,
            fail_sync: false,
            off: false,
            full: false,
            crashes: true,
            history: false,
        })))
    }

    /// An empty disk that never crashes and so keeps nothing for that: a place for an engine without a folder.
    pub fn reliable() -> Self {
        let disk = MemoryDisk::with_geometry(0, Geometry { segment_bytes: 4 << 20, warm_bytes: 0 });
        disk.state().crashes = false;
        disk
    }

    /// Cuts the power and answers the disk as it is found afterwards: what was synced, and of the rest what `tear` left.
    pub fn crash(&self, tear: Tear) -> MemoryDisk {
        let mut after = {
            let mut state = self.state();
            state.draw(); // another crash of the same disk tears elsewhere
            state.clone()
        };
        after.tear(tear);
        after.faults.clear();
        (after.off, after.full, after.fail_sync, after.fail_read) = (false, false, false, None);
        MemoryDisk(Arc::new(Mutex::new(after)))
    }

    /// Lets the next sync fail and drop its dirty pages.
    pub fn fail_sync(&self) {
        self.state().fail_sync = true;
    }

    /// Lets the power go during the n-th changing operation from now (n ≥ 1).
    pub fn fail_at(&self, operation: u64) {
        self.fault_at(operation, Fault::PowerCut);
    }

    /// Lets something go wrong with the n-th changing operation from now (n ≥ 1).
    pub fn fault_at(&self, operation: u64, fault: Fault) {
        let mut state = self.state();
        let at = state.operations + operation;
        state.faults.push((at, fault));
    }

    /// Lets the n-th read from now (n ≥ 1) fail.
    pub fn fail_read_at(&self, read: u64) {
        let mut state = self.state();
        state.fail_read = Some(state.reads + read);
    }

    /// Ends all faults that were planned and did not come yet.
    pub fn calm(&self) {
        let mut state = self.state();
        state.faults.clear();
        (state.fail_read, state.fail_sync, state.full) = (None, false, false);
    }

    /// Ends a [`Fault::Full`].
    pub fn free_space(&self) {
        self.state().full = false;
    }

    /// Whether the power is off: nothing works any more but [`MemoryDisk::crash`].
    pub fn is_off(&self) -> bool {
        self.state().off
    }

    /// Changing operations so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Keeps from now on what sectors held before each sync, so that they can go stale.
    pub fn keep_history(&self) {
        self.state().history = true;
    }

    /// Spoils a sector of a file; beyond its written end nothing happens.
    pub fn damage(&self, name: &str, sector: u64, damage: Damage) {
        let mut state = self.state();
        let Some(inode) = state.names.get(name).copied() else { return };
        let inode = state.with(inode);
        if sector as usize * SECTOR_BYTES >= inode.data.len() {
            return;
        }
        let bytes = inode.sector(sector).map_or([0; SECTOR_BYTES], |bytes| *bytes);
        let old = inode.history.get(&sector).and_then(|old| old.as_deref().copied()).unwrap_or([0; SECTOR_BYTES]);
        match damage {
            Damage::FlipBit(bit) => {
                let mut bytes = bytes;
                bytes[usize::from(bit) / 8 % SECTOR_BYTES] ^= 1 << (bit % 8);
                inode.set_sector(sector, &bytes);
            }
            Damage::Zero => inode.set_sector(sector, &[0; SECTOR_BYTES]),
            Damage::Stale => inode.set_sector(sector, &old),
            Damage::Misdirect(other) => {
                inode.set_sector(sector, &old);
                if (other as usize * SECTOR_BYTES) < inode.data.len() {
                    inode.set_sector(other, &bytes);
                }
            }
        }
    }

    /// The names of all files, in order.
    pub fn files(&self) -> Vec<String> {
        self.state().names.keys().cloned().collect()
    }

    /// The bytes of a file up to the last that was written, as a reader sees them.
    pub fn blob(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        let inode = state.names.get(name)?;
        state.inodes.get(inode).map(|inode| inode.data.clone())
    }

    /// Puts a file with these bytes in the place of another or of none, durably.
    pub fn set_blob(&self, name: &str, bytes: &[u8]) {
        let mut state = self.state();
        let length = bytes.len() as u64;
        let inode = Inode { data: bytes.to_vec(), length, durable_length: length, ..Inode::default() };
        state.next_inode += 1;
        let number = state.next_inode;
        state.inodes.insert(number, inode);
        state.names.insert(name.to_string(), number);
        state.durable_names.insert(name.to_string(), number);
    }

    /// Takes a file away, durably.
    pub fn remove_blob(&self, name: &str) {
        let mut state = self.state();
        state.names.remove(name);
        state.durable_names.remove(name);
    }

    /// The bytes of all segments, one after the other.
    pub fn log(&self) -> Vec<u8> {
        let names = self.files();
        let segments = names.iter().filter(|name| name.starts_with(super::segment::NAME_START));
        segments.filter_map(|name| self.blob(name)).flatten().collect()
    }

    /// A disk with the same content that shares nothing with this one.
    pub fn copy(&self) -> MemoryDisk {
        MemoryDisk(Arc::new(Mutex::new(self.state().clone())))
    }

    fn state(&self) -> MutexGuard<'_, Simulated> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Disk for MemoryDisk {
    fn list(&self) -> Result<Vec<String>> {
        Ok(self.files())
    }

    fn len(&self, name: &str) -> Result<Option<u64>> {
        let state = self.state();
        Ok(state.names.get(name).and_then(|inode| state.inodes.get(inode)).map(|inode| inode.length))
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut state = self.state();
        state.reads += 1;
        if state.fail_read.is_some_and(|at| at <= state.reads) {
            state.fail_read = None;
            return Err(Error::io(format!("read {name}"), "the disk failed"));
        }
        let number = state.inode(name, "read")?;
        let inode = state.with(number);
        let read = (buffer.len() as u64).min(inode.length.saturating_sub(offset)) as usize;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(inode.data.len());
        let have = read.min(inode.data.len() - start);
        buffer[..have].copy_from_slice(&inode.data[start..start + have]);
        buffer[have..read].fill(0);
        Ok(read)
    }

    fn write_at(&mut self, name: &str, offset: u64, bytes: &[u8]) -> Result<()> {
        self.state().write(name, offset, bytes)
    }

    fn allocate(&mut self, name: &str, length: u64) -> Result<()> {
        self.state().allocate(name, length)
    }

    fn sync(&mut self, name: &str) -> Result<()> {
        self.state().sync(name)
    }

    fn sync_dir(&mut self) -> Result<()> {
        self.state().sync_dir()
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        self.state().rename(from, to)
    }

    fn remove(&mut self, name: &str) -> Result<()> {
        self.state().remove(name)
    }

    fn entropy(&mut self) -> Result<[u8; 32]> {
        let mut state = self.state();
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&state.draw().to_le_bytes());
        }
        Ok(bytes)
    }

    fn reader(&self) -> Result<Box<dyn Disk>> {
        Ok(Box::new(self.clone()))
    }

    fn share(&self) -> Result<Box<dyn Disk>> {
        Ok(Box::new(self.clone()))
    }

    fn geometry(&self) -> Geometry {
        self.state().geometry
    }
}
