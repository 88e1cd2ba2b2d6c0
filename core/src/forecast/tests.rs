//! Tests of the forecasts through their public functions.

use proptest::prelude::*;

use super::*;
use crate::base::{Column, Table};

const ALL: [Model; 7] =
    [Model::Naive, Model::SeasonalNaive, Model::Ses, Model::HoltWinters, Model::Croston, Model::Sba, Model::Blend];

/// Standard normal noise from a counter: sums of twelve hashed uniforms.
fn noise(seed: u64, t: usize) -> f64 {
    let uniform = |k: u64| {
        let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add((t as u64) << 8).wrapping_add(k);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..12).map(uniform).sum::<f64>() - 6.0
}

fn weekly(seed: u64, days: usize) -> Vec<f64> {
    let season = [8.0, 9.0, 10.0, 11.0, 12.0, 18.0, 20.0];
    (0..days).map(|t| (season[t % 7] + 0.05 * t as f64 + 2.0 * noise(seed, t)).max(0.0)).collect()
}

fn options(season: usize, horizon: usize) -> Options {
    Options { season, horizon, ..Default::default() }
}

#[test]
fn simple_smoothing_gives_the_textbook_forecast() {
    // Hyndman & Athanasopoulos, Forecasting: Principles and Practice (2nd ed.), §7.1: Saudi oil production
    // 1996–2013, alpha 0.8339, forecast 542.68.
    let oil = [
        445.36, 453.20, 454.41, 422.38, 456.04, 440.39, 425.19, 486.21, 500.43, 521.28, 508.95, 488.89, 509.87, 456.72,
        473.82, 525.95, 549.83, 542.34,
    ];
    let ahead = ses(&oil, 0.8339, 1).unwrap()[0];
    assert!((ahead - 542.68).abs() < 0.01, "{ahead}");
    let fitted = auto(&oil, None, &Options { models: vec![Model::Ses], ..options(1, 1) }).unwrap();
    assert!((fitted.mean[0] - 542.68).abs() < 1.5, "{}", fitted.mean[0]);
}

#[test]
fn seasons_and_trends_go_on() {
    let additive: Vec<f64> =
        (0..84).map(|t| 50.0 + 0.5 * t as f64 + [0.0, 5.0, -5.0, 10.0, 0.0, -10.0, 0.0][t % 7]).collect();
    let rising: Vec<f64> = (0..72).map(|t| (100.0 + t as f64) * [0.5, 1.0, 1.5, 1.0][t % 4]).collect();
    for (y, season, expect) in [(&additive, 7, [92.0, 97.5, 88.0]), (&rising, 4, [86.0, 173.0, 261.0])] {
        let got = auto(y, None, &Options { models: vec![Model::HoltWinters], ..options(season, 3) }).unwrap();
        for (got, expect) in got.mean.iter().zip(expect) {
            assert!((got - expect).abs() < 0.02 * expect, "{got} {expect}");
        }
    }
}

#[test]
fn croston_rates() {
    // Sizes 3, 6 at intervals 2, 4 with α = 0.5: size 4.5, interval 3.
    let y = [0.0, 3.0, 0.0, 0.0, 0.0, 6.0, 0.0];
    assert_eq!(croston(&y, 0.5).unwrap(), 1.5);
    assert_eq!(sba(&y, 0.5).unwrap(), 1.125);
    assert_eq!(croston(&[0.0, 0.0], 0.5).unwrap(), 0.0);
    assert_eq!(sba(&y, 1.5).unwrap_err().to_string(), "alpha must be in [0, 1], got 1.5");
}

#[test]
fn short_series_are_forecast_honestly() {
    assert_eq!(auto(&[], None, &options(7, 3)).unwrap_err().code(), "SERIES_TOO_SHORT");
    assert_eq!(auto(&[f64::NAN, 3.0], Some(&[0.0, 0.05]), &options(7, 3)).unwrap_err().code(), "SERIES_TOO_SHORT");
    let one = auto(&[5.0], None, &options(7, 3)).unwrap();
    assert_eq!((one.model, one.mean.clone()), (Model::Naive, vec![5.0; 3]));
    assert!(one.intervals[0].low[0] < 5.0 && one.intervals[0].high[0] > 5.0, "{one:?}");
    for n in 1..30 {
        for model in ALL {
            let y: Vec<f64> = (0..n).map(|t| (t % 5) as f64).collect();
            let got = auto(&y, None, &Options { models: vec![model], ..options(7, 9) }).unwrap();
            assert!(
                got.mean.len() == 9 && got.mean.iter().chain(&got.sd).all(|x| x.is_finite() && *x >= 0.0),
                "{n} {got:?}"
            );
        }
    }
}

#[test]
fn a_stock_out_is_not_a_lack_of_demand() {
    let y = weekly(1, 84);
    let mut sold = y.clone();
    let mut share = vec![1.0; 84];
    for t in [60, 66, 71, 77, 78, 81, 83] {
        (sold[t], share[t]) = (0.0, 0.0);
    }
    for t in [64, 70, 76, 82] {
        (sold[t], share[t]) = (y[t] / 2.0, 0.5);
    }
    let total = |y: &[f64], share: Option<&[f64]>| auto(y, share, &options(7, 7)).unwrap().total(7).0;
    let (truth, blind, seeing) = (total(&y, None), total(&sold, None), total(&sold, Some(&share)));
    assert!((seeing - truth).abs() < 0.1 * truth, "{truth} {seeing}");
    assert!(blind < 0.9 * truth, "{truth} {blind}");
}

#[test]
fn one_days_share_in_stock_moves_the_forecast() {
    let dense = weekly(2, 60);
    let counts: Vec<f64> = dense.iter().map(|x| x.round()).collect();
    let sparse: Vec<f64> = (0..60).map(|t| if noise(3, t) > 0.8 { 2.0 } else { 0.0 }).collect();
    for y in [&dense[..], &counts[..], &sparse[..], &counts[..5]] {
        for (season, share) in [(7, 0.0), (7, 0.5), (7, 0.95), (1, 0.5)] {
            let before = auto(y, None, &options(season, 7)).unwrap();
            let mut shares = vec![1.0; y.len()];
            shares[y.len() - 2] = share;
            let after = auto(y, Some(&shares), &options(season, 7)).unwrap();
            assert_ne!(before.mean, after.mean, "season {season}, share {share}");
        }
    }
}

#[test]
fn intervals_cover_what_they_promise() {
    let (mut inside, mut all) = (0, 0);
    for seed in 0..60 {
        let y = weekly(seed, 126);
        let got = auto(&y[..112], None, &options(7, 14)).unwrap();
        let interval = &got.intervals[0];
        inside += (0..14).filter(|h| (interval.low[*h]..=interval.high[*h]).contains(&y[112 + h])).count();
        all += 14;
    }
    let coverage = f64::from(inside as u32) / f64::from(all);
    assert!((0.74..0.88).contains(&coverage), "{coverage}");
}

#[test]
fn quantiles_rise_with_their_probability() {
    let sold = weekly(4, 112);
    for y in [&sold[..], &sold[..20], &sold.iter().map(|x| x.round()).collect::<Vec<f64>>()] {
        let got = auto(y, None, &options(7, 3)).unwrap();
        let quantiles: Vec<f64> = (1..2_000).map(|p| got.quantile(2, f64::from(p) / 2_000.0)).collect();
        assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", got.shape);
    }
}

#[test]
fn huge_values_stay_finite() {
    for y in [vec![1e149; 30], (0..30).map(|t| if t % 2 == 0 { 1e149 } else { -1e149 }).collect(), vec![1e-300; 30]] {
        let got = auto(&y, None, &options(7, 3)).unwrap();
        assert!(got.mean.iter().chain(&got.sd).chain(&got.total_sd).all(|x| x.is_finite()), "{got:?}");
    }
    assert_eq!(auto(&[1e200], None, &options(1, 1)).unwrap_err().code(), "NAN_IN_SERIES");
}

