//! Where the journal lies: a flat folder of files behind [`Disk`], which knows names and bytes and nothing else.
//!
//! [`FileDisk`] is a folder, [`super::MemoryDisk`] a simulated one that can lose power, tear writes, fail and rot. The
//! journal does no other I/O, so every state that a crash can leave is a state that a test can make.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::base::{Error, Result};

/// What the journal needs of a disk. Bytes that nobody wrote read as zero, or as the end of the file.
///
/// Nothing is durable before it was synced: bytes and length of a file by [`Disk::sync`], the making, renaming and
/// removing of files by [`Disk::sync_dir`].
pub trait Disk: Send + Sync {
    /// The names of all files, in any order.
    fn list(&self) -> Result<Vec<String>>;
    /// Length of a file in bytes; `None` if there is none of that name.
    fn len(&self, name: &str) -> Result<Option<u64>>;
    /// Fills `buffer` from a file at `offset`; answers how many bytes there were, fewer only at the end.
    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<usize>;
    /// Writes to a file, which is made and grows as needed.
    fn write_at(&mut self, name: &str, offset: u64, bytes: &[u8]) -> Result<()>;
    /// Makes a file, or makes it longer, and reserves its space. What is new reads as zero.
    fn allocate(&mut self, name: &str, length: u64) -> Result<()>;
    /// Makes a file's bytes and length durable (`fdatasync`).
    fn sync(&mut self, name: &str) -> Result<()>;
    /// Makes the names of all files durable.
    fn sync_dir(&mut self) -> Result<()>;
    /// Gives a file another name, in the place of what had it: all or nothing.
    fn rename(&mut self, from: &str, to: &str) -> Result<()>;
    /// Removes a file, if it is there.
    fn remove(&mut self, name: &str) -> Result<()>;
    /// 32 unpredictable bytes, for file ids and keys.
    fn entropy(&mut self) -> Result<[u8; 32]>;
    /// Another handle on the same files, to read them on another thread: it sees what is exchanged at once.
    fn reader(&self) -> Result<Box<dyn Disk>>;
    /// Another handle on the same files, to write new ones on another thread.
    fn share(&self) -> Result<Box<dyn Disk>>;
    /// How segments are cut.
    fn geometry(&self) -> Geometry {
        Geometry::default()
    }
}

/// How segments are cut and filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Bytes of a segment with its head; a longer frame gets a segment of its own size.
    pub segment_bytes: u64,
    /// How far ahead of small appends zeros are written, so that their `fdatasync` finds every block written before
    /// and has no metadata to save. 0: not at all.
    pub warm_bytes: u64,
}

impl Default for Geometry {
    fn default() -> Self {
        Geometry { segment_bytes: 64 << 20, warm_bytes: 1 << 20 }
    }
}

const LOCK: &str = "lock";

/// A folder, held exclusively until dropped; or read only and without a lock.
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
    /// Open files; none where `keeps` is false, so that a file that somebody else replaced is seen at once.
    open: Mutex<BTreeMap<String, Arc<File>>>,
    keeps: bool,
    /// Files that lost their name and hold secrets: overwritten once the loss of the name is durable.
    doomed: Vec<File>,
    lock: Option<Arc<File>>,
}

impl FileDisk {
    /// Opens a folder, which is made durably if it is not there, and takes its lock.
    ///
    /// # Errors
    /// `JOURNAL_LOCKED` if somebody holds it (this process included); `READ_ONLY` if nothing may be written there;
    /// `DISK_FULL`; `IO`.
    pub fn open(folder: &Path) -> Result<FileDisk> {
        make_folder(folder)?;
        let lock = options().open(folder.join(LOCK)).map_err(io("lock journal"))?;
        match fs4::FileExt::try_lock(&lock) {
            Ok(()) => {}
            Err(fs4::TryLockError::WouldBlock) => {
                return Err(Error::JournalLocked { path: folder.display().to_string() });
            }
            Err(fs4::TryLockError::Error(error)) => return Err(io("lock journal")(error)),
        }
        sync_folder(folder)?;
        Ok(FileDisk { lock: Some(Arc::new(lock)), keeps: true, ..FileDisk::read_only(folder)? })
    }

    /// Opens a folder to read it, whoever holds it: every change answers `READ_ONLY`.
    ///
    /// # Errors
    /// `IO` if there is no such folder.
    pub fn read_only(folder: &Path) -> Result<FileDisk> {
        if !folder.is_dir() {
            return Err(Error::io(format!("open {}", folder.display()), "there is no such folder"));
        }
        let (folder, open, doomed) = (folder.to_path_buf(), Mutex::default(), Vec::new());
        Ok(FileDisk { folder, open, keeps: false, doomed, lock: None })
    }

    fn check_writable(&self, operation: &str) -> Result<()> {
        match self.lock {
            Some(_) => Ok(()),
            None => Err(Error::ReadOnly { operation: operation.into(), message: "opened to be read".into() }),
        }
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<File>>> {
        self.open.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The open file of a name, opened where it is not yet.
    fn file(&self, name: &str, make: bool) -> std::io::Result<Arc<File>> {
        if let Some(file) = self.opened().get(name) {
            return Ok(file.clone());
        }
        let path = self.folder.join(name);
        if self.lock.is_none() {
            return Ok(Arc::new(File::open(path)?));
        }
        let file = Arc::new(options().create(make).open(path)?);
        if self.keeps {
            self.opened().insert(name.to_string(), file.clone());
        }
        Ok(file)
    }

    /// Remembers a file that is about to lose its name, if it holds secrets.
    fn doom(&mut self, name: &str) -> Result<()> {
        if name.starts_with(super::segment::NAME_START) {
            return Ok(()); // what it holds of people is encrypted, and followers may still read it
        }
        match OpenOptions::new().write(true).open(self.folder.join(name)) {
            Ok(file) => self.doomed.push(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(&format!("open {name}"))(error)),
        }
        Ok(())
    }
}

impl Disk for FileDisk {
    fn list(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(io("list journal"))? {
            names.extend(entry.map_err(io("list journal"))?.file_name().into_string());
        }
        Ok(names)
    }

    fn len(&self, name: &str) -> Result<Option<u64>> {
        match std::fs::metadata(self.folder.join(name)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io(&format!("measure {name}"))(error)),
        }
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let file = self.file(name, false).map_err(|error| Error::io(format!("open {name}"), error))?;
        let mut filled = 0;
        while filled < buffer.len() {
            match read_part(&file, offset + filled as u64, &mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(format!("read {name}"), error)),
            }
        }
        Ok(filled)
    }

