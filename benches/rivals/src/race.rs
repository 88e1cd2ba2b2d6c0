//! A race: rivals do the same work in turns, in one process and on one disk.
//!
//! Every lap gets an empty folder. The order of the rivals is turned round after every round, so that none always runs
//! after the same neighbour. A ratio is the median of the ratios of the rounds, never of two runs. All laps of a race
//! must answer the same checksum of what they stored, or the race is void.

use std::path::{Path, PathBuf};
use std::time::Instant;

/// What a lap took, set-up and checks left out, and a checksum of what is stored after it.
pub struct Lap {
    /// Seconds of the measured part.
    pub seconds: f64,
    /// What the stored bytes amount to.
    pub checksum: u64,
}

type Run<'a> = Box<dyn Fn(&Path) -> Lap + 'a>;

/// Rivals and the work that each does in a lap.
pub struct Race<'a> {
    title: &'a str,
    operations: usize,
    rivals: Vec<(&'a str, Run<'a>)>,
}

/// Rates by rival and round.
pub struct Results<'a> {
    names: Vec<&'a str>,
    rates: Vec<Vec<f64>>,
}

/// Seconds that `work` takes.
pub fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

impl<'a> Race<'a> {
    /// A race of `operations` a lap.
    pub fn new(title: &'a str, operations: usize) -> Race<'a> {
        Race { title, operations, rivals: Vec::new() }
    }

    /// Enters a rival.
    pub fn enter(mut self, name: &'a str, run: impl Fn(&Path) -> Lap + 'a) -> Race<'a> {
        self.rivals.push((name, Box::new(run)));
        self
    }

    /// Runs all rounds and prints the table, with ratios of the first rival's rate to the others'.
    ///
    /// # Panics
    /// Where two rivals stored different things.
    pub fn run(self, folder: &Path, rounds: usize) -> Results<'a> {
        let mut rates = vec![Vec::new(); self.rivals.len()];
        let mut checksum = None;
        for round in 0..rounds {
            let mut turns: Vec<usize> = (0..self.rivals.len()).collect();
            if round % 2 == 1 {
                turns.reverse();
            }
            for at in turns {
                let (name, run) = &self.rivals[at];
                let lap = lap(folder, run);
                assert_eq!(*checksum.get_or_insert(lap.checksum), lap.checksum, "{name} stored something else");
                rates[at].push(self.operations as f64 / lap.seconds);
            }
        }
        let results = Results { names: self.rivals.iter().map(|(name, _)| *name).collect(), rates };
        println!(
            "\n{}  ({} a lap, median of {rounds}, checksum {:016x})",
            self.title,
            self.operations,
            checksum.unwrap_or(0)
        );
        results.print();
        results
    }
}

fn lap(folder: &Path, run: &Run<'_>) -> Lap {
    let own = tempfile::tempdir_in(folder).expect("a folder");
    flush_all();
    run(own.path())
}

/// What earlier laps left to be written, deleted files among it, is written before the next one starts.
fn flush_all() {
    drop(std::process::Command::new("sync").status());
}

impl Results<'_> {
    fn print(&self) {
        println!("  {:<62} {:>12} {:>12} {:>12} {:>8}", "", "median /s", "lowest", "highest", "first ÷");
        for (at, name) in self.names.iter().enumerate() {
            let sorted = sorted(self.rates[at].clone());
            let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
            println!(
                "  {name:<62} {:>12.0} {low:>12.0} {high:>12.0} {:>8.2}",
                median(sorted),
                self.ratio(self.names[0], name)
            );
        }
    }

    /// The median of the rates of a rival.
    pub fn rate(&self, name: &str) -> f64 {
        median(self.rates[self.at(name)].clone())
    }

    /// The median over the rounds of the rate of one rival divided by another's.
    pub fn ratio(&self, one: &str, other: &str) -> f64 {
        let (one, other) = (&self.rates[self.at(one)], &self.rates[self.at(other)]);
        median(one.iter().zip(other).map(|(one, other)| one / other).collect())
    }

    fn at(&self, name: &str) -> usize {
        self.names.iter().position(|known| *known == name).expect("it ran")
    }
}

/// Prints a goal and whether it is met.
pub fn goal(what: &str, at_least: f64, reached: f64) {
    let verdict = if reached >= at_least { "met" } else { "MISSED" };
    println!("  goal: {what:<56} {at_least:>12} {reached:>12.2} {verdict}");
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: Vec<f64>) -> f64 {
    let values = sorted(values);
    values[values.len() / 2]
}

/// Where the race takes place: `FOLDER`, or the system's folder for temporary files.
pub fn folder() -> PathBuf {
    std::env::var_os("FOLDER").map_or_else(std::env::temp_dir, PathBuf::from)
}
