//! How many days must remain: what SKU, channel, buffer and customer ask for, reduced to one number of days.

use serde::{Deserialize, Serialize};

use super::{MAX_DAYS, MAX_MONTHS, in_range, in_range_if_given};
use crate::base::{Day, Error, Result};

/// The least remaining life that one channel asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChannelMinimum {
    /// The channel, such as `wholesale`.
    pub channel: String,
    /// Days that must remain on a sale there, 0 … 36,500.
    pub min_remaining_days: i32,
}

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

    /// Days that a customer needs: the consumption time, cut to the period after opening where both are known.
    fn use_period(&self, day: Day) -> i32 {
        let pao = self.pao_months.map(|months| day.add_months(months) - day);
        self.use_period_days.into_iter().chain(pao).min().unwrap_or(0)
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
    let at_receipt = match params.moment {
        LifeMoment::Sale => 0,
        LifeMoment::Receipt => policy.min_remaining_at_receipt_days,
    };
    let asked = [
        policy.min_remaining_days,
        policy.of_channel(params.channel.as_deref()),
        policy.sell_by_buffer_days,
        policy.use_period(params.day),
        at_receipt,
    ];
    Ok(asked.into_iter().max().unwrap_or(0))
}
