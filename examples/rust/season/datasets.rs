//! Real data for the demo: a folder of CSV files and a mapping of their columns.
//!
//! [`Mapping`] (examples/datasets.toml) says which column means what; [`load`] matches every file of the folder with an
//! entry by its header, reads it, and answers plain structs. Nothing is dropped in silence: a file that no entry fits
//! is in [`Loaded::left`] with the reason, a row that cannot be read is counted and named by file, line and column.
//!
//! In: `.csv` and `.csv.gz` of the folder and of its direct subfolders. Deliberately absent: writing, guessing of
//! types, time zones.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use trousse::base::Lookup;
use trousse::{Day, Error, Result};

/// Text that many rows share.
pub type Name = Arc<str>;

/// How many malformed rows of one file are kept with their place; the others are counted.
pub const MALFORMED_KEPT: usize = 20;

// ---- the mapping ----------------------------------------------------------------------------------------------------

/// What the columns of each known data set mean, by kind and name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// One row per series and time.
    pub sales_long: BTreeMap<String, SalesLong>,
    /// One row per series, one column per day.
    pub sales_wide: BTreeMap<String, SalesWide>,
    /// Who did what with which SKU.
    pub interactions: BTreeMap<String, Interactions>,
    /// The catalogue.
    pub items: BTreeMap<String, Items>,
    /// Persons.
    pub users: BTreeMap<String, Users>,
    /// Stock at the start.
    pub stock: BTreeMap<String, Stock>,
    /// Known files that are not read.
    pub left: BTreeMap<String, LeftRule>,
}

impl Mapping {
    /// Reads a mapping from TOML text and checks it.
    ///
    /// # Errors
    /// `MALFORMED` where the text is not TOML or has an unknown key; `INVALID_ARGUMENT` where an entry lacks a column.
    pub fn parse(text: &str) -> Result<Mapping> {
        let mapping: Mapping = toml::from_str(text).map_err(|e| {
            let before = e.span().map_or("", |span| text.get(..span.start).unwrap_or(""));
            Error::Malformed { line: before.matches('\n').count() as u64 + 1, message: e.message().to_string() }
        })?;
        mapping.sales_long.iter().try_for_each(|(name, entry)| entry.check(name))?;
        mapping.interactions.iter().try_for_each(|(name, entry)| entry.check(name))?;
        Ok(mapping)
    }

    /// Reads the mapping in a file.
    ///
    /// # Errors
    /// `IO` where the file cannot be read, and as [`Mapping::parse`].
    pub fn read(path: &Path) -> Result<Mapping> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(format!("read {}", path.display()), e))?;
        Mapping::parse(&text)
    }
}

/// Length of one step of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// A calendar month.
    Month,
}

impl Step {
    /// Days in a step; a month counts as 30.
    pub fn days(self) -> i32 {
        match self {
            Step::Day => 1,
            Step::Week => 7,
            Step::Month => 30,
        }
    }

    fn after(self, origin: Day, steps: i32) -> Day {
        match self {
            Step::Month => origin.add_months(steps),
            other => origin + steps.saturating_mul(other.days()),
        }
    }
}

/// Columns of sales with one row per series and time.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SalesLong {
    /// Pattern of the file's name.
    pub file: Option<String>,
    /// One column that names the series.
    pub id: Option<String>,
    /// What the parts of `id` are, in order: `sku` and `location`.
    pub id_parts: Vec<String>,
    /// Text between the parts of `id`.
    pub id_separator: Option<String>,
    /// Column of the SKU, where there is no `id`.
    pub sku: Option<String>,
    /// Column of the location.
    pub location: Option<String>,
    /// Column of the ISO day.
    pub day: Option<String>,
    /// Column of the number of the step, counted from `origin`.
    pub step_index: Option<String>,
    /// The day of step 0.
    pub origin: Option<Day>,
    /// Columns whose sum is the units sold.
    pub units: Vec<String>,
    /// Whole units in one unit of the file: 10 where it counts tenths.
    pub scale: Option<f64>,
    /// Length of a step; inferred from the days where absent.
    pub step: Option<Step>,
    /// Column of the share of the step in stock, 0–1.
    pub in_stock: Option<String>,
    /// Column of the hours out of stock.
    pub out_of_stock_hours: Option<String>,
    /// Column of a bit mask of the hours out of stock.
    pub out_of_stock_mask: Option<String>,
    /// First trading hour that the mask counts.
    pub mask_first_hour: u32,
    /// Trading hours of a step, for the two columns above.
    pub trading_hours: Option<f64>,
    /// Column of the price.
    pub price: Option<String>,
    /// Column that is above zero during a promotion.
    pub promotion: Option<String>,
    /// Column that says `test` where the last steps are kept for scoring.
    pub split: Option<String>,
}

impl SalesLong {
    fn check(&self, name: &str) -> Result<()> {
        let field = |f: &str| format!("sales_long.{name}.{f}");
        if self.id.is_none() && self.sku.is_none() {
            return Err(Error::argument(field("id"), "the column of the series, or `sku`", "neither"));
        }
        if self.day.is_some() == self.step_index.is_some() {
            return Err(Error::argument(field("day"), "given, or `step_index`, one of the two", "both or neither"));
        }
        if self.step_index.is_some() && (self.origin.is_none() || self.step.is_none()) {
            return Err(Error::argument(field("origin"), "given with `step` where there is `step_index`", "absent"));
        }
        if self.units.is_empty() {
            return Err(Error::argument(field("units"), "at least one column", "none"));
        }
        if self.scale.is_some_and(|scale| !(scale > 0.0 && scale.is_finite())) {
            return Err(Error::argument(field("scale"), "a number above 0", self.scale.unwrap_or(0.0)));
        }
        let needs_hours = self.out_of_stock_hours.is_some() || self.out_of_stock_mask.is_some();
        if needs_hours && !self.trading_hours.is_some_and(|hours| hours > 0.0 && hours <= 24.0) {
            return Err(Error::argument(field("trading_hours"), "in (0, 24]", self.trading_hours.unwrap_or(0.0)));
        }
        Ok(())
    }

    fn columns(&self) -> Vec<&str> {
        let single = [
            &self.id,
            &self.sku,
            &self.location,
            &self.day,
            &self.step_index,
            &self.in_stock,
            &self.out_of_stock_hours,
            &self.out_of_stock_mask,
            &self.price,
            &self.promotion,
            &self.split,
        ];
        single.into_iter().flatten().chain(&self.units).map(String::as_str).collect()
    }
}

/// Columns of sales with one column per day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SalesWide {
    /// Pattern of the file's name.
    pub file: Option<String>,
    /// Column of the SKU.
    pub sku: String,
    /// Column of the location.
    pub location: Option<String>,
    /// Name, without `.csv`, of the file beside it with the share of time in stock.
    pub companion: Option<String>,
    /// Length of a step.
    pub step: Step,
}

/// Columns of what persons did.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Interactions {
    /// Pattern of the file's name.
    pub file: Option<String>,
    /// Column of the person.
    pub subject: String,
    /// Column of the SKU.
    pub sku: String,
    /// Column of the value, such as a rating; 1 where absent.
    pub value: Option<String>,
    /// What all rows are: `rating`, `view` …
    pub kind: Option<String>,
    /// Column that says what a row is.
    pub kind_column: Option<String>,
    /// Column of the ISO day.
    pub day: Option<String>,
    /// Column of seconds since 1970.
    pub epoch_seconds: Option<String>,
    /// Column of days before `today`.
    pub days_ago: Option<String>,
    /// The day that `days_ago` counts from.
    pub today: Option<Day>,
}

impl Interactions {
    fn check(&self, name: &str) -> Result<()> {
        let field = |f: &str| format!("interactions.{name}.{f}");
        let clocks = [&self.day, &self.epoch_seconds, &self.days_ago].into_iter().flatten().count();
        if clocks != 1 {
            return Err(Error::argument(field("day"), "one of `day`, `epoch_seconds`, `days_ago`", clocks));
        }
        if self.days_ago.is_some() && self.today.is_none() {
            return Err(Error::argument(field("today"), "given where there is `days_ago`", "absent"));
        }
        if self.kind.is_some() == self.kind_column.is_some() {
            return Err(Error::argument(field("kind"), "given, or `kind_column`, one of the two", "both or neither"));
        }
        Ok(())
    }