#[test]
fn the_choice_beats_the_naive_forecast_on_seasonal_data() {
    let got = auto(&weekly(5, 112), None, &options(7, 14)).unwrap();
    assert!(got.error < got.naive_error, "{} {}", got.error, got.naive_error);
    let error = |model: Model| got.candidates.iter().find(|(own, _)| *own == model).map(|(_, error)| *error);
    assert!(error(Model::HoltWinters) < error(Model::Naive), "{:?}", got.candidates);
    assert_eq!(error(Model::Croston), None);
}

#[test]
fn counts_have_whole_quantiles_and_totals_grow() {
    let y: Vec<f64> = (0..90).map(|t| (2.0 + 1.4 * noise(9, t)).round().max(0.0)).collect();
    let got = auto(&y, None, &options(1, 10)).unwrap();
    assert!(got.count);
    assert!(got.intervals[0].high.iter().chain(&got.intervals[0].low).all(|q| q.fract() == 0.0));
    let totals: Vec<(f64, f64)> = [0, 1, 5, 10, 20].map(|periods| got.total(periods)).to_vec();
    assert_eq!(totals[0], (0.0, 0.0));
    assert!(totals.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1), "{totals:?}");
    assert!((totals[4].0 - 2.0 * totals[3].0).abs() < 1e-9 + 0.2 * totals[3].0);
}

#[test]
fn an_uneven_series_with_a_season_is_no_pile_of_counts() {
    let month = [5.0, 4.0, 6.0, 9.0, 20.0, 60.0, 210.0, 240.0, 50.0, 12.0, 6.0, 5.0];
    let y: Vec<f64> = (0..96).map(|t| (month[t % 12] * (1.0 + 0.1 * noise(3, t))).round()).collect();
    assert_eq!(demand_class(&y).class, DemandKind::Erratic);
    let got = auto(&y, None, &options(12, 12)).unwrap();
    assert_ne!(got.model, Model::Counts);
    assert!(got.mean[6] > 180.0 && got.mean[0] < 20.0, "{:?}", got.mean);
    let uneven: Vec<f64> = (0..96).map(|t| month[(t * 7919 + t * t) % 12]).collect();
    assert_eq!(auto(&uneven, None, &options(1, 12)).unwrap().model, Model::Counts);
}

#[test]
fn paths_have_the_quantiles_of_each_period_and_the_spread_of_the_sum() {
    let few: Vec<f64> = (0..90).map(|t| (2.0 + 1.4 * noise(9, t)).round().max(0.0)).collect();
    let many: Vec<f64> = weekly(5, 112).iter().map(|y| 400.0 + y).collect();
    for (y, season) in [(few, 1), (many, 7)] {
        let ahead = auto(&y, None, &options(season, 10)).unwrap();
        let paths = ahead.paths(4_000, 11);
        for step in 0..10 {
            for p in [0.05, 0.5, 0.9] {
                let q = ahead.quantile(step, p);
                let share = |test: &dyn Fn(f64) -> bool| {
                    paths.iter().skip(step).step_by(10).filter(|x| test(**x)).count() as f64 / 4_000.0
                };
                assert!(share(&|x| x < q) - 0.03 <= p && p <= share(&|x| x <= q) + 0.03, "{step} {p} {q}");
            }
        }
        let sums: Vec<f64> = paths.chunks(10).map(|path| path.iter().sum()).collect();
        let mean = sums.iter().sum::<f64>() / 4_000.0;
        let sd = (sums.iter().map(|sum| (sum - mean).powi(2)).sum::<f64>() / 4_000.0).sqrt();
        assert!((mean / ahead.total(10).0 - 1.0).abs() < 0.05, "{mean} {:?}", ahead.total(10));
        assert!((sd / ahead.total_sd[9] - 1.0).abs() < 0.15, "{sd} {}", ahead.total_sd[9]);
        let [low, high] = ahead.total_quantiles(10, &[0.1, 0.9], 3)[..] else { panic!() };
        assert!((mean - 2.5 * sd..mean).contains(&low) && (mean..mean + 2.5 * sd).contains(&high), "{low} {high}");
    }
}

#[test]
fn series_that_moved_together_do_so_in_each_path() {
    let common: Vec<f64> = (0..80).map(|t| 10.0 * noise(1, t)).collect();
    let of = |share: f64, seed: u64| -> Vec<f64> {
        (0..80).map(|t| 100.0 + share * common[t] + 10.0 * (1.0 - share) * noise(seed, t)).collect()
    };
    let y = [of(0.9, 2), of(0.9, 3), of(0.0, 4)].concat();
    let ids = ["a", "b", "c"].iter().flat_map(|id| std::iter::repeat_n((*id).to_string(), 80)).collect();
    let sales = Table::default()
        .with("unique_id", Column::Text(ids))
        .and_then(|table| table.with("ds", Column::Integer((0..240).map(|row| row % 80).collect())))
        .and_then(|table| table.with("y", Column::Float(y)))
        .unwrap();
    let params = TableParams { h: 1, ..TableParams::default() };
    let paths = forecast_paths(&sales, &params, &Draws { n_paths: 2_000, seed: 5 }, &Task::default()).unwrap();
    let row = |at: usize| (1..=2_000).map(|k| paths.floats(&format!("path-{k}")).unwrap()[at]).collect::<Vec<f64>>();
    let correlation = |a: &[f64], b: &[f64]| {
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
        let (ma, mb) = (mean(a), mean(b));
        let both =
            |x: &[f64], mx: f64, y: &[f64], my: f64| x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum::<f64>();
        both(a, ma, b, mb) / (both(a, ma, a, ma) * both(b, mb, b, mb)).sqrt()
    };
    let (a, b, c) = (row(0), row(1), row(2));
    assert!(correlation(&a, &b) > 0.8, "{}", correlation(&a, &b));
    assert!(correlation(&a, &c).abs() < 0.3, "{}", correlation(&a, &c));
}

#[test]
fn one_huge_order_of_the_past_does_not_run_away() {
    let mut y = vec![0.0; 60];
    y[3] = 50_000.0;
    (30..60).step_by(9).for_each(|t| y[t] = 1.0);
    let got = auto(&y, None, &Options { levels: vec![95.0], ..options(1, 8) }).unwrap();
    assert!(got.intervals[0].high.iter().all(|high| *high <= 100_000.0), "{got:?}");
}

#[test]
fn panels_are_the_same_bits_on_any_number_of_threads() {
    let series: Vec<Vec<f64>> = (0..24).map(|seed| weekly(seed, 40 + seed as usize)).collect();
    let offsets = std::iter::once(0)
        .chain(series.iter().scan(0, |sum, y| {
            *sum += y.len();
            Some(*sum)
        }))
        .collect();
    let names = (0..24).map(|i| format!("s{i}")).collect();
    let whole = Panel::new(names, series.concat(), offsets).unwrap();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| panel(&whole, &options(7, 7), &Task::default()).unwrap())
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(8));
    assert_eq!(one[5], auto(&series[5], None, &options(7, 7)).unwrap());
    let task = Task::default();
    task.cancel();
    assert_eq!(panel(&whole, &options(7, 7), &task).unwrap_err().code(), "CANCELLED");
}

