//! A plain table of named columns: how frames of any library reach the core and leave it.

use std::borrow::Cow;

use super::error::{Error, Result};
use super::ids::Interner;
use super::units::{Day, Timestamp};

/// One column. A missing number is `NaN`; a missing text is the empty text. Texts that repeat are held once
/// ([`Column::categories`]); they are texts to every reader.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Texts.
    Text(Vec<String>),
    /// Texts that repeat: the row's place among the distinct ones. Every place is one of theirs.
    Category(Vec<u32>, Vec<String>),
    /// 64-bit floats.
    Float(Vec<f64>),
    /// 64-bit integers.
    Integer(Vec<i64>),
    /// Booleans.
    Bool(Vec<bool>),
    /// Calendar days.
    Day(Vec<Day>),
    /// Instants.
    Timestamp(Vec<Timestamp>),
}

impl Column {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Column::Text(v) => v.len(),
            Column::Category(v, _) => v.len(),
            Column::Float(v) => v.len(),
            Column::Integer(v) => v.len(),
            Column::Bool(v) => v.len(),
            Column::Day(v) => v.len(),
            Column::Timestamp(v) => v.len(),
        }
    }
    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Texts that repeat, each held once, in the order of their first rows.
    ///
    /// ```
    /// use trousse::Column;
    /// assert_eq!(Column::categories(["b", "a", "b"]), Column::Category(vec![0, 1, 0], vec!["b".into(), "a".into()]));
    /// ```
    pub fn categories<'a>(texts: impl IntoIterator<Item = &'a str>) -> Column {
        let mut names = Interner::default();
        let rows: Vec<u32> = texts.into_iter().map(|text| names.intern(text)).collect();
        let distinct = (0..names.len()).map(|id| names.key(id as u32).to_string()).collect();
        Column::Category(rows, distinct)
    }
    /// The type in words, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Column::Text(_) | Column::Category(..) => "text",
            Column::Float(_) => "floats",
            Column::Integer(_) => "integers",
            Column::Bool(_) => "booleans",
            Column::Day(_) => "days",
            Column::Timestamp(_) => "instants",
        }
    }
}

/// Named columns of one length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    columns: Vec<(String, Column)>,
}

impl Table {
    /// Adds a column.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where its length differs from the others' or its name is taken.
    pub fn push(&mut self, name: impl Into<String>, column: Column) -> Result<()> {
        let name = name.into();
        if self.columns.iter().any(|(other, _)| *other == name) {
            return Err(Error::argument(name, "a column once", "twice"));
        }
        if !self.columns.is_empty() && column.len() != self.rows() {
            return Err(Error::argument(name, format!("{} rows long", self.rows()), column.len()));
        }
        self.columns.push((name, column));
        Ok(())
    }

    /// The table with one more column.
    ///
    /// # Errors
    /// As [`Table::push`].
    pub fn with(mut self, name: &str, column: Column) -> Result<Table> {
        self.push(name, column)?;
        Ok(self)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// Names and columns, in order.
    pub fn columns(&self) -> &[(String, Column)] {
        &self.columns
    }

    /// Names and columns, taken apart.
    pub fn into_columns(self) -> Vec<(String, Column)> {
        self.columns
    }

    /// A column, if it is there.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(own, _)| own == name).map(|(_, column)| column)
    }

