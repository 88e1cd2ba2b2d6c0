//! Seeded worlds: a shop on a disk that fails, judged by a naive model after every recovery.
//!
//! `make simulate RUNS=100000` runs that many worlds in a release build; `SEED=n` replays one with a readable log. A
//! failure prints its seed and the fewest steps of it that still fail.

#[path = "simulation/check.rs"]
mod check;
#[path = "simulation/dice.rs"]
mod dice;
#[path = "simulation/model.rs"]
mod model;
#[path = "simulation/world.rs"]
mod world;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// More steps than any world takes.
const ALL_STEPS: usize = 10_000;
const THREADS: u64 = 2;

fn run(seed: u64) -> Result<(), String> {
    world::run(seed, ALL_STEPS, false).verdict
}

/// The fewest steps of a seed that still fail, and their log.
fn shrunk(seed: u64) -> String {
    let whole = world::run(seed, ALL_STEPS, false).steps;
    let fails = |limit: &usize| world::run(seed, *limit, false).verdict.is_err();
    let limit = (0..=whole).find(fails).unwrap_or(ALL_STEPS);
    let ran = world::run(seed, limit, true);
    let why = ran.verdict.err().unwrap_or_else(|| "it does not fail any more".into());
    format!("seed {seed}, {limit} of {whole} steps:\n{}\n{why}\n\nSEED={seed} replays it", ran.log.join("\n"))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, got {text}")))
}

/// Panics are caught and told with their seed: the usual message would drown it.
fn quiet() {
    std::panic::set_hook(Box::new(|panic| {
        if !panic.to_string().contains("seed") {
            return;
        }
        eprintln!("{panic}");
    }));
}

#[test]
fn worlds_lose_nothing_and_answer_right() {
    if let Some(seed) = number("SEED") {
        let ran = world::run(seed, ALL_STEPS, true);
        println!("{}\n{:?}", ran.log.join("\n"), ran.verdict);
        assert_eq!(ran.verdict, Ok(()), "seed {seed}");
        return;
    }
    let (runs, first) = (number("RUNS").unwrap_or(600), number("FIRST").unwrap_or(0));
    quiet();
    let (next, done, failed) = (AtomicU64::new(first), AtomicU64::new(0), AtomicBool::new(false));
    let start = Instant::now();
    let failure = std::thread::scope(|scope| {
        let one = || {
            while !failed.load(Ordering::Relaxed) {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= first + runs {
                    break;
                }
                if run(seed).is_err() {
                    failed.store(true, Ordering::Relaxed);
                    return Some(seed);
                }
                let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
                if so_far % 10_000 == 0 {
                    println!("{so_far} worlds, {:.0}/s", so_far as f64 / start.elapsed().as_secs_f64());
                }
            }
            None
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(one)).collect();
        threads.into_iter().filter_map(|thread| thread.join().expect("a thread")).min()
    });
    if let Some(seed) = failure {
        panic!("{}", shrunk(seed));
    }
    let seconds = start.elapsed().max(Duration::from_millis(1)).as_secs_f64();
    println!("{runs} worlds from seed {first} in {seconds:.1} s: {:.0}/s", runs as f64 / seconds);
}
