//! Facts: they happened, so they are recorded even when they contradict the books.

use serde::{Deserialize, Serialize};

use super::{Condition, Line, check_key, check_lines, check_lot, check_optional_key, check_text, check_word};
use crate::base::printed::last_good_day;
use crate::base::{Day, Error, Money, Quantity, Result};

macro_rules! fact_struct {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident : $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Idempotency key.
            pub id: String,
            $($(#[$fdoc])* pub $field: $type,)*
        }
    };
}

fact_struct! {
    /// Goods of one lot arrived.
    Receive {
        /// The SKU.
        sku: String,
        /// Units that arrived, at least 1, in `unit`.
        quantity: Quantity,
        /// Where.
        location: String,
        /// The maker's lot; empty where goods carry none.
        #[serde(default)]
        lot: String,
        /// Last good day as it is printed, `2027-06-30`, or `2027-06` for the last day of that month; by default the
        /// catalogue's shelf life from production or else from receipt, or never.
        #[serde(default, deserialize_with = "last_good_day")]
        expires_on: Option<Day>,
        /// Day of production, not after the receipt.
        #[serde(default)]
        produced_on: Option<Day>,
        /// The supplier's own key of the lot.
        #[serde(default)]
        supplier_lot: Option<String>,
        /// A unit of the SKU's entry such as `case`; by default its base unit.
        #[serde(default)]
        unit: Option<String>,
        /// Into which condition; what keeps too short for a receipt goes into quarantine.
        #[serde(default)]
        condition: Condition,
        /// The business day on which it happened, where that is not today.
        #[serde(default)]
        occurred_on: Option<Day>,
        /// The purchase that this receipt fulfils.
        #[serde(default)]
        purchase: Option<String>,
        /// What one unit cost.
        #[serde(default)]
        unit_cost: Option<Money>,
    }
}
fact_struct! {
    /// Goods went over a till: recorded also where the books say there are none.
    Sale {
        /// What was sold.
        lines: Vec<Line>,
        /// Where.
        location: String,
        /// Who bought; goes into the people stream only.
        #[serde(default)]
        subject: Option<String>,
        /// The business day on which it happened, where that is not today.
        #[serde(default)]
        occurred_on: Option<Day>,
    }
}
fact_struct! {
    /// A customer brought goods back.
    Return {
        /// The SKU.
        sku: String,
        /// Units that came back, at least 1.
        quantity: Quantity,
        /// Where.
        location: String,
        /// The lot, where it is known.
        #[serde(default)]
        lot: String,
        /// Why, as a word of the shop's own list, e.g. `irritation`, `wrong_shade`; at most 64 bytes, no free text.
        #[serde(default)]
        reason: String,
        /// Whether the goods may be sold again; else they go into quarantine.
        #[serde(default)]
        resellable: bool,
        /// Who; goes into the people stream only.
        #[serde(default)]
        subject: Option<String>,
        /// The order or hold that they belonged to: the trace of both is joined.
        #[serde(default)]
        order: Option<String>,
        /// The business day on which it happened, where that is not today.
        #[serde(default)]
        occurred_on: Option<Day>,
    }
}
fact_struct! {
    /// Somebody counted a shelf.
    Count {
        /// The SKU.
        sku: String,
        /// Where.
        location: String,
        /// Units found, at least 0.
        quantity: Quantity,
        /// Only this lot was counted; else all lots together.
        #[serde(default)]
        lot: Option<String>,
        /// What was counted: by default good units, held ones included.
        #[serde(default)]
        condition: Condition,
        /// The business day on which it happened, where that is not today.
        #[serde(default)]
        occurred_on: Option<Day>,
    }
}
fact_struct! {
    /// A lot must not be sold any more, anywhere.
    Recall {
        /// The SKU.
        sku: String,
        /// The lot.
        lot: String,
    }
}
fact_struct! {
    /// A person looked at, clicked or carted a SKU.
    Interest {
        /// Who.
        subject: String,
        /// The SKU.
        sku: String,
    }
}
fact_struct! {
    /// A person rated a SKU.
    Rating {
        /// Who.
        subject: String,
        /// The SKU.
        sku: String,
        /// 1 (bad) to 5 (good).
        value: u8,
    }
}
fact_struct! {
    /// A person reviewed a SKU.
    Review {
        /// Who.
        subject: String,
        /// The SKU.
        sku: String,
        /// The text.
        text: String,
        /// 1 (bad) to 5 (good), where stars were given.
        #[serde(default)]
        value: Option<u8>,
    }
}
fact_struct! {
    /// A person answered a poll.
    Answer {
        /// Who.
        subject: String,
        /// The poll.
        poll: String,
        /// The answer.
        answer: String,
        /// The SKU that the poll was about.
        #[serde(default)]
        sku: Option<String>,
    }
}
fact_struct! {
    /// Somebody complained. `not_available` is a stock fact and enters that stream without its subject.
    Complaint {
        /// The SKU.
        sku: String,
        /// What about.
        #[serde(default)]
        kind: ComplaintKind,
        /// Where; everywhere if not given.
        #[serde(default)]
        location: Option<String>,
        /// Who; goes into the people stream only.
        #[serde(default)]
        subject: Option<String>,
        /// In their own words.
        #[serde(default)]
        text: String,
    }
}
fact_struct! {
    /// A person's own rules and traits; the newest wins as a whole.
    Profile {
        /// Who.
        subject: String,
        /// Ingredients that this person must never be shown: a hard rule.
        #[serde(default)]
        avoid: Vec<String>,
        /// Traits such as `skin:dry`, matched with the attributes of SKUs.
        #[serde(default)]
        attributes: Vec<String>,
    }
}
fact_struct! {
    /// A person gave or withdrew consent to a purpose.
    Consent {
        /// Who.
        subject: String,
        /// To what.
        #[serde(default)]
        purpose: Purpose,
        /// Given (true) or withdrawn (false).
        granted: bool,
    }
}

