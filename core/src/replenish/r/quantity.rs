//! A need becomes an order that the supplier accepts: minimum, packs, maximum.

use serde::{Deserialize, Serialize};

use crate::base::units::MAX_EXACT;
use crate::base::{Error, Quantity, Result};

/// What a supplier accepts for one SKU, in base units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct OrderRule {
    /// The least that may be ordered; 0 for no such rule.
    pub min_order_qty: Quantity,
    /// Orders are multiples of this.
    pub pack_size: Quantity,
    /// The most that may be ordered.
    pub max_order_qty: Option<Quantity>,
}

impl Default for OrderRule {
    fn default() -> Self {
        OrderRule { min_order_qty: Quantity(0), pack_size: Quantity(1), max_order_qty: None }
    }
}

impl OrderRule {
    /// Answers whether the rule makes sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field: a pack below 1, a negative minimum or maximum.
    pub fn check(&self) -> Result<()> {
        self.min_order_qty.check_non_negative("min_order_qty")?;
        self.pack_size.check_positive("pack_size")?;
        self.max_order_qty.map_or(Ok(()), |max| max.check_non_negative("max_order_qty"))
    }
}

/// Rounds a need to what may be ordered: nothing for no need; else at least the minimum, rounded up to whole
/// packs; where that exceeds the maximum, the whole packs that fit into it (which may be below the minimum).
///
/// # Errors
/// `INVALID_ARGUMENT` for a rule that makes no sense or a need beyond 2⁵³ − 1.
///
/// ```
/// use trousse::Quantity;
/// use trousse::replenish::{OrderRule, order_quantity};
/// let rule = OrderRule { min_order_qty: Quantity(24), pack_size: Quantity(6), ..Default::default() };
/// assert_eq!(order_quantity(Quantity(1), &rule)?, Quantity(24));
/// assert_eq!(order_quantity(Quantity(25), &rule)?, Quantity(30));
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn order_quantity(need: Quantity, rule: &OrderRule) -> Result<Quantity> {
    rule.check()?;
    if need.0 > MAX_EXACT {
        return Err(Error::argument("need", "at most 2^53 − 1", need.0));
    }
    Ok(rounded(need, rule))
}

/// [`order_quantity`] for a rule and a need that were checked.
pub(super) fn rounded(need: Quantity, rule: &OrderRule) -> Quantity {
    if need.0 <= 0 {
        return Quantity(0);
    }
    let pack = rule.pack_size.0.max(1);
    let least = need.0.max(rule.min_order_qty.0);
    let packed = (least - 1).div_euclid(pack).saturating_add(1).saturating_mul(pack);
    match rule.max_order_qty {
        Some(max) if packed > max.0 => Quantity(whole_packs(max.0, pack)),
        _ => Quantity(packed),
    }
}

/// The whole packs within a quantity.
pub(super) fn whole_packs(quantity: i64, pack: i64) -> i64 {
    quantity.max(0) / pack * pack
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(min: i64, pack: i64, max: Option<i64>) -> OrderRule {
        OrderRule { min_order_qty: Quantity(min), pack_size: Quantity(pack), max_order_qty: max.map(Quantity) }
    }

    #[test]
    fn worked_cases() {
        // Cases of the definition: need, minimum, pack, maximum → order.
        for (need, min, pack, max, expected) in [
            (0, 24, 6, None, 0),
            (1, 24, 6, None, 24),
            (25, 24, 6, None, 30),
            (25, 0, 12, None, 36),
            (25, 30, 12, None, 36),
            (100, 0, 12, Some(90), 84),
            (7, 10, 4, None, 12),
            (-3, 10, 4, None, 0),
        ] {
            let got = order_quantity(Quantity(need), &rule(min, pack, max)).unwrap();
            assert_eq!(got, Quantity(expected), "need {need}, min {min}, pack {pack}, max {max:?}");
        }
    }

    #[test]
    fn bad_rules_name_the_field() {
        for (bad, field) in [
            (rule(0, 0, None), "pack_size"),
            (rule(-1, 1, None), "min_order_qty"),
            (rule(0, 1, Some(-1)), "max_order_qty"),
        ] {
            let error = order_quantity(Quantity(5), &bad).unwrap_err();
            assert!(matches!(&error, Error::InvalidArgument { field: got, .. } if got == field), "{error}");
        }
        assert!(order_quantity(Quantity(i64::MAX), &rule(0, 1, None)).is_err());
    }

    proptest! {
        #[test]
        fn orders_are_packs_that_cover_the_need_unless_capped(
            need in -50i64..5_000, min in 0i64..500, pack in 1i64..60, max in proptest::option::of(0i64..3_000),
        ) {
            let order = order_quantity(Quantity(need), &rule(min, pack, max)).unwrap().0;
            prop_assert_eq!(order % pack, 0);
            prop_assert!(order <= max.unwrap_or(i64::MAX));
            if need <= 0 {
                prop_assert_eq!(order, 0);
            } else if max.is_none_or(|max| order + pack <= max) {
                prop_assert!(order >= need.max(min));
                prop_assert!(order - need.max(min) < pack);
            }
        }
    }
}
