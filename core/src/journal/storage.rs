//! Where the journal lies: one log, a few small named blobs and a source of keys, behind [`Disk`].
//!
//! [`FileDisk`] is a folder, [`MemoryDisk`] a simulated disk that can lose power, tear writes, fail and rot. The
//! journal itself does no other I/O, so every state that a crash can leave is a state that a test can make.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::base::{Error, Result};

/// What the journal needs of a disk. Bytes beyond what was written read as zero or as the end.
///
/// Architecture invariant: space after the end of the log is zero, never old content. The rules for torn tails
/// (`wire`) rest on it; [`Disk::truncate`] and growth keep it.
pub trait Disk: Send + Sync {
    /// Length of the log in bytes, preallocated zeros included.
    fn log_len(&self) -> Result<u64>;
    /// Fills `buffer` from the log at `offset`; answers how many bytes there were, fewer only at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize>;
    /// Writes to the log, which grows as needed. Not durable before [`Disk::sync`].
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()>;
    /// Makes all that was written to the log durable (`fdatasync`).
    fn sync(&mut self) -> Result<()>;
    /// Cuts the log; durable on return.
    fn truncate(&mut self, length: u64) -> Result<()>;
    /// Reads a blob; `None` if there is none.
    fn read_blob(&self, name: &str) -> Result<Option<Vec<u8>>>;
    /// Replaces a blob: atomic, and durable on return. Old bytes are overwritten where that is possible.
    fn replace_blob(&mut self, name: &str, bytes: &[u8]) -> Result<()>;
    /// Appends to a blob, which is made if there is none: durable on return, but a crash may leave a part.
    fn append_blob(&mut self, name: &str, bytes: &[u8]) -> Result<()>;
    /// Removes a blob, if there is one; durable on return. Old bytes are overwritten where that is possible.
    fn remove_blob(&mut self, name: &str) -> Result<()>;
    /// Makes a blob the log: atomic, and durable on return.
    fn adopt_log(&mut self, name: &str) -> Result<()>;
    /// 32 unpredictable bytes, for file ids and keys.
    fn entropy(&mut self) -> Result<[u8; 32]>;
}

const LOG: &str = "journal";
const LOCK: &str = "lock";
/// Below this a write past the end preallocates: with room there, `fdatasync` has no metadata to write.
/// A larger write pays for its own growth, and zeros would only double its bytes: 10,000-record batches of 0.9 MB
/// measured 0.96, 1.22 and 1.26 times as fast without (2026-11-23, three alternating runs, ext4 on a shared virtual disk).
const SMALL_WRITE_BYTES: u64 = 256 << 10;
const CHUNK_MIN_BYTES: u64 = 1 << 20;
const CHUNK_MAX_BYTES: u64 = 16 << 20;

/// A folder with the files `journal`, `keys`, `snapshot` and `lock`, held exclusively until dropped.
///
/// ```
/// use trousse::journal::{FileDisk, Journal, Record, Stream};
/// let folder = std::env::temp_dir().join(format!("trousse-doc-{}", std::process::id()));
/// let mut journal = Journal::open(Box::new(FileDisk::open(&folder)?), &mut |_| Ok(()))?;
/// journal.append(None, &[Record { stream: Stream::Catalog, subject: None, payload: b"ROSE-03" }])?;
/// journal.sync()?;
/// assert_eq!(FileDisk::open(&folder).unwrap_err().code(), "JOURNAL_LOCKED");
/// drop(journal);
/// let journal = Journal::open(Box::new(FileDisk::open(&folder)?), &mut |_| Ok(()))?;
/// assert_eq!(journal.head().sequence, 1);
/// # let _ = std::fs::remove_dir_all(&folder);
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug)]
pub struct FileDisk {
    folder: PathBuf,
    log: File,
    length: u64,
    _lock: File,
}

impl FileDisk {
    /// Opens a folder, which is made durably if it is not there, and takes its lock.
    ///
    /// # Errors
    /// `JOURNAL_LOCKED` if somebody holds it (this process included); `IO`.
    pub fn open(folder: &Path) -> Result<FileDisk> {
        make_folder(folder)?;
        let lock = open_file(&folder.join(LOCK))?;
        match fs4::FileExt::try_lock(&lock) {
            Ok(()) => {}
            Err(fs4::TryLockError::WouldBlock) => {
                return Err(Error::JournalLocked { path: folder.display().to_string() });
            }
            Err(fs4::TryLockError::Error(error)) => return Err(Error::io("lock journal", error)),
        }
        let log = open_file(&folder.join(LOG))?;
        sync_folder(folder)?;
        let length = log.metadata().map_err(io("measure journal"))?.len();
        Ok(FileDisk { folder: folder.to_path_buf(), log, length, _lock: lock })
    }

