//! Tests of the intervals by name.

use super::super::ets::{self, Ets, Kind, Trend};
use super::super::smooth::LastValues;
use super::super::window::Drift;
use super::super::{Model, Order, arima, auto, ces};
use super::*;

fn near(got: f64, expected: f64, tolerance: f64) {
    assert!((got / expected - 1.0).abs() < tolerance, "{got} instead of {expected}");
}

fn noise(seed: u64, n: usize) -> Vec<f64> {
    let mut random = Random(seed);
    (0..n).map(|_| (0..12).map(|_| random.unit()).sum::<f64>() - 6.0).collect()
}

fn months(seed: u64, n: usize) -> Vec<f64> {
    let mut level = 100.0;
    let next = |(t, e): (usize, f64)| {
        level += 0.3 + 2.0 * e;
        level * (1.0 + 0.2 * (t as f64 * std::f64::consts::TAU / 12.0).sin())
    };
    noise(seed, n).into_iter().enumerate().map(next).collect()
}

fn told(y: &[f64], model: Model, levels: &[f64], horizon: usize, intervals: Intervals) -> Forecast {
    let options = Options { levels: levels.to_vec(), models: vec![model], horizon, intervals, ..Options::default() };
    auto(y, None, &options).unwrap()
}

#[test]
fn responses_are_those_of_closed_forms() {
    // simple smoothing: σ²(1 + (h − 1)α²); the sum of H periods: σ² Σ (1 + αj)²
    let simple = ets::Form { error: Kind::Additive, trend: Trend::None, season: None };
    let (sd, total) = analytic(&Ets { alpha: 0.3, ..Ets::flat(simple, 50.0) }, 2.0, false, 6);
    for h in 1..=6 {
        near(sd[h - 1], 2.0 * (1.0 + (h - 1) as f64 * 0.09).sqrt(), 1e-12);
        near(total[h - 1], 2.0 * (0..h).map(|j| (1.0 + 0.3 * j as f64).powi(2)).sum::<f64>().sqrt(), 1e-12);
    }
    // the last value: hσ²; one season ago: σ² times the seasons begun; the drift moves with each value too
    let (mut last, mut season, mut drift) = (LastValues::new(1), LastValues::new(3), Drift::default());
    for y in [4.0, 7.0, 5.0, 6.0, 9.0] {
        last.update(y, 1.0);
        season.update(y, 1.0);
        drift.update(y, 1.0);
    }
    for h in 1..=7_usize {
        near(analytic(&last, 1.5, false, 7).0[h - 1], 1.5 * (h as f64).sqrt(), 1e-12);
        near(analytic(&season, 1.5, false, 7).0[h - 1], 1.5 * (h.div_ceil(3) as f64).sqrt(), 1e-12);
        let moved = (1..=h).map(|k| (1.0 + (h - k) as f64 / (4 + k) as f64).powi(2)).sum::<f64>();
        near(analytic(&drift, 1.5, false, 7).0[h - 1], 1.5 * moved.sqrt(), 1e-12);
    }
}