#[test]
fn bad_input_is_named() {
    for (options, text) in [
        (options(0, 3), "season must be in 1 … 2000, got 0"),
        (options(1, 0), "horizon must be in 1 … 2000, got 0"),
        (Options { levels: vec![80.0, 100.0], ..options(1, 3) }, "levels[1] must be in (0, 100), got 100"),
    ] {
        assert_eq!(auto(&[1.0], None, &options).unwrap_err().to_string(), text);
    }
    let wide = options(1, 3);
    let infinite = auto(&[1.0, f64::INFINITY], None, &wide).unwrap_err();
    assert_eq!(infinite.to_string(), "series y: y[1] must be a number below 1e150 in size, got inf");
    assert_eq!(
        auto(&[1.0], Some(&[1.5]), &wide).unwrap_err().to_string(),
        "in_stock[0] must be between 0 and 1, got 1.5"
    );
    assert_eq!(auto(&[1.0], Some(&[]), &wide).unwrap_err().code(), "INVALID_ARGUMENT");
}

fn texts(values: &[&str]) -> Column {
    Column::Text(values.iter().map(|v| v.to_string()).collect())
}

fn long(ids: &[&str], ds: Column, y: &[f64]) -> Table {
    let table = Table::default().with("unique_id", texts(ids)).unwrap();
    table.with("ds", ds).unwrap().with("y", Column::Float(y.to_vec())).unwrap()
}

fn ahead(table: &Table, h: usize) -> Result<Table> {
    super::table(table, &TableParams { h, level: vec![80.0, 97.5], ..Default::default() }, &Task::default())
}

#[test]
fn rows_in_any_order_give_series_in_order_of_appearance() {
    let ds = texts(&["2026-11-03", "2026-11-01", "2026-11-02", "2026-11-01", "2026-11-02"]);
    let got = ahead(&long(&["b", "b", "a", "a", "b"], ds, &[3.0, 1.0, 9.0, 9.0, 2.0]), 2).unwrap();
    assert_eq!(got.texts("unique_id").unwrap(), ["b", "b", "a", "a"]);
    let days: Vec<String> = got.days("ds").unwrap().iter().map(|day| day.to_string()).collect();
    assert_eq!(days, ["2026-11-04", "2026-11-05", "2026-11-03", "2026-11-04"]);
    let names: Vec<&str> = got.columns().iter().map(|(name, _)| name.as_str()).collect();
    let expected =
        ["unique_id", "ds", "auto", "auto-lo-80", "auto-hi-80", "auto-lo-97.5", "auto-hi-97.5", "model", "error"];
    assert_eq!(names, expected);
    assert_eq!(got.floats("auto").unwrap()[2..], [9.0, 9.0]);
}

#[test]
fn times_go_on_in_their_own_step() {
    for (ds, expected) in [
        (["2026-01-31", "2026-02-28", "2026-03-31"], ["2026-04-30", "2026-05-31"]),
        (["2026-01-15", "2026-02-15", "2026-03-15"], ["2026-04-15", "2026-05-15"]),
        (["2026-01-01", "2026-04-01", "2026-07-01"], ["2026-10-01", "2027-01-01"]),
        (["2026-01-05", "2026-01-12", "2026-01-26"], ["2026-02-02", "2026-02-09"]),
        (["2026-01-05", "2026-01-06", "2026-01-08"], ["2026-01-09", "2026-01-10"]),
    ] {
        let got = ahead(&long(&["a"; 3], texts(&ds), &[1.0, 2.0, 3.0]), 2).unwrap();
        let days: Vec<String> = got.days("ds").unwrap().iter().map(|day| day.to_string()).collect();
        assert_eq!(days, expected);
    }
    let hours = Column::Timestamp([0, 1, 2].map(|h| crate::Timestamp(h * 3_600_000)).to_vec());
    let got = ahead(&long(&["a"; 3], hours, &[1.0, 2.0, 3.0]), 1).unwrap();
    assert_eq!(got.get("ds"), Some(&Column::Timestamp(vec![crate::Timestamp(3 * 3_600_000)])));
    let got = ahead(&long(&["a"; 3], Column::Integer(vec![10, 20, 30]), &[1.0, 2.0, 3.0]), 1).unwrap();
    assert_eq!(got.integers("ds").unwrap(), [40]);
}

#[test]
fn a_word_says_the_step() {
    let go_on = |ds: &[&str], freq: &str| -> Result<Vec<String>> {
        let params = TableParams { h: 2, freq: Some(freq.into()), ..Default::default() };
        let got =
            super::table(&long(&vec!["a"; ds.len()], texts(ds), &vec![1.0; ds.len()]), &params, &Task::default())?;
        Ok(got.days("ds")?.iter().map(|day| day.to_string()).collect())
    };
    for (ds, freq, expected) in [
        (&["2026-01-31"][..], "ME", ["2026-02-28", "2026-03-31"]),
        (&["2026-01-01"], "MS", ["2026-02-01", "2026-03-01"]),
        (&["2026-01-01"], "QS", ["2026-04-01", "2026-07-01"]),
        (&["2026-03-31"], "Q", ["2026-06-30", "2026-09-30"]),
        (&["2026-01-01"], "Y", ["2027-01-01", "2028-01-01"]),
        (&["2026-01-05"], "W-MON", ["2026-01-12", "2026-01-19"]),
        (&["2026-01-05"], "2W", ["2026-01-19", "2026-02-02"]),
        (&["2026-01-05"], "48h", ["2026-01-07", "2026-01-09"]),
        // 2026-11-20 is a Friday
        (&["2026-11-19", "2026-11-20"], "B", ["2026-11-23", "2026-11-24"]),
        (&["2026-11-20", "2026-11-23", "2026-11-25"], "B", ["2026-11-26", "2026-11-27"]),
        (&["2026-11-21"], "B", ["2026-11-23", "2026-11-24"]),
    ] {
        assert_eq!(go_on(ds, freq).unwrap(), expected, "{freq}");
    }
    for freq in ["", "X", "0D", "D2", "-D", "D-MON", "7", "h", "3B", "99999999999999999999D", "ø"] {
        let error = go_on(&["2026-01-05"], freq).unwrap_err();
        assert_eq!((error.code(), &error.fields()["field"]), ("INVALID_ARGUMENT", &"freq".into()), "{freq}");
    }
}

#[test]
fn the_season_is_that_of_the_step() {
    let weekdays: Vec<f64> = (0..140).map(|t| [9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0][t % 7]).collect();
    let table = long(&[&"a"; 140].map(|id| *id), Column::Day((0..140).map(crate::Day).collect()), &weekdays);
    let told = |season: usize, freq: Option<&str>| {
        let (models, freq) = (vec!["seasonal_naive".into()], freq.map(String::from));
        let params = TableParams { h: 2, season, freq, models, ..Default::default() };
        super::table(&table, &params, &Task::default()).unwrap().floats("seasonal_naive").unwrap()
    };
    assert_eq!(told(0, None), [9.0, 1.0]);
    assert_eq!(told(0, Some("D")), told(7, None));
    assert_eq!(told(1, None), [6.0, 6.0]);
    for (step, season) in
        [("D", 7), ("W", 52), ("MS", 12), ("QE", 4), ("Y", 1), ("B", 5), ("h", 24), ("min", 1), ("3", 1)]
    {
        assert_eq!(freq::Freq::read(step).unwrap().season(), season, "{step}");
    }
}

