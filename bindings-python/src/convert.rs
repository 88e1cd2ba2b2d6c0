//! Frames in and out: the Arrow stream protocol of Python and plain dicts of columns.
//!
//! A missing number becomes `NaN`, a missing text the empty text; a missing day or instant is an error,
//! since no number can stand for it. Arrow crosses by pointer; this is the one file with `unsafe`.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::types as arrow;
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, Date32Array, Float64Array, Int64Array, PrimitiveArray,
    RecordBatch, RecordBatchIterator, RecordBatchReader, StringArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyCapsule, PyDict, PyFloat, PyInt, PyList, PyString};
use trousse::base::Interner;
use trousse::{Column, Day, Error, Result, Table, Timestamp, ops};

use crate::raise;

const STREAM: &CStr = c"arrow_array_stream";

/// The units of naive instants that came in, by column: days that go out under such a name go out alike.
pub type Units = BTreeMap<String, TimeUnit>;

/// A frame on its way in.
pub enum Source {
    /// An Arrow stream that nobody has read yet.
    Stream(Box<RecordBatchStreamReader>),
    /// Columns that are here already.
    Ready(Table),
}

impl Source {
    /// Takes a frame by its Arrow stream, or a dict of columns by value.
    pub fn new(frame: &Bound<'_, PyAny>) -> PyResult<Source> {
        if let Ok(own) = frame.cast::<PyTable>() {
            return Ok(Source::Ready(own.get().table.clone()));
        }
        if let Ok(columns) = frame.cast::<PyDict>() {
            return table_of_dict(columns).map(Source::Ready);
        }
        let capsule = frame.call_method0("__arrow_c_stream__")?.cast_into::<PyCapsule>()?;
        let stream = capsule.pointer_checked(Some(STREAM))?.cast::<FFI_ArrowArrayStream>();
        // SAFETY: a capsule of this name holds a valid stream; from_raw moves it out and leaves a released one.
        let reader = unsafe { RecordBatchStreamReader::from_raw(stream.as_ptr()) };
        reader.map(|reader| Source::Stream(Box::new(reader))).map_err(|error| raise(frame.py(), &unreadable(error)))
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// `WRONG_COLUMN_TYPE`, `INVALID_ARGUMENT` naming column and row.
    pub fn read(self) -> Result<(Table, Units)> {
        let reader = match self {
            Source::Ready(table) => return Ok((table, Units::new())),
            Source::Stream(reader) => reader,
        };
        let schema = reader.schema();
        let kept: Vec<usize> = (0..schema.fields().len()).filter(|i| !is_index(schema.field(*i).name())).collect();
        let mut columns: Vec<Vec<Column>> = vec![Vec::new(); kept.len()];
        let mut row = 0;
        for batch in reader {
            let batch = batch.map_err(unreadable)?;
            for (column, i) in columns.iter_mut().zip(&kept) {
                column.push(column_of(schema.field(*i).name(), batch.column(*i), row)?);
            }
            row += batch.num_rows();
        }
        let (mut table, mut units) = (Table::default(), Units::new());
        for (parts, i) in columns.into_iter().zip(kept) {
            let field = schema.field(i);
            if let DataType::Timestamp(unit, None) = field.data_type() {
                units.insert(field.name().clone(), *unit);
            }
            let empty = || column_of(field.name(), &arrow_array::new_empty_array(field.data_type()), 0);
            table.push(field.name(), together(parts).map_or_else(empty, Ok)?)?;
        }
        Ok((table, units))
    }
}

/// What pandas calls the index where it is none of the columns.
fn is_index(name: &str) -> bool {
    name.starts_with("__index_level_") && name.ends_with("__")
}

fn unreadable(error: ArrowError) -> Error {
    Error::argument("frame", "a readable Arrow stream", error)
}

fn wrong(name: &str, got: impl ToString) -> Error {
    let expected = "text, numbers, booleans, days or instants".to_string();
    Error::WrongColumnType { column: name.into(), expected, got: got.to_string() }
}

/// The column of all batches; none where there was no batch.
fn together(parts: Vec<Column>) -> Option<Column> {
    if parts.len() < 2 || !parts.iter().all(|part| matches!(part, Column::Category(..))) {
        let several = parts.len() > 1;
        return parts.into_iter().map(|part| if several { spelled_out(part) } else { part }).reduce(joined);
    }
    let (mut rows, mut names) = (Vec::with_capacity(parts.iter().map(Column::len).sum()), Interner::default());
    for part in parts {
        let Column::Category(own, texts) = part else { continue };
        let at: Vec<u32> = texts.iter().map(|text| names.intern(text)).collect();
        rows.extend(own.into_iter().map(|row| at[row as usize]));
    }
    Some(Column::Category(rows, (0..names.len()).map(|id| names.key(id as u32).to_string()).collect()))
}

/// Columns of two batches; one may have had missing numbers and the other none.
fn joined(before: Column, part: Column) -> Column {
    match (before, part) {
        (Column::Text(mut a), Column::Text(b)) => {
            a.extend(b);
            Column::Text(a)
        }
        (Column::Integer(mut a), Column::Integer(b)) => {
            a.extend(b);
            Column::Integer(a)
        }
        (Column::Bool(mut a), Column::Bool(b)) => {
            a.extend(b);
            Column::Bool(a)
        }
        (Column::Day(mut a), Column::Day(b)) => {
            a.extend(b);
            Column::Day(a)
        }
        (Column::Timestamp(mut a), Column::Timestamp(b)) => {
            a.extend(b);
            Column::Timestamp(a)
        }
        (a, b) => {
            let mut a = floats(a);
            a.extend(floats(b));
            Column::Float(a)
        }
    }
}

fn floats(column: Column) -> Vec<f64> {
    match column {
        Column::Float(v) => v,
        Column::Integer(v) => v.into_iter().map(|x| x as f64).collect(),
        Column::Bool(v) => v.into_iter().map(|x| f64::from(u8::from(x))).collect(),
        other => vec![f64::NAN; other.len()],
    }
}

fn column_of(name: &str, array: &ArrayRef, row: usize) -> Result<Column> {
    use DataType as D;
    Ok(match array.data_type() {
        D::Null => Column::Float(vec![f64::NAN; array.len()]),
        D::Utf8 => texts(array.as_string::<i32>().iter()),
        D::LargeUtf8 => texts(array.as_string::<i64>().iter()),
        D::Utf8View => texts(array.as_string_view().iter()),
        D::Dictionary(_, _) => dictionary(name, array, row)?,
        D::Boolean => booleans(array.as_boolean()),
        D::Int8 => integers::<arrow::Int8Type>(array),
        D::Int16 => integers::<arrow::Int16Type>(array),
        D::Int32 => integers::<arrow::Int32Type>(array),
        D::Int64 => integers::<arrow::Int64Type>(array),
        D::UInt8 => integers::<arrow::UInt8Type>(array),
        D::UInt16 => integers::<arrow::UInt16Type>(array),
        D::UInt32 => integers::<arrow::UInt32Type>(array),
        D::UInt64 => unsigned(name, array.as_primitive::<arrow::UInt64Type>(), row)?,
        D::Float16 => numbers(array.as_primitive::<arrow::Float16Type>().iter().map(|x| x.map(|x| x.to_f64()))),
        D::Float32 => numbers(array.as_primitive::<arrow::Float32Type>().iter().map(|x| x.map(f64::from))),
        D::Float64 => numbers(array.as_primitive::<arrow::Float64Type>().iter()),
        D::Date32 => Column::Day(given::<arrow::Date32Type>(name, array, row)?.map(Day).collect()),
        D::Date64 => {
            let days = given::<arrow::Date64Type>(name, array, row)?;
            Column::Day(days.map(|ms| Timestamp(ms).day(0)).collect())
        }
        D::Timestamp(unit, _) => Column::Timestamp(instants(name, array, *unit, row)?),
        other => return Err(wrong(name, other)),
    })
}

/// Shorter columns are held text by text.
const MANY_ROWS: usize = 1_024;

/// Texts of a column, each held once where on average it comes four times or more.
fn texts<'a>(values: impl ExactSizeIterator<Item = Option<&'a str>>) -> Column {
    let (mut rows, mut names, length) = (Vec::new(), Interner::default(), values.len());
    let mut values = values.map(Option::unwrap_or_default);
    if length >= MANY_ROWS {
        for text in values.by_ref() {
            rows.push(names.intern(text));
            if rows.len() == MANY_ROWS && 4 * names.len() > MANY_ROWS {
                break;
            }
        }
    }
    let name = |id: u32| names.key(id).to_string();
    if length >= MANY_ROWS && rows.len() == length && 4 * names.len() <= length {
        return Column::Category(rows, (0..names.len() as u32).map(name).collect());
    }
    Column::Text(rows.into_iter().map(name).chain(values.map(str::to_string)).collect())
}