#[test]
fn responses_are_those_of_the_models_own_variances() {
    let y = months(1, 120);
    for model in ["ANN", "AAN", "AAdN", "ANA", "AAdA"] {
        let state = super::super::ets(&y, model, 12).unwrap().state;
        let (sd, _) = analytic(&state, state.variance.sqrt(), false, 30);
        sd.iter().zip(state.variance(30)).for_each(|(sd, v)| near(sd * sd, v, 1e-9));
    }
    for model in ["N", "S", "P", "F"] {
        let state = ces(&y, model, 12).unwrap().state;
        let (sd, _) = analytic(&state, state.variance.sqrt(), false, 30);
        sd.iter().zip(state.variance(30)).for_each(|(sd, v)| near(sd * sd, v, 1e-8));
    }
    // multiplying ones: of first order, which leaves out products of errors; they grow with the distance
    for model in ["MNN", "MAdN", "MNM", "MAM"] {
        let state = super::super::ets(&y, model, 12).unwrap().state;
        let (sd, _) = analytic(&state, state.variance.sqrt(), true, 8);
        sd.iter().zip(state.variance(8)).for_each(|(sd, v)| near(sd * sd, v, 0.05));
    }
    // ψ-weights: of an AR(1) its powers; of ARMA with differences those of the state
    let order = Order { ar: 1, ..Order::default() };
    let mut level = 0.0;
    let next = |e: &f64| {
        level = 0.7 * level + e;
        level
    };
    let state = arima(&noise(3, 200).iter().map(next).collect::<Vec<f64>>(), &order).unwrap().state;
    let (sd, _) = analytic(&state, 1.0, false, 8);
    (1..=8).for_each(|h| near(sd[h - 1].powi(2), (0..h).map(|j| state.ar[0].powi(2 * j as i32)).sum(), 1e-9));
    for order in [
        Order { ar: 1, differences: 1, ma: 1, ..Order::default() },
        Order { ar: 1, seasonal_ar: 1, seasonal_differences: 1, season: 12, ..Order::default() },
    ] {
        let state = arima(&y, &order).unwrap().state;
        let (sd, _) = analytic(&state, state.variance.sqrt(), false, 30);
        sd.iter().zip(state.variance(30)).for_each(|(sd, v)| near(sd * sd, v, 1e-6));
    }
}

#[test]
fn analytic_ends_are_those_of_the_normal_distribution() {
    // the last value; its errors are 1 and −1 in turn
    let y: Vec<f64> = (0..20).map(|t| 10.5 + f64::from(t % 2)).collect();
    let ahead = told(&y, Model::Naive, &[80.0, 95.0], 3, Intervals::Analytic);
    for h in 0..3 {
        let root = ((h + 1) as f64).sqrt();
        near(ahead.intervals[0].low[h], 11.5 - 1.281_551_565_544_600_4 * root, 1e-12);
        near(ahead.intervals[1].high[h], 11.5 + 1.959_963_984_540_054 * root, 1e-12);
        near(ahead.quantile(h, 0.975), 11.5 + 1.959_963_984_540_054 * root, 1e-12);
        assert_eq!(ahead.way(h), "analytic");
    }
    near(ahead.total(3).1, 1.0 + 4.0 + 9.0, 1e-12);
}

#[test]
fn the_bootstrap_draws_errors_of_the_past() {
    let y: Vec<f64> = (0..21).map(|t| 10.0 + f64::from(t % 2)).collect();
    let ahead = told(&y, Model::Naive, &[80.0], 2, Intervals::Bootstrap);
    // whole numbers: 9 or 11 next, then 8, 10 or 12
    assert_eq!((ahead.intervals[0].low.clone(), ahead.intervals[0].high.clone()), (vec![9.0, 8.0], vec![11.0, 12.0]));
    assert_eq!((ahead.sd[0], ahead.way(1)), (1.0, "bootstrap".into()));
    near(ahead.sd[1].powi(2), 2.0, 0.1);
    near(ahead.total_sd[1].powi(2), 5.0, 0.1); // 2e + e′
    let paths = ahead.paths(50, 3);
    assert!(paths.chunks(2).all(|path| (path[0] - 10.0).abs() == 1.0 && (path[1] - path[0]).abs() == 1.0));
    assert_eq!(paths, ahead.paths(50, 3));
    assert_eq!(ahead.total_quantiles(2, &[0.001, 0.5, 0.999], 1).iter().map(|q| q.rem_euclid(2.0)).sum::<f64>(), 3.0);
    // relative errors stay relative: a season that multiplies
    let ahead = told(&months(4, 96), Model::Ets, &[80.0, 95.0], 12, Intervals::Bootstrap);
    let plain = told(&months(4, 96), Model::Ets, &[80.0, 95.0], 12, Intervals::Analytic);
    for h in 0..12 {
        near(ahead.sd[h], plain.sd[h], 0.15);
        near(ahead.total_sd[h], plain.total_sd[h], 0.15);
        assert!(ahead.intervals[1].low[h] < ahead.intervals[0].low[h]);
    }
}

