//! Golden numbers: fitted models against statsforecast 2.1.0 (`tests/golden/forecast.json`, made by the script beside it).
//!
//! A likelihood may be better than theirs, whose simplex stops early, never worse by more than 0.1 (complex smoothing: 1.5).
//! Where both found the same optimum the forecasts agree within 1 % (Theta: 0.1 %), elsewhere those of exponential
//! smoothing within 6 %.

use serde_json::Value;
use trousse::forecast::{Forecaster, Model, Options, auto, auto_theta, ces, ets, theta};
use trousse::{Column, Table, Task};

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
fn automatic_theta_chooses_the_same_form() {
    let (y, _) = rows("theta");
    let theirs = &golden()["auto_theta"];
    let chosen = auto_theta(&y, 12).expect("144 months").state;
    let named = theta(&y, theirs["model"].as_str().expect("a name"), 12).expect("144 months").state;
    assert_eq!(chosen, named);
    near("auto_theta", &chosen.mean(3), &numbers(&theirs["mean"]), 1e-3);
    let options = Options { season: 12, horizon: 3, models: vec![Model::AutoTheta], ..Options::default() };
    assert_eq!(auto(&y, None, &options).expect("144 months").mean, chosen.mean(3));
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

fn frame(columns: &Value) -> Table {
    let mut table = Table::default();
    for (name, values) in columns.as_object().expect("columns") {
        let values = values.as_array().expect("an array");
        let column = if values.iter().all(Value::is_string) {
            Column::Text(values.iter().map(|text| text.as_str().expect("a text").into()).collect())
        } else if name == "ds" {
            Column::Integer(values.iter().map(|time| time.as_i64().expect("a whole number")).collect())
        } else {
            Column::Float(values.iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect())
        };
        table.push(name.as_str(), column).expect("columns of one length");
    }
    table
}

fn stays_readable(golden: &str) {
    let golden: Value = serde_json::from_str(golden).expect("json");
    let hex = golden["hex"].as_str().expect("hex");
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
    let before = Forecaster::from_bytes(&[&bytes[..4], &[1], &bytes[5..]].concat()).expect_err("another format");
    assert_eq!((before.code(), before.fields()["found"].as_u64()), ("STATE_VERSION", Some(1)));
    let mut own = Forecaster::from_bytes(&bytes).expect("a state");
    assert_eq!(own.to_bytes().expect("bytes"), bytes);
    for step in golden["steps"].as_array().expect("steps") {
        if step["update"].is_object() {
            own.update(&frame(&step["update"])).expect("an update");
        }
        let (asked, task) = (&step["predict"], Task::default());
        let (h, level) = (asked["h"].as_u64().expect("a number") as usize, numbers(&asked["level"]));
        let told = match asked["future"].is_object() {
            true => own.predict_with_drivers(&frame(&asked["future"]), h, &level, &task),
            false => own.predict(h, &level, &task),
        };
        let told = told.expect("a forecast");
        for (name, expected) in frame(&step["expect"]).columns() {
            match expected {
                _ if name == "ds" => {
                    let times = match told.days(name) {
                        Ok(days) => Column::Text(days.iter().map(ToString::to_string).collect()),
                        Err(_) => Column::Integer(told.integers(name).expect("whole numbers")),
                    };
                    assert_eq!(times, *expected);
                }
                Column::Float(expected) => {
                    for (got, expected) in told.floats(name).expect("numbers").iter().zip(expected) {
                        assert!((got - expected).abs() < 1e-9 || got.is_nan() && expected.is_nan(), "{name}");
                    }
                }
                _ => assert_eq!(Column::Text(told.texts(name).expect("texts")), *expected),
            }
        }
    }
}

#[test]
fn a_state_of_format_2_stays_readable() {
    stays_readable(include_str!("../golden/forecaster.json"));
    stays_readable(include_str!("../golden/forecaster-drivers.json"));
}
