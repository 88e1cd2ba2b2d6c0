//! Dates as labels print them: to the day, or to the month, which means its last day.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::error::{Error, Result};
use super::units::Day;

/// A date as a label prints it, to the day (`2027-06-30`) or to the month (`2027-06`).
///
/// A month means its last day: "best used before the end of 06/2027". Any other text is refused, also one
/// with a time or an offset, which would make the day a matter of the time zone.
///
/// ```
/// use trousse::expiry::PrintedDate;
/// let february: PrintedDate = "2028-02".parse()?;
/// assert_eq!(february.last_good_day().to_string(), "2028-02-29");
/// assert_eq!(february.to_string(), "2028-02");
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PrintedDate {
    last_good_day: Day,
    to_the_month: bool,
}

const PRINTED: &str = "a date such as 2027-06-30 or a month such as 2027-06";

impl PrintedDate {
    /// The date of a month (1–12); `None` where there is no such month.
    pub fn month(year: i16, month: i8) -> Option<PrintedDate> {
        let last_good_day = (28..=31).rev().find_map(|day| Day::from_ymd(year, month, day))?;
        Some(PrintedDate { last_good_day, to_the_month: true })
    }

    /// The last day on which the goods are good: the day itself, or the last day of the month.
    pub fn last_good_day(self) -> Day {
        self.last_good_day
    }

    /// Answers whether the label lacks the day.
    pub fn is_to_the_month(self) -> bool {
        self.to_the_month
    }

    /// Answers whether the date lies more than `months` after a day. A date without its day is compared by
    /// months, because its last day would count up to thirty days that nobody promised.
    pub(crate) fn is_over(self, from: Day, months: i32) -> bool {
        let count = |day: Day| i32::from(day.ymd().0) * 12 + i32::from(day.ymd().1);
        if self.to_the_month {
            return count(self.last_good_day) - count(from) > months;
        }
        self.last_good_day > from.add_months(months)
    }
}

impl From<Day> for PrintedDate {
    fn from(day: Day) -> Self {
        PrintedDate { last_good_day: day, to_the_month: false }
    }
}

impl fmt::Display for PrintedDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.to_the_month {
            return self.last_good_day.fmt(f);
        }
        let (year, month, _) = self.last_good_day.ymd();
        write!(f, "{year:04}-{month:02}")
    }
}

impl FromStr for PrintedDate {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::argument("expires_on", PRINTED, text);
        if text.len() != 7 {
            return text.parse().map(|day: Day| day.into()).map_err(|_| bad());
        }
        let (year, month) = text.split_once('-').filter(|(year, _)| year.len() == 4).ok_or_else(bad)?;
        let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i16>().ok()).flatten();
        let (year, month) = (number(year).ok_or_else(bad)?, number(month).ok_or_else(bad)?);
        PrintedDate::month(year, month as i8).ok_or_else(bad)
    }
}

impl Serialize for PrintedDate {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PrintedDate {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(|_| de::Error::invalid_value(de::Unexpected::Str(&text), &PRINTED))
    }
}

/// Faces take it like a `Day`, so that dates of their languages pass too.
#[cfg(feature = "schema")]
impl schemars::JsonSchema for PrintedDate {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PrintedDate".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date"})
    }
}

/// Reads a last good day that is printed to the day or to the month. In binary it is the day.
///
/// # Errors
/// Those of the format; any other text than a printed date.
pub fn last_good_day<'de, D: Deserializer<'de>>(d: D) -> std::result::Result<Option<Day>, D::Error> {
    if !d.is_human_readable() {
        return Option::deserialize(d);
    }
    Ok(Option::<PrintedDate>::deserialize(d)?.map(PrintedDate::last_good_day))
}
