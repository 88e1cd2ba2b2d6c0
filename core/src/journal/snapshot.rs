//! Snapshots: a cache of the state at one head, thrown away on any mismatch.
//!
//! The blob `snapshot` is `magic 8, version u32, sequence u64, chain hash 32, CRC-32 of everything else, payload`. It
//! is only believed if the journal has this chain hash at this sequence, so a snapshot of another journal, of a
//! tail that a crash took away, or of another format is as good as none.

use super::Head;
use super::wire::{array_at, u32_at, u64_at};

/// Name of the blob.
pub const SNAPSHOT_BLOB: &str = "snapshot";

const MAGIC: &[u8; 8] = b"trsssnap";
const VERSION: u32 = 1;
const HEAD_BYTES: usize = 56;

/// The bytes of a snapshot.
pub fn write(head: &Head, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD_BYTES + payload.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&head.sequence.to_le_bytes());
    out.extend_from_slice(&head.hash);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
    let checksum = checksum(&out);
    out[52..56].copy_from_slice(&checksum.to_le_bytes());
    out
}

/// Reads a snapshot; `None` if it is damaged or of another format.
pub fn read(mut bytes: Vec<u8>) -> Option<(Head, Vec<u8>)> {
    let head = bytes.get(..HEAD_BYTES)?;
    if &head[..8] != MAGIC || u32_at(head, 8) != VERSION || checksum(&bytes) != u32_at(head, 52) {
        return None;
    }
    let head = Head { sequence: u64_at(head, 12), hash: array_at(head, 20) };
    bytes.drain(..HEAD_BYTES);
    Some((head, bytes))
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..52]);
    hasher.update(&bytes[HEAD_BYTES..]);
    hasher.finalize()
}
