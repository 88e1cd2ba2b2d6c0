//! What the benchmarks share: a seeded source of numbers and a measured workload.
//!
//! A workload is named, its data are seeded, set-up is outside the timer and a checksum of what it
//! computed is printed, so that nothing can be optimised away and two runs can be compared. With
//! `SMALL=1` sizes shrink to what CI runs. A number is quoted as the median of the repeats.

use std::time::Instant;

/// Whether CI runs this: sizes shrink.
pub fn small() -> bool {
    std::env::var_os("SMALL").is_some_and(|value| value == "1")
}

/// `large`, or `small` in CI.
pub fn size(large: usize, in_ci: usize) -> usize {
    if small() { in_ci } else { large }
}

/// SplitMix64 (Steele, Lea & Flood 2014): enough for data.
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// A whole number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
    /// A number in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Zipf's law: the k-th most wanted of n, counted from 0, is drawn with a probability in proportion to 1/(k + 1)^exponent.
#[derive(Debug, Clone)]
pub struct Zipf {
    cumulative: Vec<f64>,
}

impl Zipf {
    /// The law for `n` items.
    pub fn new(n: usize, exponent: f64) -> Zipf {
        let mut sum = 0.0;
        let weight = |k: usize| (k as f64 + 1.0).powf(-exponent);
        let cumulative = (0..n)
            .map(|k| {
                sum += weight(k);
                sum
            })
            .collect();
        Zipf { cumulative }
    }
    /// Draws a rank below `n`.
    pub fn draw(&self, random: &mut Random) -> usize {
        let total = self.cumulative.last().copied().unwrap_or(0.0);
        let at = random.unit() * total;
        self.cumulative.partition_point(|sum| *sum <= at).min(self.cumulative.len().saturating_sub(1))
    }
}

/// Bytes of memory that this process holds, where the system tells.
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib << 10)
}

/// Measures `run` on what `prepare` makes, and prints the median time per operation, the rate and a checksum.
pub fn measure<S>(name: &str, operations: usize, mut prepare: impl FnMut() -> S, mut run: impl FnMut(&mut S) -> u64) {
    let repeats = if small() { 1 } else { 7 };
    let mut seconds = Vec::with_capacity(repeats);
    let mut checksum = 0;
    for _ in 0..repeats {
        let mut state = prepare();
        let start = Instant::now();
        checksum = run(&mut state);
        seconds.push(start.elapsed().as_secs_f64());
    }
    report(name, operations, &mut seconds, checksum);
}

/// Prints the median time per operation of repeats that took `seconds` each, the rate and a checksum.
pub fn report(name: &str, operations: usize, seconds: &mut [f64], checksum: u64) {
    seconds.sort_by(f64::total_cmp);
    let repeats = seconds.len();
    let each = seconds[repeats / 2] / operations as f64;
    println!(
        "{name:<44} {:>12} each {:>14.0} /s   median of {repeats}, checksum {checksum:016x}",
        duration(each),
        1.0 / each
    );
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.0} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.2} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, Zipf};

    #[test]
    fn zipf_draws_the_first_twice_as_often_as_the_second() {
        let (zipf, mut random) = (Zipf::new(1_000, 1.0), Random(7));
        let mut counts = vec![0; 1_000];
        for _ in 0..100_000 {
            counts[zipf.draw(&mut random)] += 1;
        }
        // 1 ÷ (1 + 1/2 + … + 1/1000) = 0.1336
        assert!((13_000..13_700).contains(&counts[0]), "{}", counts[0]);
        assert!((6_400..7_000).contains(&counts[1]), "{}", counts[1]);
        assert!(counts[999] < 40, "{}", counts[999]);
    }
}
