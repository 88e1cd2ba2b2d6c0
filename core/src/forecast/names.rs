//! The names that a column of forecasts may have: `auto`, our models, and statsforecast's names for them.

use super::Model;
use crate::base::{Error, Result};

/// The column of the choice among the candidates.
pub(super) const AUTO: &str = "auto";

/// statsforecast's names and the models of ours that do the same.
const ALIASES: &[(&str, Model)] = &[
    ("AutoETS", Model::Ets),
    ("AutoARIMA", Model::Arima),
    ("AutoTheta", Model::AutoTheta),
    ("AutoCES", Model::Ces),
    ("DynamicOptimizedTheta", Model::Theta),
    ("OptimizedTheta", Model::OptimisedTheta),
    ("Theta", Model::StandardTheta),
    ("MSTL", Model::Mstl),
    ("Holt", Model::Holt),
    ("HoltWinters", Model::HoltWinters),
    ("SimpleExponentialSmoothing", Model::Ses),
    ("SimpleExponentialSmoothingOptimized", Model::Ses),
    ("SES", Model::Ses),
    ("Naive", Model::Naive),
    ("SeasonalNaive", Model::SeasonalNaive),
    ("RandomWalkWithDrift", Model::Drift),
    ("WindowAverage", Model::WindowAverage),
    ("SeasonalWindowAverage", Model::SeasonalWindowAverage),
    ("TSB", Model::Tsb),
    ("ADIDA", Model::Adida),
    ("IMAPA", Model::Imapa),
    ("CrostonOptimized", Model::Croston),
    ("CrostonClassic", Model::Croston),
    ("CrostonSBA", Model::Sba),
];

/// The models that a name stands for: none for `auto`, whose candidates are chosen among.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field.
pub(super) fn models(field: &str, name: &str, candidates: &[Model]) -> Result<Vec<Model>> {
    if name == AUTO {
        return Ok(candidates.to_vec());
    }
    if let Some((_, model)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
        return Ok(vec![*model]);
    }
    serde_json::from_value(name.into()).map(|model| vec![model]).map_err(|_| {
        let names: Vec<&str> = ALIASES.iter().flat_map(|(alias, model)| [*alias, model.name()]).collect();
        let first = |at: &usize| !names[..*at].contains(&names[*at]);
        let known: Vec<&str> = (0..names.len()).filter(first).map(|at| names[at]).collect();
        Error::argument(field, format!("{AUTO} or a model: {}", known.join(", ")), name)
    })
}
