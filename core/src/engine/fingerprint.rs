//! What the content of an input is compared by, so that a repeated id with other content can name the field.
//!
//! A serde serialiser that visits the fields of a command or fact: each is written in its binary form and hashed, and
//! nothing is allocated beyond two reused buffers. The hashes are kept in the journal: they never change.

use serde::ser::{Impossible, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::event::Fingerprint;

/// Fields that have a byte of their own; field 0 is the type.
const FIELDS: usize = 16;

/// Takes fingerprints; keeps its buffer.
#[derive(Debug, Default)]
pub struct Fingerprints {
    bytes: Vec<u8>,
    names: Vec<&'static str>,
}

impl Fingerprints {
    /// The fingerprint of an input without its id and the fields that `skip` names.
    pub fn of(&mut self, input: &impl Serialize, skip: &[&str]) -> Fingerprint {
        self.bytes.clear();
        self.names.clear();
        let mut fields = [0; FIELDS];
        let mut whole = 0u64;
        let visit = Visit { own: self, skip, fields: &mut fields, whole: &mut whole };
        // No input fails to serialise: its fields are texts, numbers and lists of them.
        let _ = input.serialize(visit);
        Fingerprint { whole, fields }
    }

    /// The first field in which the input of the last fingerprint differs from an earlier one.
    pub fn differing(&self, last: &Fingerprint, earlier: &Fingerprint) -> &'static str {
        let differs = (0..FIELDS).find(|at| last.fields[*at] != earlier.fields[*at]);
        match differs {
            Some(0) => "type",
            Some(at) => self.names.get(at).copied().unwrap_or("type"),
            None => "content",
        }
    }
}

struct Visit<'a> {
    own: &'a mut Fingerprints,
    skip: &'a [&'a str],
    fields: &'a mut [u8; FIELDS],
    whole: &'a mut u64,
}

/// A folded multiply over words of 8 bytes (as in wyhash): two contents that differ by accident or by mistake have
/// the same hash once in 2⁶⁴. It is no secret and guards against no forger: whoever may send inputs may send any.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut state = seed ^ 0x9E37_79B9_7F4A_7C15 ^ bytes.len() as u64;
    for word in bytes.chunks(8) {
        let mut padded = [0; 8];
        padded[..word.len()].copy_from_slice(word);
        let product = u128::from(state ^ u64::from_le_bytes(padded)) * 0xD6E8_FEB8_6659_FD93u128;
        state = (product as u64) ^ ((product >> 64) as u64);
    }
    state ^ (state >> 32)
}

impl Visit<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) {
        let at = self.own.names.len().min(FIELDS - 1);
        self.own.names.push(name);
        if name == "id" || self.skip.contains(&name) {
            return;
        }
        self.own.bytes.clear();
        if let Ok(written) = postcard::to_extend(value, std::mem::take(&mut self.own.bytes)) {
            self.own.bytes = written;
        }
        let own = hash(at as u64, &self.own.bytes);
        *self.whole = hash(*self.whole, &own.to_le_bytes());
        self.fields[at] ^= own as u8;
    }
}

/// An input that is no struct: there is none.
#[derive(Debug)]
struct NoStruct;

impl std::fmt::Display for NoStruct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an input is a struct")
    }
}
impl std::error::Error for NoStruct {}
impl serde::ser::Error for NoStruct {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        NoStruct
    }
}

macro_rules! no_struct {
    ($($method:ident($($type:ty),*) -> $answer:ty;)*) => {$(
        fn $method(self, $(_: $type),*) -> Result<$answer, NoStruct> {
            Err(NoStruct)
        }
    )*};
}

type Never = Impossible<(), NoStruct>;

impl Serializer for Visit<'_> {
    type Ok = ();
    type Error = NoStruct;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Self;
    type SerializeStructVariant = Never;

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), NoStruct> {
        self.field("type", variant);
        value.serialize(self)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, NoStruct> {
        Ok(self)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), NoStruct> {
        value.serialize(self)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NoStruct> {
        value.serialize(self)
    }
    no_struct! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}

impl SerializeStruct for Visit<'_> {
    type Ok = ();
    type Error = NoStruct;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), NoStruct> {
        self.field(name, value);
        Ok(())
    }
    fn end(self) -> Result<(), NoStruct> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Command, Line, Release, Reserve};

    #[test]
    fn the_field_that_differs_is_named() {
        let mut own = Fingerprints::default();
        let mut check = |a: Command, b: Command, field: &str| {
            let earlier = own.of(&a, &[]);
            let last = own.of(&b, &[]);
            assert_eq!((earlier == last, own.differing(&last, &earlier)), (field == "content", field));
        };
        let wish =
            Reserve { id: "a".into(), lines: vec![Line::new("x", 1)], location: "p".into(), ..Reserve::default() };
        let other = Reserve { id: "b".into(), ..wish.clone() };
        check(wish.clone().into(), other.into(), "content");
        check(wish.clone().into(), Reserve { lines: vec![Line::new("x", 2)], ..wish.clone() }.into(), "lines");
        check(wish.clone().into(), Reserve { ttl_seconds: 1, ..wish.clone() }.into(), "ttl_seconds");
        check(wish.clone().into(), Release { id: "a".into(), hold: "h".into(), lines: Vec::new() }.into(), "type");
    }

    #[test]
    fn fingerprints_never_change() {
        let wish =
            Reserve { id: "a".into(), lines: vec![Line::new("x", 1)], location: "p".into(), ..Reserve::default() };
        let own = Fingerprints::default().of(&Command::from(wish), &[]);
        assert_eq!((own.whole, u128::from_le_bytes(own.fields)), (169973103335206566, 3717658509434192068825)); // as journals keep it
    }
}