    /// Writes zeros ahead of a small write, so that the syncs to come find their blocks allocated.
    fn preallocate(&mut self, end: u64) -> Result<()> {
        let chunk = (self.length / 8).clamp(CHUNK_MIN_BYTES, CHUNK_MAX_BYTES);
        let target = end.saturating_add(chunk);
        let zeros = vec![0; CHUNK_MIN_BYTES as usize];
        self.log.seek(SeekFrom::Start(self.length)).map_err(io("preallocate journal"))?;
        let mut left = target - self.length;
        while left > 0 {
            let part = left.min(CHUNK_MIN_BYTES);
            self.log.write_all(&zeros[..part as usize]).map_err(io("preallocate journal"))?;
            left -= part;
        }
        self.log.sync_all().map_err(io("preallocate journal"))?;
        self.length = target;
        Ok(())
    }

    fn write_fresh(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let mut file = options().truncate(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }
}

impl Disk for FileDisk {
    fn log_len(&self) -> Result<u64> {
        Ok(self.length)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut log = &self.log;
        log.seek(SeekFrom::Start(offset)).map_err(io("read journal"))?;
        let mut filled = 0;
        while filled < buffer.len() {
            match log.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io("read journal", error)),
            }
        }
        Ok(filled)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let end = offset.saturating_add(bytes.len() as u64);
        if end > self.length && (bytes.len() as u64) < SMALL_WRITE_BYTES {
            self.preallocate(end)?;
        }
        self.log.seek(SeekFrom::Start(offset)).map_err(io("write journal"))?;
        self.log.write_all(bytes).map_err(io("write journal"))?;
        self.length = self.length.max(end);
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        self.log.sync_data().map_err(io("sync journal"))
    }

    fn truncate(&mut self, length: u64) -> Result<()> {
        self.log.set_len(length).and_then(|()| self.log.sync_all()).map_err(io("cut journal"))?;
        self.length = length;
        Ok(())
    }

    fn read_blob(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match std::fs::read(self.folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(format!("read {name}"), error)),
        }
    }

    fn replace_blob(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let (path, fresh) = (self.folder.join(name), self.folder.join(format!("{name}.tmp")));
        let old = existing(&path)?;
        let written = self.write_fresh(&fresh, bytes).and_then(|()| std::fs::rename(&fresh, &path));
        written.map_err(io(&format!("replace {name}")))?;
        sync_folder(&self.folder)?;
        wipe(old);
        Ok(())
    }

    fn append_blob(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        let is_new = !path.exists();
        let mut file = open_file(&path)?;
        file.seek(SeekFrom::End(0)).map_err(io(&format!("append to {name}")))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io(&format!("append to {name}")))?;
        if is_new { sync_folder(&self.folder) } else { Ok(()) }
    }

    fn remove_blob(&mut self, name: &str) -> Result<()> {
        // What a crash left of a replacement goes too: it may hold what is to be forgotten.
        for path in [self.folder.join(format!("{name}.tmp")), self.folder.join(name)] {
            if let Some(old) = existing(&path)? {
                std::fs::remove_file(&path).map_err(io(&format!("remove {name}")))?;
                sync_folder(&self.folder)?;
                wipe(Some(old));
            }
        }
        Ok(())
    }

    fn adopt_log(&mut self, name: &str) -> Result<()> {
        let path = self.folder.join(LOG);
        std::fs::rename(self.folder.join(name), &path).map_err(io("replace journal"))?;
        sync_folder(&self.folder)?;
        self.log = open_file(&path)?;
        self.length = self.log.metadata().map_err(io("measure journal"))?.len();
        Ok(())
    }

    #[allow(clippy::disallowed_methods)] // keys must be unpredictable: the one place where the core asks the system
    fn entropy(&mut self) -> Result<[u8; 32]> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Error::io("ask the system for random bytes", error))?;
        Ok(bytes)
    }
}

fn io(operation: &str) -> impl Fn(std::io::Error) -> Error + '_ {
    move |error| Error::io(operation, error)
}

/// Files that only their owner may read: they hold keys and snapshots.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn open_file(path: &Path) -> Result<File> {
    options().open(path).map_err(|error| Error::io(format!("open {}", path.display()), error))
}

fn existing(path: &Path) -> Result<Option<File>> {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(format!("open {}", path.display()), error)),
    }
}

/// Overwrites a file that no longer has a name. Best effort: what counts, the new file, is already durable.
fn wipe(file: Option<File>) {
    let Some(mut file) = file else { return };
    let Ok(metadata) = file.metadata() else { return };
    let zeros = [0; 1 << 16];
    let mut left = metadata.len();
    while left > 0 {
        let part = left.min(zeros.len() as u64);
        if file.write_all(&zeros[..part as usize]).is_err() {
            return;
        }
        left -= part;
    }
    let _ = file.sync_data();
}

