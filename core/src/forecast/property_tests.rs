//! Laws of every model by name: unit and origin, gaps, threads, and input with nothing to learn from.

use proptest::prelude::*;

use super::forecaster::MODELS;
use super::*;

/// All that are no blend of others.
fn every() -> impl Iterator<Item = Model> {
    MODELS.into_iter().filter(|model| *model != Model::Blend)
}

/// Those whose forecast moves with the values, and whether they are fitted by a search that stops near its optimum.
const SHIFTED: [(Model, bool); 7] = [
    (Model::Naive, false),
    (Model::SeasonalNaive, false),
    (Model::Drift, false),
    (Model::WindowAverage, false),
    (Model::SeasonalWindowAverage, false),
    (Model::Holt, true),
    (Model::Ses, true),
];

fn of(model: Model, y: &[f64], season: usize) -> Forecast {
    let known: Vec<f64> = y.iter().map(|y| if y.is_nan() { 0.0 } else { 1.0 }).collect();
    let options = Options { season, horizon: 9, models: vec![model], ..Options::default() };
    auto(y, Some(&known), &options).unwrap()
}

fn numbers(forecast: &Forecast) -> Vec<f64> {
    let ends = forecast.intervals.iter().flat_map(|i| i.low.iter().chain(&i.high));
    forecast.mean.iter().chain(&forecast.sd).chain(&forecast.total_sd).chain(ends).copied().collect()
}