    fn columns(&self) -> Vec<&str> {
        let single = [&self.value, &self.kind_column, &self.day, &self.epoch_seconds, &self.days_ago];
        [&self.subject, &self.sku].into_iter().chain(single.into_iter().flatten()).map(String::as_str).collect()
    }
}

/// Columns of the catalogue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Items {
    /// Pattern of the file's name.
    pub file: Option<String>,
    /// Columns that name the SKU together.
    pub sku: Vec<String>,
    /// Column of the name.
    pub name: Option<String>,
    /// Column of the brand.
    pub brand: Option<String>,
    /// Column of the category.
    pub category: Option<String>,
    /// Column of the price in major units.
    pub price: Option<String>,
    /// ISO 4217 code of the price.
    pub currency: Option<String>,
    /// Column of the INCI list.
    pub ingredients: Option<String>,
    /// Text between ingredients; a comma where absent.
    pub ingredient_separator: Option<String>,
    /// Column of a list of attributes.
    pub attributes: Option<String>,
    /// Text between attributes.
    pub attribute_separator: Option<String>,
    /// Columns of 0 or 1 that become attributes of their own name.
    pub flags: Vec<String>,
    /// Columns whose text becomes an attribute `column:text`.
    pub labels: Vec<String>,
    /// Column of the shade's name.
    pub shade: Option<String>,
    /// Column of the shade's colour, six hexadecimal digits.
    pub shade_hex: Option<String>,
}

impl Items {
    fn columns(&self) -> Vec<&str> {
        let single = [
            &self.name,
            &self.brand,
            &self.category,
            &self.price,
            &self.ingredients,
            &self.attributes,
            &self.shade,
            &self.shade_hex,
        ];
        let many = self.sku.iter().chain(&self.flags).chain(&self.labels);
        many.chain(single.into_iter().flatten()).map(String::as_str).collect()
    }
}

/// Columns of persons.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Users {
    /// Pattern of the file's name.
    pub file: Option<String>,
    /// Column of the person.
    pub subject: String,
    /// Attribute → column.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// Columns of the stock at the start.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// Pattern of the file's name.
    pub file: Option<String>,
    /// Column of the SKU.
    pub sku: String,
    /// Column of the location.
    pub location: Option<String>,
    /// Column of the units on hand.
    pub on_hand: String,
    /// Columns of the units on their way, nearest first.
    #[serde(default)]
    pub in_transit: Vec<String>,
    /// The day of the state.
    pub day: Day,
}

/// A known file that is not read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftRule {
    /// Pattern of the file's name.
    pub file: String,
    /// Why it is not read.
    pub reason: String,
}

// ---- what was loaded ------------------------------------------------------------------------------------------------

/// Everything a folder held, and what of it could not be used.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Sales, by data set, SKU and location.
    pub series: Vec<SalesSeries>,
    /// What persons did, in order of time.
    pub interactions: Vec<Interaction>,
    /// The catalogue, in order of the files.
    pub items: Vec<Item>,
    /// Persons, in order of the files.
    pub users: Vec<User>,
    /// Stock at the start.
    pub stock: Vec<StockRow>,
    /// Files that were read.
    pub files: Vec<LoadedFile>,
    /// Files that were not read, and why.
    pub left: Vec<(String, String)>,
    /// Rows that could not be read: the first [`MALFORMED_KEPT`] of each file.
    pub malformed: Vec<Malformed>,
    /// How many rows could not be read.
    pub malformed_count: u64,
}

impl Loaded {
    /// `limit` series, the largest of each data set in turn, so that no data set crowds out another by its unit.
    ///
    /// Ties go by SKU and location.
    pub fn largest(&self, limit: usize) -> Vec<&SalesSeries> {
        let mut by_set: BTreeMap<&str, Vec<(&SalesSeries, i64)>> = BTreeMap::new();
        for series in &self.series {
            by_set.entry(&series.dataset).or_default().push((series, series.total()));
        }
        for set in by_set.values_mut() {
            set.sort_by(|(a, units_a), (b, units_b)| {
                units_b.cmp(units_a).then_with(|| (&a.sku, &a.location).cmp(&(&b.sku, &b.location)))
            });
        }
        let most = by_set.values().map(Vec::len).max().unwrap_or(0);
        let turns = (0..most).flat_map(|turn| by_set.values().filter_map(move |set| set.get(turn)));
        turns.take(limit).map(|(series, _)| *series).collect()
    }

    /// Rows read over all files, the malformed included.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|f| f.rows).sum()
    }
}

/// Sales of one SKU at one location, in time order.
#[derive(Debug, Clone, PartialEq)]
pub struct SalesSeries {
    /// Entry of the mapping it came by.
    pub dataset: Name,
    /// The series as the file names it.
    pub id: Name,
    /// The SKU.
    pub sku: Name,
    /// The location; `all` where the file has none.
    pub location: Name,
    /// First day of each step.
    pub days: Vec<Day>,
    /// Units sold per step, in whole units.
    pub units: Vec<i64>,
    /// Share of the step in stock, 0–1.
    pub in_stock: Option<Vec<f64>>,
    /// Price per step, as in the file.
    pub price: Option<Vec<f64>>,
    /// Whether the step was in a promotion.
    pub promotion: Option<Vec<bool>>,
    /// Position of the first step kept for scoring.
    pub test_from: Option<usize>,
    /// Days in a step; 30 for a month.
    pub step_days: i32,
}

impl SalesSeries {
    /// Units over all steps.
    pub fn total(&self) -> i64 {
        self.units.iter().fold(0, |sum, &units| sum.saturating_add(units))
    }
}

/// One thing a person did.
#[derive(Debug, Clone, PartialEq)]
pub struct Interaction {
    /// Entry of the mapping it came by.
    pub dataset: Name,
    /// The person.
    pub subject: Name,
    /// The SKU.
    pub sku: Name,
    /// `rating`, `view` …
    pub kind: Name,
    /// The rating, or 1.
    pub value: f64,
    /// The day.
    pub day: Day,
    /// Seconds into the day, where the file knows them.
    pub second: u32,
}

/// One SKU of a catalogue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    /// Entry of the mapping it came by.
    pub dataset: String,
    /// The SKU.
    pub sku: String,
    /// Its name, or empty.
    pub name: String,
    /// Its brand, or empty.
    pub brand: String,
    /// Its category, or empty.
    pub category: String,
    /// Price in minor units.
    pub price_minor: Option<i64>,
    /// ISO 4217 code of the price, or empty.
    pub currency: String,
    /// INCI names in order; `None` where the file does not know them.
    pub ingredients: Option<Vec<String>>,
    /// What is said of it: `Vegan`, `Good for: Pores` …
    pub attributes: Vec<String>,
    /// The shade's name, or empty.
    pub shade: String,
    /// The shade's colour as `#rrggbb`.
    pub shade_hex: Option<String>,
}

/// One person.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// The person.
    pub subject: Name,
    /// What is known: skin type …; absent where the file is empty.
    pub attributes: BTreeMap<String, String>,
}

