//! Small numerics that several domains share: normal and count distributions, summation.

/// Standard normal distribution function.
///
/// Source: complementary error function by W. J. Cody (1969) in the rational Chebyshev form of
/// Numerical Recipes §6.2 (`erfc` of a Chebyshev series, relative error below 1.2e-16).
///
/// ```
/// assert!((trousse::base::numeric::normal_cdf(1.96) - 0.975_002_104_851_779_5).abs() < 1e-15);
/// ```
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}

const ERFC_CHEBYSHEV: [f64; 28] = [
    -1.3026537197817094,
    6.419_697_923_564_902e-1,
    1.9476473204185836e-2,
    -9.561_514_786_808_63e-3,
    -9.46595344482036e-4,
    3.66839497852761e-4,
    4.2523324806907e-5,
    -2.0278578112534e-5,
    -1.624290004647e-6,
    1.303655835580e-6,
    1.5626441722e-8,
    -8.5238095915e-8,
    6.529054439e-9,
    5.059343495e-9,
    -9.91364156e-10,
    -2.27365122e-10,
    9.6467911e-11,
    2.394038e-12,
    -6.886027e-12,
    8.94487e-13,
    3.13092e-13,
    -1.12708e-13,
    3.81e-16,
    7.106e-15,
    -1.523e-15,
    -9.4e-17,
    1.21e-16,
    -2.8e-17,
];

fn erfc(x: f64) -> f64 {
    let z = x.abs();
    let t = 2.0 / (2.0 + z);
    let ty = 4.0 * t - 2.0;
    let (mut d, mut dd) = (0.0, 0.0);
    for c in ERFC_CHEBYSHEV[1..].iter().rev() {
        (d, dd) = (ty * d - dd + c, d);
    }
    let tail = t * (-z * z + 0.5 * (ERFC_CHEBYSHEV[0] + ty * d) - dd).exp();
    if x >= 0.0 { tail } else { 2.0 - tail }
}

/// Standard normal quantile at probability `p`; ±∞ at 1 and 0, `NaN` outside 0–1.
///
/// Source: Acklam's rational approximation with one Halley step on [`normal_cdf`] (relative error below 1e-15).
///
/// ```
/// assert!((trousse::base::numeric::normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-13);
/// ```
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.38357751867269e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 5] =
        [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 66.80131188771972, -1.328068155288572e1];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 4] = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return if p == 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let horner = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, c| sum * x + c);
    let tail = |q: f64| horner(&C, q) / (horner(&D, q) * q + 1.0);
    let x = if p < 0.02425 {
        tail((-2.0 * p.ln()).sqrt())
    } else if p > 1.0 - 0.02425 {
        -tail((-2.0 * (1.0 - p).ln()).sqrt())
    } else {
        let q = p - 0.5;
        horner(&A, q * q) * q / (horner(&B, q * q) * q * q + 1.0)
    };
    let e = normal_cdf(x) - p;
    let u = e * (std::f64::consts::TAU).sqrt() * (x * x / 2.0).exp();
    x - u / (1.0 + x * u / 2.0)
}

/// The `p` quantile of Student's t with `dof` > 4 degrees of freedom, scaled to variance 1: the first four terms of
/// Fisher and Cornish (1960), right to 0.002 between .01 and .99 from 8 degrees on.
pub fn student_quantile(p: f64, dof: f64) -> f64 {
    let z = normal_quantile(p);
    let q = z * z;
    let terms = [
        z * (q + 1.0) / 4.0,
        z * ((5.0 * q + 16.0) * q + 3.0) / 96.0,
        z * (((3.0 * q + 19.0) * q + 17.0) * q - 15.0) / 384.0,
        z * ((((79.0 * q + 776.0) * q + 1482.0) * q - 1920.0) * q - 945.0) / 92_160.0,
    ];
    let (mut sum, mut power) = (z, 1.0);
    for term in terms {
        power /= dof;
        sum += term * power;
    }
    sum * ((dof - 2.0) / dof).sqrt()
}