#[test]
fn each_named_model_has_its_columns() {
    let table = long(&[&"a"; 40].map(|id| *id), Column::Integer((0..40).collect()), &weekly(3, 40));
    let named = |models: &[&str]| {
        let models = models.iter().map(|name| name.to_string()).collect();
        super::table(&table, &TableParams { h: 2, season: 7, models, ..Default::default() }, &Task::default())
    };
    let got = named(&["AutoETS", "ets", "auto", "SeasonalNaive"]).unwrap();
    let names: Vec<&str> =
        got.columns().iter().map(|(name, _)| name.as_str()).filter(|name| !name.contains('-')).collect();
    assert_eq!(names, ["unique_id", "ds", "AutoETS", "ets", "auto", "SeasonalNaive", "model", "error"]);
    for column in ["AutoETS", "AutoETS-lo-80", "AutoETS-hi-80"] {
        assert_eq!(got.floats(column).unwrap(), got.floats(&column.replace("AutoETS", "ets")).unwrap());
    }
    let alone = auto(&weekly(3, 40), None, &Options { models: vec![Model::Ets], ..options(7, 2) }).unwrap();
    assert_eq!(got.floats("ets").unwrap(), alone.mean);
    assert!(named(&["Naive"]).unwrap().get("model").is_none());
    for (models, field) in [(&["auto", "Prophet"][..], "models[1]"), (&["ets", "ets"], "models[1]"), (&[], "models")] {
        assert_eq!(named(models).unwrap_err().fields()["field"], field);
    }
    let error = named(&["Prophet"]).unwrap_err().to_string();
    assert!(error.starts_with("models[0] must be auto or a model: AutoETS, ets, AutoARIMA, arima, "), "{error}");
}

#[test]
fn a_gap_keeps_the_season_in_phase() {
    let days: Vec<i64> = (0..70).filter(|t| *t != 40 && *t != 55).collect();
    let y: Vec<f64> = days.iter().map(|t| if t % 7 == 6 { 30.0 } else { 10.0 }).collect();
    let table = long(&vec!["a"; 68], Column::Integer(days), &y);
    let params = TableParams { h: 7, season: 7, candidates: vec![Model::SeasonalNaive], ..Default::default() };
    let got = super::table(&table, &params, &Task::default()).unwrap();
    assert_eq!(got.floats("auto").unwrap(), [10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 30.0]);
    let zero = TableParams { gaps: Gaps::Zero, candidates: vec![Model::Ses], ..params };
    let missing = TableParams { gaps: Gaps::Missing, ..zero.clone() };
    let mean = |params| super::table(&table, params, &Task::default()).unwrap().floats("auto").unwrap()[0];
    assert!(mean(&zero) < mean(&missing));
}

#[test]
fn a_missing_value_is_one_whose_shelf_was_empty() {
    let whole = weekly(7, 90);
    let counts: Vec<f64> = (0..90).map(|t| if t % 3 == 0 { (t % 4) as f64 } else { 0.0 }).collect();
    let every = [
        Model::Naive,
        Model::SeasonalNaive,
        Model::Ses,
        Model::HoltWinters,
        Model::Croston,
        Model::Sba,
        Model::Ets,
        Model::Theta,
        Model::Ces,
        Model::Arima,
    ];
    for y in [whole, counts] {
        let missing = [0, 1, 30, 31, 58, 89];
        let (mut unknown, mut zeroed, mut share) = (y.clone(), y.clone(), vec![1.0; 90]);
        for t in missing {
            (unknown[t], zeroed[t], share[t]) = (f64::NAN, 0.0, 0.0);
        }
        for models in std::iter::once(Vec::new()).chain(every.iter().map(|model| vec![*model])) {
            let how = Options { models, ..options(7, 5) };
            let got = auto(&unknown, None, &how).unwrap();
            assert_eq!(got, auto(&zeroed, Some(&share), &how).unwrap());
            assert_eq!(got, auto(&unknown, Some(&share), &how).unwrap());
            assert!(got.mean.iter().chain(&got.sd).all(|x| x.is_finite()), "{got:?}");
        }
    }
    assert_eq!(auto(&[f64::NAN; 3], None, &options(1, 1)).unwrap_err().code(), "SERIES_TOO_SHORT");
}

#[test]
fn one_bad_series_takes_nothing_from_the_others() {
    let ids = ["bad", "a", "bad", "a", "twice", "twice", "none", "wide"];
    let ds = Column::Integer(vec![0, 0, 1, 1, 5, 5, 0, 0]);
    let y = [1.0, 4.0, f64::INFINITY, 4.0, 1.0, 2.0, f64::NAN, 1.0];
    let table =
        long(&ids, ds, &y).with("in_stock", Column::Float(vec![1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.5])).unwrap();
    let params = TableParams { h: 1, in_stock: Some("in_stock".into()), ..Default::default() };
    let got = super::table(&table, &params, &Task::default()).unwrap();
    assert_eq!(got.texts("unique_id").unwrap(), ["bad", "a", "twice", "none", "wide"]);
    assert_eq!(got.integers("ds").unwrap(), [2, 2, 6, 1, 1]);
    assert_eq!(got.floats("auto").unwrap()[1], 4.0);
    let errors = [
        "NAN_IN_SERIES: series bad: y[1] must be a number below 1e150 in size, got inf",
        "",
        "DUPLICATE_TIME: series twice: 5 occurs twice",
        "SERIES_TOO_SHORT: series none has 0 observations, needs 1",
        "INVALID_ARGUMENT: in_stock[7] must be between 0 and 1, got 1.5",
    ];
    assert_eq!(got.texts("error").unwrap(), errors);
    for (i, error) in errors.iter().enumerate() {
        assert_eq!(got.floats("auto-lo-80").unwrap()[i].is_nan(), !error.is_empty());
    }
    let strict = TableParams { on_error: OnError::Raise, ..params.clone() };
    assert_eq!(super::table(&table, &strict, &Task::default()).unwrap_err().code(), "NAN_IN_SERIES");
    let past = cross_validation(&table, &params, &Origins::default(), &Task::default()).unwrap();
    assert_eq!(past.texts("unique_id").unwrap(), ["bad", "a", "twice"]);
    assert_eq!(past.floats("auto").unwrap()[1], 4.0);
    assert_eq!(past.texts("error").unwrap(), errors[..3]);
}