/// What a complaint is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ComplaintKind {
    /// Shown as available, but it was not.
    #[default]
    NotAvailable,
    /// Damaged or leaking.
    Damaged,
    /// It irritated the skin.
    Irritation,
    /// The shade was not as shown.
    WrongShade,
    /// Anything else.
    Other,
}

/// A purpose of processing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Learning this person's taste and recommending by it.
    #[default]
    Personalisation,
    /// Counting what this person does, says and rates, per SKU and day.
    Analytics,
    /// Having this person in segments of those who bought.
    Marketing,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Goods of one lot arrived.
    Receive(Receive),
    /// Goods went over a till.
    Sale(Sale),
    /// A customer brought goods back.
    Return(Return),
    /// Somebody counted a shelf.
    Count(Count),
    /// A lot must not be sold any more.
    Recall(Recall),
    /// A person looked at a SKU.
    View(Interest),
    /// A person clicked a SKU.
    Click(Interest),
    /// A person put a SKU into the cart.
    Cart(Interest),
    /// A person rated a SKU.
    Rating(Rating),
    /// A person reviewed a SKU.
    Review(Review),
    /// A person answered a poll.
    Answer(Answer),
    /// Somebody complained.
    Complaint(Complaint),
    /// A person's own rules and traits.
    Profile(Profile),
    /// A person gave or withdrew consent.
    Consent(Consent),
}

macro_rules! into_fact {
    ($($name:ident),* $(,)?) => {$(
        impl From<$name> for Fact {
            fn from(fact: $name) -> Fact {
                Fact::$name(fact)
            }
        }
    )*};
}
into_fact!(Receive, Sale, Return, Count, Recall, Rating, Review, Answer, Complaint, Profile, Consent);

impl Fact {
    /// The idempotency key.
    pub fn id(&self) -> &str {
        match self {
            Fact::Receive(f) => &f.id,
            Fact::Sale(f) => &f.id,
            Fact::Return(f) => &f.id,
            Fact::Count(f) => &f.id,
            Fact::Recall(f) => &f.id,
            Fact::View(f) | Fact::Click(f) | Fact::Cart(f) => &f.id,
            Fact::Rating(f) => &f.id,
            Fact::Review(f) => &f.id,
            Fact::Answer(f) => &f.id,
            Fact::Complaint(f) => &f.id,
            Fact::Profile(f) => &f.id,
            Fact::Consent(f) => &f.id,
        }
    }