/// Stock of one SKU at one location.
#[derive(Debug, Clone, PartialEq)]
pub struct StockRow {
    /// The SKU.
    pub sku: Name,
    /// The location.
    pub location: Name,
    /// Units on hand.
    pub on_hand: i64,
    /// Units on their way, nearest first.
    pub in_transit: Vec<i64>,
    /// The day of the state.
    pub day: Day,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedFile {
    /// Path below the folder.
    pub file: String,
    /// Entry of the mapping.
    pub dataset: String,
    /// Kind of the entry.
    pub kind: &'static str,
    /// Rows of data, the malformed included.
    pub rows: u64,
    /// Rows that could not be read.
    pub malformed: u64,
    /// Columns that the mapping has no use for.
    pub unused_columns: Vec<String>,
    /// What else a reader should know: rounded units, repeated keys …
    pub notes: Vec<String>,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Path below the folder.
    pub file: String,
    /// 1-based line in the file.
    pub line: u64,
    /// The column, or empty where the whole row is wrong.
    pub column: String,
    /// The rule, and what came.
    pub message: String,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

// ---- loading --------------------------------------------------------------------------------------------------------

/// Reads a folder by a mapping.
///
/// # Errors
/// `IO` where the folder or a file cannot be opened. Rows that cannot be read are no error: see [`Loaded::malformed`].
pub fn load(dir: &Path, mapping: &Mapping) -> Result<Loaded> {
    load_with(dir, mapping, &mut |_, _| {})
}

/// Reads a folder and tells `progress` the file and the rows read so far over all files, every 10,000 rows.
///
/// # Errors
/// As [`load`].
pub fn load_with(dir: &Path, mapping: &Mapping, progress: &mut dyn FnMut(&str, u64)) -> Result<Loaded> {
    let mut loader = Loader { dir, mapping, progress, out: Loaded::default(), names: Names::default(), rows: 0 };
    let files = files_below(dir)?;
    let companions = loader.companions(&files);
    for path in &files {
        if !companions.contains(path) {
            loader.file(path)?;
        }
    }
    loader.finish();
    Ok(loader.out)
}

/// The files of a folder and of its direct subfolders, by path.
fn files_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in entries(dir)? {
        if path.is_dir() {
            files.extend(entries(&path)?.into_iter().filter(|p| p.is_file()));
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let io = |e: std::io::Error| Error::io(format!("list {}", dir.display()), e);
    std::fs::read_dir(dir).map_err(io)?.map(|entry| entry.map(|e| e.path()).map_err(io)).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Answers whether `name` fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => {
            let Some(rest) = name.strip_prefix(head) else { return false };
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| fits(tail, &rest[at..]))
        }
    }
}

type Rows = csv::Reader<Box<dyn Read>>;

fn open(path: &Path) -> Result<Rows> {
    let file = File::open(path).map_err(|e| Error::io(format!("open {}", path.display()), e))?;
    let bytes: Box<dyn Read> = if file_name(path).ends_with(".gz") {
        Box::new(flate2::read::MultiGzDecoder::new(std::io::BufReader::new(file)))
    } else {
        Box::new(file)
    };
    Ok(csv::ReaderBuilder::new().flexible(true).buffer_capacity(1 << 16).from_reader(bytes))
}

fn header(rows: &mut Rows) -> std::result::Result<Vec<String>, String> {
    let record = rows.byte_headers().map_err(|e| e.to_string())?;
    let text = |field: &[u8]| String::from_utf8_lossy(field).trim_start_matches('\u{feff}').trim().to_string();
    Ok(record.iter().map(text).collect())
}

/// Shared texts: each stands in memory once.
#[derive(Default)]
struct Names(Lookup<Name, Name>);

impl Names {
    fn share(&mut self, text: &str) -> Name {
        if let Some(name) = self.0.get(text) {
            return name.clone();
        }
        let name: Name = text.into();
        self.0.insert(name.clone(), name.clone());
        name
    }
}

#[derive(Clone, Copy)]
enum Entry<'m> {
    Long(&'m SalesLong),
    Wide(&'m SalesWide),
    Did(&'m Interactions),
    Items(&'m Items),
    Users(&'m Users),
    Stock(&'m Stock),
    Left(&'m LeftRule),
}

impl<'m> Entry<'m> {
    fn kind(self) -> &'static str {
        match self {
            Entry::Long(_) | Entry::Wide(_) => "sales",
            Entry::Did(_) => "interactions",
            Entry::Items(_) => "items",
            Entry::Users(_) => "users",
            Entry::Stock(_) => "stock",
            Entry::Left(_) => "left",
        }
    }

    fn pattern(self) -> Option<&'m str> {
        match self {
            Entry::Long(e) => e.file.as_deref(),
            Entry::Wide(e) => e.file.as_deref(),
            Entry::Did(e) => e.file.as_deref(),
            Entry::Items(e) => e.file.as_deref(),
            Entry::Users(e) => e.file.as_deref(),
            Entry::Stock(e) => e.file.as_deref(),
            Entry::Left(e) => Some(&e.file),
        }
    }

    fn columns(self) -> Vec<&'m str> {
        match self {
            Entry::Long(e) => e.columns(),
            Entry::Wide(e) => std::iter::once(&e.sku).chain(&e.location).map(String::as_str).collect(),
            Entry::Did(e) => e.columns(),
            Entry::Items(e) => e.columns(),
            Entry::Users(e) => std::iter::once(&e.subject).chain(e.attributes.values()).map(String::as_str).collect(),
            Entry::Stock(e) => {
                [&e.sku, &e.on_hand].into_iter().chain(&e.location).chain(&e.in_transit).map(String::as_str).collect()
            }
            Entry::Left(_) => Vec::new(),
        }
    }
}

fn entries_of(mapping: &Mapping) -> Vec<(&str, Entry<'_>)> {
    fn each<'m, T>(
        map: &'m BTreeMap<String, T>,
        entry: fn(&'m T) -> Entry<'m>,
    ) -> impl Iterator<Item = (&'m str, Entry<'m>)> {
        map.iter().map(move |(name, value)| (name.as_str(), entry(value)))
    }
    each(&mapping.sales_long, Entry::Long)
        .chain(each(&mapping.sales_wide, Entry::Wide))
        .chain(each(&mapping.interactions, Entry::Did))
        .chain(each(&mapping.items, Entry::Items))
        .chain(each(&mapping.users, Entry::Users))
        .chain(each(&mapping.stock, Entry::Stock))
        .chain(each(&mapping.left, Entry::Left))
        .collect()
}

/// The entry that fits a file best: a pattern beats none, then the most columns win, then the order of the kinds.
fn entry_for<'m>(mapping: &'m Mapping, file: &str, header: &[String]) -> Option<(&'m str, Entry<'m>)> {
    let (mut best, mut most) = (None, (false, 0));
    for (name, entry) in entries_of(mapping) {
        let columns = entry.columns();
        let named = entry.pattern().is_none_or(|pattern| fits(pattern, file));
        if !named || !columns.iter().all(|c| header.iter().any(|h| h == c)) {
            continue;
        }
        let weight = (entry.pattern().is_some(), columns.len());
        if best.is_none() || weight > most {
            (best, most) = (Some((name, entry)), weight);
        }
    }
    best
}

struct Loader<'a> {
    dir: &'a Path,
    mapping: &'a Mapping,
    progress: &'a mut dyn FnMut(&str, u64),
    out: Loaded,
    names: Names,
    rows: u64,
}

impl<'a> Loader<'a> {
    fn label(&self, path: &Path) -> String {
        path.strip_prefix(self.dir).unwrap_or(path).display().to_string()
    }

    /// The files that are read beside another one.
    fn companions(&self, files: &[PathBuf]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in self.mapping.sales_wide.values() {
            let fits_entry =
                |path: &&PathBuf| entry.file.as_deref().is_none_or(|pattern| fits(pattern, &file_name(path)));
            found.extend(files.iter().filter(fits_entry).filter_map(|path| companion(path, entry)));
        }
        found
    }

    fn file(&mut self, path: &Path) -> Result<()> {
        let label = self.label(path);
        let name = file_name(path);
        if !(name.ends_with(".csv") || name.ends_with(".csv.gz")) {
            self.out.left.push((label, "not a .csv or .csv.gz file".into()));
            return Ok(());
        }
        let mut rows = open(path)?;
        let header = match header(&mut rows) {
            Ok(header) => header,
            Err(why) => {
                self.out.left.push((label, format!("its header cannot be read: {why}")));
                return Ok(());
            }
        };
        match entry_for(self.mapping, &name, &header) {
            None => {
                let reason = format!("no entry of the mapping fits its columns: {}", header.join(", "));
                self.out.left.push((label, shortened(&reason, 160)));
            }
            Some((_, Entry::Left(rule))) => self.out.left.push((label, rule.reason.clone())),
            Some((dataset, entry)) => self.read(path, label, dataset, entry, rows, header)?,
        }
        Ok(())
    }

    fn read(
        &mut self,
        path: &Path,
        label: String,
        dataset: &str,
        entry: Entry<'a>,
        rows: Rows,
        header: Vec<String>,
    ) -> Result<()> {
        let unused = unused_columns(entry, &header);
        let mut sheet = Sheet::new(label, rows, header);
        match entry {
            Entry::Long(e) => self.sales_long(&mut sheet, dataset, e),
            Entry::Wide(e) => self.sales_wide(&mut sheet, path, dataset, e)?,
            Entry::Did(e) => self.interactions(&mut sheet, dataset, e),
            Entry::Items(e) => self.items(&mut sheet, dataset, e),
            Entry::Users(e) => self.users(&mut sheet, e),
            Entry::Stock(e) => self.stock(&mut sheet, e),
            Entry::Left(_) => {}
        }
        self.close(sheet, dataset, entry.kind(), unused);
        Ok(())
    }

    fn close(&mut self, sheet: Sheet, dataset: &str, kind: &'static str, unused_columns: Vec<String>) {
        self.out.malformed_count += sheet.malformed_count;
        self.out.malformed.extend(sheet.malformed);
        self.out.files.push(LoadedFile {
            file: sheet.file,
            dataset: dataset.to_string(),
            kind,
            rows: sheet.rows_read,
            malformed: sheet.malformed_count,
            unused_columns,
            notes: sheet.notes,
        });
    }

    fn step(&mut self, sheet: &mut Sheet) -> bool {
        if !sheet.advance() {
            return false;
        }
        self.rows += 1;
        if self.rows.is_multiple_of(10_000) {
            (self.progress)(&sheet.file, self.rows);
        }
        true
    }

    fn sales_long(&mut self, sheet: &mut Sheet, dataset: &str, entry: &SalesLong) {
        let columns = LongColumns::new(sheet, entry);
        let mut builder = SeriesBuilder::default();
        while self.step(sheet) {
            match columns.row(sheet, entry) {
                Ok(row) => builder.push(sheet, &columns, row),
                Err(bad) => sheet.refuse(bad),
            }
        }
        let dataset = self.names.share(dataset);
        let names = &mut self.names;
        let series = builder.finish(sheet, entry, |text| names.share(text), &dataset);
        self.out.series.extend(series);
    }

    fn sales_wide(&mut self, sheet: &mut Sheet, path: &Path, dataset: &str, entry: &SalesWide) -> Result<()> {
        let columns = WideColumns::new(sheet, entry);
        if columns.days.is_empty() {
            sheet.notes.push("no column is an ISO day: there are no sales".into());
        }
        let in_stock = match companion(path, entry) {
            Some(beside) => self.in_stock(&beside, dataset, entry)?,
            None => {
                let missing = |name: &String| format!("{name} is not beside it: nothing is known of stock-outs");
                sheet.notes.extend(entry.companion.as_ref().map(missing));
                Lookup::default()
            }
        };
        let dataset = self.names.share(dataset);
        while self.step(sheet) {
            match columns.row(sheet, |units| units.fract() == 0.0 && units >= 0.0, "a whole number of at least 0") {
                Ok((sku, location, values)) => {
                    let id = format!("{location}_{sku}");
                    let shares = in_stock.get(&id).filter(|shares| shares.len() == values.len()).cloned();
                    self.out.series.push(SalesSeries {
                        dataset: dataset.clone(),
                        id: id.as_str().into(),
                        sku: self.names.share(&sku),
                        location: self.names.share(&location),
                        days: columns.days.iter().map(|(_, day)| *day).collect(),
                        units: values.iter().map(|&units| units as i64).collect(),
                        in_stock: shares,
                        price: None,
                        promotion: None,
                        test_from: None,
                        step_days: entry.step.days(),
                    });
                }
                Err(bad) => sheet.refuse(bad),
            }
        }
        Ok(())
    }

    /// The shares of time in stock by series, from the file beside the sales.
    fn in_stock(&mut self, path: &Path, dataset: &str, entry: &SalesWide) -> Result<Lookup<String, Vec<f64>>> {
        let label = self.label(path);
        let mut rows = open(path)?;
        let header = header(&mut rows).map_err(|why| Error::io(format!("read {label}"), why))?;
        let mut shares = Lookup::default();
        let mut sheet = Sheet::new(label.clone(), rows, header);
        if let Some(missing) = std::iter::once(&entry.sku).chain(&entry.location).find(|c| sheet.find(c).is_none()) {
            self.out.left.push((label, format!("it lacks the column {missing}")));
            return Ok(shares);
        }
        let columns = WideColumns::new(&sheet, entry);
        while self.step(&mut sheet) {
            match columns.row(&mut sheet, |share| (0.0..=1.0).contains(&share), "a share from 0 to 1") {
                Ok((sku, location, values)) => drop(shares.insert(format!("{location}_{sku}"), values)),
                Err(bad) => sheet.refuse(bad),
            }
        }
        self.close(sheet, dataset, "in stock", Vec::new());
        Ok(shares)
    }

    fn interactions(&mut self, sheet: &mut Sheet, dataset: &str, entry: &Interactions) {
        let columns = DidColumns::new(sheet, entry);
        let dataset = self.names.share(dataset);
        while self.step(sheet) {
            match columns.row(sheet, entry, &mut self.names, &dataset) {
                Ok(row) => self.out.interactions.push(row),
                Err(bad) => sheet.refuse(bad),
            }
        }
    }

    fn items(&mut self, sheet: &mut Sheet, dataset: &str, entry: &Items) {
        let mut seen: Lookup<String, ()> = Lookup::default();
        let mut repeated = 0u64;
        while self.step(sheet) {
            match item(sheet, dataset, entry) {
                Ok(row) if seen.insert(row.sku.clone(), ()).is_some() => repeated += 1,
                Ok(row) => self.out.items.push(row),
                Err(bad) => sheet.refuse(bad),
            }
        }
        sheet.note_repeated(repeated, "a SKU");
    }

    fn users(&mut self, sheet: &mut Sheet, entry: &Users) {
        let mut seen: Lookup<Name, ()> = Lookup::default();
        let mut repeated = 0u64;
        while self.step(sheet) {
            let row = sheet.key(&entry.subject).and_then(|subject| {
                let mut attributes = BTreeMap::new();
                for (attribute, column) in &entry.attributes {
                    let text = sheet.text(column)?.trim();
                    if !text.is_empty() {
                        attributes.insert(attribute.clone(), text.to_string());
                    }
                }
                Ok(User { subject: self.names.share(subject), attributes })
            });
            match row {
                Ok(row) if seen.insert(row.subject.clone(), ()).is_some() => repeated += 1,
                Ok(row) => self.out.users.push(row),
                Err(bad) => sheet.refuse(bad),
            }
        }
        sheet.note_repeated(repeated, "a person");
    }

    fn stock(&mut self, sheet: &mut Sheet, entry: &Stock) {
        while self.step(sheet) {
            let row = || {
                let location = entry.location.as_deref().map_or(Ok("all"), |c| sheet.key(c))?;
                Ok((
                    sheet.key(&entry.sku)?,
                    location,
                    sheet.count(&entry.on_hand)?,
                    entry.in_transit.iter().map(|c| sheet.count(c)).collect::<Cell<Vec<i64>>>()?,
                ))
            };
            match row() {
                Ok((sku, location, on_hand, in_transit)) => self.out.stock.push(StockRow {
                    sku: self.names.share(sku),
                    location: self.names.share(location),
                    on_hand,
                    in_transit,
                    day: entry.day,
                }),
                Err(bad) => sheet.refuse(bad),
            }
        }
    }

    /// Brings the rows of all files in order and keeps series of two data sets apart.
    fn finish(&mut self) {
        self.out.interactions.sort_by_key(|row| (row.day, row.second));
        let mut owner: Lookup<(Name, Name), Name> = Lookup::default();
        let mut renamed: BTreeMap<Name, u64> = BTreeMap::new();
        for series in &mut self.out.series {
            let key = (series.sku.clone(), series.location.clone());
            match owner.get(&key) {
                Some(first) if *first != series.dataset => {
                    series.sku = format!("{}/{}", series.dataset, series.sku).into();
                    *renamed.entry(series.dataset.clone()).or_default() += 1;
                }
                Some(_) => {}
                None => drop(owner.insert(key, series.dataset.clone())),
            }
        }
        for (dataset, count) in renamed {
            let note = format!("{count} series are also in another file: their SKU is written {dataset}/…");
            self.out.files.iter_mut().filter(|f| *f.dataset == *dataset).for_each(|f| f.notes.push(note.clone()));
        }
        self.out.series.sort_by(|a, b| (&a.dataset, &a.sku, &a.location).cmp(&(&b.dataset, &b.sku, &b.location)));
        (self.progress)("", self.rows);
    }
}

fn unused_columns(entry: Entry<'_>, header: &[String]) -> Vec<String> {
    if matches!(entry, Entry::Wide(_)) {
        return Vec::new();
    }
    let used = entry.columns();
    header.iter().filter(|h| !used.contains(&h.as_str())).cloned().collect()
}

fn companion(path: &Path, entry: &SalesWide) -> Option<PathBuf> {
    let stem = entry.companion.as_ref()?;
    let beside = |ending: &str| Some(path.with_file_name(format!("{stem}{ending}"))).filter(|p| p.is_file());
    beside(".csv").or_else(|| beside(".csv.gz"))
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_string(),
    }
}

// ---- one file -------------------------------------------------------------------------------------------------------

/// What is wrong with a cell: column and message.
struct Bad(String, String);

type Cell<T> = std::result::Result<T, Bad>;

/// One file while it is read: the row under the cursor and what was refused.
struct Sheet {
    file: String,
    rows: Rows,
    header: Vec<String>,
    record: csv::ByteRecord,
    line: u64,
    rows_read: u64,
    malformed: Vec<Malformed>,
    malformed_count: u64,
    notes: Vec<String>,
}

impl Sheet {
    fn new(file: String, rows: Rows, header: Vec<String>) -> Sheet {
        Sheet {
            file,
            rows,
            header,
            record: csv::ByteRecord::new(),
            line: 1,
            rows_read: 0,
            malformed: Vec::new(),
            malformed_count: 0,
            notes: Vec::new(),
        }
    }

