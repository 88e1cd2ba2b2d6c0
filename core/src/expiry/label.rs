//! What a label says and has to say: printed dates, the open jar, shelf life from production or receipt.
//!
//! Source: Regulation (EC) No 1223/2009 on cosmetic products, article 19(1)(c) and annex VII, points 2 (open
//! jar) and 3 (hourglass). In words: the date of minimum durability is month and year, or day, month and year;
//! it is not mandatory above 30 months, where the label shows the period after opening (PAO) instead,
//! except where durability after opening is not relevant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{MAX_DAYS, MAX_MONTHS, in_range_if_given};
use crate::base::{Day, Error, Result};

/// Minimum durability up to which the label must show its date: article 19(1)(c).
const DATE_REQUIRED_MONTHS: i32 = 30;

/// The most days that any 30 months have: two years with a leap day, and six months of 184 days.
const LONGEST_30_MONTHS_DAYS: i32 = 915;

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
    fn is_over(self, from: Day, months: i32) -> bool {
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

/// Arguments of [`parse_pao`] for faces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PaoParams {
    /// What stands in or beside the open jar, such as `12M`.
    pub text: String,
}

/// Reads the months of a period after opening as labels print it: `12M`, `24 M`, `6 m`.
///
/// Answers whole months, 1 … 1,200. Years are not read: labels count months.
///
/// # Errors
/// `INVALID_ARGUMENT` naming `text` for anything else.
///
/// # Source
/// Regulation (EC) No 1223/2009, article 19(1)(c) and annex VII, point 2.
///
/// ```
/// use trousse::expiry::parse_pao;
/// assert_eq!(parse_pao("24 M")?, 24);
/// assert_eq!(parse_pao("24").unwrap_err().to_string(), "text must be months such as 12M, 1 to 1200, got 24");
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn parse_pao(text: &str) -> Result<i32> {
    let bad = || Error::argument("text", "months such as 12M, 1 to 1200", text);
    let number = text.trim().strip_suffix(['M', 'm']).ok_or_else(bad)?.trim_end();
    let all_digits = number.bytes().all(|b| b.is_ascii_digit());
    let months = number.parse().ok().filter(|_| all_digits).ok_or_else(bad)?;
    if (1..=MAX_MONTHS).contains(&months) { Ok(months) } else { Err(bad()) }
}

/// What is known about the life of a lot: the arguments of [`shelf_life`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ShelfLifeParams {
    /// The printed date, `2027-06-30`, or `2027-06` for the last day of that month.
    pub expires_on: Option<PrintedDate>,
    /// The day of production or filling.
    pub produced_on: Option<Day>,
    /// The day on which the lot arrived.
    pub received_on: Option<Day>,
    /// Minimum durability from production in days, 1 … 36,500; not together with months.
    pub shelf_life_days: Option<i32>,
    /// Minimum durability from production in calendar months, 1 … 1,200; not together with days.
    pub shelf_life_months: Option<i32>,
    /// The period after opening in months, 1 … 1,200.
    pub pao_months: Option<i32>,
    /// Whether durability after opening is relevant: not for single-use, airless or aerosol packs.
    pub pao_relevant: bool,
}

impl Default for ShelfLifeParams {
    fn default() -> Self {
        ShelfLifeParams {
            expires_on: None,
            produced_on: None,
            received_on: None,
            shelf_life_days: None,
            shelf_life_months: None,
            pao_months: None,
            pao_relevant: true,
        }
    }
}

/// Where a last good day comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExpirySource {
    /// The printed date.
    Printed,
    /// The day of production and the shelf life.
    Production,
    /// The day of receipt and the shelf life: the last resort, because the goods are older than that.
    Receipt,
    /// Nothing that is known tells.
    Unknown,
}

/// What a label has to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LabelMark {
    /// The date of minimum durability: it lasts 30 months or less.
    Date,
    /// The open jar with the period after opening: it lasts more than 30 months.
    Pao,
    /// Neither: more than 30 months, and durability after opening is not relevant.
    Nothing,
    /// Nothing that is known tells how long the goods last.
    Unknown,
}

/// What [`shelf_life`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShelfLife {
    /// Last good day of the unopened goods; none where nothing tells.
    pub expires_on: Option<Day>,
    /// Where that day comes from.
    pub source: ExpirySource,
    /// What the label has to show.
    pub label_shows: LabelMark,
    /// Whether that was not given: a date that is not printed, or an unknown period after opening.
    pub label_lacks: bool,
}

