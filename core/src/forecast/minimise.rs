//! Minimisers with a budget counted in evaluations, so that the same input gives the same bits everywhere.
//!
//! [`bfgs`] for smooth functions with a gradient inside a box, [`simplex`] where there is none, [`line`] for one
//! variable. None of them reads a clock or draws at random.
//!
//! Source: Nocedal & Wright, *Numerical Optimization* (2006), ch. 6 (BFGS) and 16.7 (projection);
//! Nelder & Mead (1965); Brent (1973), golden section.

/// Evaluations after which a line search gives up.
const LINE_TRIES: usize = 12;
/// The longest step of a coordinate in one iteration of [`bfgs`].
const LONGEST_STEP: f64 = 0.5;

/// A box: low and high ends per coordinate.
pub(crate) struct Bounds {
    pub(crate) low: Vec<f64>,
    pub(crate) high: Vec<f64>,
}

impl Bounds {
    fn clip(&self, i: usize, x: f64) -> f64 {
        x.clamp(self.low[i], self.high[i])
    }
    /// Whether the descent direction leads out of the box at `x`.
    fn blocked(&self, i: usize, x: f64, slope: f64) -> bool {
        x <= self.low[i] && slope > 0.0 || x >= self.high[i] && slope < 0.0
    }
}

/// Minimises `f` in a box from `x` on by projected BFGS, within a number of evaluations; `f` fills the gradient.
/// Stops once three steps in a row gain less than `tolerance`. Coordinates should be scaled so that their
/// curvatures are alike. Leaves the best point in `x` and answers its value.
pub(crate) fn bfgs(
    f: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
    x: &mut [f64],
    bounds: &Bounds,
    evaluations: usize,
    tolerance: f64,
) -> f64 {
    let n = x.len();
    let mut slope = vec![0.0; n];
    (0..n).for_each(|i| x[i] = bounds.clip(i, x[i]));
    let mut value = f(x, &mut slope);
    let mut inverse = identity(n, 0.3);
    let (mut step, mut next, mut next_slope) = (vec![0.0; n], x.to_vec(), vec![0.0; n]);
    let (mut used, mut idle, mut fresh) = (1, 0, true);
    while used < evaluations && value.is_finite() {
        let free: Vec<bool> = (0..n).map(|i| !bounds.blocked(i, x[i], slope[i])).collect();
        direction(&inverse, &slope, &free, &mut step);
        let longest = step.iter().fold(0.0_f64, |most, s| most.max(s.abs()));
        if longest < 1e-12 {
            break;
        }
        let mut length = (LONGEST_STEP / longest).min(1.0);
        let mut better = false;
        let mut next_value = value;
        for _ in 0..LINE_TRIES {
            let mut gain = 0.0;
            for i in 0..n {
                next[i] = bounds.clip(i, x[i] + length * step[i]);
                gain += slope[i] * (next[i] - x[i]);
            }
            next_value = f(&next, &mut next_slope);
            used += 1;
            if next_value <= value + 1e-4 * gain.min(0.0) && next_value.is_finite() {
                better = true;
                break;
            }
            if used >= evaluations {
                break;
            }
            let bend = next_value - value - gain;
            let quadratic = if next_value.is_finite() && bend > 0.0 { -gain / (2.0 * bend) } else { 0.1 };
            length *= quadratic.clamp(0.1, 0.5);
        }
        if !better {
            if fresh || used >= evaluations {
                break;
            }
            inverse = identity(n, 0.3);
            fresh = true;
            continue;
        }
        idle = if value - next_value < tolerance { idle + 1 } else { 0 };
        learn(&mut inverse, x, &next, &slope, &next_slope, &free, fresh);
        fresh = false;
        x.copy_from_slice(&next);
        slope.copy_from_slice(&next_slope);
        value = next_value;
        if idle >= 2 {
            break;
        }
    }
    value
}

fn identity(n: usize, scale: f64) -> Vec<f64> {
    let mut matrix = vec![0.0; n * n];
    (0..n).for_each(|i| matrix[i * n + i] = scale);
    matrix
}

fn direction(inverse: &[f64], slope: &[f64], free: &[bool], step: &mut [f64]) {
    let n = slope.len();
    for i in 0..n {
        step[i] = 0.0;
        if free[i] {
            let row = &inverse[i * n..(i + 1) * n];
            step[i] = -(0..n).map(|j| if free[j] { row[j] * slope[j] } else { 0.0 }).sum::<f64>();
        }
    }
    if step.iter().zip(slope).map(|(s, g)| s * g).sum::<f64>() >= 0.0 {
        (0..n).for_each(|i| step[i] = if free[i] { -slope[i] } else { 0.0 });
    }
}

