//! Snapshots: a cache of the state at one head, thrown away on any mismatch. The last two are kept.
//!
//! The file `snapshot-<sequence, 16 hexadecimal digits>` is `magic 8, version u32, file id 32, sequence u64, chain hash
//! 32, key ids given out u64, payload length u64, CRC-32C of everything else, payload`. It is only believed if the
//! journal has this chain hash at this sequence, so a snapshot of another journal or of another format is as good as none.
//! But it is written only of what is durable: a snapshot of this journal beyond the end of the log proves that
//! acknowledged records were lost, and the journal is refused.

use crate::base::Result;

use super::Head;
use super::storage::Disk;
use super::wire::{FileId, array_at, u32_at, u64_at};

/// What the names of snapshots begin with.
pub const NAME_START: &str = "snapshot-";

const MAGIC: &[u8; 8] = b"trsssnap";
const VERSION: u32 = 1;
const HEAD_BYTES: usize = 104;

/// A snapshot as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Where it was taken.
    pub head: Head,
    /// Key ids given out by then, and one.
    pub keys: u64,
    /// The state.
    pub payload: Vec<u8>,
}

/// The name of a snapshot.
pub fn name(sequence: u64) -> String {
    format!("{NAME_START}{sequence:016x}")
}

/// The sequences of all files that are named as snapshots, newest first.
pub fn list(disk: &dyn Disk) -> Result<Vec<u64>> {
    let names = disk.list()?;
    let mut found: Vec<u64> = names.iter().filter_map(|file| sequence_of(file)).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

fn sequence_of(file: &str) -> Option<u64> {
    let sequence = u64::from_str_radix(file.strip_prefix(NAME_START)?, 16).ok()?;
    (name(sequence) == file).then_some(sequence)
}

/// The bytes of a snapshot.
pub fn write(id: &FileId, head: &Head, keys: u64, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD_BYTES + payload.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(id);
    out.extend_from_slice(&head.sequence.to_le_bytes());
    out.extend_from_slice(&head.hash);
    out.extend_from_slice(&keys.to_le_bytes());
    out.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
    let checksum = checksum(&out);
    out[100..104].copy_from_slice(&checksum.to_le_bytes());
    out
}

/// Reads the snapshot of a sequence; `None` if it is damaged, of another journal or of another format.
///
/// # Errors
/// `IO`.
pub fn load(disk: &dyn Disk, id: &FileId, sequence: u64) -> Result<Option<Snapshot>> {
    let name = name(sequence);
    let Some(length) = disk.len(&name)? else { return Ok(None) };
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let read = disk.read_at(&name, 0, &mut bytes)?;
    bytes.truncate(read);
    Ok(parse(bytes, id).filter(|snapshot| snapshot.head.sequence == sequence))
}

fn parse(mut bytes: Vec<u8>, id: &FileId) -> Option<Snapshot> {
    let head = bytes.get(..HEAD_BYTES)?;
    let ours = &head[..8] == MAGIC && u32_at(head, 8) == VERSION && head[12..44] == id[..];
    let whole = u64_at(head, 92) == (bytes.len() - HEAD_BYTES) as u64;
    if !ours || !whole || checksum(&bytes) != u32_at(head, 100) {
        return None;
    }
    let (keys, head) = (u64_at(head, 84), Head { sequence: u64_at(head, 44), hash: array_at(head, 52) });
    bytes.drain(..HEAD_BYTES);
    Some(Snapshot { head, keys, payload: bytes })
}

fn checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&bytes[..100]), &bytes[HEAD_BYTES..])
}