    /// Goes to the next row with as many fields as the header; refuses the others.
    fn advance(&mut self) -> bool {
        loop {
            match self.rows.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(why) => {
                    self.refuse(Bad(String::new(), format!("reading stopped after this line: {why}")));
                    return false;
                }
            }
            self.rows_read += 1;
            self.line = self.record.position().map_or(self.line, csv::Position::line);
            if self.record.len() == self.header.len() {
                return true;
            }
            let message = format!("must have {} fields, got {}", self.header.len(), self.record.len());
            self.refuse(Bad(String::new(), message));
        }
    }

    fn refuse(&mut self, bad: Bad) {
        self.refuse_line(self.line, bad);
    }

    fn refuse_line(&mut self, line: u64, Bad(column, message): Bad) {
        self.malformed_count += 1;
        if self.malformed.len() < MALFORMED_KEPT {
            self.malformed.push(Malformed { file: self.file.clone(), line, column, message });
        }
    }

    fn find(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|h| h == column)
    }

    fn cell(&self, at: usize) -> Cell<&str> {
        let bytes = self.record.get(at).unwrap_or(b"");
        std::str::from_utf8(bytes).map_err(|_| self.bad(at, "UTF-8 text", &String::from_utf8_lossy(bytes)))
    }

    fn bad(&self, at: usize, rule: &str, got: &str) -> Bad {
        let got = if got.trim().is_empty() { "nothing".to_string() } else { shortened(got, 40) };
        Bad(self.header.get(at).cloned().unwrap_or_default(), format!("must be {rule}, got {got}"))
    }

    fn number_at(&self, at: usize, accept: impl Fn(f64) -> bool, rule: &str) -> Cell<f64> {
        let text = self.cell(at)?;
        let number = text.trim().parse::<f64>().ok().filter(|x| x.is_finite() && x.abs() < 9.0e15 && accept(*x));
        number.ok_or_else(|| self.bad(at, rule, text))
    }

    fn day_at(&self, at: usize) -> Cell<Day> {
        let text = self.cell(at)?;
        let date = text.trim().get(..10).unwrap_or(text.trim());
        date.parse().map_err(|_| self.bad(at, "a day such as 2024-03-28", text))
    }

    fn key_at(&self, at: usize) -> Cell<&str> {
        let text = self.cell(at)?.trim();
        if text.is_empty() { Err(self.bad(at, "a key", text)) } else { Ok(text) }
    }

    fn at(&self, column: &str) -> Cell<usize> {
        self.find(column).ok_or_else(|| Bad(column.to_string(), "is missing".into()))
    }

    fn text(&self, column: &str) -> Cell<&str> {
        self.cell(self.at(column)?)
    }

    fn key(&self, column: &str) -> Cell<&str> {
        self.key_at(self.at(column)?)
    }

    fn count(&self, column: &str) -> Cell<i64> {
        let whole = |x: f64| x >= 0.0 && x.fract() == 0.0;
        Ok(self.number_at(self.at(column)?, whole, "a whole number of at least 0")? as i64)
    }

    fn note_repeated(&mut self, count: u64, what: &str) {
        if count > 0 {
            self.notes.push(format!("{count} rows repeat {what}: the first of each is kept"));
        }
    }
}