impl ShelfLifeParams {
    /// Answers whether the arguments lie in their domains and do not contradict each other.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        in_range_if_given("shelf_life_days", self.shelf_life_days, 1, MAX_DAYS)?;
        in_range_if_given("shelf_life_months", self.shelf_life_months, 1, MAX_MONTHS)?;
        in_range_if_given("pao_months", self.pao_months, 1, MAX_MONTHS)?;
        if let (Some(months), Some(_)) = (self.shelf_life_months, self.shelf_life_days) {
            return Err(Error::argument("shelf_life_months", "left out where shelf_life_days is given", months));
        }
        let Some(produced) = self.produced_on else { return Ok(()) };
        if let Some(printed) = self.expires_on.filter(|printed| printed.last_good_day < produced) {
            return Err(Error::argument("expires_on", format!("{produced}, the day of production, or later"), printed));
        }
        match self.received_on.filter(|received| *received < produced) {
            Some(early) => {
                Err(Error::argument("received_on", format!("{produced}, the day of production, or later"), early))
            }
            None => Ok(()),
        }
    }

    fn last_good_day(&self) -> (Option<Day>, ExpirySource) {
        if let Some(printed) = self.expires_on {
            return (Some(printed.last_good_day), ExpirySource::Printed);
        }
        let life = |from: Day| match (self.shelf_life_months, self.shelf_life_days) {
            (Some(months), _) => Some(from.add_months(months)),
            (None, days) => days.map(|days| from + days),
        };
        match (self.produced_on.and_then(life), self.received_on.and_then(life)) {
            (Some(day), _) => (Some(day), ExpirySource::Production),
            (None, Some(day)) => (Some(day), ExpirySource::Receipt),
            (None, None) => (None, ExpirySource::Unknown),
        }
    }

    /// Whether minimum durability is more than 30 months. The shelf life that the maker states tells first; else
    /// the printed date from production; from receipt, a printed date only proves that it is more.
    fn is_over_30_months(&self) -> Option<bool> {
        const LIMIT: i32 = DATE_REQUIRED_MONTHS;
        match (self.shelf_life_months, self.shelf_life_days, self.produced_on) {
            (Some(months), _, _) => Some(months > LIMIT),
            (None, Some(days), Some(from)) => Some(from + days > from.add_months(LIMIT)),
            (None, Some(days), None) => Some(days > LONGEST_30_MONTHS_DAYS),
            (None, None, Some(from)) => self.expires_on.map(|printed| printed.is_over(from, LIMIT)),
            (None, None, None) => self.expires_on?.is_over(self.received_on?, LIMIT).then_some(true),
        }
    }
}

/// Answers until when a lot is good and what its label has to show.
///
/// The last good day is the printed one; else production + shelf life; else, as a last resort, receipt + shelf
/// life. Months are calendar months: 31 August + 6 months is the last day of February.
///
/// The label has to show a *date* where minimum durability is 30 months or less, the *PAO* where it is more,
/// and *nothing* where it is more and `pao_relevant` is false. Minimum durability is the stated shelf life; else
/// the time from production to the printed date (by months, where only a month is printed); else it is *unknown*,
/// unless the printed date lies more than 30 months after receipt. A shelf life in days without a day of
/// production is over 30 months from 916 days on, which is longer than any 30 months.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field: a life outside its domain, days and months at once, an expiry or a receipt
/// before production.
///
/// # Source
/// Regulation (EC) No 1223/2009, article 19(1)(c).
///
/// ```
/// use trousse::expiry::{ExpirySource, LabelMark, ShelfLifeParams, shelf_life};
/// let cream = ShelfLifeParams {
///     produced_on: Some("2025-08-31".parse()?), shelf_life_months: Some(30), ..Default::default() };
/// let life = shelf_life(&cream)?;
/// assert_eq!(life.expires_on, Some("2028-02-29".parse()?));
/// assert_eq!((life.source, life.label_shows, life.label_lacks), (ExpirySource::Production, LabelMark::Date, true));
///
/// let powder = ShelfLifeParams { shelf_life_months: Some(36), pao_months: Some(24), ..Default::default() };
/// assert_eq!(shelf_life(&powder)?.label_shows, LabelMark::Pao);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn shelf_life(params: &ShelfLifeParams) -> Result<ShelfLife> {
    params.check()?;
    let (expires_on, source) = params.last_good_day();
    let label_shows = match params.is_over_30_months() {
        Some(false) => LabelMark::Date,
        Some(true) if params.pao_relevant => LabelMark::Pao,
        Some(true) => LabelMark::Nothing,
        None => LabelMark::Unknown,
    };
    let label_lacks = match label_shows {
        LabelMark::Date => params.expires_on.is_none(),
        LabelMark::Pao => params.pao_months.is_none(),
        LabelMark::Nothing | LabelMark::Unknown => false,
    };
    Ok(ShelfLife { expires_on, source, label_shows, label_lacks })
}
