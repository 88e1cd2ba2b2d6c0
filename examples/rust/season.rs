//! A season in a cosmetics shop: `season [FOLDER] [--out season.html]` plays real data from a folder, or a generated
//! shop without one, through the engine on a journal on disk, and writes what it knows to the terminal and a page.
//!
//! The journal is in a folder beside the page, made anew in each run. In the end it is reopened: the digest and the
//! stock must be the same, and no unit may be unaccounted for.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use trousse::engine::StockParams;
use trousse::{Engine, Error, Options, Result};
use trousse_examples::season::datasets::{self, Mapping};
use trousse_examples::season::generate::{self, Params};
use trousse_examples::season::play::{self, Played, Script};
use trousse_examples::season::report::Series;
use trousse_examples::season::{page, real, report, terminal};

const USAGE: &str = "season [FOLDER] [--out season.html]";

fn main() -> ExitCode {
    let started = Instant::now();
    let done = arguments(std::env::args().skip(1)).and_then(|(folder, out)| run(folder.as_deref(), &out, started));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", error.code());
            ExitCode::from(2)
        }
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> Result<(Option<PathBuf>, PathBuf)> {
    let (mut folder, mut out) = (None, PathBuf::from("season.html"));
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--out" => {
                out = given.next().ok_or_else(|| Error::argument("--out", "the path of the page", "nothing"))?.into()
            }
            "--help" | "-h" => return Err(Error::argument("arguments", USAGE, argument)),
            option if option.starts_with('-') => return Err(Error::argument("arguments", USAGE, option)),
            _ if folder.is_some() => return Err(Error::argument("arguments", USAGE, argument)),
            "" => {}
            _ => folder = Some(PathBuf::from(argument)),
        }
    }
    Ok((folder, out))
}

fn run(folder: Option<&Path>, out: &Path, started: Instant) -> Result<()> {
    let (script, series) = match folder {
        Some(folder) => real(folder).map(|(script, series)| (script, Some(series)))?,
        None => (play::generated(&generate::shop(&Params::default())), None),
    };
    let journal = fresh(&out.with_extension("trousse"))?;
    let mut bar = Bar::new("inputs played");
    let played = play::play(Engine::open(&journal, Options::default())?, &script, &mut |done| bar.show("", done))?;
    bar.finish();
    let page = report::page(&script, &played, series.as_deref())?;
    let html = page::render(&page);
    std::fs::write(out, &html).map_err(|e| Error::io(format!("write {}", out.display()), e))?;
    print!("{}", terminal::text(&page));
    println!("\n{}", verify(&journal, &played)?);
    println!(
        "page {} ({} kB), journal {}; {:.1} s",
        out.display(),
        html.len() / 1_000,
        journal.display(),
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

fn real(folder: &Path) -> Result<(Script, Vec<Series>)> {
    let mapping = Mapping::parse(include_str!("../datasets.toml"))?;
    let mut bar = Bar::new("rows read");
    let loaded = datasets::load_with(folder, &mapping, &mut |file, rows| bar.show(file, rows))?;
    bar.finish();
    let name = folder.file_name().map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into());
    real::script(&name, loaded)
}

/// An empty folder for the journal; one that an earlier run left is removed.
fn fresh(folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|e| Error::io(format!("remove {}", folder.display()), e))?;
    }
    Ok(folder.to_path_buf())
}

/// Opens the journal anew: everything must be as it was, and every unit accounted for.
fn verify(folder: &Path, played: &Played) -> Result<String> {
    let again = Engine::open(folder, Options::default())?;
    let position = again.position();
    let all = StockParams::default();
    assert_eq!(position.digest, played.position.digest, "the digest of the reopened journal");
    assert_eq!(
        again.view_at(played.view.now()).stock(&all)?,
        played.view.stock(&all)?,
        "the stock of the reopened journal"
    );
    assert_eq!(again.world().ledger.broken_invariant(), None, "units unaccounted for");
    Ok(format!(
        "journal reopened: {} events, digest {} identical, no unit unaccounted for",
        position.sequence, position.digest
    ))
}

/// A progress bar on stderr that appears only when the work takes longer than two seconds; where stderr is no
/// terminal, one line at the end.
struct Bar {
    started: Instant,
    unit: &'static str,
    done: u64,
    bar: Option<ProgressBar>,
}

impl Bar {
    fn new(unit: &'static str) -> Bar {
        Bar { started: Instant::now(), unit, done: 0, bar: None }
    }

    fn show(&mut self, what: &str, done: u64) {
        self.done = done;
        if self.bar.is_none() && self.started.elapsed() > Duration::from_secs(2) {
            let style = ProgressStyle::with_template("{spinner} {human_pos} {prefix}  {msg}  {elapsed}");
            let bar = ProgressBar::new_spinner().with_prefix(self.unit);
            self.bar = Some(style.map_or(bar.clone(), |style| bar.with_style(style)));
        }
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_string());
            bar.set_position(done);
        }
    }

    fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
            eprintln!("{} {} in {}", self.done, self.unit, HumanDuration(self.started.elapsed()));
        }
    }
}