#[test]
fn bad_tables_are_named() {
    let ds = || texts(&["2026-11-01", "2026-11-01"]);
    let twice = ahead(&long(&["a", "a"], ds(), &[1.0, 2.0]), 1).unwrap_err();
    assert_eq!(twice.to_string(), "series a: 2026-11-01 occurs twice");
    let nothing = ahead(&long(&["a", "b"], ds(), &[1.0, f64::NAN]), 1).unwrap();
    assert_eq!(nothing.texts("error").unwrap(), ["", "SERIES_TOO_SHORT: series b has 0 observations, needs 1"]);
    let stocked = long(&["a"; 2], texts(&["2026-11-01", "2026-11-02"]), &[1.0, f64::NAN]);
    let stocked = stocked.with("in_stock", Column::Float(vec![1.0, 0.0])).unwrap();
    let params = TableParams { h: 1, in_stock: Some("in_stock".into()), ..Default::default() };
    assert_eq!(super::table(&stocked, &params, &Task::default()).unwrap().floats("auto").unwrap(), [1.0]);
    let wrong = ahead(&long(&["a"], Column::Bool(vec![true]), &[1.0]), 1).unwrap_err();
    assert_eq!(wrong.code(), "WRONG_COLUMN_TYPE");
    let days = texts(&["2026-11-01", "2026-11-02"]);
    let text = Table::default().with("ds", days).unwrap().with("y", ds()).unwrap();
    assert_eq!(ahead(&text, 1).unwrap_err().code(), "WRONG_COLUMN_TYPE");
    assert_eq!(ahead(&Table::default(), 1).unwrap_err().code(), "MISSING_COLUMN");
    let error = ahead(&long(&["a"], texts(&["2026-11-01"]), &[1.0]), 0).unwrap_err();
    assert_eq!(error.to_string(), "h must be in 1 … 2000, got 0");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_series_gives_a_finite_forecast(
        y in prop::collection::vec(prop_oneof![Just(0.0), 0.0..50.0f64, -1e6..1e12f64], 1..60),
        shares in prop::collection::vec(prop_oneof![3 => Just(1.0), 1 => 0.0..1.0f64], 60),
        season in 1usize..14,
        horizon in 1usize..20,
    ) {
        match auto(&y, Some(&shares[..y.len()]), &options(season, horizon)) {
            Err(error) => prop_assert_eq!(error.code(), "SERIES_TOO_SHORT"),
            Ok(got) => {
                prop_assert!(got.mean.iter().chain(&got.sd).chain(&got.total_sd).all(|x| x.is_finite()), "{:?}", got);
                let interval = &got.intervals[0];
                prop_assert!(interval.low.iter().zip(&interval.high).all(|(low, high)| low <= high));
                if y.iter().all(|x| *x >= 0.0) {
                    prop_assert!(got.mean.iter().chain(&interval.low).all(|x| *x >= 0.0));
                }
            }
        }
    }

    #[test]
    fn no_bytes_break_a_forecaster(at in prop::collection::vec((5usize..2_000, any::<u8>()), 1..6)) {
        let table = rows(&["a", "b"], 0, &[weekly(21, 50), (0..50).map(|t| f64::from(t % 3)).collect()]);
        let mut bytes = kept(&["ets", "seasonal_naive", "croston"], &table).to_bytes().unwrap();
        let end = bytes.len() - 4;
        for (at, byte) in at {
            bytes[at % (end - 5) + 5] = byte;
        }
        let sum = crc32c::crc32c(&bytes[..end]).to_le_bytes();
        bytes[end..].copy_from_slice(&sum);
        if let Ok(mut own) = Forecaster::from_bytes(&bytes) {
            drop(own.predict(3, &[80.0], &Task::default()));
            drop(own.update(&rows(&["a", "b"], 50, &[vec![1.0], vec![2.0]])));
            drop(own.predict(3, &[80.0], &Task::default()));
            drop(own.drifted());
        }
    }

    #[test]
    fn scaling_the_series_scales_the_naive_forecasts(y in prop::collection::vec(0.5..50.0f64, 8..40), power in 1i32..8) {
        let factor = 2f64.powi(power);
        let scaled: Vec<f64> = y.iter().map(|x| x * factor).collect();
        let options = Options { models: vec![Model::SeasonalNaive], ..options(4, 6) };
        let (one, other) = (auto(&y, None, &options).unwrap(), auto(&scaled, None, &options).unwrap());
        for (a, b) in one.mean.iter().zip(&other.mean) {
            prop_assert_eq!(a * factor, *b);
        }
    }
}

#[test]
fn intermittent_methods_give_the_numbers_of_statsforecast() {
    // statsforecast 2.1.0 (Python 3.11): CrostonClassic, CrostonSBA, TSB(0.2, 0.1), TSB(0.5, 0.3), ADIDA, IMAPA.
    // ADIDA and IMAPA search the smoothing rate to about 1e-7 there and here.
    let lumpy = [3.0, 5.0, 2.0, 4.0, 6.0, 1.0, 3.0];
    let mut few = vec![0.0; 24];
    for (at, size) in [2, 6, 8, 11, 16, 18, 21].into_iter().zip(lumpy) {
        few[at] = size;
    }
    let many = [
        2.0, 0.0, 1.0, 4.0, 0.0, 3.0, 0.0, 0.0, 2.0, 5.0, 1.0, 0.0, 0.0, 7.0, 2.0, 0.0, 1.0, 0.0, 3.0, 0.0, 2.0, 2.0,
        0.0, 4.0, 1.0, 0.0, 0.0, 6.0,
    ];
    let check = |y: &[f64], expect: [f64; 6]| {
        let got = [
            croston(y, 0.1).unwrap(),
            sba(y, 0.1).unwrap(),
            tsb(y, 0.2, 0.1).unwrap(),
            tsb(y, 0.5, 0.3).unwrap(),
            adida(y),
            imapa(y),
        ];
        let tolerance = [1e-12, 1e-12, 1e-12, 1e-12, 1e-6, 1e-6];
        for ((got, expect), tolerance) in got.iter().zip(expect).zip(tolerance) {
            assert!((got - expect).abs() < tolerance, "{got} for {expect}");
        }
    };
    check(
        &few,
        [
            1.0401081215447445,
            0.9881027154675073,
            0.8499663375375642,
            0.6714226122487539,
            0.9955578999999695,
            0.908659668746724,
        ],
    );
    check(
        &many,
        [
            1.69715463709001,
            1.6122969052355094,
            1.8416466156628382,
            2.2491096396681685,
            1.5302736030175703,
            1.664906472479628,
        ],
    );
}

proptest! {
    #[test]
    fn unknown_periods_change_no_intermittent_rate(y in prop::collection::vec(0u8..5, 1..40), holes in prop::collection::vec(any::<bool>(), 80)) {
        let y: Vec<f64> = y.iter().map(|v| f64::from(v.saturating_sub(2))).collect();
        let mut with_holes = Vec::new();
        for (value, hole) in y.iter().zip(&holes) {
            with_holes.extend(hole.then_some(f64::NAN));
            with_holes.push(*value);
        }
        let all = |y: &[f64]| [croston(y, 0.2).unwrap(), sba(y, 0.2).unwrap(), tsb(y, 0.3, 0.1).unwrap(), adida(y), imapa(y)];
        prop_assert_eq!(all(&y), all(&with_holes));
        prop_assert!(all(&y).iter().all(|rate| rate.is_finite() && *rate >= 0.0));
    }
}

/// A few sales among zeros, now and then many.
fn seldom(seed: u64, periods: usize) -> Vec<f64> {
    let sold = |t: usize| noise(seed, t) > 0.4;
    (0..periods).map(|t| if sold(t) { 1.0 + (noise(seed + 99, t).abs() * 3.0).floor() } else { 0.0 }).collect()
}

#[test]
fn a_count_law_sums_to_one_and_its_mass_is_its_steps() {
    let laws = [
        CountLaw::NegativeBinomial { mean: 3.0, shape: 0.4 },
        CountLaw::NegativeBinomial { mean: 40.0, shape: 20.0 },
        CountLaw::ZeroInflated { sells: 0.3, size: 5.0, shape: 0.6 },
        CountLaw::LogLogistic { sells: 0.7, log_size: 2.0, scale: 0.3, size: 9.0 },
    ];
    for law in laws {
        let mut sum = 0.0;
        for y in 0..400 {
            sum += law.ln_mass(f64::from(y)).exp();
            // the beta function takes over from the sum at 49
            assert!((law.cdf(f64::from(y)) - sum).abs() < 1e-9, "{law:?} at {y}: {} for {sum}", law.cdf(f64::from(y)));
        }
        assert!(sum > 0.999 && sum < 1.0 + 1e-9, "{law:?}: {sum}");
    }
}

#[test]
fn paths_have_the_quantiles_and_a_total_is_no_sum_of_quantiles() {
    let ahead = counts(&seldom(3, 60), None, 1, 6).unwrap();
    let paths = ahead.paths(6, 20_000, 11);
    for step in [0, 5] {
        for p in [0.5, 0.9, 0.975] {
            let q = ahead.quantile(step, p);
            let share =
                |limit: f64| paths.iter().skip(step).step_by(6).filter(|y| **y <= limit).count() as f64 / 20_000.0;
            assert!(share(q) >= p - 0.01 && share(q - 1.0) <= p + 0.01, "{p} at {step}: {q}");
        }
    }
    let total = ahead.total_quantiles(6, &[0.9], 11)[0];
    assert!(total > 0.0 && total < 6.0 * ahead.quantile(0, 0.9));
    let expected: f64 = (0..6).map(|step| ahead.mean(step)).sum();
    let simulated = paths.iter().sum::<f64>() / 20_000.0;
    assert!((simulated / expected - 1.0).abs() < 0.25, "{simulated} for {expected}");
}