fn make_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(parent)?;
    match std::fs::create_dir(folder) {
        Err(error) if !folder.is_dir() => Err(Error::io(format!("make folder {}", folder.display()), error)),
        _ => sync_folder(parent),
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io("sync folder"))
}

/// Elsewhere a folder cannot be opened as a file, and renames are the file system's own business.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> Result<()> {
    Ok(())
}

/// How a power cut spoils what was written to the log and not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tear {
    /// The bytes arrived in order, up to an arbitrary one.
    Prefix,
    /// Sectors of 512 bytes arrived or did not, each by itself.
    Sectors,
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

#[derive(Debug, Clone)]
struct Simulated {
    seed: u64,
    draws: u64,
    /// What a reader sees.
    log: Vec<u8>,
    /// What a power cut leaves, and the writes it may tear.
    durable: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
    blobs: BTreeMap<String, Vec<u8>>,
    fail_sync: bool,
    /// Changing operations left before the power goes.
    power: Option<u64>,
}

/// How the log of a simulated disk grows: in zeros, like preallocated files.
const MEMORY_CHUNK_BYTES: usize = 4096;

impl Simulated {
    /// The next pseudo-random number: a hash of a counter.
    fn draw(&mut self) -> [u8; 32] {
        self.draws += 1;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes()).update(&self.draws.to_le_bytes());
        *hasher.finalize().as_bytes()
    }
    /// A pseudo-random number from 0 up to and including `limit`.
    fn up_to(&mut self, limit: usize) -> usize {
        let draw = self.draw();
        (super::wire::u64_at(&draw, 0) % (limit as u64 + 1)) as usize
    }

    /// Counts an operation; answers whether it may have an effect although it fails.
    fn step(&mut self) -> Power {
        match self.power {
            None => Power::On,
            Some(0) => Power::Off,
            Some(left) => {
                self.power = Some(left - 1);
                if left == 1 { Power::Going } else { Power::On }
            }
        }
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if end > self.log.len() {
            let grown = end.next_multiple_of(MEMORY_CHUNK_BYTES);
            self.log.resize(grown, 0);
            self.durable.resize(grown, 0);
        }
        self.log[offset..end].copy_from_slice(bytes);
        self.unsynced.push((offset, bytes.to_vec()));
    }

    /// Lets a part of the unsynced writes arrive.
    fn tear(&mut self, tear: Tear) {
        let unsynced = std::mem::take(&mut self.unsynced);
        let total = unsynced.iter().map(|(_, bytes)| bytes.len()).sum();
        let mut left = self.up_to(total);
        for (offset, bytes) in unsynced {
            match tear {
                Tear::Prefix => {
                    let part = left.min(bytes.len());
                    self.durable[offset..offset + part].copy_from_slice(&bytes[..part]);
                    left -= part;
                }
                Tear::Sectors => self.tear_sectors(offset, &bytes),
            }
        }
        self.log.clone_from(&self.durable);
    }

    fn tear_sectors(&mut self, offset: usize, bytes: &[u8]) {
        let (mut start, end) = (offset, offset + bytes.len());
        while start < end {
            let stop = ((start / 512 + 1) * 512).min(end);
            if self.up_to(1) == 1 {
                self.durable[start..stop].copy_from_slice(&bytes[start - offset..stop - offset]);
            }
            start = stop;
        }
    }
}

enum Power {
    On,
    Going,
    Off,
}

impl MemoryDisk {
    /// An empty disk; everything random about it follows from `seed`.
    pub fn new(seed: u64) -> Self {
        MemoryDisk(Arc::new(Mutex::new(Simulated {
            seed,
            draws: 0,
            log: Vec::new(),
            durable: Vec::new(),
            unsynced: Vec::new(),
            blobs: BTreeMap::new(),
            fail_sync: false,
            power: None,
        })))
    }

    /// Cuts the power and answers the disk as it is found afterwards: synced bytes, and of the others what `tear` left.
    pub fn crash(&self, tear: Tear) -> MemoryDisk {
        let mut after = {
            let mut state = self.state();
            state.draw(); // another crash of the same disk tears elsewhere
            state.clone()
        };
        after.tear(tear);
        after.power = None;
        after.fail_sync = false;
        MemoryDisk(Arc::new(Mutex::new(after)))
    }

    /// Lets the next sync fail.
    pub fn fail_sync(&self) {
        self.state().fail_sync = true;
    }

    /// Lets the power go during the n-th changing operation from now (n ≥ 1): it is done in part or not at all and fails,
    /// and so do all later ones.
    pub fn fail_at(&self, operation: u64) {
        self.state().power = Some(operation);
    }