// ---- sales, one row per time ----------------------------------------------------------------------------------------

/// Positions of the columns of [`SalesLong`].
struct LongColumns {
    id: Option<usize>,
    sku: Option<usize>,
    location: Option<usize>,
    day: Option<usize>,
    step_index: Option<usize>,
    units: Vec<usize>,
    in_stock: Option<usize>,
    hours: Option<usize>,
    mask: Option<usize>,
    price: Option<usize>,
    promotion: Option<usize>,
    split: Option<usize>,
}

struct LongRow {
    day: Day,
    units: i64,
    rounded: bool,
    in_stock: Option<f64>,
    price: Option<f64>,
    promotion: Option<bool>,
    test: bool,
}

impl LongColumns {
    fn new(sheet: &Sheet, entry: &SalesLong) -> LongColumns {
        let at = |column: &Option<String>| column.as_deref().and_then(|c| sheet.find(c));
        LongColumns {
            id: at(&entry.id),
            sku: at(&entry.sku),
            location: at(&entry.location),
            day: at(&entry.day),
            step_index: at(&entry.step_index),
            units: entry.units.iter().filter_map(|c| sheet.find(c)).collect(),
            in_stock: at(&entry.in_stock),
            hours: at(&entry.out_of_stock_hours),
            mask: at(&entry.out_of_stock_mask),
            price: at(&entry.price),
            promotion: at(&entry.promotion),
            split: at(&entry.split),
        }
    }

    fn row(&self, sheet: &Sheet, entry: &SalesLong) -> Cell<LongRow> {
        for at in self.id.iter().chain(&self.sku).chain(&self.location) {
            sheet.key_at(*at)?;
        }
        let mut sum = 0.0;
        for &at in &self.units {
            sum += sheet.number_at(at, |x| x >= 0.0, "a number of at least 0")?;
        }
        let scaled = sum * entry.scale.unwrap_or(1.0);
        let (any, flag) = (|x: f64| x.is_finite(), |x: f64| x >= 0.0);
        Ok(LongRow {
            day: self.day_of(sheet, entry)?,
            units: scaled.round() as i64,
            rounded: (scaled - scaled.round()).abs() > 1e-6,
            in_stock: self.share(sheet, entry)?,
            price: self.price.map(|at| sheet.number_at(at, any, "a number")).transpose()?,
            promotion: self.promotion.map(|at| sheet.number_at(at, flag, "0 or more")).transpose()?.map(|x| x > 0.0),
            test: self.split.map(|at| sheet.cell(at)).transpose()? == Some("test"),
        })
    }

