//! Per-subject keys: a person's records are readable as long as their key exists, and erasing destroys the key.
//!
//! The blob `keys` begins with `magic 8, version u32, file id 32, floor u64, count u64, CRC-32`, followed by entries
//! `CRC-32 u32, name length u16, key id u64, key 32, name`, in the order of their ids. `count` entries were written
//! with the header in one atomic replacement; those after them were appended one by one and have the ids `floor`,
//! `floor + 1`, …. So an id below `floor` without an entry was erased, and an id that no entry reached was never
//! acknowledged: a torn append can be cut, and a log that mentions such an id proves that keys were lost.
//!
//! Ids only grow and are never used again: a subject who comes back after an erase gets a new id and a new key.
//!
//! What is *not* promised: keys are overwritten in memory and on disk before they are let go, but a copy-on-write file
//! system, a flash controller or a backup may hold older bytes. Full-disk encryption and backups without `keys` help.

use std::collections::BTreeMap;
use std::sync::Arc;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::base::{Error, Lookup, Result};

use super::wire::{FileId, array_at, u32_at, u64_at};

/// Name of the blob.
pub const KEYS_BLOB: &str = "keys";
/// Bytes that encryption adds to a payload: nonce and tag.
pub const SEAL_BYTES: usize = NONCE_BYTES + 16;

const NONCE_BYTES: usize = 24;
const MAGIC: &[u8; 8] = b"trsskeys";
const VERSION: u32 = 0;
const HEADER_BYTES: usize = 64;
const ENTRY_HEAD_BYTES: usize = 46;

/// The keys of all subjects that were not erased.
#[derive(Debug)]
pub struct Keys {
    id: FileId,
    by_id: BTreeMap<u64, SubjectKey>,
    by_subject: Lookup<Arc<str>, u64>,
    next: u64,
    /// Entries not yet on the disk.
    unsaved: Vec<u8>,
    /// Whether the blob ends in a torn entry, which must go before anything is appended.
    torn: bool,
}

/// One subject's key.
pub struct SubjectKey {
    subject: Arc<str>,
    key: [u8; 32],
}

impl std::fmt::Debug for SubjectKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SubjectKey({})", self.subject) // never the key: logs outlive erasure
    }
}

impl Drop for SubjectKey {
    fn drop(&mut self) {
        // Best effort: without unsafe code the compiler cannot be forced; black_box keeps it from seeing a dead store.
        self.key = [0; 32];
        std::hint::black_box(&self.key);
    }
}

impl SubjectKey {
    /// Whose key it is.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Appends nonce, ciphertext and tag of a payload.
    ///
    /// The nonce is a keyed hash of sequence and payload (as in SIV): it needs no randomness, so the same history gives
    /// the same bytes, and it repeats under one key only for the same payload at the same sequence, where it repeats
    /// the same ciphertext. A crashed and rewritten sequence with another payload gets another nonce.
    pub fn seal(&self, key_id: u64, sequence: u64, payload: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&sequence.to_le_bytes()).update(payload);
        let nonce: [u8; NONCE_BYTES] = array_at(hasher.finalize().as_bytes(), 0);
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(payload);
        let tag = XChaCha20Poly1305::new(&self.key.into())
            .encrypt_inout_detached(&XNonce::from(nonce), &context(key_id, sequence), (&mut out[start..]).into())
            .map_err(|_| Error::argument("payload", "short enough to encrypt", payload.len()))?;
        out.extend_from_slice(&tag);
        Ok(())
    }

    /// Reads what [`SubjectKey::seal`] wrote; `None` if it was not written with this key at this place.
    pub fn open(&self, key_id: u64, sequence: u64, content: &[u8]) -> Option<Vec<u8>> {
        if content.len() < SEAL_BYTES {
            return None;
        }
        let nonce: [u8; NONCE_BYTES] = array_at(content, 0);
        let mut payload = content[NONCE_BYTES..].to_vec();
        XChaCha20Poly1305::new(&self.key.into())
            .decrypt_in_place(&XNonce::from(nonce), &context(key_id, sequence), &mut payload)
            .ok()?;
        Some(payload)
    }
}

/// What a ciphertext is bound to: it cannot be moved to another place of the log or to another key.
fn context(key_id: u64, sequence: u64) -> [u8; 16] {
    let mut context = [0; 16];
    context[..8].copy_from_slice(&key_id.to_le_bytes());
    context[8..].copy_from_slice(&sequence.to_le_bytes());
    context
}

impl Keys {
    /// No keys, for a new journal.
    pub fn new(id: FileId) -> Self {
        let (by_id, by_subject) = Default::default();
        Keys { id, by_id, by_subject, next: 1, unsaved: Vec::new(), torn: false }
    }