    /// The person whose fact this is, if any.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Fact::Receive(_) | Fact::Count(_) | Fact::Recall(_) => None,
            Fact::Sale(f) => f.subject.as_deref(),
            Fact::Return(f) => f.subject.as_deref(),
            Fact::View(f) | Fact::Click(f) | Fact::Cart(f) => Some(&f.subject),
            Fact::Rating(f) => Some(&f.subject),
            Fact::Review(f) => Some(&f.subject),
            Fact::Answer(f) => Some(&f.subject),
            Fact::Complaint(f) => f.subject.as_deref(),
            Fact::Profile(f) => Some(&f.subject),
            Fact::Consent(f) => Some(&f.subject),
        }
    }

    /// The business day that it names, where it names one.
    pub fn occurred_on(&self) -> Option<Day> {
        match self {
            Fact::Receive(f) => f.occurred_on,
            Fact::Sale(f) => f.occurred_on,
            Fact::Return(f) => f.occurred_on,
            Fact::Count(f) => f.occurred_on,
            _ => None,
        }
    }

    /// The SKUs it speaks of.
    pub fn skus(&self) -> Vec<&str> {
        match self {
            Fact::Receive(f) => vec![&f.sku],
            Fact::Sale(f) => f.lines.iter().map(|line| line.sku.as_str()).collect(),
            Fact::Return(f) => vec![&f.sku],
            Fact::Count(f) => vec![&f.sku],
            Fact::Recall(f) => vec![&f.sku],
            Fact::View(f) | Fact::Click(f) | Fact::Cart(f) => vec![&f.sku],
            Fact::Rating(f) => vec![&f.sku],
            Fact::Review(f) => vec![&f.sku],
            Fact::Answer(f) => f.sku.iter().map(String::as_str).collect(),
            Fact::Complaint(f) => vec![&f.sku],
            Fact::Profile(_) | Fact::Consent(_) => Vec::new(),
        }
    }

    /// Answers whether the fact is well formed.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_key("id", self.id())?;
        check_optional_key("subject", self.subject())?;
        match self {
            Fact::Sale(f) => check_lines(&f.lines)?,
            other => other.skus().into_iter().try_for_each(|sku| check_key("sku", sku))?,
        }
        match self {
            Fact::Receive(f) => {
                f.quantity.check_positive("quantity")?;
                check_lot(&f.lot)?;
                check_optional_key("purchase", f.purchase.as_deref())?;
                check_optional_key("supplier_lot", f.supplier_lot.as_deref())?;
                check_optional_key("unit", f.unit.as_deref())?;
                check_condition(f.condition)?;
                let before = |made: &Day| f.expires_on.is_some_and(|last| last < *made);
                if let (Some(made), Some(last)) = (f.produced_on.filter(before), f.expires_on) {
                    return Err(Error::argument(
                        "expires_on",
                        format!("{made}, the day of production, or later"),
                        last,
                    ));
                }
                check_key("location", &f.location)
            }
            Fact::Sale(f) => check_key("location", &f.location),
            Fact::Return(f) => {
                f.quantity.check_positive("quantity")?;
                check_lot(&f.lot)?;
                check_word("reason", &f.reason)?;
                check_optional_key("order", f.order.as_deref())?;
                check_key("location", &f.location)
            }
            Fact::Count(f) => {
                f.quantity.check_non_negative("quantity")?;
                f.lot.as_deref().map_or(Ok(()), check_lot)?;
                if matches!(f.condition, Condition::Held | Condition::InTransit) {
                    let rule = "another than held, which is counted with the good units, and in_transit";
                    return Err(Error::argument("condition", rule, f.condition.name()));
                }
                check_key("location", &f.location)
            }
            Fact::Recall(f) => check_key("lot", &f.lot),
            Fact::Rating(f) => check_stars(f.value),
            Fact::Review(f) => {
                check_text("text", &f.text)?;
                f.value.map_or(Ok(()), check_stars)
            }
            Fact::Answer(f) => {
                check_key("poll", &f.poll)?;
                check_text("answer", &f.answer)
            }
            Fact::Complaint(f) => {
                check_text("text", &f.text)?;
                check_optional_key("location", f.location.as_deref())
            }
            Fact::Profile(f) => check_profile(f),
            Fact::View(_) | Fact::Click(_) | Fact::Cart(_) | Fact::Consent(_) => Ok(()),
        }
    }
}

fn check_condition(condition: Condition) -> Result<()> {
    match condition {
        Condition::Held | Condition::InTransit | Condition::Tester => {
            Err(Error::argument("condition", "one of available, quarantined, damaged, expired", condition.name()))
        }
        _ => Ok(()),
    }
}

fn check_stars(value: u8) -> Result<()> {
    if (1..=5).contains(&value) { Ok(()) } else { Err(Error::argument("value", "1 to 5", value)) }
}

fn check_profile(profile: &Profile) -> Result<()> {
    for (field, list) in [("avoid", &profile.avoid), ("attributes", &profile.attributes)] {
        if list.len() > 1_000 {
            return Err(Error::argument(field, "at most 1000 entries", list.len()));
        }
        list.iter().enumerate().try_for_each(|(i, entry)| check_key(&format!("{field}[{i}]"), entry))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, field: &str) {
        let error = crate::base::json::fit_tagged::<Fact>(serde_json::from_str(text).unwrap()).unwrap_err();
        match &error {
            Error::InvalidArgument { field: named, .. } => assert_eq!(named, field, "{error} for {text}"),
            other => panic!("{other} for {text}"),
        }
    }

    #[test]
    fn errors_name_the_field() {
        check(r#"{"type":"count","id":"c","sku":"a","location":"p","quantity":1.5}"#, "quantity");
        check(r#"{"type":"count","id":"c","sku":"a","location":"p"}"#, "quantity");
        check(r#"{"type":"count","id":"c","sku":"a","location":"p","quantity":1,"colour":2}"#, "colour");
        check(r#"{"type":"juggle","id":"c"}"#, "type");
        check(r#"{"id":"c"}"#, "type");
        check(r#"{"type":"sale","id":"c","location":"p","lines":[{"sku":"a","quantity":"two"}]}"#, "lines[0].quantity");
        for day in ["soon", "2027-02-29", "2027-13", "2027-6", "2027-06-30T00:00:00Z"] {
            let receipt = r#"{"type":"receive","id":"c","sku":"a","location":"p","quantity":1,"expires_on":"DAY"}"#;
            check(&receipt.replace("DAY", day), "expires_on");
            check(&receipt.replace("DAY", day).replace("expires_on", "produced_on"), "produced_on");
        }
    }
}