    fn day_of(&self, sheet: &Sheet, entry: &SalesLong) -> Cell<Day> {
        match (self.day, self.step_index, entry.origin, entry.step) {
            (Some(at), ..) => sheet.day_at(at),
            (None, Some(at), Some(origin), Some(step)) => {
                let whole = |x: f64| x.fract() == 0.0 && x.abs() <= 100_000.0;
                Ok(step.after(origin, sheet.number_at(at, whole, "a whole number of steps")? as i32))
            }
            _ => Err(Bad(String::new(), "has no day".into())),
        }
    }

    fn share(&self, sheet: &Sheet, entry: &SalesLong) -> Cell<Option<f64>> {
        let hours = entry.trading_hours.unwrap_or(24.0);
        if let Some(at) = self.in_stock {
            return sheet.number_at(at, |x| (0.0..=1.0).contains(&x), "a share from 0 to 1").map(Some);
        }
        if let Some(at) = self.hours {
            let out = sheet.number_at(at, |x| (0.0..=hours).contains(&x), &format!("hours from 0 to {hours}"))?;
            return Ok(Some(1.0 - out / hours));
        }
        let Some(at) = self.mask else { return Ok(None) };
        let whole = |x: f64| x.fract() == 0.0 && (0.0..16_777_216.0).contains(&x);
        let mask = sheet.number_at(at, whole, "a mask of 24 hours")? as u32;
        let first = entry.mask_first_hour.min(23);
        let window = (1u32 << (hours as u32).min(24 - first)) - 1;
        Ok(Some(1.0 - f64::from(((mask >> first) & window).count_ones()) / hours))
    }
}

/// The rows of one series, as they come.
struct Pile {
    id: String,
    location: Option<String>,
    rows: Vec<(LongRow, u64)>,
}

#[derive(Default)]
struct SeriesBuilder {
    at: Lookup<String, usize>,
    piles: Vec<Pile>,
    last: usize,
}

impl SeriesBuilder {
    fn push(&mut self, sheet: &Sheet, columns: &LongColumns, row: LongRow) {
        let cell = |at: Option<usize>| at.and_then(|at| sheet.cell(at).ok()).map(str::trim);
        let id = cell(columns.id.or(columns.sku)).unwrap_or("");
        let location = cell(columns.location);
        let same = |pile: &Pile| pile.id == id && pile.location.as_deref() == location;
        if !self.piles.get(self.last).is_some_and(same) {
            let key = format!("{id}\u{1f}{}", location.unwrap_or(""));
            self.last = match self.at.get(&key) {
                Some(&at) => at,
                None => {
                    self.at.insert(key, self.piles.len());
                    self.piles.push(Pile {
                        id: id.to_string(),
                        location: location.map(String::from),
                        rows: Vec::new(),
                    });
                    self.piles.len() - 1
                }
            };
        }
        self.piles[self.last].rows.push((row, sheet.line));
    }

    fn finish(
        self,
        sheet: &mut Sheet,
        entry: &SalesLong,
        mut share: impl FnMut(&str) -> Name,
        dataset: &Name,
    ) -> Vec<SalesSeries> {
        let mut rounded = 0u64;
        let mut series = Vec::with_capacity(self.piles.len());
        for mut pile in self.piles {
            pile.rows.sort_by_key(|(row, line)| (row.day, *line));
            refuse_repeated_days(&mut pile, sheet);
            rounded += pile.rows.iter().filter(|(row, _)| row.rounded).count() as u64;
            let (sku, location) = split_id(&pile, entry);
            series.push(SalesSeries {
                dataset: dataset.clone(),
                id: share(&pile.id),
                sku: share(sku),
                location: share(location),
                step_days: entry.step.map_or_else(|| inferred_step_days(&pile.rows), Step::days),
                days: pile.rows.iter().map(|(row, _)| row.day).collect(),
                units: pile.rows.iter().map(|(row, _)| row.units).collect(),
                in_stock: pile.rows.iter().map(|(row, _)| row.in_stock).collect(),
                price: pile.rows.iter().map(|(row, _)| row.price).collect(),
                promotion: pile.rows.iter().map(|(row, _)| row.promotion).collect(),
                test_from: pile.rows.iter().position(|(row, _)| row.test),
            });
        }
        if let Some(scale) = entry.scale {
            sheet.notes.push(format!("units × {scale} to make them whole"));
        }
        if rounded > 0 {
            sheet.notes.push(format!("{rounded} values were rounded to whole units"));
        }
        series
    }
}

fn refuse_repeated_days(pile: &mut Pile, sheet: &mut Sheet) {
    let mut last: Option<Day> = None;
    let id = pile.id.clone();
    pile.rows.retain(|(row, line)| {
        let repeats = last == Some(row.day);
        if repeats {
            sheet.refuse_line(*line, Bad(String::new(), format!("series {id}: {} occurs twice", row.day)));
        }
        last = Some(row.day);
        !repeats
    });
}

fn split_id<'p>(pile: &'p Pile, entry: &SalesLong) -> (&'p str, &'p str) {
    let mut sku = pile.id.as_str();
    let mut location = pile.location.as_deref().unwrap_or("all");
    let parts = entry.id_separator.as_deref().and_then(|separator| pile.id.split_once(separator));
    if let (Some((first, second)), [one, _]) = (parts, entry.id_parts.as_slice()) {
        (location, sku) = if one == "location" { (first, second) } else { (second, first) };
    }
    (sku, location)
}

/// The commonest gap between two days: a day, a week or (28 to 31) a month.
fn inferred_step_days(rows: &[(LongRow, u64)]) -> i32 {
    let mut gaps: BTreeMap<i32, usize> = BTreeMap::new();
    for pair in rows.windows(2) {
        *gaps.entry(pair[1].0.day - pair[0].0.day).or_default() += 1;
    }
    let commonest = gaps.into_iter().max_by_key(|(gap, count)| (*count, -*gap)).map_or(1, |(gap, _)| gap);
    if (28..=31).contains(&commonest) { 30 } else { commonest.max(1) }
}

// ---- sales, one column per day --------------------------------------------------------------------------------------

struct WideColumns {
    sku: usize,
    location: Option<usize>,
    days: Vec<(usize, Day)>,
}

impl WideColumns {
    fn new(sheet: &Sheet, entry: &SalesWide) -> WideColumns {
        let day = |(at, name): (usize, &String)| name.parse().ok().map(|day: Day| (at, day));
        let mut days: Vec<(usize, Day)> = sheet.header.iter().enumerate().filter_map(day).collect();
        days.sort_by_key(|(_, day)| *day);
        WideColumns {
            sku: sheet.find(&entry.sku).unwrap_or(0),
            location: entry.location.as_deref().and_then(|c| sheet.find(c)),
            days,
        }
    }

    fn row(&self, sheet: &mut Sheet, accept: fn(f64) -> bool, rule: &str) -> Cell<(String, String, Vec<f64>)> {
        let sku = sheet.key_at(self.sku)?.to_string();
        let location = self.location.map_or(Ok("all"), |at| sheet.key_at(at))?.to_string();
        let values = self.days.iter().map(|(at, _)| sheet.number_at(*at, accept, rule)).collect::<Cell<Vec<f64>>>()?;
        Ok((sku, location, values))
    }
}

// ---- persons and items ----------------------------------------------------------------------------------------------

struct DidColumns {
    subject: usize,
    sku: usize,
    value: Option<usize>,
    kind: Option<usize>,
    time: usize,
}

