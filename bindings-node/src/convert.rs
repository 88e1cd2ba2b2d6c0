//! Frames and numbers on their way between JavaScript and the core.
//!
//! A column crosses as a `Float64Array` or, for texts, as one JSON array, with each row's place in it where texts
//! repeat: one native call a column, whatever its length, and the texts are read off the event loop. Numbers are copied
//! once on the way in, since JavaScript may change the array while a worker reads; on the way out they are handed over.

use std::hash::Hash;

use napi::bindgen_prelude::{Float64Array, Uint32Array};
use napi_derive::napi;
use serde_json::Value;
use trousse::base::units::{DAY_MS, MAX_EXACT};
use trousse::base::{Interner, Lookup, View};
use trousse::ops::Tables;
use trousse::{Column as CoreColumn, Day, Error, Result, Table, Timestamp};

/// One column.
#[napi(object)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `text`, `float`, `integer`, `boolean`, `day` or `instant` (both in milliseconds since 1970).
    pub kind: String,
    /// Its values, unless they are texts.
    pub numbers: Option<Float64Array>,
    /// Its texts as a JSON array, `null` for a missing one.
    pub texts: Option<String>,
    /// Where texts repeat: each row's place among them.
    pub rows: Option<Uint32Array>,
}

/// A frame with the name of its parameter.
#[napi(object)]
pub struct Frame {
    /// The parameter.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<Column>,
}

/// Columns that may change threads.
pub struct Crossing(Vec<(String, String, Data)>);

enum Data {
    Numbers(Vec<f64>),
    Texts(String),
    Categories(Vec<u32>, String),
}

impl Crossing {
    /// Copies the columns out of JavaScript's memory.
    pub fn take(columns: Vec<Column>) -> Crossing {
        let copy = |column: Column| {
            let texts = column.texts.unwrap_or_else(|| "[]".into());
            let data = match (column.numbers, column.rows) {
                (Some(numbers), _) => Data::Numbers(numbers.to_vec()),
                (None, Some(rows)) => Data::Categories(rows.to_vec(), texts),
                (None, None) => Data::Texts(texts),
            };
            (column.name, column.kind, data)
        };
        Crossing(columns.into_iter().map(copy).collect())
    }

    /// Takes an answer apart.
    ///
    /// # Errors
    /// `INTERNAL` for an integer that JavaScript cannot hold.
    pub fn of(table: Table) -> Result<Crossing> {
        let column = |(name, column): (String, CoreColumn)| {
            let (kind, data) = match column {
                CoreColumn::Float(v) => ("float", Data::Numbers(v)),
                CoreColumn::Category(rows, names) => ("text", Data::Categories(rows, json_array(&names))),
                other => match other.view() {
                    View::Float(v) => ("float", Data::Numbers(v.to_vec())),
                    View::Integer(v) => ("integer", Data::Numbers(doubles(v)?)),
                    View::Bool(v) => ("boolean", Data::Numbers(v.iter().map(|x| f64::from(u8::from(*x))).collect())),
                    View::Text(v) => ("text", Data::Texts(json_array(v))),
                    View::Category(rows, names) => ("text", Data::Categories(rows.to_vec(), json_array(names))),
                    View::Day(v) => ("text", repeated(v)),
                    View::Timestamp(v) => ("text", repeated(v)),
                },
            };
            Ok((name, kind.to_string(), data))
        };
        Ok(Crossing(table.into_columns().into_iter().map(column).collect::<Result<_>>()?))
    }

    /// Hands the columns to JavaScript.
    pub fn give(self) -> Vec<Column> {
        let column = |(name, kind, data)| match data {
            Data::Numbers(v) => Column { name, kind, numbers: Some(Float64Array::new(v)), texts: None, rows: None },
            Data::Texts(text) => Column { name, kind, numbers: None, texts: Some(text), rows: None },
            Data::Categories(rows, text) => {
                Column { name, kind, numbers: None, texts: Some(text), rows: Some(Uint32Array::new(rows)) }
            }
        };
        self.0.into_iter().map(column).collect()
    }

    fn table(self) -> Result<Table> {
        let mut table = Table::default();
        for (name, kind, data) in self.0 {
            let column = core_column(&name, &kind, data)?;
            table.push(name, column)?;
        }
        Ok(table)
    }
}

/// The tables of a call.
///
/// # Errors
/// `INVALID_ARGUMENT` naming column and row.
pub fn tables(frames: Vec<(String, Crossing)>) -> Result<Tables> {
    frames.into_iter().map(|(name, crossing)| Ok((name, crossing.table()?))).collect()
}