    /// Flips a bit of the log, counted from its start; beyond its end nothing happens.
    pub fn flip_log_bit(&self, bit: u64) {
        let mut state = self.state();
        let (at, mask) = ((bit / 8) as usize, 1 << (bit % 8));
        if let Some(byte) = state.log.get_mut(at) {
            *byte ^= mask;
        }
        if let Some(byte) = state.durable.get_mut(at) {
            *byte ^= mask;
        }
    }

    /// The bytes of the log as a reader sees them.
    pub fn log(&self) -> Vec<u8> {
        self.state().log.clone()
    }

    /// Puts other bytes in the place of the log.
    pub fn set_log(&self, bytes: &[u8]) {
        let mut state = self.state();
        state.log = bytes.to_vec();
        state.durable = bytes.to_vec();
        state.unsynced.clear();
    }

    /// The bytes of a blob.
    pub fn blob(&self, name: &str) -> Option<Vec<u8>> {
        self.state().blobs.get(name).cloned()
    }

    /// Puts bytes in the place of a blob.
    pub fn set_blob(&self, name: &str, bytes: &[u8]) {
        self.state().blobs.insert(name.to_string(), bytes.to_vec());
    }

    /// A disk with the same content that shares nothing with this one.
    pub fn copy(&self) -> MemoryDisk {
        MemoryDisk(Arc::new(Mutex::new(self.state().clone())))
    }

    fn state(&self) -> MutexGuard<'_, Simulated> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Does `all`, or at the moment of the power cut `part`.
    fn change(
        &self,
        operation: &str,
        all: impl FnOnce(&mut Simulated),
        part: impl FnOnce(&mut Simulated),
    ) -> Result<()> {
        let mut state = self.state();
        match state.step() {
            Power::On => {
                all(&mut state);
                return Ok(());
            }
            Power::Going => part(&mut state),
            Power::Off => {}
        }
        Err(Error::io(operation, "the power is off"))
    }

    /// Does `all` or nothing at the moment of the power cut.
    fn change_atomic(&self, operation: &str, all: impl Fn(&mut Simulated)) -> Result<()> {
        self.change(operation, &all, |state| {
            if state.up_to(1) == 1 {
                all(state);
            }
        })
    }
}

impl Disk for MemoryDisk {
    fn log_len(&self) -> Result<u64> {
        Ok(self.state().log.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let state = self.state();
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(state.log.len());
        let read = buffer.len().min(state.log.len() - start);
        buffer[..read].copy_from_slice(&state.log[start..start + read]);
        Ok(read)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let offset = usize::try_from(offset).map_err(|error| Error::io("write journal", error))?;
        self.change(
            "write journal",
            |state| state.write(offset, bytes),
            |state| {
                let part = state.up_to(bytes.len());
                state.write(offset, &bytes[..part]);
            },
        )
    }

    fn sync(&mut self) -> Result<()> {
        if std::mem::take(&mut self.state().fail_sync) {
            return Err(Error::io("sync journal", "the disk failed"));
        }
        self.change(
            "sync journal",
            |state| {
                state.durable.clone_from(&state.log);
                state.unsynced.clear();
            },
            |_| {},
        )
    }

    fn truncate(&mut self, length: u64) -> Result<()> {
        let length = usize::try_from(length).map_err(|error| Error::io("cut journal", error))?;
        self.change_atomic("cut journal", |state| {
            state.log.truncate(length);
            state.durable.truncate(length);
            state.unsynced.clear();
        })
    }

    fn read_blob(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.blob(name))
    }

    fn replace_blob(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.change_atomic("replace blob", |state| {
            state.blobs.insert(name.to_string(), bytes.to_vec());
        })
    }

    fn append_blob(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let append = |state: &mut Simulated, part: usize| {
            state.blobs.entry(name.to_string()).or_default().extend_from_slice(&bytes[..part]);
        };
        self.change(
            "append to blob",
            |state| append(state, bytes.len()),
            |state| {
                let part = state.up_to(bytes.len());
                append(state, part);
            },
        )
    }

    fn remove_blob(&mut self, name: &str) -> Result<()> {
        if self.blob(name).is_none() {
            return Ok(());
        }
        self.change_atomic("remove blob", |state| {
            state.blobs.remove(name);
        })
    }

    fn adopt_log(&mut self, name: &str) -> Result<()> {
        self.change_atomic("replace journal", |state| {
            if let Some(log) = state.blobs.remove(name) {
                state.durable.clone_from(&log);
                state.log = log;
                state.unsynced.clear();
            }
        })
    }

    fn entropy(&mut self) -> Result<[u8; 32]> {
        Ok(self.state().draw())
    }
}
