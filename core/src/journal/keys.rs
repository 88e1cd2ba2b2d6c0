//! Per-subject keys: a person's records are readable as long as their key exists, and erasing destroys the key.
//!
//! The file `keys` begins with `magic 8, version u32, file id 32, floor u64, count u64, CRC-32C`, followed by entries
//! `CRC-32C u32, name length u16, key id u64, key 32, name`, in the order of their ids. `count` entries were written
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
use super::{SUBJECT_LIMIT_BYTES, corrupt};

/// Name of the file.
pub const KEYS_FILE: &str = "keys";
/// Bytes that encryption adds to a payload: nonce and tag.
pub const SEAL_BYTES: usize = NONCE_BYTES + TAG_BYTES;
/// Bytes of the file before its first entry.
pub const HEADER_BYTES: usize = 64;

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const MAGIC: &[u8; 8] = b"trsskeys";
const VERSION: u32 = 1;
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
    /// Length of the file, and where its appended entries begin.
    length: u64,
    appended: u64,
    /// Whether the file ends in a torn entry, which must go before anything is appended.
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

    /// Reads into `payload` what [`SubjectKey::seal`] wrote; false if it was not written with this key at this place.
    pub fn open(&self, key_id: u64, sequence: u64, content: &[u8], payload: &mut Vec<u8>) -> bool {
        let (Some(nonce), Some(tag_at)) = (content.get(..NONCE_BYTES), content.len().checked_sub(TAG_BYTES)) else {
            return false;
        };
        if tag_at < NONCE_BYTES {
            return false;
        }
        let (nonce, tag): ([u8; NONCE_BYTES], [u8; TAG_BYTES]) = (array_at(nonce, 0), array_at(content, tag_at));
        payload.clear();
        payload.extend_from_slice(&content[NONCE_BYTES..tag_at]);
        XChaCha20Poly1305::new(&self.key.into())
            .decrypt_inout_detached(
                &XNonce::from(nonce),
                &context(key_id, sequence),
                payload.as_mut_slice().into(),
                &tag.into(),
            )
            .is_ok()
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
        Keys { id, by_id, by_subject, next: 1, unsaved: Vec::new(), length: 0, appended: 0, torn: false }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// `JOURNAL_VERSION`; `JOURNAL_CORRUPT` if the part that was written atomically is damaged. A torn append is no error.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let header = bytes.get(..HEADER_BYTES).filter(|header| &header[..8] == MAGIC);
        let found = header.map_or(VERSION, |header| u32_at(header, 8));
        if found != VERSION {
            return Err(Error::JournalVersion { found, supported: VERSION });
        }
        Keys::read_entries(bytes).map_err(|message| corrupt(0, 0, message))
    }

    fn read_entries(bytes: &[u8]) -> std::result::Result<Self, String> {
        let header = bytes.get(..HEADER_BYTES).filter(|header| &header[..8] == MAGIC).ok_or("no key file")?;
        if crc32c::crc32c(&header[..60]) != u32_at(header, 60) {
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
        keys.appended = (bytes.len() - rest.len()) as u64;
        while let Some((id, key, length)) = read_entry(rest).filter(|(id, ..)| *id == keys.next) {
            keys.insert(id, key);
            keys.next = id.checked_add(1).ok_or("key ids are used up")?;
            rest = &rest[length..];
        }
        keys.torn = !rest.is_empty();
        keys.length = (bytes.len() - rest.len()) as u64;
        Ok(keys)
    }

    /// Reads what can be read of a damaged file: every entry that is whole, wherever it lies.
    pub fn rescue(bytes: &[u8], id: FileId) -> Self {
        let mut keys = Keys::new(id);
        let mut at = HEADER_BYTES;
        while at < bytes.len() {
            match read_entry(&bytes[at..]).filter(|(id, ..)| *id >= keys.next && *id < u64::MAX) {
                Some((id, key, length)) => {
                    keys.insert(id, key);
                    keys.next = id + 1;
                    at += length;
                }
                None => at += 1,
            }
        }
        keys
    }

    /// The same keys for another journal file.
    pub fn moved(mut self, id: FileId) -> Self {
        self.id = id;
        self
    }

    /// Says that ids below `next` were given out: those without an entry count as erased.
    pub fn raise(&mut self, next: u64) {
        self.next = self.next.max(next);
    }

    /// The keys of ids below `next`, as if no later one had been given out.
    pub fn until(mut self, next: u64) -> Self {
        self.keep(|id, _| id < next);
        self.next = self.next.min(next);
        self
    }

    /// The key of one subject: all others count as erased.
    pub fn only(mut self, subject: &str) -> Self {
        self.keep(|_, key| &*key.subject == subject);
        self
    }

    fn keep(&mut self, keeps: impl Fn(u64, &SubjectKey) -> bool) {
        let (by_subject, mut by_id) = (Lookup::default(), std::mem::take(&mut self.by_id));
        self.by_subject = by_subject;
        by_id.retain(|id, key| keeps(*id, key));
        for (id, key) in by_id {
            self.insert(id, key);
        }
    }

    /// The same file without any key: every subject counts as erased.
    pub fn without_secrets(&self) -> Self {
        Keys { next: self.next, ..Keys::new(self.id) }
    }

    /// The first 64 bytes of the file, which differ after every rewriting.
    pub fn header(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[..8].copy_from_slice(MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12..44].copy_from_slice(&self.id);
        out[44..52].copy_from_slice(&self.next.to_le_bytes());
        out[52..60].copy_from_slice(&(self.by_id.len() as u64).to_le_bytes());
        let checksum = crc32c::crc32c(&out[..60]);
        out[60..].copy_from_slice(&checksum.to_le_bytes());
        out
    }

    /// The journal file that the keys belong to.
    pub fn file_id(&self) -> &FileId {
        &self.id
    }

    /// Ids given out so far, and one.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Whether the file must be rewritten before anything is appended to it.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Where the file ends, and where its appended entries begin.
    pub fn extent(&self) -> (u64, u64) {
        (self.length, self.appended)
    }

    /// Says that the file was replaced by one of this length.
    pub fn replaced(&mut self, length: usize) {
        (self.length, self.appended, self.torn) = (length as u64, length as u64, false);
        self.forget_unsaved();
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

    /// Entries to append to the file.
    pub fn unsaved(&self) -> &[u8] {
        &self.unsaved
    }

    /// Says that the unsaved entries are on the disk.
    pub fn saved(&mut self) {
        self.length += self.unsaved.len() as u64;
        self.forget_unsaved();
    }

    fn forget_unsaved(&mut self) {
        self.unsaved.fill(0);
        self.unsaved.clear();
    }

    /// Destroys the key of a subject in memory; the file still has to be replaced. False if there is none.
    pub fn remove(&mut self, subject: &str) -> bool {
        match self.by_subject.remove(subject) {
            Some(id) => self.by_id.remove(&id).is_some(),
            None => false,
        }
    }

    /// The whole file.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BYTES + self.by_id.len() * 2 * ENTRY_HEAD_BYTES);
        out.extend_from_slice(&self.header());
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
    let checksum = crc32c::crc32c(&out[start + 4..]);
    out[start..start + 4].copy_from_slice(&checksum.to_le_bytes());
}

fn read_entry(bytes: &[u8]) -> Option<(u64, SubjectKey, usize)> {
    let head = bytes.get(..ENTRY_HEAD_BYTES)?;
    let length = ENTRY_HEAD_BYTES + usize::from(u16::from_le_bytes(array_at(head, 4)));
    let entry = bytes.get(..length).filter(|entry| entry.len() <= ENTRY_HEAD_BYTES + SUBJECT_LIMIT_BYTES)?;
    if crc32c::crc32c(&entry[4..]) != u32_at(entry, 0) {
        return None;
    }
    let subject = std::str::from_utf8(&entry[ENTRY_HEAD_BYTES..]).ok()?;
    Some((u64_at(entry, 6), SubjectKey { subject: subject.into(), key: array_at(entry, 14) }, length))
}
