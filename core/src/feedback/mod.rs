//! Feedback: ratings, reviews, answers, returns and complaints become signals per SKU and day, and
//! a belief in phantom stock.
//!
//! Signals are exact counts. Those that stem from the people stream are shown only from a minimum
//! number on; what is a stock fact (returns, "was not available") is shown from the first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{Day, Error, Result, SkuId};
use crate::event::ComplaintKind;

/// What a signal counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Views of a SKU.
    View,
    /// Clicks on a SKU.
    Click,
    /// Additions to a cart.
    Cart,
    /// Purchases by known persons; the sum is of their units.
    Purchase,
    /// Ratings; the sum is of their values 1–5.
    Rating,
    /// Reviews; the sum is of their stars, where given.
    Review,
    /// Answers to polls about the SKU.
    Answer,
    /// Units brought back.
    Return,
    /// "Shown as available but was not."
    NotAvailable,
    /// Complaints about damage.
    Damaged,
    /// Complaints about irritated skin.
    Irritation,
    /// Complaints about a wrong shade.
    WrongShade,
    /// Other complaints.
    OtherComplaint,
}

impl SignalKind {
    /// Whether the signal stems from the people stream, so that a minimum number protects it.
    pub fn is_personal(self) -> bool {
        !matches!(self, SignalKind::Return | SignalKind::NotAvailable)
    }
}

impl From<ComplaintKind> for SignalKind {
    fn from(kind: ComplaintKind) -> Self {
        match kind {
            ComplaintKind::NotAvailable => SignalKind::NotAvailable,
            ComplaintKind::Damaged => SignalKind::Damaged,
            ComplaintKind::Irritation => SignalKind::Irritation,
            ComplaintKind::WrongShade => SignalKind::WrongShade,
            ComplaintKind::Other => SignalKind::OtherComplaint,
        }
    }
}

/// A count and a sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub n: i64,
    /// Sum of their values.
    pub sum: i64,
}

/// Signals per day, SKU and kind: the last 1,096 days are kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    tallies: BTreeMap<(Day, SkuId, SignalKind), Tally>,
}

impl Signals {
    /// Counts `n` more of a kind, with the sum of their values.
    pub fn count(&mut self, sku: SkuId, kind: SignalKind, day: Day, n: i64, sum: i64) {
        let tally = self.tallies.entry((day, sku, kind)).or_default();
        tally.n += n;
        tally.sum += sum;
        let oldest = day + -(crate::base::units::HISTORY_DAYS as i32);
        while self.tallies.first_key_value().is_some_and(|((first, _, _), _)| *first < oldest) {
            self.tallies.pop_first();
        }
    }

    /// The tallies in the order of day, SKU id and kind.
    pub fn iter(&self) -> impl Iterator<Item = (Day, SkuId, SignalKind, Tally)> {
        self.tallies.iter().map(|((day, sku, kind), tally)| (*day, *sku, *kind, *tally))
    }
}

/// Arguments of [`phantom_posterior`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PhantomParams {
    /// Belief before any evidence, in (0, 1).
    pub prior_phantom: f64,
    /// Units that usually sell a day, at least 0.
    pub daily_rate: f64,
    /// Days without a sale since stock was last proven, at least 0.
    pub zero_sale_days: i64,
    /// "Was not available" complaints since then, at least 0.
    pub complaints: i64,
    /// How many times likelier a complaint is when the shelf is empty in truth, at least 1.
    pub complaint_likelihood_ratio: f64,
}

impl Default for PhantomParams {
    fn default() -> Self {
        PhantomParams {
            prior_phantom: 0.02,
            daily_rate: 0.0,
            zero_sale_days: 0,
            complaints: 0,
            complaint_likelihood_ratio: 20.0,
        }
    }
}

/// What [`phantom_posterior`] answers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PhantomBelief {
    /// Belief that the shelf is empty in truth, 0–1.
    pub posterior: f64,
}

/// Answers how likely a shelf with a positive record is empty in truth (phantom stock).
///
/// odds = prior / (1 − prior) · e^(rate · days) · ratio^complaints: an empty shelf sells nothing for
/// sure, a stocked one with probability e^(−rate) a day (Poisson).
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field.
///
/// # Source
/// Bayes' rule; for zero-sale days as in DeHoratius, Mersereau & Schrage (2008).
///
/// ```
/// use trousse::feedback::{PhantomParams, phantom_posterior};
/// let quiet = PhantomParams { prior_phantom: 0.02, daily_rate: 0.8, zero_sale_days: 3, ..Default::default() };
/// assert!((phantom_posterior(&quiet)?.posterior - 0.183_648_667_820_198).abs() < 1e-12);
/// let complaint = PhantomParams { complaints: 1, ..Default::default() };
/// assert!((phantom_posterior(&complaint)?.posterior - 0.289_855_072_463_768).abs() < 1e-12);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn phantom_posterior(params: &PhantomParams) -> Result<PhantomBelief> {
    let p = params;
    if !(p.prior_phantom > 0.0 && p.prior_phantom < 1.0) {
        return Err(Error::argument("prior_phantom", "between 0 and 1, ends excluded", p.prior_phantom));
    }
    if !(p.daily_rate >= 0.0 && p.daily_rate.is_finite()) {
        return Err(Error::argument("daily_rate", "a finite number of at least 0", p.daily_rate));
    }
    for (field, value) in [("zero_sale_days", p.zero_sale_days), ("complaints", p.complaints)] {
        if !(0..=1_000_000).contains(&value) {
            return Err(Error::argument(field, "0 to 1000000", value));
        }
    }
    if !(p.complaint_likelihood_ratio >= 1.0 && p.complaint_likelihood_ratio.is_finite()) {
        let got = p.complaint_likelihood_ratio;
        return Err(Error::argument("complaint_likelihood_ratio", "a finite number of at least 1", got));
    }
    let log_odds = (p.prior_phantom / (1.0 - p.prior_phantom)).ln()
        + p.daily_rate * p.zero_sale_days as f64
        + p.complaint_likelihood_ratio.ln() * p.complaints as f64;
    Ok(PhantomBelief { posterior: 1.0 / (1.0 + (-log_odds).exp()) })
}