/// The same column with each text written out.
fn spelled_out(column: Column) -> Column {
    match column {
        Column::Category(rows, texts) => Column::Text(rows.iter().map(|at| texts[*at as usize].clone()).collect()),
        other => other,
    }
}

fn numbers(values: impl Iterator<Item = Option<f64>>) -> Column {
    Column::Float(values.map(|x| x.unwrap_or(f64::NAN)).collect())
}

fn booleans(array: &BooleanArray) -> Column {
    if array.null_count() == 0 {
        return Column::Bool(array.iter().map(|x| x.unwrap_or_default()).collect());
    }
    numbers(array.iter().map(|x| x.map(|x| f64::from(u8::from(x)))))
}

fn integers<T: ArrowPrimitiveType>(array: &ArrayRef) -> Column
where
    T::Native: Into<i64>,
{
    let array = array.as_primitive::<T>();
    if array.null_count() == 0 {
        return Column::Integer(array.values().iter().map(|x| (*x).into()).collect());
    }
    numbers(array.iter().map(|x| x.map(|x| x.into() as f64)))
}

fn unsigned(name: &str, array: &PrimitiveArray<arrow::UInt64Type>, row: usize) -> Result<Column> {
    if array.null_count() > 0 {
        return Ok(numbers(array.iter().map(|x| x.map(|x| x as f64))));
    }
    let whole = |(i, x): (usize, &u64)| {
        i64::try_from(*x).map_err(|_| Error::argument(format!("{name}[{}]", row + i), "at most 9223372036854775807", x))
    };
    array.values().iter().enumerate().map(whole).collect::<Result<_>>().map(Column::Integer)
}

