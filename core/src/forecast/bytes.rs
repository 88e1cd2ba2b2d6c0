//! Numbers as bytes, the same on every machine: what a saved state is written in.
//!
//! Whole numbers take seven bits a byte, the lowest first; floating ones are IEEE 754, the lowest byte first. What is read
//! is not trusted: `None` for what is cut off or does not fit.

/// Bytes that are written.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

/// Bytes that are left to be read.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl Writer {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }
    pub(crate) fn whole(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8);
    }
    /// A whole number of either sign, small ones in few bytes.
    pub(crate) fn signed(&mut self, value: i64) {
        self.whole(((value << 1) ^ (value >> 63)) as u64);
    }
    pub(crate) fn single(&mut self, value: f32) {
        self.0.extend(value.to_le_bytes());
    }
    pub(crate) fn float(&mut self, value: f64) {
        self.0.extend(value.to_le_bytes());
    }
    pub(crate) fn floats(&mut self, values: &[f64]) {
        values.iter().for_each(|value| self.float(*value));
    }
    /// Values with their number before them.
    pub(crate) fn list(&mut self, values: &[f64]) {
        self.whole(values.len() as u64);
        self.floats(values);
    }
    /// A number that mostly is whole and then takes few bytes.
    pub(crate) fn number(&mut self, value: f64) {
        let whole = value as u64;
        if whole < 1 << 50 && (whole as f64).to_bits() == value.to_bits() {
            self.whole(whole + 1);
        } else {
            self.byte(0);
            self.float(value);
        }
    }
    pub(crate) fn text(&mut self, text: &str) {
        self.whole(text.len() as u64);
        self.0.extend(text.as_bytes());
    }
}

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }
    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }
    pub(crate) fn whole(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7F);
            if part << shift >> shift != part {
                return None;
            }
            value |= part << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
    pub(crate) fn signed(&mut self) -> Option<i64> {
        let value = self.whole()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }
    /// A number of things that take at least `each` bytes, so that no more are expected than there can be.
    pub(crate) fn count(&mut self, each: usize) -> Option<usize> {
        let count = usize::try_from(self.whole()?).ok()?;
        (count.checked_mul(each)? <= self.0.len()).then_some(count)
    }
    pub(crate) fn index(&mut self) -> Option<usize> {
        usize::try_from(self.whole()?).ok()
    }
    pub(crate) fn single(&mut self) -> Option<f32> {
        self.take().map(f32::from_le_bytes)
    }
    pub(crate) fn float(&mut self) -> Option<f64> {
        self.take().map(f64::from_le_bytes)
    }
    pub(crate) fn floats(&mut self, count: usize) -> Option<Vec<f64>> {
        (0..count).map(|_| self.float()).collect()
    }
    pub(crate) fn list(&mut self) -> Option<Vec<f64>> {
        let count = self.count(8)?;
        self.floats(count)
    }
    pub(crate) fn number(&mut self) -> Option<f64> {
        match self.whole()? {
            0 => self.float(),
            whole => Some((whole - 1) as f64),
        }
    }
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let count = self.count(1)?;
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        std::str::from_utf8(head).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            whole in any::<u64>(), signed in any::<i64>(), float in any::<f64>(), text in ".*", n in 0u64..1_000_000,
        ) {
            let mut out = Writer::default();
            out.whole(whole);
            out.signed(signed);
            out.number(float);
            out.number(n as f64);
            out.list(&[float, 1.0]);
            out.text(&text);
            out.single(1.5);
            let mut read = Reader(&out.0);
            prop_assert_eq!(read.whole(), Some(whole));
            prop_assert_eq!(read.signed(), Some(signed));
            prop_assert_eq!(read.number().map(f64::to_bits), Some(float.to_bits()));
            prop_assert_eq!(read.number(), Some(n as f64));
            prop_assert_eq!(read.list().map(|list| list[0].to_bits()), Some(float.to_bits()));
            prop_assert_eq!(read.text(), Some(&text[..]));
            prop_assert_eq!(read.single(), Some(1.5));
            prop_assert!(read.0.is_empty() && read.byte().is_none());
            for cut in 0..out.0.len() {
                let mut read = Reader(&out.0[..cut]);
                let all = read.whole().is_some() && read.signed().is_some() && read.number().is_some()
                    && read.number().is_some() && read.list().is_some() && read.text().is_some()
                    && read.single().is_some();
                prop_assert!(!all);
            }
        }
    }

    #[test]
    fn small_numbers_are_short() {
        let length = |write: &dyn Fn(&mut Writer)| {
            let mut out = Writer::default();
            write(&mut out);
            out.0.len()
        };
        assert_eq!(length(&|out| out.whole(127)), 1);
        assert_eq!(length(&|out| out.signed(-64)), 1);
        assert_eq!(length(&|out| out.number(120.0)), 1);
        assert_eq!(length(&|out| out.number(-0.0)), 9);
        assert_eq!(Reader(&[0xFF; 10]).whole(), None);
        assert_eq!(Reader(&[0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1]).list(), None);
    }
}