    fn write_at(&mut self, name: &str, offset: u64, bytes: &[u8]) -> Result<()> {
        self.check_writable("write")?;
        let file = self.file(name, true).map_err(io(&format!("open {name}")))?;
        let mut written = 0;
        while written < bytes.len() {
            match write_part(&file, offset + written as u64, &bytes[written..]) {
                Ok(0) => return Err(Error::io(format!("write {name}"), "nothing was written")),
                Ok(part) => written += part,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io(&format!("write {name}"))(error)),
            }
        }
        Ok(())
    }

    fn allocate(&mut self, name: &str, length: u64) -> Result<()> {
        self.check_writable("allocate")?;
        let file = self.file(name, true).map_err(io(&format!("open {name}")))?;
        let have = file.metadata().map_err(io(&format!("measure {name}")))?.len();
        if have >= length {
            return Ok(());
        }
        match fs4::FileExt::allocate(&*file, length) {
            Ok(()) => Ok(()),
            Err(error) if is_full(&error) => Err(io(&format!("allocate {name}"))(error)),
            Err(_) => file.set_len(length).map_err(io(&format!("allocate {name}"))), // not every file system reserves
        }
    }

    fn sync(&mut self, name: &str) -> Result<()> {
        let file = self.file(name, false).map_err(io(&format!("open {name}")))?;
        match file.sync_data() {
            // A follower may flush what it is about to hand out; where a reader may not, the writer has to do.
            Err(error) if self.lock.is_none() && error.kind() == std::io::ErrorKind::PermissionDenied => Ok(()),
            done => done.map_err(io(&format!("sync {name}"))),
        }
    }

    fn sync_dir(&mut self) -> Result<()> {
        sync_folder(&self.folder)?;
        self.doomed.drain(..).for_each(wipe);
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        self.check_writable("rename")?;
        self.doom(to)?;
        let done = std::fs::rename(self.folder.join(from), self.folder.join(to));
        done.map_err(io(&format!("rename {from} to {to}")))?;
        let mut open = self.opened();
        open.remove(to);
        if let Some(file) = open.remove(from) {
            open.insert(to.to_string(), file);
        }
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<()> {
        self.check_writable("remove")?;
        self.doom(name)?;
        self.opened().remove(name);
        match std::fs::remove_file(self.folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(&format!("remove {name}"))(error)),
            _ => Ok(()),
        }
    }

    fn reader(&self) -> Result<Box<dyn Disk>> {
        Ok(Box::new(FileDisk::read_only(&self.folder)?))
    }

    /// The folder stays locked until this handle too is dropped.
    fn share(&self) -> Result<Box<dyn Disk>> {
        Ok(Box::new(FileDisk { lock: self.lock.clone(), ..FileDisk::read_only(&self.folder)? }))
    }

    #[allow(clippy::disallowed_methods)] // keys must be unpredictable: the one place where the core asks the system
    fn entropy(&mut self) -> Result<[u8; 32]> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Error::io("ask the system for random bytes", error))?;
        Ok(bytes)
    }
}

/// Names what the system answered: a full disk and a folder that may not be written have codes of their own.
pub(super) fn io(operation: &str) -> impl Fn(std::io::Error) -> Error + '_ {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    move |error| {
        let (operation, message) = (operation.to_string(), error.to_string());
        match error.kind() {
            _ if is_full(&error) => Error::DiskFull { operation, message },
            PermissionDenied | ReadOnlyFilesystem => Error::ReadOnly { operation, message },
            _ => Error::Io { operation, message },
        }
    }
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

#[cfg(unix)]
fn read_part(file: &File, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(unix)]
fn write_part(file: &File, offset: u64, bytes: &[u8]) -> std::io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn read_part(mut file: &File, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
    use std::io::{Read, Seek};
    file.seek(std::io::SeekFrom::Start(offset))?;
    file.read(buffer)
}

#[cfg(not(unix))]
fn write_part(mut file: &File, offset: u64, bytes: &[u8]) -> std::io::Result<usize> {
    use std::io::{Seek, Write};
    file.seek(std::io::SeekFrom::Start(offset))?;
    file.write(bytes)
}

/// Files that only their owner may read: they hold keys and snapshots.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Overwrites a file that no longer has a name. Best effort: what counts, the new file, is already durable.
fn wipe(file: File) {
    let Ok(metadata) = file.metadata() else { return };
    let zeros = [0; 1 << 16];
    let (mut place, end) = (0, metadata.len());
    while place < end {
        let part = (end - place).min(zeros.len() as u64) as usize;
        match write_part(&file, place, &zeros[..part]) {
            Ok(written) if written > 0 => place += written as u64,
            _ => return,
        }
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
        Err(error) if !folder.is_dir() => Err(io(&format!("make folder {}", folder.display()))(error)),
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
