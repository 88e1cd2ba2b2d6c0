//! A season in a cosmetics shop: `season [FOLDER]` reads real data from a folder, or generates a shop without one.
//!
//! Prints what there is to play: series, persons, the files that were left and the rows that could not be read.

use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use trousse::Result;
use trousse_examples::season::datasets::{self, Loaded, Mapping};
use trousse_examples::season::generate::{self, Params, Shop, What};

/// Where the mapping of columns stands.
const MAPPING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets.toml");

fn main() {
    let folder = std::env::args().nth(1).filter(|folder| !folder.is_empty());
    let done = match folder {
        Some(folder) => real(Path::new(&folder)),
        None => {
            print!("{}", generated(&generate::shop(&Params::default())));
            Ok(())
        }
    };
    if let Err(error) = done {
        eprintln!("{}: {error}", error.code());
        std::process::exit(1);
    }
}

fn real(folder: &Path) -> Result<()> {
    let mapping = Mapping::read(Path::new(MAPPING))?;
    let mut bar = Bar::new("rows read");
    let loaded = datasets::load_with(folder, &mapping, &mut |file, rows| bar.show(file, rows))?;
    bar.finish();
    print!("{}", summary(&loaded));
    Ok(())
}

/// A progress bar on stderr that appears only when the work takes longer than two seconds.
struct Bar {
    started: Instant,
    unit: &'static str,
    bar: Option<ProgressBar>,
}

impl Bar {
    fn new(unit: &'static str) -> Bar {
        Bar { started: Instant::now(), unit, bar: None }
    }

    fn show(&mut self, what: &str, done: u64) {
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
        }
    }
}

fn summary(loaded: &Loaded) -> String {
    let mut out = String::new();
    for file in &loaded.files {
        let unused = match file.unused_columns.as_slice() {
            [] => String::new(),
            columns => format!("; not used: {}", columns.join(", ")),
        };
        let notes: String = file.notes.iter().map(|note| format!("; {note}")).collect();
        out += &format!("{}: {} rows of {} ({}){unused}{notes}\n", file.file, file.rows, file.kind, file.dataset);
    }
    for (file, reason) in &loaded.left {
        out += &format!("left {file}: {reason}\n");
    }
    for row in &loaded.malformed {
        out += &format!("malformed {row}\n");
    }
    let units: i64 = loaded.series.iter().map(|s| s.total()).fold(0, i64::saturating_add);
    out += &format!(
        "{} series ({units} units), {} interactions, {} items, {} persons, {} stock rows; {} of {} rows malformed\n",
        loaded.series.len(),
        loaded.interactions.len(),
        loaded.items.len(),
        loaded.users.len(),
        loaded.stock.len(),
        loaded.malformed_count,
        loaded.rows(),
    );
    for series in loaded.largest(3) {
        out += &format!(
            "largest: {} at {}: {} units in {} steps\n",
            series.sku,
            series.location,
            series.total(),
            series.days.len()
        );
    }
    out
}

fn generated(shop: &Shop) -> String {
    let mut kinds = std::collections::BTreeMap::new();
    for event in &shop.events {
        *kinds.entry(kind(&event.what)).or_insert(0u64) += 1;
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    format!(
        "{}, {}: {} to {}, {} SKUs, {} persons, {} events ({})\n",
        shop.name,
        shop.source,
        shop.start,
        shop.today + -1,
        shop.skus.len(),
        shop.customers.len(),
        shop.events.len(),
        kinds.join(", ")
    )
}

fn kind(what: &What) -> &'static str {
    match what {
        What::Receive { .. } => "receipts",
        What::Basket { .. } => "baskets",
        What::TillSale { .. } => "till sales",
        What::Return { .. } => "returns",
        What::Rating { .. } => "ratings",
        What::Review { .. } => "reviews",
        What::View { .. } => "views",
        What::Click { .. } => "clicks",
        What::Complaint { .. } => "complaints",
        What::Count { .. } => "counts",
        What::Recall { .. } => "recalls",
        What::Move { .. } => "moves",
    }
}
