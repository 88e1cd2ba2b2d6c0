//! Quantities, money, days and instants as integers.
//!
//! The ledger has no floats and the fold has no time zone: a [`Day`] counts days, a
//! [`Timestamp`] counts milliseconds since 1970-01-01T00:00:00Z. In JSON both are ISO strings;
//! a timestamp may also come as milliseconds.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::error::{Error, Result};

/// Milliseconds in a day.
pub const DAY_MS: i64 = 86_400_000;

/// Days of history that a daily series or signal keeps at least: three years.
pub const HISTORY_DAYS: usize = 1_096;

/// The largest whole number that is exact in every language: 2⁵³ − 1.
pub const MAX_EXACT: i64 = 9_007_199_254_740_991;

/// The largest quantity of one line: a billion, so that no sum of lines overflows.
pub const MAX_QUANTITY: i64 = 1_000_000_000;

/// A count of a SKU's base unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Quantity(pub i64);

impl Quantity {
    /// Answers whether the quantity lies in 1 … 1,000,000,000.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `field`.
    pub fn check_positive(self, field: &str) -> Result<()> {
        if (1..=MAX_QUANTITY).contains(&self.0) {
            return Ok(());
        }
        Err(Error::argument(field, "a whole number from 1 to 1000000000", self.0))
    }

    /// Answers whether the quantity lies in 0 … 1,000,000,000.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `field`.
    pub fn check_non_negative(self, field: &str) -> Result<()> {
        if (0..=MAX_QUANTITY).contains(&self.0) {
            return Ok(());
        }
        Err(Error::argument(field, "a whole number from 0 to 1000000000", self.0))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An ISO 4217 code, three upper-case letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Default for Currency {
    fn default() -> Self {
        Currency(*b"EUR")
    }
}

impl Currency {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl FromStr for Currency {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|l| l.is_ascii_uppercase()) => Ok(Currency([*a, *b, *c])),
            _ => Err(Error::argument("currency", "three upper-case letters (ISO 4217)", text)),
        }
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// An amount in minor units (cents) of a currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units: 1299 is 12.99.
    pub minor: i64,
    /// ISO 4217 code.
    #[serde(default)]
    pub currency: Currency,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        write!(f, "{sign}{}.{:02} {}", minor / 100, minor % 100, self.currency.as_str())
    }
}

/// A calendar day: days since 1970-01-01.
///
/// ```
/// use trousse::Day;
/// let day: Day = "2027-06-30".parse()?;
/// assert_eq!(day.0, 20_999);
/// assert_eq!((day + 1).to_string(), "2027-07-01");
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Day(pub i32);

const EPOCH: Date = Date::constant(1970, 1, 1);

impl Day {
    /// The day of a year, month (1–12) and day of month; `None` where there is none.
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Day> {
        Date::new(year, month, day).ok().map(Day::from_date)
    }

    fn from_date(date: Date) -> Day {
        Day((date.duration_since(EPOCH).as_secs() / 86_400) as i32)
    }

    fn date(self) -> Date {
        let span = jiff::SignedDuration::from_hours(i64::from(self.0) * 24);
        EPOCH.saturating_add(span)
    }

    /// Year, month (1–12) and day of month.
    pub fn ymd(self) -> (i16, i8, i8) {
        let date = self.date();
        (date.year(), date.month(), date.day())
    }

    /// The same day of month `months` later, or the last day of that month.
    pub fn add_months(self, months: i32) -> Day {
        Day::from_date(self.date().saturating_add(jiff::Span::new().months(months.clamp(-200_000, 200_000))))
    }

    /// The instant at which the day begins, for an offset from UTC in minutes.
    pub fn start(self, utc_offset_minutes: i32) -> Timestamp {
        Timestamp(i64::from(self.0) * DAY_MS - i64::from(utc_offset_minutes) * 60_000)
    }
}

impl std::ops::Add<i32> for Day {
    type Output = Day;
    fn add(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }
}

