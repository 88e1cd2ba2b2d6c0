//! Demand classes: how often and how evenly an item sells.
//!
//! Source: Syntetos, Boylan & Croston (2005): cut-offs 1.32 of the mean interval between demands and 0.49 of the
//! squared coefficient of variation of their sizes.

use serde::{Deserialize, Serialize};

/// How an item sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DemandKind {
    /// Often, in even sizes.
    Smooth,
    /// Often, in uneven sizes.
    Erratic,
    /// Seldom, in even sizes.
    Intermittent,
    /// Seldom, in uneven sizes.
    Lumpy,
    /// Known for fewer than 8 periods, or never sold.
    New,
    /// Nothing for far longer than it ever was: see [`demand_class`].
    Ended,
}

/// A demand class and what it was read from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DemandClass {
    /// The class.
    pub class: DemandKind,
    /// Mean number of periods between demands, the known periods over the demands; none without demand.
    pub interval: Option<f64>,
    /// Squared coefficient of variation of the sizes of demand; none without demand.
    pub cv2: Option<f64>,
    /// Known periods without demand at the end.
    pub quiet: usize,
}

/// Mean interval between demands beyond which an item sells seldom.
pub const INTERVAL_CUT: f64 = 1.32;
/// Squared coefficient of variation beyond which sizes are uneven.
pub const CV2_CUT: f64 = 0.49;
/// Fewer known periods make an item new.
const LEAST_KNOWN: usize = 8;
/// An item is ended when a gap as long as the last had less than this chance.
const ENDED_CHANCE: f64 = 1e-3;

/// Classifies demand per period; `NaN` is unknown and takes no time.
///
/// The interval and the sizes are those from the first demand to the last. An item is *ended* where at that
/// rhythm a quiet time as long as the one since its last demand would have had a chance below 1 in 1,000, and is
/// at least twice as long as the longest before.
///
/// ```
/// use trousse::forecast::{DemandKind, demand_class};
/// let seldom = demand_class(&[0.0, 3.0, 0.0, 0.0, 3.0, 0.0, 3.0, 0.0, 0.0, 3.0]);
/// assert_eq!(seldom.class, DemandKind::Intermittent);
/// assert_eq!(seldom.interval, Some(2.25)); // 9 periods from the first to the last of 4 demands
/// ```
pub fn demand_class(y: &[f64]) -> DemandClass {
    let known: Vec<f64> = y.iter().copied().filter(|value| !value.is_nan()).collect();
    let at: Vec<usize> = (0..known.len()).filter(|t| known[*t] != 0.0).collect();
    let (Some(first), Some(last)) = (at.first(), at.last()) else {
        return DemandClass { class: DemandKind::New, interval: None, cv2: None, quiet: known.len() };
    };
    let count = at.len() as f64;
    let active = (last - first + 1) as f64;
    let interval = active / count;
    let mean = at.iter().map(|t| known[*t]).sum::<f64>() / count;
    let cv2 = at.iter().map(|t| (known[*t] / mean - 1.0).powi(2)).sum::<f64>() / count;
    let quiet = known.len() - 1 - last;
    let longest = at.windows(2).map(|pair| pair[1] - pair[0] - 1).max().unwrap_or(0);
    // one demand more than seen, so that an item that never paused is not ended by its first pause
    let silence = (1.0 - count / (active + 1.0)).max(1.0 / (active + 1.0)).powi(quiet.min(100_000) as i32);
    let class = if known.len() < LEAST_KNOWN {
        DemandKind::New
    } else if at.len() > 1 && silence < ENDED_CHANCE && quiet >= 2 * longest.max(1) {
        DemandKind::Ended
    } else {
        match (interval > INTERVAL_CUT, cv2 > CV2_CUT) {
            (false, false) => DemandKind::Smooth,
            (false, true) => DemandKind::Erratic,
            (true, false) => DemandKind::Intermittent,
            (true, true) => DemandKind::Lumpy,
        }
    };
    DemandClass { class, interval: Some(interval), cv2: Some(cv2), quiet }
}