#[test]
fn conformal_ends_are_errors_of_the_past() {
    // differences of the last half: −1, 2, −3 … 20, so that two in a row add up to 1 or −1
    let mut y = vec![100.5; 20];
    (1..=20).for_each(|k| y.push(y[18 + k] + if k % 2 == 0 { f64::from(k as u32) } else { -f64::from(k as u32) }));
    let ahead = told(&y, Model::Naive, &[80.0, 95.0, 96.0], 2, Intervals::Conformal);
    let (mean, ends) = (y[39], &ahead.intervals);
    assert_eq!((ends[0].low[0], ends[0].high[0]), (mean - 17.0, mean + 17.0)); // 17 = ⌈21 · 0.8⌉
    assert_eq!((ends[1].low[0], ends[1].high[0]), (mean - 20.0, mean + 20.0)); // 20 = ⌈21 · 0.95⌉
    assert_eq!((ends[0].low[1], ends[1].high[1]), (mean - 1.0, mean + 1.0));
    assert_eq!(ahead.way(0), "conformal; auto at 96");
    assert!(ends[2].low[0] <= ends[1].low[0] && ends[2].high[0] >= ends[1].high[0]);
    // four errors are needed for 80 %: with three all is as without
    let short = &y[..7];
    let (own, plain) = (
        told(short, Model::Naive, &[80.0], 1, Intervals::Conformal),
        told(short, Model::Naive, &[80.0], 1, Intervals::Auto),
    );
    assert_eq!((own.way(0), own.intervals), ("auto".into(), plain.intervals));
    assert_eq!(told(&y[..8], Model::Naive, &[80.0], 1, Intervals::Conformal).way(0), "conformal");
}

#[test]
fn counts_have_whole_ends_in_every_way() {
    let slow: Vec<f64> = noise(5, 80).iter().map(|e| if *e > 0.3 { (3.0 * e).ceil() } else { 0.0 }).collect();
    let fast: Vec<f64> = noise(6, 80).iter().map(|e| (30.0 + 5.0 * e).round()).collect();
    for y in [&slow, &fast] {
        for intervals in [Intervals::Analytic, Intervals::Bootstrap, Intervals::Conformal] {
            let options = Options { levels: vec![50.0, 80.0, 90.0], horizon: 5, intervals, ..Options::default() };
            let ahead = auto(y, None, &options).unwrap();
            assert!(ahead.count);
            for own in &ahead.intervals {
                assert!(own.low.iter().chain(&own.high).all(|q| q.fract() == 0.0 && *q >= 0.0), "{own:?}");
                assert!(own.low.iter().zip(&own.high).all(|(low, high)| low <= high));
            }
            assert!((0..5).all(|step| ahead.way(step) == intervals.name()), "{intervals:?}");
            assert!(ahead.paths(20, 1).iter().all(|y| y.fract() == 0.0 && *y >= 0.0));
        }
    }
}

#[test]
fn each_way_covers_what_it_says() {
    // a random walk and a noisy level, told from 200 values, 4 ahead, 200 of each
    for (model, walk) in [(Model::Naive, 1.0), (Model::Ses, 0.1)] {
        for intervals in [Intervals::Analytic, Intervals::Bootstrap, Intervals::Conformal] {
            let mut inside = [0.0; 2];
            for seed in 0..200 {
                let (mut level, e, u) = (0.0, noise(2 * seed, 204), noise(2 * seed + 1, 204));
                let next = |t: usize| {
                    level += walk * e[t];
                    level + if walk < 1.0 { u[t] } else { 0.0 }
                };
                let y: Vec<f64> = (0..204).map(next).collect();
                let ahead = told(&y[..200], model, &[80.0, 95.0], 4, intervals);
                for (inside, own) in inside.iter_mut().zip(&ahead.intervals) {
                    *inside += (0..4).filter(|h| (own.low[*h]..=own.high[*h]).contains(&y[200 + h])).count() as f64;
                }
            }
            let [narrow, wide] = inside.map(|inside| inside / 800.0);
            assert!((0.74..0.86).contains(&narrow), "{model:?} {intervals:?}: {narrow}");
            assert!((0.91..0.985).contains(&wide), "{model:?} {intervals:?}: {wide}");
        }
    }
}
