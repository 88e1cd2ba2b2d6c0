//! The decomposition against statsmodels, what it does with gaps, and the forecast from it.

use super::*;

/// Two seasons that grow, a trend and something irregular.
fn series() -> Vec<f64> {
    let season = [4.0, -2.0, 1.0, -3.0, 0.0, 2.0];
    let one = |t: usize| {
        let x = t as f64;
        let wave = 6.0 * (2.0 * std::f64::consts::PI * x / 28.0).sin();
        100.0 + 0.5 * x + season[t % 6] * (1.0 + x / 200.0) + wave + (((t * t * 7 + 13 * t) % 11) as f64 - 5.0) * 0.3
    };
    (0..96).map(one).collect()
}

/// `statsmodels.tsa.seasonal.STL` 0.15.0 in the loop of MSTL (two rounds, periods 6 and 28, seasonal 11 and 15 of degree
/// 0, trend and low-pass windows as R's `stl`, jumps of a tenth, `fit(inner_iter=2, outer_iter=0)`), to 1e-8.
#[test]
fn the_parts_are_those_of_statsmodels() {
    let parts = mstl(&series(), &[6, 28]).unwrap();
    let expected = [
        (0, 100.560466873, 3.563949981, -0.76063742),
        (1, 101.050357776, -2.29737237, 1.642699457),
        (30, 115.382159485, 4.160914553, 2.206752765),
        (47, 123.913031773, 2.229809725, -6.445570656),
        (70, 135.452752939, -0.578692577, -0.114254626),
        (94, 147.601272713, -0.836776393, 4.302279907),
        (95, 148.108808773, 2.273394129, 3.519922154),
    ];
    for (t, trend, short, long) in expected {
        let got = [parts.trend[t], parts.seasonal[0].1[t], parts.seasonal[1].1[t]];
        for (got, expected) in got.iter().zip([trend, short, long]) {
            assert!((got - expected).abs() < 1e-8, "{t}: {got} instead of {expected}");
        }
    }
}

#[test]
fn gaps_are_decomposed_by_the_rest() {
    let whole = series();
    let mut y = whole.clone();
    [0, 1, 17, 40, 41, 42, 95].iter().for_each(|t| y[*t] = f64::NAN);
    let (parts, known) = (mstl(&y, &[6, 28]).unwrap(), mstl(&whole, &[6, 28]).unwrap());
    for (t, y) in y.iter().enumerate() {
        assert_eq!(parts.remainder[t].is_nan(), y.is_nan());
        assert!((parts.trend[t] - known.trend[t]).abs() < 2.0, "{t}");
        assert!((parts.seasonal[0].1[t] - known.seasonal[0].1[t]).abs() < 2.5, "{t}");
    }
}

#[test]
fn both_seasons_go_on() {
    let y: Vec<f64> = (0..112).map(|t| 50.0 + [3.0, -3.0, 1.0, -1.0][t % 4] + [8.0, -8.0][(t / 7) % 2]).collect();
    let mut state = Mstl::fit(&y, &[1.0; 112], &[4, 14]);
    y.iter().for_each(|y| state.update(*y, 1.0));
    for (h, got) in state.path(28).iter().enumerate() {
        let t = 112 + h;
        let expected = 50.0 + [3.0, -3.0, 1.0, -1.0][t % 4] + [8.0, -8.0][(t / 7) % 2];
        assert!((got - expected).abs() < 0.5, "{h}: {got} instead of {expected}");
        assert_eq!(*got, state.ahead(h + 1));
    }
}

/// From the middle of the series only the cycles before are known.
#[test]
fn the_past_does_not_know_the_future() {
    let state = Mstl {
        base: Ets::flat(ets::Form { error: ets::Kind::Additive, trend: ets::Trend::None, season: None }, 0.0),
        seasonal: vec![(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])],
        fitted: 6,
        now: 3,
    };
    assert_eq!(state.path(4), [2.0, 3.0, 2.0, 3.0]);
    let end = Mstl { now: 6, ..state };
    assert_eq!(end.path(3), [5.0, 6.0, 5.0]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let text = |y: &[f64], seasons: &[usize]| mstl(y, seasons).unwrap_err().to_string();
    assert_eq!(text(&[1.0; 20], &[7, 1]), "seasons[1] must be in 2 … 2000, got 1");
    assert_eq!(mstl(&[1.0; 20], &[7, 11]).unwrap_err().code(), "SERIES_TOO_SHORT");
    assert_eq!(mstl(&[f64::NAN; 20], &[7]).unwrap_err().code(), "SERIES_TOO_SHORT");
    let flat = mstl(&[3.0; 30], &[7]).unwrap();
    assert!(flat.trend.iter().all(|x| (x - 3.0).abs() < 1e-12) && flat.remainder.iter().all(|x| x.abs() < 1e-12));
}