impl DidColumns {
    fn new(sheet: &Sheet, entry: &Interactions) -> DidColumns {
        let at = |column: &Option<String>| column.as_deref().and_then(|c| sheet.find(c));
        DidColumns {
            subject: sheet.find(&entry.subject).unwrap_or(0),
            sku: sheet.find(&entry.sku).unwrap_or(0),
            value: at(&entry.value),
            kind: at(&entry.kind_column),
            time: at(&entry.day).or(at(&entry.epoch_seconds)).or(at(&entry.days_ago)).unwrap_or(0),
        }
    }

    fn row(&self, sheet: &Sheet, entry: &Interactions, names: &mut Names, dataset: &Name) -> Cell<Interaction> {
        let (day, second) = self.time(sheet, entry)?;
        let kind = match self.kind {
            Some(at) => sheet.key_at(at)?,
            None => entry.kind.as_deref().unwrap_or("view"),
        };
        Ok(Interaction {
            dataset: dataset.clone(),
            subject: names.share(sheet.key_at(self.subject)?),
            sku: names.share(sheet.key_at(self.sku)?),
            kind: names.share(kind),
            value: self.value.map_or(Ok(1.0), |at| sheet.number_at(at, |_| true, "a number"))?,
            day,
            second,
        })
    }

    fn time(&self, sheet: &Sheet, entry: &Interactions) -> Cell<(Day, u32)> {
        let whole = |x: f64| x.fract() == 0.0 && (0.0..1.0e11).contains(&x);
        if entry.epoch_seconds.is_some() {
            let seconds = sheet.number_at(self.time, whole, "seconds since 1970")? as i64;
            return Ok((Day((seconds / 86_400) as i32), (seconds % 86_400) as u32));
        }
        match (&entry.days_ago, entry.today) {
            (Some(_), Some(today)) => {
                let days = |x: f64| x.fract() == 0.0 && (0.0..1.0e6).contains(&x);
                let ago = sheet.number_at(self.time, days, "a whole number of days")?;
                Ok((today + -(ago as i32), 0))
            }
            _ => Ok((sheet.day_at(self.time)?, 0)),
        }
    }
}

fn item(sheet: &Sheet, dataset: &str, entry: &Items) -> Cell<Item> {
    let text = |column: &Option<String>| -> Cell<String> {
        column.as_deref().map_or(Ok(String::new()), |c| Ok(sheet.text(c)?.trim().to_string()))
    };
    let parts = entry.sku.iter().map(|c| sheet.key(c)).collect::<Cell<Vec<&str>>>()?;
    Ok(Item {
        dataset: dataset.to_string(),
        sku: parts.join(" / "),
        name: text(&entry.name)?,
        brand: text(&entry.brand)?,
        category: text(&entry.category)?,
        price_minor: price_minor(sheet, entry)?,
        currency: entry.currency.clone().unwrap_or_default(),
        ingredients: ingredients(&text(&entry.ingredients)?, entry),
        attributes: attributes(sheet, entry)?,
        shade: text(&entry.shade)?,
        shade_hex: shade_hex(sheet, entry)?,
    })
}

fn price_minor(sheet: &Sheet, entry: &Items) -> Cell<Option<i64>> {
    let Some(at) = entry.price.as_deref().and_then(|c| sheet.find(c)) else { return Ok(None) };
    if sheet.cell(at)?.trim().is_empty() {
        return Ok(None);
    }
    let price = sheet.number_at(at, |x| (0.0..1.0e12).contains(&x), "a price of at least 0")?;
    Ok(Some((price * 100.0).round() as i64))
}

fn ingredients(text: &str, entry: &Items) -> Option<Vec<String>> {
    let separator = entry.ingredient_separator.as_deref().unwrap_or(",");
    let clean = |part: &str| part.trim().trim_end_matches('.').to_string();
    let list: Vec<String> = text.split(separator).map(clean).filter(|part| !part.is_empty()).collect();
    (!list.is_empty()).then_some(list)
}

fn attributes(sheet: &Sheet, entry: &Items) -> Cell<Vec<String>> {
    let mut found = Vec::new();
    if let Some(column) = &entry.attributes {
        let separator = entry.attribute_separator.as_deref().unwrap_or("|");
        found.extend(sheet.text(column)?.split(separator).map(str::trim).filter(|a| !a.is_empty()).map(String::from));
    }
    for column in &entry.flags {
        if sheet.text(column)?.trim() == "1" {
            found.push(column.clone());
        }
    }
    for column in &entry.labels {
        let text = sheet.text(column)?.trim();
        if !text.is_empty() {
            found.push(format!("{column}:{text}"));
        }
    }
    Ok(found)
}

