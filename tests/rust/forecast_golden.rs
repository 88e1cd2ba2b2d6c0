//! Golden numbers: fitted models against statsforecast 2.1.0 (`tests/golden/forecast.json`, made by the script beside it).
//!
//! A likelihood may be better than theirs, whose simplex stops early, never worse by more than 0.1 (complex smoothing: 1.5).
//! Where both found the same optimum the forecasts agree within 1 % (Theta: 0.1 %), elsewhere those of exponential
//! smoothing within 6 %.

use serde_json::Value;
use trousse::forecast::{ces, ets, theta};

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/forecast.json")).expect("json")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn near(what: &str, got: &[f64], expected: &[f64], tolerance: f64) {
    for (got, expected) in got.iter().zip(expected) {
        assert!((got / expected - 1.0).abs() < tolerance, "{what}: {got} instead of {expected}");
    }
}

fn rows(family: &str) -> (Vec<f64>, Vec<Value>) {
    let all = golden();
    (numbers(&all["y"]), all[family].as_array().expect("rows").clone())
}

#[test]
fn exponential_smoothing_is_as_likely() {
    let (y, rows) = rows("ets");
    for row in rows {
        let model = row["model"].as_str().expect("a name");
        let fit = ets(&y, model, 12).expect("144 months");
        let theirs = row["deviance"].as_f64().expect("a number");
        assert!(fit.deviance < theirs + 0.1, "{model}: {} instead of {theirs}", fit.deviance);
        if fit.deviance > theirs - 0.5 {
            near(model, &fit.state.mean(3), &numbers(&row["mean"]), 0.01);
        } else {
            near(model, &fit.state.mean(3), &numbers(&row["mean"]), 0.06);
        }
    }
}

#[test]
fn the_published_model_of_the_passengers() {
    // R forecast::ets(AirPassengers): ETS(M,Ad,M), AIC 1395.166 with 18 parameters; theirs is n·ln(Σe²) + 2·Σln|mean|.
    let (y, _) = rows("ets");
    let n = y.len() as f64;
    let published = 1395.166 - 36.0 + n * ((2.0 * std::f64::consts::PI / n).ln() + 1.0);
    let fit = ets(&y, "MAdM", 12).expect("144 months");
    assert!((published - fit.deviance).abs() < 2.0 && fit.deviance < published, "{} {published}", fit.deviance);
}

#[test]
fn theta_finds_the_same_optimum() {
    let (y, rows) = rows("theta");
    for row in rows {
        let model = row["model"].as_str().expect("a name");
        let fit = theta(&y, model, 12).expect("144 months");
        near(model, &fit.state.mean(3), &numbers(&row["mean"]), 1e-3);
    }
}

#[test]
fn complex_smoothing_is_as_likely() {
    let (y, rows) = rows("ces");
    for row in rows {
        let model = row["model"].as_str().expect("a name");
        let fit = ces(&y, model, 12).expect("144 months");
        let theirs = row["deviance"].as_f64().expect("a number");
        assert!(fit.deviance < theirs + 1.5, "{model}: {} instead of {theirs}", fit.deviance);
        if fit.deviance > theirs - 1.0 {
            near(model, &fit.state.mean(3), &numbers(&row["mean"]), 0.01);
        }
    }
}
