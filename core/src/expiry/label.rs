//! What a label says and has to say: printed dates, the open jar, shelf life from production or receipt.
//!
//! Source: Regulation (EC) No 1223/2009 on cosmetic products, article 19(1)(c) and annex VII, points 2 (open
//! jar) and 3 (hourglass). In words: the date of minimum durability is month and year, or day, month and year;
//! it is not mandatory above 30 months, where the label shows the period after opening (PAO) instead,
//! except where durability after opening is not relevant.

use serde::{Deserialize, Serialize};

use super::{MAX_DAYS, MAX_MONTHS, in_range_if_given};
use crate::base::{Day, Error, PrintedDate, Result};

/// Minimum durability up to which the label must show its date: article 19(1)(c).
const DATE_REQUIRED_MONTHS: i32 = 30;

/// The most days that any 30 months have: two years with a leap day, and six months of 184 days.
const LONGEST_30_MONTHS_DAYS: i32 = 915;

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
        if let Some(printed) = self.expires_on.filter(|printed| printed.last_good_day() < produced) {
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
            return (Some(printed.last_good_day()), ExpirySource::Printed);
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