/// Level, season and noise far from zero, no whole numbers.
fn values(seed: u64, n: usize, season: usize) -> Vec<f64> {
    let mut state = seed.wrapping_add(1);
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let index: Vec<f64> = (0..season).map(|_| 0.7 + 0.6 * unit()).collect();
    let mut level = 80.0 + 40.0 * unit();
    let mut next = |t: usize| {
        level *= 1.0 + 0.04 * (unit() - 0.48);
        level * index[t % season] * (0.93 + 0.14 * unit())
    };
    (0..n).map(&mut next).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// In another unit means, spreads and intervals are the same within 2 % of the level: searches stop near an optimum.
    #[test]
    fn the_unit_does_not_matter(seed in 0u64..10_000, n in 30usize..70, power in -9f64..9.0) {
        let y = values(seed, n, 4);
        let factor = 10f64.powf(power);
        let scaled: Vec<f64> = y.iter().map(|x| x * factor).collect();
        for model in every().filter(|model| *model != Model::Counts) {
            let (one, other) = (of(model, &y, 4), of(model, &scaled, 4));
            let level = one.mean.iter().fold(0.0f64, |most, m| most.max(m.abs()));
            for (a, b) in numbers(&one).iter().zip(numbers(&other)) {
                prop_assert!((a - b / factor).abs() < 0.02 * level, "{model:?} {power}: {a} {}", b / factor);
            }
        }
    }

    /// Another origin moves the forecasts of models that only add.
    #[test]
    fn the_origin_does_not_matter(seed in 0u64..10_000, n in 30usize..70, shift in -1e3..1e3f64) {
        let y = values(seed, n, 4);
        let moved: Vec<f64> = y.iter().map(|x| x + shift).collect();
        for (model, searched) in SHIFTED {
            let options = Options { season: 4, horizon: 9, models: vec![model], non_negative: false, ..Options::default() };
            let mean = |y: &[f64]| auto(y, None, &options).unwrap().mean;
            let tolerance = if searched { 1.0 } else { 1e-9 * (1e4 + shift.abs()) };
            for (a, b) in mean(&y).iter().zip(mean(&moved)) {
                prop_assert!((a + shift - b).abs() < tolerance, "{model:?} {shift}: {} {b}", a + shift);
            }
        }
    }

    /// Unknown periods before the first known one change no bit; elsewhere they never give a number that is none, nor
    /// a forecast of nothing for what sells far from zero.
    #[test]
    fn what_is_unknown_is_not_zero(
        seed in 0u64..10_000, n in 24usize..60, gaps in prop::collection::vec(0usize..60, 0..30),
    ) {
        let mut y = values(seed, n, 4);
        let last = n - 1;
        gaps.iter().filter(|t| **t < last).for_each(|t| y[*t] = f64::NAN);
        let known: Vec<f64> = y.iter().copied().filter(|y| !y.is_nan()).collect();
        let least = known.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = known.iter().copied().fold(0.0, f64::max);
        let first = y.iter().position(|y| !y.is_nan()).unwrap();
        for model in every() {
            let forecast = of(model, &y, 4);
            prop_assert!(numbers(&forecast).iter().all(|x| x.is_finite()), "{model:?} {forecast:?}");
            // a line through few points may leave the range of the values, a level may not
            let slack = if known.len() >= 12 { 0.9 * (largest - least) + 0.5 * least } else { f64::INFINITY };
            for m in &forecast.mean {
                prop_assert!(*m > least - slack && *m < largest + slack, "{model:?} {m} of {y:?}");
            }
            prop_assert_eq!(numbers(&forecast), numbers(&of(model, &y[first..], 4)), "{:?}", model);
        }
    }

    #[test]
    fn quantiles_rise(seed in 0u64..10_000, n in 1usize..60, whole in any::<bool>()) {
        let y: Vec<f64> = values(seed, n, 4).iter().map(|y| if whole { (y / 20.0).round() } else { *y }).collect();
        for model in every() {
            let forecast = of(model, &y, 4);
            for step in [0, 4, 8] {
                let all: Vec<f64> = (1..100).map(|p| forecast.quantile(step, f64::from(p) / 100.0)).collect();
                prop_assert!(all.windows(2).all(|pair| pair[0] <= pair[1]), "{model:?} {all:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Intervals by name are finite, hold the smaller ones, and are whole and not negative where the values are.
    #[test]
    fn named_intervals_are_sound(
        seed in 0u64..10_000, n in 1usize..70, whole in any::<bool>(), gaps in prop::collection::vec(0usize..70, 0..20),
    ) {
        let mut y: Vec<f64> = values(seed, n, 4).iter().map(|y| if whole { (y / 20.0).round() } else { *y }).collect();
        gaps.iter().filter(|t| **t + 1 < n).for_each(|t| y[*t] = f64::NAN);
        for intervals in [Intervals::Analytic, Intervals::Bootstrap, Intervals::Conformal] {
            for model in every() {
                let levels = vec![50.0, 80.0, 95.0, 99.5];
                let options = Options { season: 4, horizon: 6, models: vec![model], levels, intervals, ..Options::default() };
                let told = auto(&y, None, &options).unwrap();
                prop_assert!(numbers(&told).iter().all(|x| x.is_finite()), "{model:?} {intervals:?} {told:?}");
                for pair in told.intervals.windows(2) {
                    for h in 0..6 {
                        prop_assert!(pair[1].low[h] <= pair[0].low[h] && pair[0].low[h] <= pair[0].high[h]
                            && pair[0].high[h] <= pair[1].high[h], "{model:?} {intervals:?} {told:?}");
                    }
                }
                let ends = || told.intervals.iter().flat_map(|own| own.low.iter().chain(&own.high));
                prop_assert!(ends().all(|end| *end >= 0.0 && (!whole || end.fract() == 0.0)), "{model:?} {told:?}");
                prop_assert_eq!(&told, &auto(&y, None, &options).unwrap());
            }
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let each: Vec<Vec<f64>> = (0..6).map(|seed| values(seed, 50, 4)).collect();
    let offsets = (0..=6).map(|i| 50 * i).collect();
    let names = (0..6).map(|i| format!("s{i}")).collect();
    let series = Panel::new(names, each.concat(), offsets).unwrap();
    for model in every() {
        let options = Options { season: 4, horizon: 9, models: vec![model], ..Options::default() };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| panel(&series, &options, &Task::default()).unwrap())
        };
        let one = with(1);
        assert!(one == with(2) && one == with(8), "{model:?}");
    }
}

#[test]
fn input_with_nothing_to_learn_from() {
    let alternating: Vec<f64> = (0..40).map(|t| if t % 2 == 0 { 7.5 } else { -7.5 }).collect();
    let signs = |scale: f64| -> Vec<f64> { values(3, 40, 4).iter().map(|y| scale * y).collect() };
    let cases: [(&str, Vec<f64>, usize); 12] = [
        ("constant", vec![5.0; 30], 4),
        ("constant of a long season", vec![5.0; 30], 52),
        ("zeros", vec![0.0; 30], 4),
        ("one point", vec![3.5], 4),
        ("two points", vec![3.5, 4.5], 4),
        ("three points", vec![3.5, 4.5, 3.0], 12),
        ("season longer than the series", values(1, 20, 4), 365),
        ("huge", signs(1e12), 4),
        ("tiny", signs(1e-12), 4),
        ("alternating", alternating, 2),
        ("one that sold once", [vec![0.0; 20], vec![3.0], vec![0.0; 9]].concat(), 7),
        ("a jump", [vec![1.0; 15], vec![1e6; 15]].concat(), 1),
    ];
    let mut wrong = Vec::new();
    for (name, y, season) in cases {
        let largest = y.iter().fold(0.0f64, |most, y| most.max(y.abs()));
        for model in every() {
            let forecast = of(model, &y, season);
            let most = forecast.mean.iter().fold(0.0f64, |most, m| most.max(m.abs()));
            // the pool of counts keeps a prior; Syntetos and Boylan's factor 1 − α/2 is there whatever the data
            let prior = if model == Model::Counts { 0.01 } else { 0.0 };
            let slack = if model == Model::Sba { 0.75 } else { 1e-6f64.max(prior) };
            let off = name.starts_with("constant") && forecast.mean.iter().any(|m| (m - 5.0).abs() > slack);
            if numbers(&forecast).iter().any(|x| !x.is_finite()) || most > 12.0 * largest + prior || off {
                wrong.push(format!("{name} {model:?} {:?} {:?}", forecast.mean, forecast.intervals));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_those_of_json() {
    for model in every() {
        assert_eq!(serde_json::to_value(model).unwrap(), model.name());
    }
    assert_eq!(serde_json::from_str::<Model>("\"dotm\"").unwrap(), Model::Theta);
}

#[test]
fn several_seasons_ask_for_their_model() {
    let y: Vec<f64> = (0..120).map(|t| 50.5 + [3.0, -3.0, 1.0, -1.0][t % 4] + [8.0, -8.0][(t / 7) % 2]).collect();
    let options = Options { season: 4, seasons: vec![14], horizon: 14, ..Options::default() };
    let forecast = auto(&y, None, &options).unwrap();
    let best = forecast.candidates.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert_eq!(best.0, Model::Mstl);
    let text = |seasons: Vec<usize>| Options { seasons, ..options.clone() }.check().unwrap_err().to_string();
    assert_eq!(text(vec![4]), "seasons[0] must be longer than the season before (4) and at most 2000, got 4");
    assert_eq!(
        text(vec![14, 3_000]),
        "seasons[1] must be longer than the season before (14) and at most 2000, got 3000"
    );
    assert_eq!(text((5..11).collect()), "seasons must be at most 5 seasons, got 6");
}
