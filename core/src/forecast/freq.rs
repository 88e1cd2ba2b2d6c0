//! The step between periods by its word, as pandas spells it, and the season that goes with a step.

use super::table::{Kind, Step};
use crate::base::units::DAY_MS;
use crate::base::{Error, Result};

const HOUR_MS: i64 = DAY_MS / 24;
const RULE: &str = "one of D, W, MS, ME, M, QS, QE, Q, YS, YE, Y, B, h, min, s, or a number of these such as 2W";

/// A step between periods.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Freq {
    Milliseconds(i64),
    Months(i64),
    /// Monday to Friday.
    BusinessDays,
    /// Of integer times.
    Count(i64),
}

impl Freq {
    /// Reads a word such as `D`, `2W`, `W-MON`, `MS`, `Q`, `h`, `15min`.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `freq`.
    pub(super) fn read(word: &str) -> Result<Freq> {
        let wrong = || Error::argument("freq", RULE, word);
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = word.split_at(digits);
        let many: i64 = if number.is_empty() { 1 } else { number.parse().map_err(|_| wrong())? };
        if !(1..=100_000).contains(&many) {
            return Err(wrong());
        }
        // the day or month that a week, quarter or year begins or ends with is read off the table
        let stem = unit.split_once('-').map_or(unit, |(stem, _)| stem);
        Ok(match (stem, stem == unit) {
            ("", true) if digits > 0 => Freq::Count(many),
            ("D", true) => Freq::Milliseconds(many * DAY_MS),
            ("W", _) => Freq::Milliseconds(many * 7 * DAY_MS),
            ("M" | "MS" | "ME", true) => Freq::Months(many),
            ("Q" | "QS" | "QE", _) => Freq::Months(many * 3),
            ("Y" | "YS" | "YE" | "A" | "AS", _) => Freq::Months(many * 12),
            ("B", true) if many == 1 => Freq::BusinessDays,
            ("h" | "H", true) => Freq::Milliseconds(many * HOUR_MS),
            ("min" | "T", true) => Freq::Milliseconds(many * HOUR_MS / 60),
            ("s" | "S", true) => Freq::Milliseconds(many * 1_000),
            _ => return Err(wrong()),
        })
    }

    /// The step between times of a kind; none for integers, whose word says nothing of their distance.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `freq` where times of this kind cannot have it.
    pub(super) fn step(self, kind: Kind, word: &str) -> Result<Option<Step>> {
        let day = if kind == Kind::Timestamp { DAY_MS } else { 1 };
        Ok(match (self, kind) {
            (Freq::Count(many), Kind::Integer) => Some(Step::Units(many)),
            (_, Kind::Integer) => None,
            (Freq::Count(_), _) => return Err(Error::argument("freq", "no bare number for dates or instants", word)),
            (Freq::Months(months), _) => Some(Step::Months { months, day }),
            (Freq::BusinessDays, _) => Some(Step::BusinessDays { day }),
            (Freq::Milliseconds(many), Kind::Timestamp) => Some(Step::Units(many)),
            (Freq::Milliseconds(many), Kind::Day) if many % DAY_MS == 0 => Some(Step::Units(many / DAY_MS)),
            (Freq::Milliseconds(_), Kind::Day) => {
                return Err(Error::argument("freq", "a day or more for a column of days", word));
            }
        })
    }

    /// What a step between times of a kind amounts to.
    pub(super) fn of(step: Step, kind: Kind) -> Freq {
        match (step, kind) {
            (Step::Months { months, .. }, _) => Freq::Months(months),
            (Step::BusinessDays { .. }, _) => Freq::BusinessDays,
            (Step::Units(units), Kind::Timestamp) => Freq::Milliseconds(units),
            (Step::Units(units), Kind::Day) => Freq::Milliseconds(units.saturating_mul(DAY_MS)),
            (Step::Units(units), Kind::Integer) => Freq::Count(units),
        }
    }

    /// Periods in the season that such steps usually have: 24 hours, 7 days, 5 business days, 52 weeks, 12 months,
    /// 4 quarters; 1 for all others.
    pub(super) fn season(self) -> usize {
        match self {
            Freq::Milliseconds(HOUR_MS) => 24,
            Freq::Milliseconds(DAY_MS) => 7,
            Freq::Milliseconds(ms) if ms == 7 * DAY_MS => 52,
            Freq::BusinessDays => 5,
            Freq::Months(1) => 12,
            Freq::Months(3) => 4,
            _ => 1,
        }
    }
}

/// How many Mondays to Fridays lie between 1969-12-29, a Monday, and a day since 1970.
pub(super) fn business_days(day: i64) -> i64 {
    let since = day.saturating_add(3);
    since.div_euclid(7) * 5 + since.rem_euclid(7).min(5)
}

/// The day that so many business days lie before, as [`business_days`] counts.
pub(super) fn of_business_days(count: i64) -> i64 {
    count.div_euclid(5).saturating_mul(7).saturating_add(count.rem_euclid(5)).saturating_sub(3)
}
