//! How many days must remain: what SKU, channel, buffer and customer ask for, reduced to one number of days.

use serde::{Deserialize, Serialize};

use super::{MAX_DAYS, MAX_MONTHS, in_range, in_range_if_given};
use crate::base::{Day, Error, Result};
pub use crate::event::ChannelMinimum;
use crate::event::Sku;

/// What is asked of the remaining life of a SKU's lots; all days are 0 … 36,500.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ExpiryPolicy {
    /// Days that must remain on any sale of the SKU.
    pub min_remaining_days: i32,
    /// Days that must remain on a sale in a channel, one entry a channel.
    pub channels: Vec<ChannelMinimum>,
    /// Days that must remain when goods arrive from a supplier.
    pub min_remaining_at_receipt_days: i32,
    /// Days before the last good day on which the lot is sold for the last time.
    pub sell_by_buffer_days: i32,
    /// Days that a customer needs to use it up.
    pub use_period_days: Option<i32>,
    /// The period after opening in months, 1 … 1,200: the longest that a customer may use it.
    pub pao_months: Option<i32>,
}

/// When remaining life is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LifeMoment {
    /// On a sale to a customer.
    #[default]
    Sale,
    /// On a receipt from a supplier.
    Receipt,
}

/// Arguments of [`required_remaining_days`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RemainingLifeParams {
    /// What is asked.
    pub policy: ExpiryPolicy,
    /// The day of the sale or the receipt; months are counted from it.
    pub day: Day,
    /// The channel of the sale; one that the policy does not name asks for nothing of its own.
    #[serde(default)]
    pub channel: Option<String>,
    /// Whether goods are sold or received.
    #[serde(default)]
    pub moment: LifeMoment,
}

impl LifeMoment {
    /// What a minimum at receipt asks for at this moment.
    fn asks(self, at_receipt_days: i32) -> i32 {
        match self {
            LifeMoment::Sale => 0,
            LifeMoment::Receipt => at_receipt_days,
        }
    }
}

/// A policy reduced to what the days of one kind of sale differ by: 12 bytes, no allocation, O(1) a question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemainingLife {
    at_least_days: i32,
    use_period_days: i32,
    /// Only where the months can cut the use period on some day.
    pao_months: i32,
}

/// The fewest days that a month has.
const SHORTEST_MONTH_DAYS: i32 = 28;

impl RemainingLife {
    /// What a sale of a SKU in no channel of its own asks for, or its receipt.
    ///
    /// The period after opening of an entry, which is there for testers too, only limits a use period that the entry
    /// states: by itself it asks for nothing.
    pub fn of_sku(sku: &Sku, moment: LifeMoment) -> RemainingLife {
        let asked = [sku.min_remaining_days, sku.sell_by_buffer_days, moment.asks(sku.min_receipt_days)];
        RemainingLife::of(&asked, sku.use_period_days, sku.pao_months.filter(|_| sku.use_period_days.is_some()))
    }

    /// The use period is what the customer needs, cut to the period after opening where both are known.
    fn of(asked: &[i32], use_period_days: Option<i32>, pao_months: Option<i32>) -> RemainingLife {
        let at_least_days = asked.iter().copied().max().unwrap_or(0).max(0);
        let use_period_days = use_period_days.or(pao_months.map(|_| i32::MAX)).unwrap_or(0);
        let cuts = |months: &i32| use_period_days > at_least_days.max(months.saturating_mul(SHORTEST_MONTH_DAYS));
        match pao_months.filter(cuts) {
            Some(pao_months) => RemainingLife { at_least_days, use_period_days, pao_months },
            None => RemainingLife { at_least_days: at_least_days.max(use_period_days), ..RemainingLife::default() },
        }
    }

    /// Days that must remain on a day; months are counted from it.
    pub fn days(self, day: Day) -> i32 {
        if self.pao_months == 0 {
            return self.at_least_days;
        }
        let pao_days = day.add_months(self.pao_months) - day;
        self.at_least_days.max(self.use_period_days.min(pao_days))
    }

