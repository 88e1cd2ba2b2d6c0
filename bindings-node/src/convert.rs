//! Frames and numbers on their way between JavaScript and the core.
//!
//! A column crosses as a `Float64Array` or, for texts, as one JSON array: one native call a column,
//! whatever its length, and the texts are read off the event loop.

use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;
use serde_json::Value;
use trousse::base::units::{DAY_MS, MAX_EXACT};
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
}

impl Crossing {
    /// Copies the columns out of JavaScript's memory.
    pub fn take(columns: Vec<Column>) -> Crossing {
        let copy = |column: Column| {
            let data = match (column.numbers, column.texts) {
                (Some(numbers), _) => Data::Numbers(numbers.to_vec()),
                (None, texts) => Data::Texts(texts.unwrap_or_else(|| "[]".into())),
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
                CoreColumn::Integer(v) => ("integer", Data::Numbers(doubles(&v)?)),
                CoreColumn::Bool(v) => {
                    ("boolean", Data::Numbers(v.into_iter().map(|x| f64::from(u8::from(x))).collect()))
                }
                CoreColumn::Text(v) => ("text", texts(&v)?),
                CoreColumn::Category(rows, names) => {
                    ("text", texts(&rows.iter().map(|at| names[*at as usize].as_str()).collect::<Vec<_>>())?)
                }
                CoreColumn::Day(v) => ("text", texts(&v)?),
                CoreColumn::Timestamp(v) => ("text", texts(&v)?),
            };
            Ok((name, kind.to_string(), data))
        };
        Ok(Crossing(table.into_columns().into_iter().map(column).collect::<Result<_>>()?))
    }

    /// Hands the columns to JavaScript.
    pub fn give(self) -> Vec<Column> {
        let column = |(name, kind, data)| match data {
            Data::Numbers(v) => Column { name, kind, numbers: Some(Float64Array::new(v)), texts: None },
            Data::Texts(text) => Column { name, kind, numbers: None, texts: Some(text) },
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
        ("text", Data::Texts(text)) => {
            let texts: Vec<Option<String>> = serde_json::from_str(&text)
                .map_err(|error| Error::argument(name, "texts of whole Unicode characters", error))?;
            Ok(CoreColumn::Text(texts.into_iter().map(Option::unwrap_or_default).collect()))
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

fn texts(values: &[impl ToString]) -> Result<Data> {
    let texts: Vec<Value> = values.iter().map(|value| Value::String(value.to_string())).collect();
    Ok(Data::Texts(Value::Array(texts).to_string()))
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