/// The values of a column that may not miss any.
fn given<'a, T: ArrowPrimitiveType>(
    name: &str,
    array: &'a ArrayRef,
    row: usize,
) -> Result<impl Iterator<Item = T::Native> + 'a> {
    if let Some(i) = (0..array.len()).find(|i| array.is_null(*i)) {
        return Err(Error::argument(format!("{name}[{}]", row + i), "a date or an instant", "null"));
    }
    Ok(array.as_primitive::<T>().values().iter().copied())
}

fn instants(name: &str, array: &ArrayRef, unit: TimeUnit, row: usize) -> Result<Vec<Timestamp>> {
    Ok(match unit {
        TimeUnit::Second => {
            given::<arrow::TimestampSecondType>(name, array, row)?.map(|x| Timestamp(x.saturating_mul(1000))).collect()
        }
        TimeUnit::Millisecond => given::<arrow::TimestampMillisecondType>(name, array, row)?.map(Timestamp).collect(),
        TimeUnit::Microsecond => {
            given::<arrow::TimestampMicrosecondType>(name, array, row)?.map(|x| Timestamp(x.div_euclid(1000))).collect()
        }
        TimeUnit::Nanosecond => given::<arrow::TimestampNanosecondType>(name, array, row)?
            .map(|x| Timestamp(x.div_euclid(1_000_000)))
            .collect(),
    })
}

fn dictionary(name: &str, array: &ArrayRef, row: usize) -> Result<Column> {
    let array = array.as_any_dictionary();
    let Column::Text(values) = spelled_out(column_of(name, array.values(), row)?) else {
        return Err(wrong(name, "categories that are no text"));
    };
    let keys = array.keys();
    let positions = if values.is_empty() { vec![0; keys.len()] } else { array.normalized_keys() };
    let text = |(i, at): (usize, usize)| match keys.is_null(i) {
        true => String::new(),
        false => values.get(at).cloned().unwrap_or_default(),
    };
    Ok(Column::Text(positions.into_iter().enumerate().map(text).collect()))
}

/// Reads all streams into tables, and the units of their times.
pub fn read_all(sources: Vec<(String, Source)>) -> trousse::Result<(trousse::ops::Tables, Units)> {
    let (mut tables, mut units) = (trousse::ops::Tables::new(), Units::new());
    for (key, source) in sources {
        let (table, own) = source.read()?;
        units.extend(own);
        tables.insert(key, table);
    }
    Ok((tables, units))
}

