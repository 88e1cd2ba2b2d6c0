//! Interned ids: small integers for keys, and a lookup that cannot be iterated.
//!
//! Interned ids never leave the process: what is written, sent, hashed or used to break a tie
//! is the external key.

use std::borrow::Borrow;
use std::hash::Hash;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);
        impl $name {
            /// The id as an index into columns.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
        impl From<u32> for $name {
            fn from(id: u32) -> Self {
                $name(id)
            }
        }
    )*};
}

ids! {
    /// A sellable shade or size of a product.
    SkuId,
    /// A place that holds stock.
    LocationId,
    /// A lot of one SKU.
    LotId,
    /// A person, or whatever the caller keys persons by.
    SubjectId
}

/// A map without iteration, so that no result can depend on hash order. O(1) a call.
#[derive(Debug, Clone)]
#[allow(clippy::disallowed_types)]
pub struct Lookup<K, V>(std::collections::HashMap<K, V, rustc_hash::FxBuildHasher>);

impl<K, V> Default for Lookup<K, V> {
    fn default() -> Self {
        Lookup(Default::default())
    }
}

impl<K: Hash + Eq, V> Lookup<K, V> {
    /// The value at a key.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }
    /// The value at a key, to change.
    pub fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.0.get_mut(key)
    }
    /// Puts a value and answers the one it replaced.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }
    /// Takes a value out.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.remove(key)
    }
    /// The value at a key, made where there was none.
    pub fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.0.entry(key).or_default()
    }
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Ord + Hash + Eq, V> Lookup<K, V> {
    /// The entries in key order. O(n log n): for snapshots and reports, not for hot paths.
    pub fn sorted(&self) -> Vec<(&K, &V)> {
        let mut entries: Vec<(&K, &V)> = self.0.iter().collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
        entries
    }
}

impl<K: Ord + Hash + Eq, V: PartialEq> PartialEq for Lookup<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K: Serialize + Ord + Hash + Eq, V: Serialize> Serialize for Lookup<K, V> {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_seq(self.sorted())
    }
}

impl<'de, K: Deserialize<'de> + Hash + Eq, V: Deserialize<'de>> Deserialize<'de> for Lookup<K, V> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        Ok(Lookup(Vec::<(K, V)>::deserialize(d)?.into_iter().collect()))
    }
}

/// Keys ↔ dense ids in the order of their first mention.
///
/// The keys lie in one text; the table keeps a part of each hash, so that a lookup reads one key.
///
/// ```
/// let mut skus = trousse::base::Interner::default();
/// assert_eq!((skus.intern("LIP-01"), skus.intern("SER-30"), skus.intern("LIP-01")), (0, 1, 0));
/// assert_eq!(skus.key(1), "SER-30");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Interner {
    text: String,
    /// Where each key ends in the text.
    ends: Vec<usize>,
    ids: hashbrown::HashTable<(u32, u32)>,
}

/// A part of the hash of a key, for tables that keep it beside the id; in memory only.
pub(crate) fn tag_of(key: &str) -> u32 {
    use std::hash::Hasher;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(key.as_bytes());
    let hash = hasher.finish();
    (hash ^ (hash >> 32)) as u32
}

/// The hash that a table is asked by: it wants high bits that differ, and takes them from 32.
pub(crate) fn spread(tag: u32) -> u64 {
    u64::from(tag).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Interner {
    /// The id of a key, given anew where there was none. O(1).
    ///
    /// # Panics
    /// Beyond 2³² keys.
    pub fn intern(&mut self, key: &str) -> u32 {
        if let Some(id) = self.id(key) {
            return id;
        }
        let id = u32::try_from(self.ends.len()).expect("fewer than 2^32 keys");
        self.text.push_str(key);
        self.ends.push(self.text.len());
        let tag = tag_of(key);
        self.ids.insert_unique(spread(tag), (tag, id), |(tag, _)| spread(*tag));
        id
    }
    /// The id of a key, if it has one. O(1).
    pub fn id(&self, key: &str) -> Option<u32> {
        let tag = tag_of(key);
        self.ids.find(spread(tag), |(own, id)| *own == tag && self.key(*id) == key).map(|(_, id)| *id)
    }
    /// The key of an id that this interner gave.
    ///
    /// # Panics
    /// For an id of another interner.
    pub fn key(&self, id: u32) -> &str {
        let start = if id == 0 { 0 } else { self.ends[id as usize - 1] };
        &self.text[start..self.ends[id as usize]]
    }
    /// All keys, by id.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len() as u32).map(|id| self.key(id))
    }
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    /// All ids in the order of their keys: the order to show and to break ties in. O(n log n).
    pub fn ids_by_key(&self) -> Vec<u32> {
        let mut ids: Vec<u32> = (0..self.ends.len() as u32).collect();
        ids.sort_unstable_by(|a, b| self.key(*a).cmp(self.key(*b)));
        ids
    }
}

impl PartialEq for Interner {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}

impl Serialize for Interner {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_seq(self.keys())
    }
}

impl<'de> Deserialize<'de> for Interner {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let mut interner = Interner::default();
        for key in Vec::<Box<str>>::deserialize(d)? {
            interner.intern(&key);
        }
        Ok(interner)
    }
}
