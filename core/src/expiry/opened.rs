//! Opened units: a tester or a jar in use is good for its period after opening, and never past its expiry.

use serde::{Deserialize, Serialize};

use super::{MAX_MONTHS, PrintedDate, in_range};
use crate::base::{Day, Result};

/// Arguments of [`open_jar`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenJarParams {
    /// The day on which the unit was opened.
    pub opened_on: Day,
    /// The period after opening in months, 1 … 1,200.
    pub pao_months: i32,
    /// Last good day of the unopened goods, to the day or the month; none where nothing is printed.
    #[serde(default)]
    pub expires_on: Option<PrintedDate>,
}

/// What ends the life of an opened unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OpenJarLimit {
    /// The period after opening.
    Pao,
    /// The expiry of the unopened goods, which comes first.
    Expiry,
}

/// What [`open_jar`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenJar {
    /// Last good day of the opened unit.
    pub expires_on: Day,
    /// What ends its life.
    pub limited_by: OpenJarLimit,
}

/// Answers until when an opened unit is good: opening + PAO months, or the expiry where that comes first.
///
/// Months are calendar months: opened on 31 January with `1M`, it is good to the last day of February. A unit
/// opened after its expiry was over on that earlier day: that it was opened is a fact and no error.
///
/// # Errors
/// `INVALID_ARGUMENT` naming `pao_months`.
///
/// ```
/// use trousse::expiry::{OpenJarLimit, OpenJarParams, open_jar};
/// let tester = OpenJarParams { opened_on: "2027-01-31".parse()?, pao_months: 1, expires_on: None };
/// assert_eq!(open_jar(&tester)?.expires_on.to_string(), "2027-02-28");
///
/// let old = OpenJarParams { expires_on: Some("2027-02-15".parse()?), ..tester };
/// assert_eq!(open_jar(&old)?.limited_by, OpenJarLimit::Expiry);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn open_jar(params: &OpenJarParams) -> Result<OpenJar> {
    in_range("pao_months", params.pao_months, 1, MAX_MONTHS)?;
    let pao_ends = params.opened_on.add_months(params.pao_months);
    Ok(match params.expires_on.map(PrintedDate::last_good_day) {
        Some(expiry) if expiry < pao_ends => OpenJar { expires_on: expiry, limited_by: OpenJarLimit::Expiry },
        _ => OpenJar { expires_on: pao_ends, limited_by: OpenJarLimit::Pao },
    })
}