    /// The last day on which a lot may be sold.
    pub fn last_day(self, expires_on: Day) -> Day {
        let last = expires_on + -self.at_least_days;
        if self.pao_months == 0 {
            return last;
        }
        let mut opened = expires_on.add_months(-self.pao_months);
        // The ends of longer months come to the same day.
        while (opened + 1).add_months(self.pao_months) <= expires_on {
            opened = opened + 1;
        }
        last.min(opened.max(expires_on + -self.use_period_days))
    }
}

impl ExpiryPolicy {
    /// Answers whether the policy lies in its domains.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field, as `policy.…`.
    pub fn check(&self) -> Result<()> {
        in_range("policy.min_remaining_days", self.min_remaining_days, 0, MAX_DAYS)?;
        in_range("policy.min_remaining_at_receipt_days", self.min_remaining_at_receipt_days, 0, MAX_DAYS)?;
        in_range("policy.sell_by_buffer_days", self.sell_by_buffer_days, 0, MAX_DAYS)?;
        in_range_if_given("policy.use_period_days", self.use_period_days, 0, MAX_DAYS)?;
        in_range_if_given("policy.pao_months", self.pao_months, 1, MAX_MONTHS)?;
        for (i, own) in self.channels.iter().enumerate() {
            let field = format!("policy.channels[{i}]");
            in_range(&format!("{field}.min_remaining_days"), own.min_remaining_days, 0, MAX_DAYS)?;
            if self.channels[..i].iter().any(|other| other.channel == own.channel) {
                return Err(Error::argument(format!("{field}.channel"), "named once", &own.channel));
            }
        }
        Ok(())
    }

    /// What a sale through a channel, or a receipt, asks for.
    pub fn remaining_life(&self, channel: Option<&str>, moment: LifeMoment) -> RemainingLife {
        let at_receipt = moment.asks(self.min_remaining_at_receipt_days);
        let asked = [self.min_remaining_days, self.of_channel(channel), self.sell_by_buffer_days, at_receipt];
        RemainingLife::of(&asked, self.use_period_days, self.pao_months)
    }

    fn of_channel(&self, channel: Option<&str>) -> i32 {
        let own = self.channels.iter().find(|own| channel == Some(own.channel.as_str()));
        own.map_or(0, |own| own.min_remaining_days)
    }
}

/// Answers how many days must remain of a lot on a day: the number that [`is_sellable`](super::is_sellable) and
/// [`pick`](super::pick()) take.
///
/// It is the largest of what the SKU, the channel, the sell-by buffer and the use period ask for; at receipt also
/// of the minimum at receipt, so that nothing is accepted that could not be sold on the same day. They do not add
/// up: each is a number of days that must remain, and a shop that wants a buffer on top of the use period says so
/// in `use_period_days`. The use period is `use_period_days`, or the calendar days of `pao_months` from `day` where
/// that is less or alone.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field.
///
/// ```
/// use trousse::expiry::{ChannelMinimum, ExpiryPolicy, RemainingLifeParams, required_remaining_days};
/// let policy = ExpiryPolicy {
///     min_remaining_days: 30,
///     channels: vec![ChannelMinimum { channel: "wholesale".into(), min_remaining_days: 180 }],
///     ..Default::default() };
/// let online = RemainingLifeParams {
///     policy, day: "2027-01-31".parse()?, channel: None, moment: Default::default() };
/// assert_eq!(required_remaining_days(&online)?, 30);
/// let wholesale = RemainingLifeParams { channel: Some("wholesale".into()), ..online };
/// assert_eq!(required_remaining_days(&wholesale)?, 180);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn required_remaining_days(params: &RemainingLifeParams) -> Result<i32> {
    let policy = &params.policy;
    policy.check()?;
    Ok(policy.remaining_life(params.channel.as_deref(), params.moment).days(params.day))
}
