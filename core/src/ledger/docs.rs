//! Documents: every id that was ever used, what its content is compared by and what it was answered.
//!
//! Exact for ever: the id's own text is kept, in an arena, and compared. A new id costs one probe of a table of 5
//! bytes an id in the usual case; ids, fingerprints and answers together take about 80 bytes an id. The answer itself
//! is not stored: it is read from the book.

use std::sync::Arc;

use hashbrown::HashTable;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::ids::{spread, tag_of};
use crate::base::{Chunked, Rejected};
use crate::event::{Fingerprint, Origin};

/// The number of a document, in the order of entry.
pub type DocId = u32;
/// No document, or no entry.
pub const NONE: u32 = u32::MAX;

const BLOCK_BYTES: usize = 1 << 16;
const SHARDS: usize = 64;

/// What a document was answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It became a hold, by its number.
    Hold(u32),
    /// It was refused, by the number of the refusal.
    Refused(u32),
    /// It is a fact that waits for the catalogue.
    Waiting,
}

/// One document.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Doc {
    at: u64,
    length: u16,
    /// What its content is compared by.
    pub fingerprint: Fingerprint,
    /// What it was answered with.
    pub outcome: Outcome,
    /// Its first entry in the book.
    pub first_entry: u32,
    /// How many entries it made at once.
    pub entries: u32,
    /// The last entry that concerns it as an order, made by whatever document.
    pub last_of_order: u32,
}

/// All documents, by number and by id.
#[derive(Debug, Clone, Default)]
pub struct Docs {
    blocks: Vec<Arc<Vec<u8>>>,
    rows: Chunked<Doc>,
    refusals: Chunked<Rejected>,
    /// By the hash of the id: the rest of the hash, so that neither a probe nor growth reads the ids.
    table: Vec<Arc<HashTable<(u32, DocId)>>>,
}

/// Growth moves one part of the table at a time.
fn shard_of(tag: u32) -> usize {
    tag as usize % SHARDS
}

impl Docs {
    /// The number of an id. O(1).
    pub fn find(&self, id: &str) -> Option<DocId> {
        self.find_tagged(tag_of(id), id)
    }

    fn find_tagged(&self, tag: u32, id: &str) -> Option<DocId> {
        let shard = self.table.get(shard_of(tag))?;
        let same = |(own, doc): &(u32, DocId)| *own == tag && self.bytes(*doc) == id.as_bytes();
        shard.find(spread(tag), same).map(|(_, doc)| *doc)
    }

    /// The id of a document.
    pub fn id(&self, doc: DocId) -> &str {
        std::str::from_utf8(self.bytes(doc)).unwrap_or("") // it was a &str when it came in
    }

    fn is_stored(&self, row: &Doc) -> bool {
        let start = row.at as usize % BLOCK_BYTES;
        let block = self.blocks.get(row.at as usize / BLOCK_BYTES);
        block.is_some_and(|block| start + usize::from(row.length) <= block.len())
    }

    fn bytes(&self, doc: DocId) -> &[u8] {
        let row = &self.rows[doc as usize];
        let start = row.at as usize % BLOCK_BYTES;
        &self.blocks[row.at as usize / BLOCK_BYTES][start..start + usize::from(row.length)]
    }

    /// A document.
    pub fn get(&self, doc: DocId) -> &Doc {
        &self.rows[doc as usize]
    }

    /// A refusal.
    pub fn refusal(&self, number: u32) -> &Rejected {
        &self.refusals[number as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn get_mut(&mut self, doc: DocId) -> &mut Doc {
        self.rows.get_mut(doc as usize)
    }

    pub(super) fn refuse(&mut self, doc: DocId, why: &Rejected) {
        let number = self.refusals.push(why.clone()) as u32;
        self.get_mut(doc).outcome = Outcome::Refused(number);
    }

    /// Enters an origin; an id that is known keeps its number.
    pub(super) fn enter(&mut self, origin: &Origin<'_>, next_entry: u32) -> DocId {
        let tag = tag_of(origin.id);
        if self.table.is_empty() {
            self.table = vec![Arc::default(); SHARDS];
        }
        if let Some(doc) = self.find_tagged(tag, origin.id) {
            return doc;
        }
        let at = self.store(origin.id);
        let row = Doc {
            at,
            length: origin.id.len() as u16, // at most MAX_KEY_BYTES, checked at the door
            fingerprint: origin.fingerprint,
            outcome: Outcome::Done,
            first_entry: next_entry,
            entries: 0,
            last_of_order: NONE,
        };
        let doc = self.rows.push(row) as DocId;
        self.index(tag, doc);
        doc
    }

    fn index(&mut self, tag: u32, doc: DocId) {
        let shard = Arc::make_mut(&mut self.table[shard_of(tag)]);
        shard.insert_unique(spread(tag), (tag, doc), |(tag, _)| spread(*tag));
    }

    fn store(&mut self, id: &str) -> u64 {
        if self.blocks.last().is_none_or(|block| block.len() + id.len() > BLOCK_BYTES) {
            self.blocks.push(Arc::new(Vec::with_capacity(BLOCK_BYTES)));
        }
        let number = self.blocks.len() - 1;
        let block = Arc::make_mut(&mut self.blocks[number]);
        let at = number * BLOCK_BYTES + block.len();
        block.extend_from_slice(id.as_bytes());
        at as u64
    }
}

impl PartialEq for Docs {
    fn eq(&self, other: &Self) -> bool {
        self.blocks == other.blocks && self.rows == other.rows && self.refusals == other.refusals
    }
}

impl Serialize for Docs {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let blocks: Vec<&[u8]> = self.blocks.iter().map(|block| block.as_slice()).collect();
        (blocks, &self.rows, &self.refusals).serialize(s)
    }
}

impl<'de> Deserialize<'de> for Docs {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let (blocks, rows, refusals) = <(Vec<Vec<u8>>, Chunked<Doc>, Chunked<Rejected>)>::deserialize(d)?;
        let mut docs = Docs {
            blocks: blocks.into_iter().map(Arc::new).collect(),
            rows,
            refusals,
            table: vec![Arc::default(); SHARDS],
        };
        for doc in 0..docs.rows.len() as DocId {
            if !docs.is_stored(&docs.rows[doc as usize]) {
                return Err(serde::de::Error::custom("an id lies outside of the arena"));
            }
            let tag = tag_of(docs.id(doc));
            docs.index(tag, doc);
        }
        Ok(docs)
    }
}