fn core_column(name: &str, kind: &str, data: Data) -> Result<CoreColumn> {
    match (kind, data) {
        ("text", Data::Texts(text)) => Ok(CoreColumn::Text(read_texts(name, &text)?)),
        ("text", Data::Categories(rows, text)) => {
            let (texts, mut names) = (read_texts(name, &text)?, Interner::default());
            let at: Vec<u32> = texts.iter().map(|text| names.intern(text)).collect();
            let place = |row: u32| at.get(row as usize).copied();
            let rows: Option<Vec<u32>> = rows.into_iter().map(place).collect();
            let rows = rows.ok_or_else(|| Error::argument(name, "rows with a text each", "a row without"))?;
            Ok(CoreColumn::Category(rows, (0..names.len() as u32).map(|id| names.key(id).to_string()).collect()))
        }
        ("float", Data::Numbers(v)) => Ok(CoreColumn::Float(v)),
        ("boolean", Data::Numbers(v)) => Ok(CoreColumn::Bool(v.into_iter().map(|x| x == 1.0).collect())),
        ("integer", Data::Numbers(v)) => Ok(CoreColumn::Integer(wholes(name, &v)?)),
        ("instant", Data::Numbers(v)) => Ok(CoreColumn::Timestamp(instants(name, &v)?)),
        ("day", Data::Numbers(v)) => {
            let day = |instant: Timestamp| Day(instant.0.div_euclid(DAY_MS) as i32);
            Ok(CoreColumn::Day(instants(name, &v)?.into_iter().map(day).collect()))
        }
        _ => Err(Error::argument(name, "a column of text, float, integer, boolean, day or instant", kind)),
    }
}

fn instants(name: &str, milliseconds: &[f64]) -> Result<Vec<Timestamp>> {
    let instants = wholes(name, milliseconds)?.into_iter().map(Timestamp);
    instants.enumerate().map(|(row, instant)| instant.check(&format!("{name}[{row}]")).map(|()| instant)).collect()
}

/// Whole numbers without wrapping: a fraction, `NaN` or a number beyond 2⁵³ − 1 is refused.
fn wholes(name: &str, numbers: &[f64]) -> Result<Vec<i64>> {
    numbers.iter().enumerate().map(|(row, x)| whole(&format!("{name}[{row}]"), *x)).collect()
}

/// One whole number.
///
/// # Errors
/// `INVALID_ARGUMENT` naming `field`.
pub fn whole(field: &str, x: f64) -> Result<i64> {
    if x.fract() == 0.0 && x.abs() <= MAX_EXACT as f64 {
        return Ok(x as i64);
    }
    Err(Error::argument(field, "a whole number of at most 2^53 - 1", x))
}

fn doubles(integers: &[i64]) -> Result<Vec<f64>> {
    integers.iter().map(|x| fits(*x).map(|()| *x as f64)).collect()
}

fn fits(integer: i64) -> Result<()> {
    if integer.unsigned_abs() <= MAX_EXACT.unsigned_abs() {
        return Ok(());
    }
    Err(Error::Internal { message: format!("{integer} is beyond what JavaScript counts exactly") })
}

fn read_texts(name: &str, json: &str) -> Result<Vec<String>> {
    let texts: Vec<Option<String>> = serde_json::from_str(json)
        .map_err(|error| Error::argument(name, "texts of whole Unicode characters", error))?;
    Ok(texts.into_iter().map(Option::unwrap_or_default).collect())
}

fn json_array(texts: &[String]) -> String {
    serde_json::json!(texts).to_string()
}

/// Values as texts, each spelled once.
fn repeated<T: Copy + Eq + Hash + ToString>(values: &[T]) -> Data {
    let (mut places, mut texts) = (Lookup::default(), Vec::new());
    let place = |value: &T| match places.get(value) {
        Some(place) => *place,
        None => {
            places.insert(*value, texts.len() as u32);
            texts.push(value.to_string());
            texts.len() as u32 - 1
        }
    };
    let rows = values.iter().map(place).collect();
    Data::Categories(rows, json_array(&texts))
}

/// The answer, once no integer in it is beyond what JavaScript counts exactly.
///
/// # Errors
/// `INTERNAL`.
pub fn exact(answer: String) -> Result<String> {
    if answer
        .as_bytes()
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .any(|run| run[0].is_ascii_digit() && run.len() > 15)
    {
        let value = serde_json::from_str(&answer).map_err(|e| Error::Internal { message: e.to_string() })?;
        walk(&value)?;
    }
    Ok(answer)
}

fn walk(value: &Value) -> Result<()> {
    match value {
        Value::Array(items) => items.iter().try_for_each(walk),
        Value::Object(fields) => fields.values().try_for_each(walk),
        Value::Number(number) => number.as_i64().map_or(Ok(()), fits),
        _ => Ok(()),
    }
}