    /// A column that has to be there.
    ///
    /// # Errors
    /// `MISSING_COLUMN` naming it and those that are there.
    pub fn column(&self, name: &str) -> Result<&Column> {
        self.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.columns.iter().map(|(own, _)| own.as_str()).collect();
            Error::MissingColumn { column: name.into(), found: names.join(", ") }
        })
    }

    /// The table with its repeated texts written out, for readers that look into columns.
    pub(crate) fn spelled_out(&self) -> Cow<'_, Table> {
        if !self.columns.iter().any(|(_, column)| matches!(column, Column::Category(..))) {
            return Cow::Borrowed(self);
        }
        let plain = |(name, column): &(String, Column)| {
            let column = match column {
                Column::Category(rows, texts) => {
                    Column::Text(rows.iter().map(|at| texts[*at as usize].clone()).collect())
                }
                other => other.clone(),
            };
            (name.clone(), column)
        };
        Cow::Owned(Table { columns: self.columns.iter().map(plain).collect() })
    }

    /// A column as texts; integers are spelled out, since ids are often numbers.
    ///
    /// # Errors
    /// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
    pub fn texts(&self, name: &str) -> Result<Vec<String>> {
        match self.column(name)? {
            Column::Text(v) => Ok(v.clone()),
            Column::Category(rows, texts) => Ok(rows.iter().map(|at| texts[*at as usize].clone()).collect()),
            Column::Integer(v) => Ok(v.iter().map(i64::to_string).collect()),
            other => Err(wrong(name, "text or integers", other)),
        }
    }

    /// A column as floats; integers and booleans are converted.
    ///
    /// # Errors
    /// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
    pub fn floats(&self, name: &str) -> Result<Vec<f64>> {
        match self.column(name)? {
            Column::Float(v) => Ok(v.clone()),
            Column::Integer(v) => Ok(v.iter().map(|x| *x as f64).collect()),
            Column::Bool(v) => Ok(v.iter().map(|x| f64::from(u8::from(*x))).collect()),
            other => Err(wrong(name, "numbers", other)),
        }
    }

    /// A column as integers; floats without a fraction are converted.
    ///
    /// # Errors
    /// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `INVALID_ARGUMENT` for a fraction or `NaN`, naming the row.
    pub fn integers(&self, name: &str) -> Result<Vec<i64>> {
        match self.column(name)? {
            Column::Integer(v) => Ok(v.clone()),
            Column::Bool(v) => Ok(v.iter().map(|x| i64::from(*x)).collect()),
            Column::Float(v) => v.iter().enumerate().map(|(row, x)| whole(name, row, *x)).collect(),
            other => Err(wrong(name, "whole numbers", other)),
        }
    }

    /// A column as days; instants are cut to their UTC day, texts are parsed.
    ///
    /// # Errors
    /// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `INVALID_ARGUMENT` naming the row of a bad text.
    pub fn days(&self, name: &str) -> Result<Vec<Day>> {
        match self.column(name)? {
            Column::Day(v) => Ok(v.clone()),
            Column::Timestamp(v) => Ok(v.iter().map(|t| t.day(0)).collect()),
            Column::Text(v) => v.iter().enumerate().map(|(row, text)| day(name, row, text)).collect(),
            Column::Category(rows, texts) => {
                let days: Vec<Result<Day>> = texts.iter().map(|text| day(name, 0, text)).collect();
                let of = |(row, at): (usize, &u32)| match &days[*at as usize] {
                    Ok(day) => Ok(*day),
                    Err(_) => day(name, row, &texts[*at as usize]),
                };
                rows.iter().enumerate().map(of).collect()
            }
            other => Err(wrong(name, "days (dates, instants or ISO text)", other)),
        }
    }
}

fn wrong(column: &str, expected: &str, got: &Column) -> Error {
    Error::WrongColumnType { column: column.into(), expected: expected.into(), got: got.kind().into() }
}

fn whole(column: &str, row: usize, x: f64) -> Result<i64> {
    if x.fract() == 0.0 && x.abs() <= super::units::MAX_EXACT as f64 {
        return Ok(x as i64);
    }
    Err(Error::argument(format!("{column}[{row}]"), "a whole number", x))
}

fn day(column: &str, row: usize, text: &str) -> Result<Day> {
    let date = text.get(..10).unwrap_or(text);
    date.parse().map_err(|_| Error::argument(format!("{column}[{row}]"), "a date such as 2027-06-30", text))
}
