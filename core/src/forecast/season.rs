//! Seasonal indices by classical decomposition, and the test whether there is a season.
//!
//! In: values in time order, `NaN` = unknown. Out: one index per phase, adding to 0 or averaging 1. O(n).
//!
//! Source: Makridakis, Wheelwright & Hyndman (1998), ch. 3; the test of Assimakopoulos & Nikolopoulos (2000).

/// Indices of the phases: the mean deviation from (or ratio to) a centred moving average of one season.
pub(crate) fn indices(y: &[f64], season: usize, ratio: bool) -> Vec<f64> {
    let neutral = if ratio { 1.0 } else { 0.0 };
    let (mut sum, mut count) = (vec![0.0; season], vec![0.0; season]);
    let middle = moving_average(y, season);
    for (t, (y, middle)) in y.iter().zip(&middle).enumerate() {
        if y.is_nan() || middle.is_nan() || ratio && *middle <= 0.0 {
            continue;
        }
        sum[t % season] += if ratio { y / middle } else { y - middle };
        count[t % season] += 1.0;
    }
    let mut index: Vec<f64> = sum.iter().zip(&count).map(|(s, n)| if *n > 0.0 { s / n } else { neutral }).collect();
    let mean = index.iter().sum::<f64>() / season as f64;
    index.iter_mut().for_each(|s| *s = if ratio && mean > 0.0 { (*s / mean).max(0.01) } else { *s - mean });
    index
}

/// The moving average over one season with half weights at the ends of an even one; `NaN` where it does not fit in or
/// nothing is known. What is unknown counts as the mean of what is known in the window.
pub(crate) fn moving_average(y: &[f64], season: usize) -> Vec<f64> {
    let (n, half) = (y.len(), season / 2);
    let mut out = vec![f64::NAN; n];
    if n < 2 * half + 1 {
        return out;
    }
    let (mut total, mut known) = (0.0, 0.0);
    let mut put = |value: f64, sign: f64| {
        if !value.is_nan() {
            total += sign * value;
            known += sign;
        }
        (total, known)
    };
    y[..2 * half].iter().for_each(|value| {
        put(*value, 1.0);
    });
    for t in half..n - half {
        let (mut total, mut known) = put(y[t + half], 1.0);
        if season.is_multiple_of(2) {
            for edge in [y[t - half], y[t + half]].into_iter().filter(|edge| !edge.is_nan()) {
                total -= 0.5 * edge;
                known -= 0.5;
            }
        }
        if known > 0.0 {
            out[t] = total / known;
        }
        put(y[t - half], -1.0);
    }
    out
}

/// Whether the autocorrelation at the season is significant at 10 % (Bartlett's bound); three whole seasons are needed.
pub(crate) fn is_seasonal(y: &[f64], season: usize) -> bool {
    let known = y.iter().filter(|y| !y.is_nan()).count() as f64;
    if season < 2 || known < 3.0 * season as f64 {
        return false;
    }
    let mean = y.iter().filter(|y| !y.is_nan()).sum::<f64>() / known;
    let centred: Vec<f64> = y.iter().map(|y| if y.is_nan() { 0.0 } else { y - mean }).collect();
    let power: f64 = centred.iter().map(|x| x * x).sum();
    if power <= 0.0 {
        return false;
    }
    let correlation = |lag: usize| centred[lag..].iter().zip(&centred).map(|(a, b)| a * b).sum::<f64>() / power;
    let squares: f64 = (1..season).map(|lag| correlation(lag).powi(2)).sum();
    correlation(season).abs() > 1.645 * ((1.0 + 2.0 * squares) / known).sqrt()
}