/// Gives columns that came in and went out their first type again: ids as integers, naive instants.
pub fn like_input(answer: Table, inputs: &ops::Tables, mut units: Units) -> Result<PyTable> {
    let mut table = Table::default();
    units.retain(|name, _| matches!(answer.get(name), Some(Column::Day(_) | Column::Timestamp(_))));
    for (name, column) in answer.into_columns() {
        let was_integer = inputs.values().any(|input| matches!(input.get(&name), Some(Column::Integer(_))));
        let whole = match &column {
            Column::Text(texts) if was_integer => texts.iter().map(|text| text.parse().ok()).collect(),
            Column::Category(rows, texts) if was_integer => {
                let numbers: Option<Vec<i64>> = texts.iter().map(|text| text.parse().ok()).collect();
                numbers.map(|numbers| rows.iter().map(|at| numbers[*at as usize]).collect())
            }
            _ => None,
        };
        table.push(name, whole.map_or(column, Column::Integer))?;
    }
    Ok(PyTable { table, units })
}

fn table_of_dict(columns: &Bound<'_, PyDict>) -> PyResult<Table> {
    let py = columns.py();
    let mut table = Table::default();
    for (name, values) in columns {
        let name: String = name.extract()?;
        let column = list_column(&name, &values)?;
        table.push(name, column).map_err(|error| raise(py, &error))?;
    }
    Ok(table)
}

fn list_column(name: &str, values: &Bound<'_, PyAny>) -> PyResult<Column> {
    let py = values.py();
    if let Ok(buffer) = PyBuffer::<f64>::get(values)
        && buffer.dimensions() == 1
    {
        return buffer.to_vec(py).map(Column::Float);
    }
    if let Ok(buffer) = PyBuffer::<i64>::get(values)
        && buffer.dimensions() == 1
    {
        return buffer.to_vec(py).map(Column::Integer);
    }
    let cells: PyResult<Vec<Cell>> = values
        .try_iter()?
        .enumerate()
        .map(|(row, value)| {
            let value = value?;
            cell(&value).ok_or_else(|| raise(py, &wrong(name, format!("{} in row {row}", type_name(&value)))))
        })
        .collect();
    cells_column(name, cells?).map_err(|error| raise(py, &error))
}

/// A cell of a list.
enum Cell {
    Missing,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Day(Day),
    Instant(Timestamp),
}

impl Cell {
    fn kind(&self) -> &'static str {
        match self {
            Cell::Missing => "nothing",
            Cell::Bool(_) | Cell::Integer(_) | Cell::Float(_) => "numbers",
            Cell::Text(_) => "text",
            Cell::Day(_) => "days",
            Cell::Instant(_) => "instants",
        }
    }

    fn number(&self) -> f64 {
        match self {
            Cell::Bool(x) => f64::from(u8::from(*x)),
            Cell::Integer(x) => *x as f64,
            Cell::Float(x) => *x,
            _ => f64::NAN,
        }
    }
}

/// The column of the kind of the first cell that is there.
fn cells_column(name: &str, cells: Vec<Cell>) -> Result<Column> {
    // A float NaN is how many libraries spell a missing text or day.
    let missing = |cell: &Cell| matches!(cell, Cell::Missing) || matches!(cell, Cell::Float(x) if x.is_nan());
    let kind = cells.iter().find(|cell| !missing(cell)).map_or("numbers", Cell::kind);
    if let Some((row, other)) = cells.iter().enumerate().find(|(_, cell)| !missing(cell) && cell.kind() != kind) {
        return Err(wrong(name, format!("{kind}, and {} in row {row}", other.kind())));
    }
    if let ("days" | "instants", Some(row)) = (kind, cells.iter().position(missing)) {
        return Err(Error::argument(format!("{name}[{row}]"), "a date or an instant", "None"));
    }
    if cells.iter().all(|cell| matches!(cell, Cell::Integer(_))) && !cells.is_empty() {
        return Ok(Column::Integer(
            cells.iter().filter_map(|c| if let Cell::Integer(x) = c { Some(*x) } else { None }).collect(),
        ));
    }
    if cells.iter().all(|cell| matches!(cell, Cell::Bool(_))) && !cells.is_empty() {
        return Ok(Column::Bool(cells.iter().map(|cell| matches!(cell, Cell::Bool(true))).collect()));
    }
    Ok(match kind {
        "text" => Column::Text(
            cells.into_iter().map(|c| if let Cell::Text(text) = c { text } else { String::new() }).collect(),
        ),
        "days" => {
            Column::Day(cells.iter().filter_map(|c| if let Cell::Day(day) = c { Some(*day) } else { None }).collect())
        }
        "instants" => Column::Timestamp(
            cells.iter().filter_map(|c| if let Cell::Instant(t) = c { Some(*t) } else { None }).collect(),
        ),
        _ => Column::Float(cells.iter().map(Cell::number).collect()),
    })
}

fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "something else".into(), |name| name.to_string())
}

fn cell(value: &Bound<'_, PyAny>) -> Option<Cell> {
    if value.is_none() {
        return Some(Cell::Missing);
    }
    if let Ok(x) = value.cast::<PyBool>() {
        return Some(Cell::Bool(x.is_true()));
    }
    if value.is_instance_of::<PyInt>() {
        return value.extract().ok().map(Cell::Integer);
    }
    if let Ok(x) = value.cast::<PyFloat>() {
        return Some(Cell::Float(x.value()));
    }
    if let Ok(x) = value.cast::<PyString>() {
        return x.to_str().ok().map(|x| Cell::Text(x.to_string()));
    }
    if let Ok(ordinal) = value.call_method0("toordinal").and_then(|day| day.extract::<i32>()) {
        let day = Day(ordinal.saturating_sub(EPOCH_ORDINAL));
        return Some(match milliseconds(value) {
            Some(in_day) => Cell::Instant(Timestamp(day.start(0).0.saturating_add(in_day))),
            None => Cell::Day(day),
        });
    }
    let item = value.call_method0("item").ok()?; // a scalar of NumPy
    if item.hasattr("item").unwrap_or(true) { None } else { cell(&item) }
}

/// `date(1970, 1, 1).toordinal()`.
const EPOCH_ORDINAL: i32 = 719_163;

/// Milliseconds since the beginning of a `datetime`'s day in UTC; nothing for a `date`.
fn milliseconds(value: &Bound<'_, PyAny>) -> Option<i64> {
    let part = |name: &str| value.getattr(name).and_then(|part| part.extract::<i64>()).ok();
    let seconds = part("hour")? * 3600 + part("minute")? * 60 + part("second")?;
    let offset = value.call_method0("utcoffset").ok()?;
    let offset: f64 = if offset.is_none() { 0.0 } else { offset.call_method0("total_seconds").ok()?.extract().ok()? };
    Some(seconds * 1000 + part("microsecond")? / 1000 - (offset * 1000.0) as i64)
}

/// A table of the core: columns by name, and an Arrow stream for every frame library.
#[pyclass(frozen, module = "trousse._core", name = "Table")]
pub struct PyTable {
    /// The columns.
    pub table: Table,
    /// The units of the instants.
    pub units: Units,
}

#[pymethods]
impl PyTable {
    /// Takes a frame by its Arrow stream, or a dict of columns.
    #[staticmethod]
    fn read(py: Python<'_>, frame: &Bound<'_, PyAny>) -> PyResult<PyTable> {
        let source = Source::new(frame)?;
        let (table, units) = crate::worker::run(py, None, move |_| source.read())?;
        Ok(PyTable { table, units })
    }

    /// Answers how many rows there are.
    fn __len__(&self) -> usize {
        self.table.rows()
    }

    /// Answers the names of the columns.
    fn names(&self) -> Vec<String> {
        self.table.columns().iter().map(|(name, _)| name.clone()).collect()
    }

    /// Answers a column as a list: days as `date`, instants as `datetime` in UTC.
    fn column<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        match self.table.column(name).map_err(|error| raise(py, &error))? {
            Column::Text(v) => PyList::new(py, v),
            Column::Category(rows, texts) => {
                let texts: Vec<Bound<'_, PyString>> = texts.iter().map(|text| PyString::new(py, text)).collect();
                PyList::new(py, rows.iter().map(|at| &texts[*at as usize]))
            }
            Column::Float(v) => PyList::new(py, v),
            Column::Integer(v) => PyList::new(py, v),
            Column::Bool(v) => PyList::new(py, v),
            Column::Day(v) => {
                let make = py.import("datetime")?.getattr("date")?.getattr("fromordinal")?;
                let days: PyResult<Vec<_>> = v.iter().map(|day| make.call1((day.0 + EPOCH_ORDINAL,))).collect();
                PyList::new(py, days?)
            }
            Column::Timestamp(v) => {
                let module = py.import("datetime")?;
                let (make, utc) = (module.getattr("datetime")?.getattr("fromtimestamp")?, module.getattr("timezone")?);
                let utc = utc.getattr("utc")?;
                let instants: PyResult<Vec<_>> = v.iter().map(|t| make.call1((t.0 as f64 / 1000.0, &utc))).collect();
                PyList::new(py, instants?)
            }
        }
    }

    /// Exports the rows as an Arrow stream.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema; // a wish that the protocol allows to leave open
        let array = |(name, column): &(String, Column)| (name.clone(), exported(column, self.units.get(name)));
        stream(py, self.table.columns().iter().map(array).collect())
    }
}

