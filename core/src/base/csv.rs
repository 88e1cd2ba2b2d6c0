//! CSV text to a [`Table`]: for programs without a frame library, with errors that name the line.
//!
//! A column is days, integers, floats or texts: the first of these that all its values fit. An
//! empty value is `NaN` among numbers and the empty text among texts.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::table::{Column, Table};

/// What to read, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CsvParams {
    /// The text, with a line of column names first.
    pub text: String,
    /// Columns that have to be numbers: a value that is none is an error naming its line.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// What separates values: one ASCII character.
    #[serde(default = "comma")]
    pub separator: String,
}

fn comma() -> String {
    ",".into()
}

/// Reads CSV text (RFC 4180) into a table. O(text).
///
/// # Errors
/// `MALFORMED` naming the line: another number of values than names, a value that is no number in
/// a column of `numbers`, a name twice. `MISSING_COLUMN` for a name in `numbers` that is not there;
/// `INVALID_ARGUMENT` for the separator.
///
/// ```
/// use trousse::base::csv::{CsvParams, read};
/// let params = CsvParams { text: "ds,y\n2026-01-01,3\n2026-01-02,\n".into(), numbers: vec!["y".into()], separator: ",".into() };
/// let table = read(&params)?;
/// assert_eq!((table.rows(), table.floats("y")?[0]), (2, 3.0));
/// let bad = CsvParams { text: "ds,y\n2026-01-01,3\n2026-01-02,many\n".into(), ..params };
/// assert_eq!(read(&bad).unwrap_err().to_string(), "line 3: y must be a number, got many");
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn read(params: &CsvParams) -> Result<Table> {
    let &[separator] = params.separator.as_bytes() else {
        return Err(Error::argument("separator", "one ASCII character", &params.separator));
    };
    let text = params.text.strip_prefix('\u{feff}').unwrap_or(&params.text);
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let names: Vec<String> =
        reader.headers().map_err(|error| malformed(text, &error))?.iter().map(|name| name.trim().to_string()).collect();
    let mut values: Vec<Vec<String>> = vec![Vec::new(); names.len()];
    let mut lines: Vec<u64> = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| malformed(text, &error))?;
        lines.push(line_of(text, row.position()));
        values.iter_mut().zip(&row).for_each(|(column, value)| column.push(value.trim().to_string()));
    }
    for name in &params.numbers {
        let at = names.iter().position(|own| own == name);
        let missing = || Error::MissingColumn { column: name.clone(), found: names.join(", ") };
        check_numbers(name, &values[at.ok_or_else(missing)?], &lines)?;
    }
    let mut table = Table::default();
    for (name, column) in names.into_iter().zip(values) {
        let twice = |_| Error::Malformed { line: 1, message: format!("column {name} is named twice") };
        table.push(name.clone(), typed(column)).map_err(twice)?;
    }
    Ok(table)
}

/// The line on which a row begins: the reader's position lies before the empty lines that it skips.
fn line_of(text: &str, position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 1 };
    let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or(&[]);
    let skipped = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
    position.line() + skipped as u64
}

fn malformed(text: &str, error: &csv::Error) -> Error {
    let line = line_of(text, error.position());
    let message = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("{len} values for {expected_len} columns"),
        _ => error.to_string(),
    };
    Error::Malformed { line, message }
}

fn check_numbers(name: &str, values: &[String], lines: &[u64]) -> Result<()> {
    let bad = values.iter().zip(lines).find(|(value, _)| !value.is_empty() && value.parse::<f64>().is_err());
    bad.map_or(Ok(()), |(value, line)| {
        Err(Error::Malformed { line: *line, message: format!("{name} must be a number, got {value}") })
    })
}

fn typed(values: Vec<String>) -> Column {
    let all = |fits: fn(&String) -> bool| !values.is_empty() && values.iter().all(fits);
    if all(|value| value.parse::<super::Day>().is_ok()) {
        return Column::Day(values.iter().filter_map(|value| value.parse().ok()).collect());
    }
    if all(|value| value.parse::<i64>().is_ok()) {
        return Column::Integer(values.iter().filter_map(|value| value.parse().ok()).collect());
    }
    if all(|value| value.is_empty() || value.parse::<f64>().is_ok()) && values.iter().any(|value| !value.is_empty()) {
        return Column::Float(values.iter().map(|value| value.parse().unwrap_or(f64::NAN)).collect());
    }
    Column::Text(values)
}
