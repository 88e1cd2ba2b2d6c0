//! A growing column in chunks that are shared until they change.
//!
//! A clone costs one reference count a chunk, and a change after it copies one chunk: readers keep an
//! immutable view of millions of rows while the writer goes on.

use std::ops::Index;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const BITS: usize = 9;
/// Rows of a chunk.
const CHUNK: usize = 1 << BITS;

/// A column of rows by index. O(1) a call; a clone O(rows / 512).
///
/// ```
/// let mut column = trousse::base::Chunked::default();
/// column.push(7);
/// let before = column.clone();
/// *column.get_mut(0) += 1;
/// assert_eq!((column[0], before[0], column.len()), (8, 7, 1));
/// ```
#[derive(Debug, Clone)]
pub struct Chunked<T> {
    chunks: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Chunked { chunks: Vec::new(), len: 0 }
    }
}

impl<T> Chunked<T> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// The row at an index, if there is one.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.chunks.get(index >> BITS)?.get(index & (CHUNK - 1))
    }
    /// The rows in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }
    /// The rows from an index on.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = &T> {
        let first = index.min(self.len);
        let chunks = self.chunks.get(first >> BITS..).unwrap_or(&[]).iter();
        chunks.flat_map(|chunk| chunk.iter()).skip(first & (CHUNK - 1))
    }
}

impl<T: Clone> Chunked<T> {
    /// Appends a row and answers its index.
    pub fn push(&mut self, row: T) -> usize {
        if self.len & (CHUNK - 1) == 0 {
            self.chunks.push(Arc::new(Vec::with_capacity(if self.len == 0 { 4 } else { CHUNK })));
        }
        let last = self.chunks.len() - 1;
        Arc::make_mut(&mut self.chunks[last]).push(row);
        self.len += 1;
        self.len - 1
    }
    /// A row, to change.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn get_mut(&mut self, index: usize) -> &mut T {
        &mut Arc::make_mut(&mut self.chunks[index >> BITS])[index & (CHUNK - 1)]
    }
}

impl<T> Index<usize> for Chunked<T> {
    type Output = T;
    fn index(&self, index: usize) -> &T {
        &self.chunks[index >> BITS][index & (CHUNK - 1)]
    }
}

impl<T: PartialEq> PartialEq for Chunked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<T: Serialize> Serialize for Chunked<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut rows = s.serialize_seq(Some(self.len))?;
        for row in self.iter() {
            rows.serialize_element(row)?;
        }
        rows.end()
    }
}

impl<'de, T: Deserialize<'de> + Clone> Deserialize<'de> for Chunked<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Rows<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Clone> serde::de::Visitor<'de> for Rows<T> {
            type Value = Chunked<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a sequence")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut rows: A) -> Result<Chunked<T>, A::Error> {
                let mut column = Chunked::default();
                while let Some(row) = rows.next_element()? {
                    column.push(row);
                }
                Ok(column)
            }
        }
        d.deserialize_seq(Rows(std::marker::PhantomData))
    }
}

impl<T: Clone> FromIterator<T> for Chunked<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        let mut column = Chunked::default();
        rows.into_iter().for_each(|row| {
            column.push(row);
        });
        column
    }
}