fn shade_hex(sheet: &Sheet, entry: &Items) -> Cell<Option<String>> {
    let Some(at) = entry.shade_hex.as_deref().and_then(|c| sheet.find(c)) else { return Ok(None) };
    let text = sheet.cell(at)?.trim().trim_start_matches('#');
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() == 6 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(Some(format!("#{}", text.to_lowercase())));
    }
    Err(sheet.bad(at, "six hexadecimal digits", text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::atomic::{AtomicU32, Ordering};

    static NEXT: AtomicU32 = AtomicU32::new(0);

    /// A folder of its own that goes when the test ends.
    struct Folder(PathBuf);

    impl Folder {
        fn new(files: &[(&str, &str)]) -> Folder {
            let name = format!("trousse-datasets-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let folder = Folder(std::env::temp_dir().join(name));
            for (file, text) in files {
                let path = folder.0.join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                if file.ends_with(".gz") {
                    let mut gz = flate2::write::GzEncoder::new(File::create(path).unwrap(), Default::default());
                    gz.write_all(text.as_bytes()).unwrap();
                    gz.finish().unwrap();
                } else {
                    std::fs::write(path, text).unwrap();
                }
            }
            folder
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn shipped() -> Mapping {
        Mapping::parse(include_str!("../../datasets.toml")).unwrap()
    }

    fn loaded(files: &[(&str, &str)]) -> Loaded {
        load(&Folder::new(files).0, &shipped()).unwrap()
    }

    fn complaints(loaded: &Loaded) -> Vec<String> {
        loaded.malformed.iter().map(Malformed::to_string).collect()
    }

    #[test]
    fn malformed_rows_are_named_by_file_line_and_column() {
        let text = "unique_id,ds,y\na,2024-01-01,3\na,2024-01-02,many\na,02/01/2024,1\n,2024-01-03,1\n\
                    a,2024-01-04\na,2024-01-05,-1\na,2024-01-01,9\na,2024-01-06,4\n";
        let loaded = loaded(&[("shop.csv", text)]);
        assert_eq!(
            complaints(&loaded),
            [
                "shop.csv:3, column y: must be a number of at least 0, got many",
                "shop.csv:4, column ds: must be a day such as 2024-03-28, got 02/01/2024",
                "shop.csv:5, column unique_id: must be a key, got nothing",
                "shop.csv:6: must have 3 fields, got 2",
                "shop.csv:7, column y: must be a number of at least 0, got -1",
                "shop.csv:8: series a: 2024-01-01 occurs twice",
            ]
        );
        assert_eq!((loaded.malformed_count, loaded.files[0].rows, loaded.files[0].malformed), (6, 8, 6));
        assert_eq!(loaded.series[0].units, [3, 4]);
        assert_eq!(loaded.series[0].step_days, 5);
    }

    #[test]
    fn quoted_line_breaks_keep_the_line_numbers_right() {
        let text = "sku,name\n1,\"two\nlines\"\n2\n";
        assert_eq!(complaints(&loaded(&[("items.csv", text)])), ["items.csv:4: must have 2 fields, got 1"]);
    }

    #[test]
    fn gzip_and_integer_time_and_the_split() {
        let text = "unique_id,t,y,split\nW1,0,10.6,train\nW1,1,11,train\nW1,2,12,test\n";
        let loaded = loaded(&[("m4_weekly.csv.gz", text)]);
        let series = &loaded.series[0];
        assert_eq!((&*series.sku, &*series.location, &*series.dataset), ("W1", "all", "m4_weekly"));
        assert_eq!(series.units, [11, 11, 12]);
        assert_eq!(series.days.iter().map(Day::to_string).collect::<Vec<_>>()[1..], ["1970-01-12", "1970-01-19"]);
        assert_eq!((series.step_days, series.test_from), (7, Some(2)));
        assert_eq!(loaded.files[0].notes, ["1 values were rounded to whole units"]);
    }

    #[test]
    fn a_broken_gzip_says_where_reading_stopped() {
        let rows: String = (0..60_000).map(|t| format!("W1,{t},{},train\n", t * 7919 % 1000)).collect();
        let folder = Folder::new(&[("m4_weekly.csv.gz", &format!("unique_id,t,y,split\n{rows}"))]);
        let path = folder.0.join("m4_weekly.csv.gz");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let loaded = load(&folder.0, &shipped()).unwrap();
        let last = complaints(&loaded).pop().unwrap();
        assert!(last.contains("m4_weekly.csv.gz:") && last.contains("reading stopped"), "{last}");
        assert!((10_000..50_000).contains(&loaded.series[0].units.len()), "{}", loaded.series[0].units.len());
    }

    #[test]
    fn hours_out_of_stock_become_a_share() {
        let head = "unique_id,ds,y,oos_hours,oos_mask,discount,holiday_flag,activity_flag,category,city_id,split\n";
        let text =
            format!("{head}s0_p5,2024-03-28,0.2,4,0,0.75,0,1,1,0,train\ns0_p5,2024-03-29,0.4,17,0,1,0,0,1,0,train\n");
        let loaded = loaded(&[("freshretail_daily.csv", &text)]);
        let series = &loaded.series[0];
        assert_eq!((&*series.sku, &*series.location), ("p5", "s0"));
        assert_eq!((&series.units[..], series.in_stock.as_deref()), (&[2][..], Some(&[0.75][..])));
        assert_eq!(series.promotion, Some(vec![true]));
        assert_eq!(
            complaints(&loaded),
            ["freshretail_daily.csv:3, column oos_hours: must be hours from 0 to 16, got 17"]
        );
        assert!(loaded.files[0].unused_columns.contains(&"city_id".to_string()));
    }

    #[test]
    fn the_hour_mask_counts_trading_hours_only() {
        let hours: Vec<String> = (0..24).map(|h| format!("h{h:02}")).collect();
        let head = format!("unique_id,ds,oos_mask,{}", hours.join(","));
        // Bits 0 and 6: one trading hour of sixteen.
        let text = format!("{head}\ns1_p2,2024-03-28,65,{}\n", vec!["0.1"; 24].join(","));
        let loaded = loaded(&[("hours.csv", &text)]);
        assert_eq!(loaded.series[0].units, [24]);
        assert_eq!(loaded.series[0].in_stock, Some(vec![1.0 - 1.0 / 16.0]));
    }

    #[test]
    fn wide_sales_take_stock_from_the_file_beside_them() {
        let loaded = loaded(&[
            ("vn2/sales_history.csv", "Store,Product,2021-04-19,2021-04-12\n0,126,5,3\n1,126,x,2\n"),
            ("vn2/in_stock_history.csv", "Store,Product,2021-04-12,2021-04-19\n0,126,1,0\n"),
            ("vn2/master.csv", "Store,Product,ProductGroup\n0,126,3012\n1,126,3012\n"),
            (
                "vn2/initial_state.csv",
                "Store,Product,End Inventory,In Transit W+1,In Transit W+2\n0,126,3,0,3\n1,126,1.5,0,0\n",
            ),
        ]);
        assert_eq!(loaded.series.len(), 1);
        let series = &loaded.series[0];
        assert_eq!((&series.units[..], series.in_stock.as_deref()), (&[3, 5][..], Some(&[1.0, 0.0][..])));
        assert_eq!((&*series.sku, &*series.location, series.days[0].to_string().as_str()), ("126", "0", "2021-04-12"));
        assert_eq!((loaded.stock[0].on_hand, &loaded.stock[0].in_transit[..]), (3, &[0, 3][..]));
        assert_eq!(
            complaints(&loaded),
            [
                "vn2/initial_state.csv:3, column End Inventory: must be a whole number of at least 0, got 1.5",
                "vn2/sales_history.csv:3, column 2021-04-19: must be a whole number of at least 0, got x",
            ]
        );
        assert_eq!(loaded.items[0].category, "3012");
        assert!(loaded.files.iter().any(|f| f.kind == "in stock" && f.rows == 1));
        assert!(loaded.left.is_empty(), "{:?}", loaded.left);
    }

    #[test]
    fn persons_items_and_what_is_left() {
        let loaded = loaded(&[
            (
                "reviews.csv",
                "user_id,product_id,rating,is_recommended,days_ago,split\nu1,P1,5,1,10,train\nu2,P1,4,1,11,train\n",
            ),
            ("clicks.csv", "SessionId,ItemId,Time\n7,99,1593536687\n"),
            (
                "ingredients.csv",
                "Label,Brand,Name,Price,Rank,Ingredients,Combination,Dry,Normal,Oily,Sensitive\n\
              Cleanser,X,Foam,12.5,4,\"Water, Linalool.\",1,0,0,1,0\n",
            ),
            (
                "shades.csv",
                "brand,product,retailer,shade,description,hex,L,a,b,depth,undertone\nB,F,s,10,ten,E3BEAC,1,1,1,2,warm\nB,F,s,11,eleven,zz,1,1,1,2,\n",
            ),
            ("ciede2000_sharma34.csv", "L1,a1\n1,2\n"),
            ("odd.csv", "left,right\n1,2\n"),
            ("README.md", "hello"),
        ]);
        let did: Vec<String> = loaded
            .interactions
            .iter()
            .map(|i| format!("{} {} {} {} {}", i.day, i.subject, i.kind, i.sku, i.value))
            .collect();
        assert_eq!(did, ["2020-06-30 7 view 99 1", "2023-03-20 u2 rating P1 4", "2023-03-21 u1 rating P1 5"]);
        let foam = &loaded.items[0];
        assert_eq!((foam.sku.as_str(), foam.price_minor), ("X / Foam", Some(1250)));
        assert_eq!(foam.ingredients.as_deref(), Some(&["Water".to_string(), "Linalool".to_string()][..]));
        assert_eq!(foam.attributes, ["Combination", "Oily"]);
        assert_eq!(loaded.items[1].shade_hex.as_deref(), Some("#e3beac"));
        assert_eq!(complaints(&loaded), ["shades.csv:3, column hex: must be six hexadecimal digits, got zz"]);
        let left: Vec<&str> = loaded.left.iter().map(|(file, _)| file.as_str()).collect();
        assert_eq!(left, ["README.md", "ciede2000_sharma34.csv", "odd.csv"]);
        assert!(loaded.left[2].1.contains("left, right"));
    }

    #[test]
    fn the_largest_series_come_first_and_equal_ids_stay_apart() {
        let loaded = loaded(&[
            ("carparts.csv", "unique_id,t,y,split\nX,0,5,train\nY,0,9,train\n"),
            ("tourism_monthly.csv", "unique_id,t,y,split\nX,0,7,train\n"),
        ]);
        let largest: Vec<&str> = loaded.largest(2).iter().map(|s| &*s.sku).collect();
        assert_eq!(largest, ["Y", "tourism_monthly/X"]);
        assert_eq!(loaded.largest(9).last().map(|s| &*s.sku), Some("X"));
    }

    #[test]
    fn a_bad_mapping_is_an_error_that_names_the_key() {
        let line = Mapping::parse("[items.a]\nsku = [\"x\"]\ncolour = \"y\"\n").unwrap_err();
        assert!(matches!(&line, Error::Malformed { line: 3, message } if message.contains("colour")), "{line:?}");
        let error = Mapping::parse("[sales_long.a]\nid = \"x\"\nunits = [\"y\"]\n").unwrap_err().to_string();
        assert!(error.starts_with("sales_long.a.day must be given"), "{error}");
        assert!(load(Path::new("no such folder"), &shipped()).is_err());
    }
}