impl std::ops::Sub<Day> for Day {
    type Output = i32;
    fn sub(self, other: Day) -> i32 {
        self.0.saturating_sub(other.0)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

impl FromStr for Day {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::argument("day", "a date such as 2027-06-30", text);
        if text.len() != 10 {
            return Err(bad());
        }
        text.parse::<Date>().map(Day::from_date).map_err(|_| bad())
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_i32(self.0) }
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        if !d.is_human_readable() {
            return i32::deserialize(d).map(Day);
        }
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|_| de::Error::custom(format!("must be a date such as 2027-06-30, got {text}")))
    }
}

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use trousse::Timestamp;
/// let noon: Timestamp = "2026-11-23T12:00:00Z".parse()?;
/// assert_eq!(noon.0, 1_795_435_200_000);
/// assert_eq!(noon.day(0).to_string(), "2026-11-23");
/// assert_eq!(noon.day(13 * 60).to_string(), "2026-11-24");
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The calendar day at an offset from UTC in minutes.
    pub fn day(self, utc_offset_minutes: i32) -> Day {
        let local = self.0.saturating_add(i64::from(utc_offset_minutes) * 60_000);
        Day(local.div_euclid(DAY_MS).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
    }

    /// The instant `seconds` later.
    pub fn plus_seconds(self, seconds: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Answers whether the instant lies in the years 1900 … 2200.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `field`.
    pub fn check(self, field: &str) -> Result<()> {
        if (-2_208_988_800_000..7_258_118_400_000).contains(&self.0) {
            return Ok(());
        }
        Err(Error::argument(field, "an instant between the years 1900 and 2200", self.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => instant.fmt(f),
            Err(_) => self.0.fmt(f),
        }
    }
}

impl FromStr for Timestamp {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        text.parse::<jiff::Timestamp>()
            .map(|instant| Timestamp(instant.as_millisecond()))
            .map_err(|_| Error::argument("now", "an instant such as 2026-11-23T12:00:00Z", text))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_i64(self.0) }
    }
}

struct InstantVisitor;

impl de::Visitor<'_> for InstantVisitor {
    type Value = Timestamp;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an instant such as 2026-11-23T12:00:00Z, or milliseconds since 1970")
    }
    fn visit_i64<E: de::Error>(self, ms: i64) -> std::result::Result<Timestamp, E> {
        Ok(Timestamp(ms))
    }
    fn visit_u64<E: de::Error>(self, ms: u64) -> std::result::Result<Timestamp, E> {
        i64::try_from(ms).map(Timestamp).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(ms), &self))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Timestamp, E> {
        text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        if d.is_human_readable() { d.deserialize_any(InstantVisitor) } else { i64::deserialize(d).map(Timestamp) }
    }
}

#[cfg(feature = "schema")]
mod schema {
    //! How the units look in JSON.
    use super::{Currency, Day, Timestamp};
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    macro_rules! text_schema {
        ($type:ty, $name:literal, $format:literal) => {
            impl JsonSchema for $type {
                fn inline_schema() -> bool {
                    true
                }
                fn schema_name() -> Cow<'static, str> {
                    $name.into()
                }
                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({"type": "string", "format": $format})
                }
            }
        };
    }
    text_schema!(Day, "Day", "date");
    text_schema!(Timestamp, "Timestamp", "date-time");
    text_schema!(Currency, "Currency", "currency");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_round_trip_and_add_months() {
        for (text, days) in [("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2026-11-23", 20_780)] {
            let day: Day = text.parse().unwrap();
            assert_eq!((day.0, day.to_string().as_str()), (days, text));
        }
        let january: Day = "2027-01-31".parse().unwrap();
        assert_eq!(january.add_months(1).to_string(), "2027-02-28");
        for bad in ["", "2027-02-29", "2027-6-30", "20270630", "2027-06-30T00"] {
            assert_eq!(bad.parse::<Day>().unwrap_err().code(), "INVALID_ARGUMENT", "{bad}");
        }
    }

    #[test]
    fn instants_come_as_text_or_milliseconds() {
        let text: Timestamp = serde_json::from_str("\"2026-11-23T12:00:00Z\"").unwrap();
        let number: Timestamp = serde_json::from_str("1795435200000").unwrap();
        assert_eq!(text, number);
        assert!(serde_json::from_str::<Timestamp>("1.5").is_err());
        assert_eq!(serde_json::to_string(&text).unwrap(), "\"2026-11-23T12:00:00Z\"");
    }
}