fn exported(column: &Column, unit: Option<&TimeUnit>) -> ArrayRef {
    match (column, unit) {
        (Column::Text(v), _) => Arc::new(StringArray::from_iter_values(v)),
        (Column::Category(rows, texts), _) => {
            Arc::new(StringArray::from_iter_values(rows.iter().map(|at| &texts[*at as usize])))
        }
        (Column::Float(v), _) => Arc::new(Float64Array::from(v.clone())),
        (Column::Integer(v), _) => Arc::new(Int64Array::from(v.clone())),
        (Column::Bool(v), _) => Arc::new(BooleanArray::from(v.clone())),
        (Column::Day(v), None) => Arc::new(Date32Array::from_iter_values(v.iter().map(|day| day.0))),
        (Column::Day(v), Some(unit)) => naive(v.iter().map(|day| day.start(0)), *unit),
        (Column::Timestamp(v), Some(unit)) => naive(v.iter().copied(), *unit),
        (Column::Timestamp(v), None) => {
            Arc::new(TimestampMillisecondArray::from_iter_values(v.iter().map(|t| t.0)).with_timezone("UTC"))
        }
    }
}

fn naive(instants: impl Iterator<Item = Timestamp>, unit: TimeUnit) -> ArrayRef {
    match unit {
        TimeUnit::Second => Arc::new(TimestampSecondArray::from_iter_values(instants.map(|t| t.0.div_euclid(1000)))),
        TimeUnit::Millisecond => Arc::new(TimestampMillisecondArray::from_iter_values(instants.map(|t| t.0))),
        TimeUnit::Microsecond => {
            Arc::new(TimestampMicrosecondArray::from_iter_values(instants.map(|t| t.0.saturating_mul(1000))))
        }
        TimeUnit::Nanosecond => {
            Arc::new(TimestampNanosecondArray::from_iter_values(instants.map(|t| t.0.saturating_mul(1_000_000))))
        }
    }
}

/// Exports rows of objects as an Arrow stream: `(name, kind, values)` with `None` for null.
#[pyfunction]
pub fn stream_of_rows<'py>(
    py: Python<'py>,
    columns: Vec<(String, String, Bound<'py, PyAny>)>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let mut arrays = Vec::new();
    for (name, kind, values) in columns {
        let array: ArrayRef = match kind.as_str() {
            "integer" => Arc::new(Int64Array::from(values.extract::<Vec<Option<i64>>>()?)),
            "float" => Arc::new(Float64Array::from(values.extract::<Vec<Option<f64>>>()?)),
            "bool" => Arc::new(BooleanArray::from(values.extract::<Vec<Option<bool>>>()?)),
            "day" => Arc::new(Date32Array::from(values.extract::<Vec<Option<i32>>>()?)),
            "instant" => {
                Arc::new(TimestampMillisecondArray::from(values.extract::<Vec<Option<i64>>>()?).with_timezone("UTC"))
            }
            _ => Arc::new(StringArray::from(values.extract::<Vec<Option<String>>>()?)),
        };
        arrays.push((name, array));
    }
    stream(py, arrays)
}

fn stream<'py>(py: Python<'py>, columns: Vec<(String, ArrayRef)>) -> PyResult<Bound<'py, PyCapsule>> {
    let broken = |error: ArrowError| raise(py, &Error::Internal { message: error.to_string() });
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let arrays: Vec<ArrayRef> = columns.into_iter().map(|(_, array)| array).collect();
    let rows = arrays.first().map_or(0, |array| array.len());
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options).map_err(broken)?;
    let reader = RecordBatchIterator::new([Ok(batch)], schema);
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), STREAM)
}
