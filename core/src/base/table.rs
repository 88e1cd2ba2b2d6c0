//! A plain table of named columns: how frames of any library reach the core and leave it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::error::{Error, Result};
use super::ids::Interner;
use super::units::{Day, Timestamp};

/// One column. A missing number is `NaN`; a missing text is the empty text. Texts that repeat are held once
/// ([`Column::categories`]); they are texts to every reader. How a column is held is no part of its value: readers
/// look at it through [`Column::view`].
#[derive(Clone)]
pub enum Column {
    /// Texts.
    Text(Vec<String>),
    /// Texts that repeat: the row's place among the distinct ones. Every place is one of theirs; none of them comes
    /// twice, and there may be some without a row.
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
    /// Numbers, days or instants that lie elsewhere, such as in an Arrow buffer, and are not copied.
    Lent(Lent),
}

/// Values in memory that somebody else laid out and that this keeps alive. A clone shares them.
#[derive(Clone)]
pub enum Lent {
    /// 64-bit floats.
    Float(Slice<f64>),
    /// 64-bit integers.
    Integer(Slice<i64>),
    /// Calendar days.
    Day(Slice<Day>),
    /// Instants.
    Timestamp(Slice<Timestamp>),
}

/// The owner of values; it has to give the same ones at each look.
pub type Slice<T> = Arc<dyn AsRef<[T]> + Send + Sync>;

/// The values of a column, wherever they lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum View<'a> {
    /// Texts.
    Text(&'a [String]),
    /// Texts that repeat: each row's place among the distinct ones.
    Category(&'a [u32], &'a [String]),
    /// 64-bit floats.
    Float(&'a [f64]),
    /// 64-bit integers.
    Integer(&'a [i64]),
    /// Booleans.
    Bool(&'a [bool]),
    /// Calendar days.
    Day(&'a [Day]),
    /// Instants.
    Timestamp(&'a [Timestamp]),
}

impl View<'_> {
    /// How many rows there are.
    pub fn len(self) -> usize {
        match self {
            View::Text(v) => v.len(),
            View::Category(v, _) => v.len(),
            View::Float(v) => v.len(),
            View::Integer(v) => v.len(),
            View::Bool(v) => v.len(),
            View::Day(v) => v.len(),
            View::Timestamp(v) => v.len(),
        }
    }
    /// Whether there is no row.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// Texts of a column: each row's, wherever it lies.
#[derive(Debug, Clone)]
pub struct Texts<'a> {
    /// Each row's place among the texts; without, each row has its own.
    rows: Option<&'a [u32]>,
    texts: Cow<'a, [String]>,
}

impl Texts<'_> {
    /// The text of a row.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn get(&self, row: usize) -> &str {
        &self.texts[self.rows.map_or(row, |rows| rows[row] as usize)]
    }
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.map_or(self.texts.len(), <[u32]>::len)
    }
    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The texts, row by row.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + '_ {
        (0..self.len()).map(|row| self.get(row))
    }
}

impl Column {
    /// The values, to read.
    ///
    /// ```
    /// use trousse::base::{Column, Lent, View};
    /// let lent = Column::Lent(Lent::Float(std::sync::Arc::new([4.0, 5.0])));
    /// assert_eq!(lent.view(), View::Float(&[4.0, 5.0]));
    /// assert_eq!(lent, Column::Float(vec![4.0, 5.0]));
    /// ```
    pub fn view(&self) -> View<'_> {
        match self {
            Column::Text(v) => View::Text(v),
            Column::Category(rows, texts) => View::Category(rows, texts),
            Column::Float(v) => View::Float(v),
            Column::Integer(v) => View::Integer(v),
            Column::Bool(v) => View::Bool(v),
            Column::Day(v) => View::Day(v),
            Column::Timestamp(v) => View::Timestamp(v),
            Column::Lent(Lent::Float(v)) => View::Float((**v).as_ref()),
            Column::Lent(Lent::Integer(v)) => View::Integer((**v).as_ref()),
            Column::Lent(Lent::Day(v)) => View::Day((**v).as_ref()),
            Column::Lent(Lent::Timestamp(v)) => View::Timestamp((**v).as_ref()),
        }
    }
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.view().len()
    }
    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.view().is_empty()
    }
    /// Whether it holds floats or integers.
    pub fn is_numeric(&self) -> bool {
        matches!(self.view(), View::Float(_) | View::Integer(_))
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
        match self.view() {
            View::Text(_) | View::Category(..) => "text",
            View::Float(_) => "floats",
            View::Integer(_) => "integers",
            View::Bool(_) => "booleans",
            View::Day(_) => "days",
            View::Timestamp(_) => "instants",
        }
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Column::Lent(self.clone()).fmt(f)
    }
}

