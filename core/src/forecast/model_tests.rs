//! Tests that hold for every fitted model: states, gaps, scale, gradients, variances.

use proptest::prelude::*;

use super::ets::{Form as EtsForm, gradient_error};
use super::smooth::Roll;
use super::*;

fn months(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let season: Vec<f64> = (0..12).map(|_| 0.7 + 0.6 * unit()).collect();
    let mut level = 200.0;
    let mut next = |t: usize| {
        level *= 1.0 + 0.05 * (unit() - 0.48);
        level * season[t % 12] * (0.9 + 0.2 * unit())
    };
    (0..n).map(&mut next).collect()
}

/// A normal source from a counter: sums of twelve uniforms.
fn normals(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        let mut unit = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..12).map(|_| unit()).sum::<f64>() - 6.0
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let mut y = months(1, 60);
    y[17] = f64::NAN;
    for form in EtsForm::all() {
        let error = gradient_error(form, &y, 12);
        assert!(error < 1e-4, "{form}: {error}");
    }
}

/// A state that took the last values one by one equals the filter that ran from the start.
fn check_state<M: Roll + Clone + PartialEq + std::fmt::Debug>(fit: &Fit<M>, y: &[f64], more: &[f64]) {
    let mut by_one = fit.state.clone();
    more.iter().for_each(|y| by_one.update(*y, 1.0));
    let mut anew = fit.start.clone();
    y.iter().chain(more).for_each(|y| anew.update(*y, 1.0));
    assert_eq!(by_one, anew);
    assert_eq!(fit.fitted.len(), y.len());
    let path = fit.state.path(30);
    assert!(path.iter().all(|x| x.is_finite()), "{fit:?}");
    assert_eq!(path[29], fit.state.ahead(30));
}

#[test]
fn a_state_takes_values_one_by_one() {
    let mut y = months(2, 96);
    (y[5], y[40]) = (f64::NAN, f64::NAN);
    let more = [y[90] * 1.1, f64::NAN, y[92]];
    for model in ["ANN", "MAN", "AAdA", "MNM", "MAdM", "ZZZ"] {
        check_state(&ets(&y, model, 12).unwrap(), &y, &more);
    }
    for model in ["STM", "OTM", "DSTM", "DOTM"] {
        check_state(&theta(&y, model, 12).unwrap(), &y, &more);
    }
    for model in ["N", "S", "P", "F", "Z"] {
        check_state(&ces(&y, model, 12).unwrap(), &y, &more);
    }
    assert!(size_of::<Ets>() <= 128 && size_of::<Theta>() <= 128 && size_of::<Ces>() <= 128);
}

#[test]
fn variances_are_those_of_simulated_paths() {
    let y = months(3, 96);
    for model in ["ANN", "AAdA", "MAA", "MNM", "MAM"] {
        let state = ets(&y, model, 12).unwrap().state;
        let mut normal = normals(5);
        let paths: Vec<Vec<f64>> = (0..4_000).map(|_| state.simulate(18, &mut normal)).collect();
        let (mean, variance) = (state.mean(18), state.variance(18));
        for h in [0, 5, 17] {
            let spread = paths.iter().map(|path| (path[h] - mean[h]).powi(2)).sum::<f64>() / 4_000.0;
            assert!((spread / variance[h] - 1.0).abs() < 0.12, "{model} {h}: {spread} {}", variance[h]);
        }
    }
}

#[test]
fn fitted_models_refuse_what_they_cannot_take() {
    let text = |error: Error| error.to_string();
    assert!(text(ets(&[1.0; 9], "AMN", 1).unwrap_err()).starts_with("model must be like MAdM"));
    assert!(text(ets(&[1.0; 9], "é", 1).unwrap_err()).starts_with("model must be like MAdM"));
    assert_eq!(text(theta(&[1.0; 9], "X", 1).unwrap_err()), "model must be STM, OTM, DSTM or DOTM, got X");
    assert_eq!(text(ces(&[1.0; 9], "X", 1).unwrap_err()), "model must be N, S, P, F or Z, got X");
    assert_eq!(text(auto_ets(&[1.0], 0).unwrap_err()), "season must be in 1 … 2000, got 0");
    for result in [auto_ets(&[f64::NAN], 1).map(|_| ()), auto_theta(&[], 1).map(|_| ()), auto_ces(&[], 1).map(|_| ())] {
        assert_eq!(result.unwrap_err().code(), "SERIES_TOO_SHORT");
    }
    assert_eq!(auto_ets(&[1.0, f64::INFINITY], 1).unwrap_err().code(), "NAN_IN_SERIES");
    assert_eq!(ets(&[1.0; 9], "MNM", 12).unwrap_err().code(), "SERIES_TOO_SHORT");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_series_gives_finite_fits(
        y in prop::collection::vec(
            prop_oneof![4 => 0.5..50.0f64, 1 => Just(0.0), 1 => -1e6..1e9f64, 1 => Just(f64::NAN)], 1..50),
        season in 1usize..9,
    ) {
        prop_assume!(y.iter().any(|x| !x.is_nan()));
        let paths = [
            auto_ets(&y, season).unwrap().state.mean(9),
            auto_theta(&y, season).unwrap().state.mean(9),
            auto_ces(&y, season).unwrap().state.mean(9),
            auto_arima(&y, season).unwrap().state.mean(9),
        ];
        prop_assert!(paths.iter().flatten().all(|x| x.is_finite()), "{:?}", paths);
    }

    #[test]
    fn the_unit_does_not_matter(seed in 0u64..1_000, power in -6i32..12) {
        let y = months(seed, 60);
        let factor = 2f64.powi(power);
        let scaled: Vec<f64> = y.iter().map(|x| x * factor).collect();
        let pairs = [
            (ets(&y, "AAdA", 12).unwrap().state.mean(5), ets(&scaled, "AAdA", 12).unwrap().state.mean(5)),
            (auto_theta(&y, 12).unwrap().state.mean(5), auto_theta(&scaled, 12).unwrap().state.mean(5)),
            (ces(&y, "P", 12).unwrap().state.mean(5), ces(&scaled, "P", 12).unwrap().state.mean(5)),
        ];
        for (one, other) in pairs {
            for (a, b) in one.iter().zip(&other) {
                prop_assert!((a * factor / b - 1.0).abs() < 1e-2, "{} {}", a * factor, b);
            }
        }
    }
}
