//! The forecasts beside anofox-forecast, augurs and statsforecast: CPU of one thread and accuracy on the same series.
//!
//! `make bench-rivals-forecast DATA=folder`, or here `cargo run --release -- folder`. Series: every third of
//! `tourism_monthly`, its last 117 training months, 24 ahead, season 12; and the car parts for the methods of intermittent
//! demand. Printed are the means per series; MASE is scaled with the seasonal naive of those months, sMAPE as in M4. What
//! a rival refuses is counted and gets the seasonal naive. `statsforecast_race.py` beside this prints the same of its models.

use std::hint::black_box;
use std::time::Instant;

use anofox_forecast::core::TimeSeries;
use anofox_forecast::models::Forecaster;
use anofox_forecast::models::arima::AutoARIMA;
use anofox_forecast::models::exponential::AutoETS;
use anofox_forecast::models::intermittent::{ADIDA, Croston, IMAPA, TSB};
use anofox_forecast::models::theta::{AutoTheta, DynamicTheta};
use augurs::mstl::MSTLModel;
use augurs::{Fit, Predict};
use trousse::forecast::{self, Model, Options, Pool};

const SEASON: usize = 12;
const MONTHS: usize = 117;
const HORIZON: usize = 24;
const EVERY: usize = 3;

struct Series {
    train: Vec<f64>,
    test: Vec<f64>,
}

fn read(folder: &str, name: &str) -> Vec<Series> {
    let file = format!("{folder}/{name}.csv.gz");
    let out = std::process::Command::new("gzip").args(["-dc", &file]).output().expect("gzip is installed");
    assert!(out.status.success(), "cannot read {file}");
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let at = |column: &str| head.iter().position(|name| *name == column).expect("a column");
    let (id, y, split) = (at("unique_id"), at("y"), at("split"));
    let (mut series, mut last): (Vec<Series>, &str) = (Vec::new(), "");
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        if fields[id] != last {
            last = fields[id];
            series.push(Series { train: Vec::new(), test: Vec::new() });
        }
        let one = series.last_mut().expect("just pushed");
        let value = fields[y].parse().expect("a number");
        if fields[split] == "train" { one.train.push(value) } else { one.test.push(value) }
    }
    series
}

fn naive(y: &[f64]) -> Vec<f64> {
    (0..HORIZON).map(|h| y[y.len() - SEASON + h % SEASON]).collect()
}

fn race(name: &str, series: &[Series], forecast: impl Fn(&[f64]) -> Option<Vec<f64>>) {
    let (mut mase, mut smape, mut refused, mut seconds) = (0.0, 0.0, 0, 0.0);
    for one in series {
        let start = Instant::now();
        let told = black_box(forecast(&one.train));
        seconds += start.elapsed().as_secs_f64();
        let sound = told.filter(|told| told.len() == HORIZON && told.iter().all(|x| x.is_finite()));
        refused += usize::from(sound.is_none());
        let told = sound.unwrap_or_else(|| naive(&one.train));
        let scale = one.train.windows(SEASON + 1).map(|w| (w[SEASON] - w[0]).abs()).sum::<f64>()
            / (one.train.len() - SEASON) as f64;
        let both = || told.iter().zip(&one.test);
        mase += both().map(|(f, y)| (f - y).abs()).sum::<f64>() / HORIZON as f64 / scale;
        smape += both().map(|(f, y)| 200.0 * (f - y).abs() / (f.abs() + y.abs())).sum::<f64>() / HORIZON as f64;
    }
    let n = series.len() as f64;
    let each = seconds / n * 1e3;
    println!("{name:34} {each:9.3} ms  MASE {:.3}  sMAPE {:.2}  refused {refused}", mase / n, smape / n);
}

fn months(y: &[f64]) -> TimeSeries {
    let start = chrono::DateTime::UNIX_EPOCH;
    let stamps = (0..y.len()).map(|t| start + chrono::Duration::days(30 * t as i64)).collect();
    TimeSeries::univariate(stamps, y.to_vec()).expect("rising times")
}

fn anofox(y: &[f64], mut model: impl Forecaster) -> Option<Vec<f64>> {
    model.fit(&months(y)).ok()?;
    Some(model.predict(HORIZON).ok()?.primary().to_vec())
}