impl PartialEq for Column {
    fn eq(&self, other: &Column) -> bool {
        self.view() == other.view()
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
        let texts = self.as_texts(name)?;
        Ok(match texts.rows {
            None => texts.texts.into_owned(),
            Some(_) => texts.iter().map(str::to_string).collect(),
        })
    }

    /// As [`Table::texts`], without a copy of what the column holds.
    ///
    /// ```
    /// let table = trousse::Table::default().with("id", trousse::Column::categories(["b", "a", "b"]))?;
    /// assert_eq!(table.as_texts("id")?.get(2), "b");
    /// # Ok::<(), trousse::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Table::texts`].
    pub fn as_texts(&self, name: &str) -> Result<Texts<'_>> {
        let column = self.column(name)?;
        match column.view() {
            View::Text(v) => Ok(Texts { rows: None, texts: v.into() }),
            View::Category(rows, texts) => Ok(Texts { rows: Some(rows), texts: texts.into() }),
            View::Integer(v) => Ok(Texts { rows: None, texts: v.iter().map(i64::to_string).collect() }),
            _ => Err(wrong(name, "text or integers", column)),
        }
    }

    /// A column as floats; integers and booleans are converted.
    ///
    /// # Errors
    /// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
    pub fn floats(&self, name: &str) -> Result<Vec<f64>> {
        self.as_floats(name).map(Cow::into_owned)
    }

    /// As [`Table::floats`], without a copy of what are floats already.
    ///
    /// ```
    /// let table = trousse::Table::default().with("y", trousse::Column::Float(vec![4.0, 5.0]))?;
    /// assert_eq!(table.as_floats("y")?[1], 5.0);
    /// # Ok::<(), trousse::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Table::floats`].
    pub fn as_floats(&self, name: &str) -> Result<Cow<'_, [f64]>> {
        let column = self.column(name)?;
        match column.view() {
            View::Float(v) => Ok(v.into()),
            View::Integer(v) => Ok(v.iter().map(|x| *x as f64).collect()),
            View::Bool(v) => Ok(v.iter().map(|x| f64::from(u8::from(*x))).collect()),
            _ => Err(wrong(name, "numbers", column)),
        }
    }

    /// A column as integers; floats without a fraction are converted.
    ///
    /// # Errors
    /// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `INVALID_ARGUMENT` for a fraction or `NaN`, naming the row.
    pub fn integers(&self, name: &str) -> Result<Vec<i64>> {
        let column = self.column(name)?;
        match column.view() {
            View::Integer(v) => Ok(v.to_vec()),
            View::Bool(v) => Ok(v.iter().map(|x| i64::from(*x)).collect()),
            View::Float(v) => v.iter().enumerate().map(|(row, x)| whole(name, row, *x)).collect(),
            _ => Err(wrong(name, "whole numbers", column)),
        }
    }

    /// A column as days; instants are cut to their UTC day, texts are parsed.
    ///
    /// # Errors
    /// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `INVALID_ARGUMENT` naming the row of a bad text.
    pub fn days(&self, name: &str) -> Result<Vec<Day>> {
        self.as_days(name).map(Cow::into_owned)
    }

    /// As [`Table::days`], without a copy of what are days already.
    ///
    /// # Errors
    /// As [`Table::days`].
    pub fn as_days(&self, name: &str) -> Result<Cow<'_, [Day]>> {
        let column = self.column(name)?;
        match column.view() {
            View::Day(v) => Ok(v.into()),
            View::Timestamp(v) => Ok(v.iter().map(|t| t.day(0)).collect()),
            View::Text(v) => v.iter().enumerate().map(|(row, text)| day(name, row, text)).collect(),
            View::Category(rows, texts) => {
                let days: Vec<Result<Day>> = texts.iter().map(|text| day(name, 0, text)).collect();
                let of = |(row, at): (usize, &u32)| match &days[*at as usize] {
                    Ok(day) => Ok(*day),
                    Err(_) => day(name, row, &texts[*at as usize]),
                };
                rows.iter().enumerate().map(of).collect()
            }
            _ => Err(wrong(name, "days (dates, instants or ISO text)", column)),
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