#[test]
fn a_half_stocked_period_wants_more_than_it_sold() {
    let y = [2.0, 1.0, 3.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 1.0, 2.0, 1.0];
    let half = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5];
    let mean = |in_stock: Option<&[f64]>| counts(&y, in_stock, 1, 1).unwrap().mean(0);
    assert!(mean(Some(&half)) > 1.15 * mean(None));
    // an unknown period and an empty shelf are the same
    let (mut unknown, mut empty) = (y.to_vec(), y.to_vec());
    (unknown[4], empty[4]) = (f64::NAN, 0.0);
    let out: Vec<f64> = (0..12).map(|t| if t == 4 { 0.0 } else { 1.0 }).collect();
    assert_eq!(counts(&unknown, None, 1, 1).unwrap(), counts(&empty, Some(&out), 1, 1).unwrap());
}

fn seldom_panel(series: usize, periods: usize) -> Panel {
    let values: Vec<f64> = (0..series).flat_map(|i| seldom(i as u64, periods)).collect();
    let names = (0..series).map(|i| format!("s{i}")).collect();
    Panel::new(names, values, (0..=series).map(|i| i * periods).collect()).unwrap()
}

#[test]
fn counts_have_the_same_bits_on_any_number_of_threads() {
    let input = seldom_panel(40, 40);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| panel(&input, &options(12, 6), &Task::default()).unwrap())
    };
    let one = run(1);
    assert!(one.iter().all(|forecast| forecast.model == Model::Counts));
    assert_eq!(one, run(2));
    assert_eq!(one, run(8));
}

#[test]
fn a_panel_that_pauses_together_does_not_take_the_pause_for_no_demand() {
    let mut values = Vec::new();
    for i in 0..40 {
        let mut own = seldom(i, 40);
        own[36..].fill(0.0);
        values.extend(own);
    }
    let of = |periods: usize| {
        let rows = (0..40).flat_map(|i| values[i * 40..i * 40 + periods].to_vec()).collect();
        let names: Vec<String> = (0..40).map(|i| format!("s{i}")).collect();
        Panel::new(names, rows, (0..=40).map(|i| i * periods).collect()).unwrap()
    };
    let total = |forecasts: &[Forecast]| forecasts.iter().map(|forecast| forecast.mean[0]).sum::<f64>();
    let run = |input: &Panel| total(&panel(input, &options(1, 4), &Task::default()).unwrap());
    let (paused, before) = (run(&of(40)), run(&of(36)));
    let input = of(40);
    let alone: Vec<Forecast> = (0..40).map(|i| auto(input.series(i), None, &options(1, 4)).unwrap()).collect();
    assert!((paused / before - 1.0).abs() < 0.01, "{paused} for {before}");
    assert!(total(&alone) < 0.95 * before, "{} for {before}", total(&alone));
}

#[test]
fn recovered_demand_beats_what_was_seen_and_keeps_its_scale() {
    // 60 days of 12 hours; from day 20 each fifth day runs empty at hour 8
    let rate = |hour: usize| 1.0 + (hour % 4) as f64;
    let mut sales: Vec<f64> = (0..60 * 12).map(|i| (rate(i % 12) + 0.7 * noise(5, i)).max(0.0)).collect();
    let truth: Vec<f64> = sales.chunks(12).map(|day| day.iter().sum()).collect();
    let mut in_stock = vec![1.0; sales.len()];
    for day in (20..60).step_by(5) {
        sales[day * 12 + 8..(day + 1) * 12].fill(0.0);
        in_stock[day * 12 + 8..(day + 1) * 12].fill(0.0);
    }
    let item = SlotSales { slots: 12, sales, in_stock, profile: None };
    let found = recover_demand(&item).unwrap();
    let (mut error, mut lost) = (0.0, 0.0);
    for ((own, found), truth) in item.sales.chunks(12).zip(&found.demand).zip(&truth) {
        let seen: f64 = own.iter().sum();
        assert!(*found >= seen);
        error += (found - truth).abs();
        lost += truth - seen;
    }
    assert!(error < 0.4 * lost, "{error} of {lost}");
    let tenfold = SlotSales { sales: item.sales.iter().map(|y| 8.0 * y).collect(), ..item.clone() };
    let scaled = recover_demand(&tenfold).unwrap();
    found.demand.iter().zip(&scaled.demand).for_each(|(a, b)| assert!((8.0 * a - b).abs() < 1e-9 * b));
    assert_eq!(recover_panel(&[item.clone(), item]).unwrap().len(), 2);
}

proptest! {
    #[test]
    fn count_quantiles_are_whole_and_rise(y in prop::collection::vec(0u16..40, 1..60), holes in prop::collection::vec(any::<bool>(), 60), season in 1usize..8) {
        let hole = |t: usize| holes[t] && t > 0;
        let y: Vec<f64> = y.iter().enumerate().map(|(t, v)| if hole(t) { f64::NAN } else { f64::from(v.saturating_sub(20)) }).collect();
        let ahead = counts(&y, None, season, 5).unwrap();
        for step in 0..5 {
            let quantiles = [0.01, 0.3, 0.5, 0.8, 0.99].map(|p| ahead.quantile(step, p));
            prop_assert!(quantiles.iter().all(|q| *q >= 0.0 && q.fract() == 0.0));
            prop_assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(ahead.mean(step).is_finite() && ahead.mean(step) >= 0.0);
        }
    }

    #[test]
    fn a_count_state_is_its_whole_series(y in prop::collection::vec(0u16..9, 1..40), kind in 0usize..3, fast in 0.5f64..1.0) {
        let kind = [CountKind::NegativeBinomial, CountKind::ZeroInflated, CountKind::LogLogistic][kind];
        let model = CountModel { kind, fast, ..Default::default() };
        let y: Vec<f64> = y.iter().map(|v| if *v == 8 { f64::NAN } else { f64::from(*v) }).collect();
        let half = y.len() / 2;
        let mut state = CountFilter::over(model, &y[..half], None).unwrap();
        let saved = postcard::to_stdvec(&state).unwrap();
        prop_assert_eq!(&postcard::from_bytes::<CountFilter>(&saved).unwrap(), &state);
        y[half..].iter().for_each(|value| state.update(*value, 1.0));
        prop_assert_eq!(state, CountFilter::over(model, &y, None).unwrap());
        prop_assert!(state.law().mean().is_finite());
    }
}

#[test]
fn months_of_instants_at_midnight_step_by_the_calendar() {
    use crate::base::{Column, Table, Task, Timestamp};
    let instants = |days: [&str; 3]| days.map(|day| day.parse::<crate::base::Day>().unwrap().start(0)).to_vec();
    let table = Table::default()
        .with("ds", Column::Timestamp(instants(["2026-09-30", "2026-10-31", "2026-11-30"])))
        .unwrap()
        .with("y", Column::Float(vec![7.0; 3]))
        .unwrap();
    let ahead = table_of(&table, 3);
    assert_eq!(ahead.column("ds").unwrap(), &Column::Timestamp(instants(["2026-12-31", "2027-01-31", "2027-02-28"])));
    // An hour past midnight is no day: such times step by their distance.
    let late = |t: Timestamp| Timestamp(t.0 + 3_600_000);
    let shifted = Table::default()
        .with(
            "ds",
            Column::Timestamp(instants(["2026-09-30", "2026-10-31", "2026-11-30"]).into_iter().map(late).collect()),
        )
        .unwrap()
        .with("y", Column::Float(vec![7.0; 3]))
        .unwrap();
    let next = late("2026-12-30".parse::<crate::base::Day>().unwrap().start(0));
    assert_eq!(table_of(&shifted, 1).column("ds").unwrap(), &Column::Timestamp(vec![next]));

    fn table_of(table: &Table, h: usize) -> Table {
        super::table(table, &super::TableParams { h, ..Default::default() }, &Task::default()).unwrap()
    }
}