fn own(y: &[f64], models: &[Model], pool: Pool) -> Option<Vec<f64>> {
    let options =
        Options { season: SEASON, horizon: HORIZON, models: models.to_vec(), pool, ..Options::default() };
    Some(forecast::auto(y, None, &options).ok()?.mean)
}

fn kernels(name: &str, series: &[Series], kernel: impl Fn(&[f64]) -> f64) {
    let start = Instant::now();
    let sum: f64 = series.iter().map(|one| black_box(kernel(&one.train))).sum();
    println!("{name:34} {:9.2} ms for {} series  mean rate {:.4}", start.elapsed().as_secs_f64() * 1e3, series.len(), sum / series.len() as f64);
}

fn rate(y: &[f64], mut model: impl Forecaster) -> f64 {
    match model.fit(&months(y)).and_then(|()| model.predict(1)) {
        Ok(told) => told.primary()[0],
        Err(_) => 0.0,
    }
}

fn main() {
    let folder = std::env::args().nth(1).expect("the folder of the data sets");
    let mut series: Vec<Series> = read(&folder, "tourism_monthly").into_iter().step_by(EVERY).collect();
    for one in &mut series {
        one.train.drain(..one.train.len().saturating_sub(MONTHS));
    }
    println!("tourism_monthly, every third: {} series of at most {MONTHS} months, {HORIZON} ahead", series.len());
    race("trousse auto_ets", &series, |y| Some(forecast::auto_ets(y, SEASON).ok()?.state.mean(HORIZON)));
    race("anofox-forecast AutoETS", &series, |y| anofox(y, AutoETS::with_period(SEASON)));
    race("augurs MSTL + AutoETS", &series, |y| {
        let trend = augurs::ets::AutoETS::non_seasonal().into_trend_model();
        Some(MSTLModel::new(vec![SEASON], trend).fit(y).ok()?.predict(HORIZON, None).ok()?.point)
    });
    race("trousse auto_arima", &series, |y| Some(forecast::auto_arima(y, SEASON).ok()?.state.mean(HORIZON)));
    race("trousse arima, with intervals", &series, |y| own(y, &[Model::Arima], Pool::Standard));
    race("anofox-forecast AutoARIMA", &series, |y| anofox(y, AutoARIMA::seasonal(SEASON)));
    race("trousse theta (DOTM)", &series, |y| {
        Some(forecast::theta(y, "DOTM", SEASON).ok()?.state.mean(HORIZON))
    });
    race("anofox-forecast DynamicTheta", &series, |y| anofox(y, DynamicTheta::seasonal_optimized(SEASON)));
    race("trousse auto_theta", &series, |y| Some(forecast::auto_theta(y, SEASON).ok()?.state.mean(HORIZON)));
    race("anofox-forecast AutoTheta", &series, |y| anofox(y, AutoTheta::seasonal(SEASON)));
    race("trousse auto_ces", &series, |y| Some(forecast::auto_ces(y, SEASON).ok()?.state.mean(HORIZON)));
    race("trousse default, with intervals", &series, |y| own(y, &[], Pool::Standard));
    race("trousse fast, with intervals", &series, |y| own(y, &[], Pool::Fast));

    let parts = read(&folder, "carparts");
    println!("carparts");
    kernels("trousse croston", &parts, |y| forecast::croston(y, 0.1).unwrap_or(0.0));
    kernels("anofox-forecast Croston", &parts, |y| rate(y, Croston::new().with_alpha(0.1)));
    kernels("trousse sba", &parts, |y| forecast::sba(y, 0.1).unwrap_or(0.0));
    kernels("anofox-forecast Croston SBA", &parts, |y| rate(y, Croston::new().with_alpha(0.1).sba()));
    kernels("trousse tsb", &parts, |y| forecast::tsb(y, 0.1, 0.1).unwrap_or(0.0));
    kernels("anofox-forecast TSB", &parts, |y| rate(y, TSB::new().with_params(0.1, 0.1)));
    kernels("trousse adida", &parts, forecast::adida);
    kernels("anofox-forecast ADIDA", &parts, |y| rate(y, ADIDA::new()));
    kernels("trousse imapa", &parts, forecast::imapa);
    kernels("anofox-forecast IMAPA", &parts, |y| rate(y, IMAPA::new()));
}