    /// Reads the blob.
    ///
    /// # Errors
    /// A message if the part that was written atomically is damaged; a torn append is not an error.
    pub fn read(bytes: &[u8]) -> std::result::Result<Self, String> {
        let header = bytes.get(..HEADER_BYTES).filter(|header| &header[..8] == MAGIC).ok_or("no key file")?;
        if crc32fast::hash(&header[..60]) != u32_at(header, 60) || u32_at(header, 8) != VERSION {
            return Err("the head of the key file is damaged".into());
        }
        let (floor, count) = (u64_at(header, 44), u64_at(header, 52));
        let mut keys = Keys { next: floor, ..Keys::new(array_at(header, 12)) };
        let mut rest = &bytes[HEADER_BYTES..];
        let mut previous = 0;
        for _ in 0..count {
            let (id, key, length) = read_entry(rest).ok_or("an entry of the key file is damaged")?;
            if id <= previous || id >= floor {
                return Err(format!("key id {id} is out of order"));
            }
            previous = id;
            keys.insert(id, key);
            rest = &rest[length..];
        }
        while let Some((id, key, length)) = read_entry(rest).filter(|(id, ..)| *id == keys.next) {
            keys.insert(id, key);
            keys.next = id.checked_add(1).ok_or("key ids are used up")?;
            rest = &rest[length..];
        }
        keys.torn = !rest.is_empty();
        Ok(keys)
    }

    /// The journal file that the keys belong to.
    pub fn file_id(&self) -> &FileId {
        &self.id
    }

    /// Whether no key was ever made.
    pub fn is_unused(&self) -> bool {
        self.next == 1
    }

    /// Whether the blob must be rewritten before anything is appended to it.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Says that the blob was rewritten.
    pub fn mended(&mut self) {
        self.torn = false;
    }

    /// The key of an id: `Ok(None)` if it was erased.
    ///
    /// # Errors
    /// A message if the id was never given out: the key file lost its end.
    pub fn get(&self, id: u64) -> std::result::Result<Option<&SubjectKey>, String> {
        if id == 0 || id >= self.next {
            return Err(format!("the key file does not know key id {id}"));
        }
        Ok(self.by_id.get(&id))
    }

    /// The key id of a subject.
    pub fn id_of(&self, subject: &str) -> Option<u64> {
        self.by_subject.get(subject).copied()
    }

    /// Makes a key for a subject that has none. It is durable once [`Keys::unsaved`] was appended.
    pub fn create(&mut self, subject: &str, key: [u8; 32]) -> Result<u64> {
        let id = self.next;
        self.next = id.checked_add(1).ok_or_else(|| Error::argument("subject", "one of fewer than 2^64", id))?;
        let key = SubjectKey { subject: subject.into(), key };
        write_entry(&mut self.unsaved, id, &key);
        self.insert(id, key);
        Ok(id)
    }

    /// Entries to append to the blob.
    pub fn unsaved(&self) -> &[u8] {
        &self.unsaved
    }

    /// Says that the unsaved entries are on the disk.
    pub fn saved(&mut self) {
        self.unsaved.fill(0);
        self.unsaved.clear();
    }

    /// Destroys the key of a subject in memory; the blob still has to be replaced. False if there is none.
    pub fn remove(&mut self, subject: &str) -> bool {
        match self.by_subject.remove(subject) {
            Some(id) => self.by_id.remove(&id).is_some(),
            None => false,
        }
    }

    /// The whole blob.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BYTES + self.by_id.len() * 2 * ENTRY_HEAD_BYTES);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&self.next.to_le_bytes());
        out.extend_from_slice(&(self.by_id.len() as u64).to_le_bytes());
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        for (id, key) in &self.by_id {
            write_entry(&mut out, *id, key);
        }
        out
    }

    fn insert(&mut self, id: u64, key: SubjectKey) {
        self.by_subject.insert(key.subject.clone(), id);
        self.by_id.insert(id, key);
    }
}

fn write_entry(out: &mut Vec<u8>, id: u64, key: &SubjectKey) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&(key.subject.len() as u16).to_le_bytes()); // at most SUBJECT_LIMIT_BYTES, checked at the door
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&key.key);
    out.extend_from_slice(key.subject.as_bytes());
    let checksum = crc32fast::hash(&out[start + 4..]);
    out[start..start + 4].copy_from_slice(&checksum.to_le_bytes());
}

fn read_entry(bytes: &[u8]) -> Option<(u64, SubjectKey, usize)> {
    let head = bytes.get(..ENTRY_HEAD_BYTES)?;
    let length = ENTRY_HEAD_BYTES + usize::from(u16::from_le_bytes(array_at(head, 4)));
    let entry = bytes.get(..length)?;
    if crc32fast::hash(&entry[4..]) != u32_at(entry, 0) {
        return None;
    }
    let subject = std::str::from_utf8(&entry[ENTRY_HEAD_BYTES..]).ok()?;
    Some((u64_at(entry, 6), SubjectKey { subject: subject.into(), key: array_at(entry, 14) }, length))
}