fn rows(ids: &[&str], from: i64, y: &[Vec<f64>]) -> Table {
    let (mut names, mut ds, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (id, y) in ids.iter().zip(y) {
        names.extend(std::iter::repeat_n(id.to_string(), y.len()));
        ds.extend((0..y.len() as i64).map(|t| crate::Day((from + t) as i32)));
        values.extend(y);
    }
    let table = Table::default().with("unique_id", Column::Text(names)).unwrap();
    table.with("ds", Column::Day(ds)).unwrap().with("y", Column::Float(values)).unwrap()
}

fn kept(models: &[&str], table: &Table) -> Forecaster {
    let models = models.iter().map(|name| name.to_string()).collect();
    let forecast = TableParams { models, ..Default::default() };
    Forecaster::fit(ForecasterParams { forecast, ..Default::default() }, table, &Task::default()).unwrap()
}

#[test]
fn a_kept_forecast_begins_as_the_plain_one_does() {
    let table = rows(&["a", "b"], 0, &[weekly(11, 90), weekly(12, 90)]);
    let names = ["ets", "theta", "seasonal_naive", "ses", "croston"].into_iter();
    for (name, intervals) in names.flat_map(|name| [(name, Intervals::Auto), (name, Intervals::Analytic)]) {
        let models = vec![name.to_string()];
        let params = TableParams { h: 14, models, level: vec![80.0, 95.0], intervals, ..Default::default() };
        let plain = super::table(&table, &params, &Task::default()).unwrap();
        let params = ForecasterParams { forecast: params, ..ForecasterParams::default() };
        let own = Forecaster::fit(params, &table, &Task::default()).unwrap();
        let own = own.predict(14, &[80.0, 95.0], &Task::default()).unwrap();
        assert_eq!(plain.get("intervals").is_some(), own.get("intervals").is_some());
        assert_eq!(plain.get("ds"), own.get("ds"));
        assert_eq!(plain.floats(name).unwrap(), own.floats(name).unwrap());
        for end in ["lo-80", "hi-80", "lo-95", "hi-95"] {
            let column = format!("{name}-{end}");
            assert_eq!(plain.floats(&column).unwrap(), own.floats(&column).unwrap(), "{column}");
        }
    }
}

#[test]
fn updates_are_the_bits_of_the_whole_series() {
    let mut y = weekly(13, 150);
    (y[101], y[120]) = (f64::NAN, f64::NAN);
    let table = |from: usize, to: usize| rows(&["a"], from as i64, &[y[from..to].to_vec()]);
    let every =
        ["naive", "seasonal_naive", "ses", "holt_winters", "croston", "sba", "ets", "theta", "ces", "arima", "auto"];
    for name in every {
        let mut own = kept(&[name], &table(0, 100));
        let models = if name == "auto" { Vec::new() } else { vec![serde_json::from_value(name.into()).unwrap()] };
        let demand = demand::uncensor("a", &y[..100], None).unwrap();
        let mut whole = select::choose(&demand, &Options { models, ..options(7, 14) }).start;
        y.iter().for_each(|y| smooth::Roll::update(&mut whole, *y, if y.is_nan() { 0.0 } else { 1.0 }));
        // in pieces, one value at a time, and with a gap where a value is missing
        own.update(&table(100, 110)).unwrap();
        (110..119).for_each(|t| own.update(&table(t, t + 1)).unwrap());
        own.update(&table(119, 120)).unwrap();
        own.update(&table(121, 150)).unwrap();
        let told = own.predict(9, &[], &Task::default()).unwrap();
        assert_eq!(told.floats(name).unwrap(), smooth::Roll::path(&whole, 9), "{name}");
        assert_eq!(told.days("ds").unwrap()[0], crate::Day(150));
    }
}

#[test]
fn a_state_is_its_bytes() {
    let table = rows(
        &["a", "bad", "c"],
        0,
        &[weekly(14, 90), vec![f64::INFINITY], (0..90).map(|t| f64::from(t % 3)).collect()],
    );
    let all =
        ["naive", "seasonal_naive", "ses", "holt_winters", "croston", "sba", "ets", "theta", "ces", "arima", "drift"];
    let others = ["window_average", "seasonal_window_average", "standard_theta", "mstl", "tsb", "adida", "auto"];
    let own = kept(&[&all[..], &others].concat(), &table);
    let bytes = own.to_bytes().unwrap();
    let again = Forecaster::from_bytes(&bytes).unwrap();
    assert_eq!(again.to_bytes().unwrap(), bytes);
    let told = |own: &Forecaster| own.predict(20, &[80.0], &Task::default()).unwrap();
    assert_eq!(format!("{:?}", told(&own)), format!("{:?}", told(&again)));
    assert!(told(&own).texts("error").unwrap()[20].starts_with("NAN_IN_SERIES: series bad"));
    for cut in 0..bytes.len() {
        assert_eq!(Forecaster::from_bytes(&bytes[..cut]).unwrap_err().code(), "STATE_CORRUPT");
    }
    for at in (0..bytes.len()).filter(|at| *at != 4) {
        let mut odd = bytes.clone();
        odd[at] ^= 1;
        assert_eq!(Forecaster::from_bytes(&odd).unwrap_err().code(), "STATE_CORRUPT", "byte {at}");
    }
    let later = [&bytes[..4], &[9], &bytes[5..]].concat();
    assert_eq!(Forecaster::from_bytes(&later).unwrap_err().to_string(), "the state has format 9, this version reads 2");
    let (mut one, mut other) = (own, again);
    let news = rows(&["a", "c"], 90, &[weekly(14, 30), vec![1.0; 30]]);
    one.update(&news).unwrap();
    other.update(&news).unwrap();
    assert_eq!(one.to_bytes().unwrap(), other.to_bytes().unwrap());
}

#[test]
fn a_kept_series_of_counts_has_whole_quantiles() {
    let y: Vec<f64> =
        (0..140).map(|t| if noise(8, t) > 0.4 { (3.0 * noise(9, t)).abs().ceil() } else { 0.0 }).collect();
    let long = |from: usize, to: usize| rows(&["a"], from as i64, &[y[from..to].to_vec()]);
    let mut own = kept(&["auto"], &long(0, 120));
    let params = TableParams { h: 14, level: vec![80.0], ..TableParams::default() };
    let told = |own: &Forecaster| own.predict(14, &[80.0], &Task::default()).unwrap();
    let whole = table(&long(0, 120), &params, &Task::default()).unwrap();
    assert_eq!(told(&own).floats("auto").unwrap(), whole.floats("auto").unwrap());
    assert_eq!(told(&own).floats("auto-hi-80").unwrap(), whole.floats("auto-hi-80").unwrap());
    assert_eq!(told(&own).texts("model").unwrap()[0], "counts");
    let mut again = Forecaster::from_bytes(&own.to_bytes().unwrap()).unwrap();
    own.update(&long(120, 140)).unwrap();
    (120..140).for_each(|t| again.update(&long(t, t + 1)).unwrap());
    assert_eq!(own.to_bytes().unwrap(), again.to_bytes().unwrap());
    assert_ne!(told(&own).floats("auto").unwrap(), whole.floats("auto").unwrap());
    assert!(told(&own).floats("auto-hi-80").unwrap().iter().all(|q| q.fract() == 0.0 && *q >= 1.0));
}

#[test]
fn without_refit_the_first_window_fits_and_later_ones_roll() {
    let y = weekly(21, 120);
    let params = TableParams { h: 7, models: vec!["ets".into(), "naive".into()], ..TableParams::default() };
    let origins = Origins { n_windows: 3, step_size: Some(5), refit: false };
    let past = cross_validation(&rows(&["a", "b"], 0, &[y.clone(), y.clone()]), &params, &origins, &Task::default());
    let past = past.unwrap();
    let mut own = Forecaster::fit(
        ForecasterParams { forecast: params.clone(), ..ForecasterParams::default() },
        &rows(&["a"], 0, &[y[..103].to_vec()]),
        &Task::default(),
    )
    .unwrap();
    for (window, seen) in [103, 108, 113].into_iter().enumerate() {
        if window > 0 {
            own.update(&rows(&["a"], seen as i64 - 5, &[y[seen - 5..seen].to_vec()])).unwrap();
        }
        let told = own.predict(7, &[80.0], &Task::default()).unwrap();
        for column in ["ets", "ets-hi-80", "naive"] {
            let at = window * 7..window * 7 + 7;
            assert_eq!(past.floats(column).unwrap()[at], told.floats(column).unwrap(), "{column} {seen}");
        }
    }
    let anew = cross_validation(&rows(&["a"], 0, &[y]), &params, &Origins { refit: true, ..origins }, &Task::default());
    assert_eq!(anew.unwrap().floats("naive").unwrap(), past.floats("naive").unwrap()[..21]);
}

#[test]
fn the_parameters_of_a_forecaster_are_one_object() {
    let forecast = TableParams { h: 3, models: vec!["ets".into()], ..TableParams::default() };
    let params = ForecasterParams { forecast, refit_every: Some(9), refit_on_drift: false, ..Default::default() };
    let json = serde_json::to_value(&params).unwrap();
    assert_eq!((&json["h"], &json["refit_every"], json.get("level")), (&3.into(), &9.into(), None));
    assert_eq!(ForecasterParams::read(json).unwrap(), params);
    let error = |value: serde_json::Value| ForecasterParams::read(value).and_then(|p| p.check()).unwrap_err();
    for (value, field) in [
        (serde_json::json!({"level": [80]}), "level"),
        (serde_json::json!({"h": "x"}), "h"),
        (serde_json::json!({"refit_every": -1}), "refit_every"),
        (serde_json::json!({"refit_every": 0}), "refit_every"),
        (serde_json::json!({"horizon": 1}), "horizon"),
        (serde_json::json!({"intervals": "bootstrap"}), "intervals"),
    ] {
        let told = error(value);
        assert_eq!((told.code(), told.fields()["field"].as_str()), ("INVALID_ARGUMENT", Some(field)));
    }
    assert_eq!(error(serde_json::json!([1])).code(), "INVALID_ARGUMENT");
}

/// Months and weeks with a trend, a season and gaps, as a shop has them.
fn real(season: usize, n: usize, gaps: bool) -> Vec<f64> {
    let one = |t: usize| {
        let phase = (t % season) as f64 / season as f64 * std::f64::consts::TAU;
        (120.0 + 0.4 * t as f64) * (1.0 + 0.3 * phase.sin()) + 9.0 * noise(31, t)
    };
    (0..n).map(|t| if gaps && t % 17 == 5 { f64::NAN } else { one(t) }).collect()
}

#[test]
fn a_state_is_small() {
    // the most bytes beside 8 per period of the season; `ces` has 16 where each phase is a complex number
    let models = [
        ("naive", 51),
        ("seasonal_naive", 51),
        ("ses", 51),
        ("holt_winters", 96),
        ("croston", 66),
        ("sba", 66),
        ("ets", 96),
        ("theta", 110),
        ("ces", 92),
        ("drift", 53),
        ("holt", 67),
        ("damped_holt", 75),
        ("standard_theta", 101),
        ("optimised_theta", 101),
        ("auto_theta", 110),
        ("mstl", 78),
        ("tsb", 65),
    ];
    assert!(models.iter().all(|(_, bytes)| *bytes <= 128));
    let mut wrong = Vec::new();
    for (season, n) in [(1, 120), (12, 120), (52, 200)] {
        for gaps in [false, true] {
            for (model, bytes) in models {
                let size = |series: &[&str]| {
                    let table = rows(series, 0, &vec![real(season.max(7), n, gaps); series.len()]);
                    let models = vec![model.to_string()];
                    let forecast = TableParams { season, h: 28, models, ..Default::default() };
                    let params = ForecasterParams { forecast, ..Default::default() };
                    Forecaster::fit(params, &table, &Task::default()).unwrap().to_bytes().unwrap().len()
                };
                let one = size(&["aaaaaa", "bbbbbb"]) - size(&["aaaaaa"]);
                let each = if model == "ces" { 16 } else { 8 };
                if one > bytes + each * season {
                    wrong.push(format!("{model}, season {season}, gaps {gaps}: {one}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn bad_updates_change_nothing() {
    let mut own = kept(&["ses"], &rows(&["a", "b"], 0, &[weekly(18, 30), weekly(19, 30)]));
    let before = own.to_bytes().unwrap();
    let both = |id: &str, day: i64, y: f64| {
        let ids = Column::Text(vec!["a".into(), id.into()]);
        let ds = Column::Day(vec![crate::Day(30), crate::Day(day as i32)]);
        let y = Column::Float(vec![1.0, y]);
        Table::default().with("unique_id", ids).unwrap().with("ds", ds).unwrap().with("y", y).unwrap()
    };
    for (table, code, field) in [
        (both("new", 30, 1.0), "INVALID_ARGUMENT", "unique_id[1]"),
        (both("b", 29, 1.0), "INVALID_ARGUMENT", "ds[1]"),
        (both("b", 3_000, 1.0), "INVALID_ARGUMENT", "ds[1]"),
        (both("b", 30, f64::INFINITY), "NAN_IN_SERIES", ""),
        (both("a", 30, 1.0), "DUPLICATE_TIME", ""),
    ] {
        let error = own.update(&table).unwrap_err();
        assert_eq!((error.code(), error.fields().get("field").and_then(|f| f.as_str()).unwrap_or("")), (code, field));
        assert_eq!(own.to_bytes().unwrap(), before);
    }
    let integers = Table::default().with("ds", Column::Integer(vec![31])).unwrap().with("y", Column::Float(vec![1.0]));
    assert_eq!(own.update(&integers.unwrap()).unwrap_err().fields()["field"], "ds");
}

#[test]
fn a_drift_is_told_and_a_refit_ends_it() {
    let steady: Vec<f64> = (0..100).map(|t| 50.0 + 3.0 * noise(20, t)).collect();
    let more: Vec<f64> = (100..160).map(|t| 50.0 + 3.0 * noise(20, t)).collect();
    let moved: Vec<f64> = more.iter().map(|y| y + 12.0).collect();
    let forecast = TableParams { models: vec!["ses".into()], season: 1, ..Default::default() };
    let params = ForecasterParams { forecast, refit_every: Some(61), ..Default::default() };
    let mut own = Forecaster::fit(params, &rows(&["a", "b"], 0, &[steady.clone(), steady]), &Task::default()).unwrap();
    own.update(&rows(&["a", "b"], 100, &[more, moved.clone()])).unwrap();
    let flags = |own: &Forecaster, column: &str| match own.drifted().unwrap().get(column) {
        Some(Column::Bool(flags)) => flags.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(flags(&own, "drifted"), [false, true]);
    assert_eq!(flags(&own, "due"), [false, true]);
    own.refit(&rows(&["b", "new"], 100, &[moved.clone(), moved]), &Task::default()).unwrap();
    assert_eq!(flags(&own, "drifted"), [false; 3]);
    assert_eq!(own.drifted().unwrap().integers("updates").unwrap(), [60, 0, 0]);
    own.update(&rows(&["a"], 160, &[vec![50.0]])).unwrap();
    assert_eq!(flags(&own, "due"), [true, false, false]);
}
