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
    seconds.sort_by(f64::total_cmp);
    let median = seconds[repeats / 2];
    let each = median / operations as f64;
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