/// Smallest `k` with `P(N ≤ k) ≥ p` for a count with the given mean and variance: negative
/// binomial where the variance exceeds the mean, else Poisson. O(k).
///
/// ```
/// assert_eq!(trousse::base::numeric::count_quantile(3.0, 3.0, 0.5), 3.0);
/// ```
pub fn count_quantile(mean: f64, variance: f64, p: f64) -> f64 {
    if mean.is_nan() || mean <= 0.0 {
        return 0.0;
    }
    if mean > 5_000.0 {
        let normal = mean + variance.max(mean).sqrt() * normal_quantile(p.clamp(1e-12, 1.0 - 1e-12));
        return normal.round().max(0.0);
    }
    let p = p.min(1.0 - 1e-12);
    CountSums::new(mean, variance).take(1_000_000).position(|below| below >= p).unwrap_or(1_000_000) as f64
}

/// P(N ≤ 0), P(N ≤ 1), … of the count of [`count_quantile`], for a mean above 0.
pub struct CountSums {
    mean: f64,
    /// Shape and chance of a negative binomial, where the variance is above the mean.
    law: Option<(f64, f64)>,
    k: f64,
    log_mass: f64,
    below: f64,
}

impl CountSums {
    /// Begins at 0.
    pub fn new(mean: f64, variance: f64) -> CountSums {
        let over = variance > mean * (1.0 + 1e-9);
        let law = over.then(|| (mean * mean / (variance - mean), 1.0 - mean / variance));
        let log_mass = law.map_or(-mean, |(r, q)| r * (1.0 - q).ln());
        CountSums { mean, law, k: 0.0, log_mass, below: 0.0 }
    }
}

impl Iterator for CountSums {
    type Item = f64;
    fn next(&mut self) -> Option<f64> {
        self.below += self.log_mass.exp();
        let k = self.k;
        self.log_mass += match self.law {
            Some((r, q)) => (q * (k + r) / (k + 1.0)).ln(),
            None => (self.mean / (k + 1.0)).ln(),
        };
        self.k += 1.0;
        Some(self.below)
    }
}

/// Natural logarithm of the gamma function, for `x` > 0.
///
/// Source: Stirling's series (DLMF 5.11.1) after the argument was raised to 8 (error below 1e-12).
///
/// ```
/// assert!((trousse::base::numeric::ln_gamma(5.0) - 24f64.ln()).abs() < 1e-12);
/// ```
pub fn ln_gamma(x: f64) -> f64 {
    const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
    let (mut x, mut product) = (x, 1.0);
    while x < 8.0 {
        product *= x;
        x += 1.0;
    }
    let z = 1.0 / (x * x);
    let series = 1.0 / 12.0 - z * (1.0 / 360.0 - z * (1.0 / 1_260.0 - z * (1.0 / 1_680.0 - z * (1.0 / 1_188.0))));
    (x - 0.5) * x.ln() - x + HALF_LN_TAU + series / x - product.ln()
}

/// P(N ≤ `k`) of the negative binomial with the given mean and shape (variance = mean + mean²/shape): a sum for
/// small `k`, the incomplete beta function for large ones.
///
/// ```
/// // shape 1 is the geometric distribution: 1 − (2/3)³
/// assert!((trousse::base::numeric::negative_binomial_cdf(2.0, 2.0, 1.0) - 19.0 / 27.0).abs() < 1e-14);
/// ```
pub fn negative_binomial_cdf(k: f64, mean: f64, shape: f64) -> f64 {
    if k < 0.0 {
        return 0.0;
    }
    let q = mean / (shape + mean);
    if k > 48.0 {
        return incomplete_beta(shape, k + 1.0, shape / (shape + mean));
    }
    let mut mass = (shape * (1.0 - q).ln()).exp();
    let mut sum = mass;
    for i in 0..k as u32 {
        let i = f64::from(i);
        mass *= q * (i + shape) / (i + 1.0);
        sum += mass;
    }
    sum.min(1.0)
}

/// The regularised incomplete beta function I_x(a, b) by its continued fraction (DLMF 8.17.22), evaluated by
/// Lentz's method on the side where it converges fast.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp() / a;
    let away = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        for term in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            fraction *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-14 {
            break;
        }
    }
    (front * fraction).clamp(0.0, 1.0)
}

/// Sample quantile by linear interpolation of the order statistics (Hyndman & Fan 1996, type 7)
/// of values sorted in rising order; `NaN` for none.
pub fn sorted_quantile(sorted: &[f64], p: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let at = p.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let low = at.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (at - low as f64) * (sorted[high] - sorted[low])
}