/// The BFGS update of the inverse Hessian on the free coordinates; the first one also sets its scale.
fn learn(inverse: &mut [f64], x: &[f64], next: &[f64], slope: &[f64], next_slope: &[f64], free: &[bool], first: bool) {
    let n = x.len();
    let moved = |i: usize| if free[i] { next[i] - x[i] } else { 0.0 };
    let bent = |i: usize| if free[i] { next_slope[i] - slope[i] } else { 0.0 };
    let (s, y): (Vec<f64>, Vec<f64>) = (0..n).map(|i| (moved(i), bent(i))).unzip();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (sy, yy) = (dot(&s, &y), dot(&y, &y));
    if sy <= 1e-10 * (dot(&s, &s) * yy).sqrt() || sy.is_nan() {
        return;
    }
    if first {
        inverse.fill(0.0);
        (0..n).for_each(|i| inverse[i * n + i] = sy / yy);
    }
    let by: Vec<f64> = (0..n).map(|i| dot(&inverse[i * n..(i + 1) * n], &y)).collect();
    let factor = (1.0 + dot(&y, &by) / sy) / sy;
    for i in 0..n {
        for j in 0..n {
            inverse[i * n + j] += factor * s[i] * s[j] - (by[i] * s[j] + s[i] * by[j]) / sy;
        }
    }
}

/// Minimises `f` over [`low`, `high`]: the best of `grid` + 1 even points, then golden sections around it.
pub(crate) fn line(f: &mut impl FnMut(f64) -> f64, low: f64, high: f64, grid: usize, sections: usize) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let at = |k: usize| low + (high - low) * k as f64 / grid as f64;
    let mut best = (0, f64::INFINITY);
    for k in 0..=grid {
        let value = f(at(k));
        if value < best.1 {
            best = (k, value);
        }
    }
    let (mut a, mut b) = (at(best.0.saturating_sub(1)), at((best.0 + 1).min(grid)));
    let mut found = (at(best.0), best.1);
    let (mut c, mut d) = (b - GOLDEN * (b - a), a + GOLDEN * (b - a));
    let (mut at_c, mut at_d) = (f(c), f(d));
    for _ in 0..sections {
        for (x, value) in [(c, at_c), (d, at_d)] {
            if value < found.1 {
                found = (x, value);
            }
        }
        if at_c < at_d {
            (b, d, at_d) = (d, c, at_c);
            c = b - GOLDEN * (b - a);
            at_c = f(c);
        } else {
            (a, c, at_c) = (c, d, at_d);
            d = a + GOLDEN * (b - a);
            at_d = f(d);
        }
    }
    found.0
}

/// Minimises `f` in a box from `start` by the simplex of Nelder and Mead within a number of evaluations; `edge` is the
/// size of the first simplex.
pub(crate) fn simplex(
    f: &mut impl FnMut(&[f64]) -> f64,
    start: &[f64],
    bounds: &Bounds,
    edge: f64,
    evaluations: usize,
    tolerance: f64,
) -> (Vec<f64>, f64) {
    let n = start.len();
    let clipped = |x: Vec<f64>| -> Vec<f64> { x.into_iter().enumerate().map(|(i, x)| bounds.clip(i, x)).collect() };
    let mut corners: Vec<(Vec<f64>, f64)> = Vec::with_capacity(n + 1);
    for corner in 0..=n {
        let mut x = start.to_vec();
        if corner > 0 {
            let i = corner - 1;
            x[i] += if x[i] + edge <= bounds.high[i] { edge } else { -edge };
        }
        let x = clipped(x);
        let value = f(&x);
        corners.push((x, value));
    }
    let mut used = n + 1;
    while used < evaluations {
        corners.sort_by(|a, b| a.1.total_cmp(&b.1));
        if corners[n].1 - corners[0].1 < tolerance {
            break;
        }
        let centre: Vec<f64> = (0..n).map(|d| corners[..n].iter().map(|(x, _)| x[d]).sum::<f64>() / n as f64).collect();
        let worst = corners[n].clone();
        let mut try_at = |step: f64| {
            let x = clipped((0..n).map(|d| centre[d] + step * (worst.0[d] - centre[d])).collect());
            let value = f(&x);
            (x, value)
        };
        let reflected = try_at(-1.0);
        used += 1;
        let next = if reflected.1 < corners[0].1 {
            used += 1;
            let expanded = try_at(-2.0);
            if expanded.1 < reflected.1 { expanded } else { reflected }
        } else if reflected.1 < corners[n - 1].1 {
            reflected
        } else {
            used += 1;
            try_at(if reflected.1 < worst.1 { -0.5 } else { 0.5 })
        };
        if next.1 < worst.1 {
            corners[n] = next;
            continue;
        }
        let best = corners[0].0.clone();
        for (x, value) in &mut corners[1..] {
            x.iter_mut().zip(&best).for_each(|(x, b)| *x = b + 0.5 * (*x - b));
            *value = f(x);
        }
        used += n;
    }
    corners.sort_by(|a, b| a.1.total_cmp(&b.1));
    corners.swap_remove(0)
}
