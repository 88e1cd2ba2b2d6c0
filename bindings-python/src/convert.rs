//! Frames in and out: the Arrow stream protocol of Python and plain dicts of columns.
//!
//! A missing number becomes `NaN`, a missing text the empty text; a missing day or instant is an error,
//! since no number can stand for it. Arrow crosses by pointer; this is the one file with `unsafe`.
//!
//! In: `float64` without nulls (or with `NaN` under each of them, as pandas has it), `int64` without nulls, `date32`
//! and instants in milliseconds are used where they lie, and stay alive as long as they are read; several batches are
//! copied together once. Other numbers, days and instants are converted in one pass, booleans unpacked. Texts are read,
//! those that repeat held once; categories stay categories. Out: columns of numbers, days and instants leave by
//! pointer, however often; naive instants that were no milliseconds are converted back once.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::panic::AssertUnwindSafe;
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::types as arrow;
use arrow_array::types::ArrowDictionaryKeyType;
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array,
    LargeStringArray, PrimitiveArray, RecordBatch, RecordBatchIterator, RecordBatchReader, StringArray,
    StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray, UInt32Array,
};
use arrow_buffer::{ArrowNativeType, Buffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema, TimeUnit};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyCapsule, PyDict, PyFloat, PyInt, PyList, PyString};
use trousse::base::{Interner, Lent, View, table::Slice};
use trousse::{Column, Day, Error, Result, Table, Timestamp};

use crate::raise;

const STREAM: &CStr = c"arrow_array_stream";

/// What columns that came in were, by name, where the core knows it in one form: columns that go out under such a name
/// take that type again.
pub type Kinds = BTreeMap<String, Kind>;

/// A type of a column that came in.
#[derive(Clone)]
pub enum Kind {
    /// Integers, which may have been ids.
    Integer,
    /// Instants without a time zone.
    Naive(TimeUnit),
    /// Categories.
    Category {
        /// Their type.
        field: FieldRef,
        /// All of them, in order.
        texts: Arc<Vec<String>>,
    },
}

/// A frame on its way in.
pub enum Source {
    /// An Arrow stream that nobody has read yet.
    Stream(Box<RecordBatchStreamReader>),
    /// The columns of a table that went out.
    Own(Vec<Held>),
    /// Columns that are here already.
    Ready(Table),
}

impl Source {
    /// Takes a frame by its Arrow stream, or a dict of columns by value.
    pub fn new(frame: &Bound<'_, PyAny>) -> PyResult<Source> {
        if let Ok(own) = frame.cast::<PyTable>() {
            return Ok(Source::Own(own.get().columns.clone()));
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
    pub fn read(self) -> Result<(Table, Kinds)> {
        let mut batches = Vec::new();
        let fields: Vec<FieldRef> = match self {
            Source::Ready(table) => {
                let integers = table.columns().iter().filter(|(_, column)| matches!(column.view(), View::Integer(_)));
                let kinds = integers.map(|(name, _)| (name.clone(), Kind::Integer)).collect();
                return Ok((table, kinds));
            }
            Source::Own(columns) => {
                batches.push(columns.iter().map(|held| held.array.clone()).collect());
                columns.into_iter().map(|held| held.field).collect()
            }
            Source::Stream(reader) => {
                let fields = reader.schema().fields().iter().cloned().collect();
                for batch in reader {
                    batches.push(batch.map_err(unreadable)?.columns().to_vec());
                }
                fields
            }
        };
        let (mut table, mut kinds) = (Table::default(), Kinds::new());
        for (at, field) in fields.into_iter().enumerate().filter(|(_, field)| !is_index(field.name())) {
            let mut arrays: Vec<ArrayRef> = batches.iter().map(|batch| batch[at].clone()).collect();
            if arrays.is_empty() {
                arrays.push(arrow_array::new_empty_array(field.data_type()));
            }
            let mut row = 0;
            let part = |array: &ArrayRef| {
                row += array.len();
                column_of(field.name(), array, row - array.len())
            };
            let column = together(arrays.iter().map(part).collect::<Result<_>>()?);
            if let Some(kind) = kind_of(&field, &column, &arrays) {
                kinds.insert(field.name().clone(), kind);
            }
            table.push(field.name(), column)?;
        }
        Ok((table, kinds))
    }
}

/// What a column has to become again.
fn kind_of(field: &FieldRef, column: &Column, arrays: &[ArrayRef]) -> Option<Kind> {
    match (field.data_type(), column.view()) {
        (DataType::Timestamp(unit, None), _) => Some(Kind::Naive(*unit)),
        (DataType::Dictionary(..), View::Category(_, texts)) => {
            let is_given = |array: &ArrayRef| {
                let values = strings(array.as_any_dictionary().values());
                values.is_some_and(|mut values| values.any(|text| text == Some("")))
            };
            let empty = arrays.iter().any(is_given);
            let texts = texts.iter().filter(|text| empty || !text.is_empty()).cloned().collect();
            Some(Kind::Category { field: field.clone(), texts: Arc::new(texts) })
        }
        (_, View::Integer(_)) => Some(Kind::Integer),
        _ => None,
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

/// The column of all batches.
fn together(mut parts: Vec<Column>) -> Column {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    if parts.iter().all(|part| matches!(part, Column::Category(..))) {
        let (mut rows, mut names) = (Vec::with_capacity(parts.iter().map(Column::len).sum()), Interner::default());
        for part in &parts {
            let Column::Category(own, texts) = part else { continue };
            let at: Vec<u32> = texts.iter().map(|text| names.intern(text)).collect();
            rows.extend(own.iter().map(|row| at[*row as usize]));
        }
        return Column::Category(rows, keys(&names));
    }
    if parts.iter().any(|part| part.kind() == "text") {
        return Column::Text(parts.into_iter().flat_map(spelled_out).collect());
    }
    let longs = |view| if let View::Integer(v) = view { Some(v) } else { None };
    let bools = |view| if let View::Bool(v) = view { Some(v) } else { None };
    let days = |view| if let View::Day(v) = view { Some(v) } else { None };
    let instants = |view| if let View::Timestamp(v) = view { Some(v) } else { None };
    (joined(&parts, longs).map(Column::Integer))
        .or_else(|| joined(&parts, bools).map(Column::Bool))
        .or_else(|| joined(&parts, days).map(Column::Day))
        .or_else(|| joined(&parts, instants).map(Column::Timestamp))
        .unwrap_or_else(|| floats(&parts))
}

/// The values of all batches, where they are of one kind.
fn joined<'a, T: Clone + 'a>(parts: &'a [Column], of: impl Fn(View<'a>) -> Option<&'a [T]>) -> Option<Vec<T>> {
    let slices: Option<Vec<&[T]>> = parts.iter().map(|part| of(part.view())).collect();
    slices.map(|slices| slices.concat())
}

/// Numbers of all batches; one may have had missing ones and another none.
fn floats(parts: &[Column]) -> Column {
    let mut all = Vec::with_capacity(parts.iter().map(Column::len).sum());
    for part in parts {
        match part.view() {
            View::Float(v) => all.extend_from_slice(v),
            View::Integer(v) => all.extend(v.iter().map(|x| *x as f64)),
            View::Bool(v) => all.extend(v.iter().map(|x| f64::from(u8::from(*x)))),
            other => all.resize(all.len() + other.len(), f64::NAN),
        }
    }
    Column::Float(all)
}

fn keys(names: &Interner) -> Vec<String> {
    (0..names.len() as u32).map(|id| names.key(id).to_string()).collect()
}

fn column_of(name: &str, array: &ArrayRef, row: usize) -> Result<Column> {
    use DataType as D;
    Ok(match array.data_type() {
        D::Null => Column::Float(vec![f64::NAN; array.len()]),
        D::Utf8 => texts(array.as_string::<i32>().iter()),
        D::LargeUtf8 => texts(array.as_string::<i64>().iter()),
        D::Utf8View => texts(array.as_string_view().iter()),
        D::Dictionary(_, _) => dictionary(name, array)?,
        D::Boolean => booleans(array.as_boolean()),
        D::Int8 => integers::<arrow::Int8Type>(array),
        D::Int16 => integers::<arrow::Int16Type>(array),
        D::Int32 => integers::<arrow::Int32Type>(array),
        D::Int64 if array.null_count() == 0 => {
            Column::Lent(Lent::Integer(lent(array.as_primitive::<arrow::Int64Type>())))
        }
        D::Int64 => integers::<arrow::Int64Type>(array),
        D::UInt8 => integers::<arrow::UInt8Type>(array),
        D::UInt16 => integers::<arrow::UInt16Type>(array),
        D::UInt32 => integers::<arrow::UInt32Type>(array),
        D::UInt64 => unsigned(name, array.as_primitive::<arrow::UInt64Type>(), row)?,
        D::Float16 => numbers(array.as_primitive::<arrow::Float16Type>().iter().map(|x| x.map(|x| x.to_f64()))),
        D::Float32 => numbers(array.as_primitive::<arrow::Float32Type>().iter().map(|x| x.map(f64::from))),
        D::Float64 => doubles(array.as_primitive::<arrow::Float64Type>()),
        D::Date32 => {
            let days = given::<arrow::Date32Type>(name, array, row)?;
            Column::Lent(Lent::Day(Arc::new(Days(days.values().clone()))))
        }
        D::Date64 => {
            let days = given::<arrow::Date64Type>(name, array, row)?;
            Column::Day(days.values().iter().map(|ms| Timestamp(*ms).day(0)).collect())
        }
        D::Timestamp(unit, _) => instants(name, array, *unit, row)?,
        other => return Err(wrong(name, other)),
    })
}

/// Days in an Arrow buffer.
struct Days(ScalarBuffer<i32>);

impl AsRef<[Day]> for Days {
    fn as_ref(&self) -> &[Day] {
        let days: &[i32] = &self.0;
        // SAFETY: `Day` is a transparent `i32`.
        unsafe { std::slice::from_raw_parts(days.as_ptr().cast(), days.len()) }
    }
}

/// Instants in an Arrow buffer of milliseconds.
struct Instants(ScalarBuffer<i64>);

impl AsRef<[Timestamp]> for Instants {
    fn as_ref(&self) -> &[Timestamp] {
        let instants: &[i64] = &self.0;
        // SAFETY: `Timestamp` is a transparent `i64`.
        unsafe { std::slice::from_raw_parts(instants.as_ptr().cast(), instants.len()) }
    }
}

/// The values of an array, where they lie.
fn lent<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>) -> Slice<T::Native> {
    Arc::new(array.values().clone())
}

/// Floats where they lie, unless a missing one is no `NaN`.
fn doubles(array: &Float64Array) -> Column {
    if array.nulls().is_none_or(|nulls| nulls.iter().zip(array.values()).all(|(valid, x)| valid || x.is_nan())) {
        return Column::Lent(Lent::Float(lent(array)));
    }
    numbers(array.iter())
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
    if length >= MANY_ROWS && rows.len() == length && 4 * names.len() <= length {
        return Column::Category(rows, keys(&names));
    }
    let name = |id: u32| names.key(id).to_string();
    Column::Text(rows.into_iter().map(name).chain(values.map(str::to_string)).collect())
}

/// The texts of a column, each written out; of a column of another kind none, one by one.
fn spelled_out(column: Column) -> Vec<String> {
    match column {
        Column::Text(texts) => texts,
        Column::Category(rows, texts) => rows.iter().map(|at| texts[*at as usize].clone()).collect(),
        other => vec![String::new(); other.len()],
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

/// A column that may not miss any value.
fn given<'a, T: ArrowPrimitiveType>(name: &str, array: &'a ArrayRef, row: usize) -> Result<&'a PrimitiveArray<T>> {
    if let Some(i) = array.nulls().and_then(|nulls| nulls.iter().position(|valid| !valid)) {
        return Err(Error::argument(format!("{name}[{}]", row + i), "a date or an instant", "null"));
    }
    Ok(array.as_primitive::<T>())
}

fn instants(name: &str, array: &ArrayRef, unit: TimeUnit, row: usize) -> Result<Column> {
    let times = |values: &[i64], milliseconds: fn(i64) -> i64| {
        Column::Timestamp(values.iter().map(|time| Timestamp(milliseconds(*time))).collect())
    };
    Ok(match unit {
        TimeUnit::Second => {
            times(given::<arrow::TimestampSecondType>(name, array, row)?.values(), |x| x.saturating_mul(1000))
        }
        TimeUnit::Millisecond => {
            let instants = given::<arrow::TimestampMillisecondType>(name, array, row)?;
            Column::Lent(Lent::Timestamp(Arc::new(Instants(instants.values().clone()))))
        }
        TimeUnit::Microsecond => {
            times(given::<arrow::TimestampMicrosecondType>(name, array, row)?.values(), |x| x.div_euclid(1000))
        }
        TimeUnit::Nanosecond => {
            times(given::<arrow::TimestampNanosecondType>(name, array, row)?.values(), |x| x.div_euclid(1_000_000))
        }
    })
}

/// The texts of an array of texts, or of one that knows of none.
fn strings(array: &ArrayRef) -> Option<Box<dyn Iterator<Item = Option<&str>> + '_>> {
    Some(match array.data_type() {
        DataType::Utf8 => Box::new(array.as_string::<i32>().iter()),
        DataType::LargeUtf8 => Box::new(array.as_string::<i64>().iter()),
        DataType::Utf8View => Box::new(array.as_string_view().iter()),
        DataType::Null => Box::new(std::iter::repeat_n(None, array.len())),
        _ => return None,
    })
}

/// Categories: a row without one has the empty text.
fn dictionary(name: &str, array: &ArrayRef) -> Result<Column> {
    let array = array.as_any_dictionary();
    let values = strings(array.values()).ok_or_else(|| wrong(name, "categories that are no text"))?;
    let mut names = Interner::default();
    let at: Vec<u32> = values.map(|text| names.intern(text.unwrap_or_default())).collect();
    let missing = if array.keys().null_count() > 0 { names.intern("") } else { 0 };
    let positions = if at.is_empty() { vec![0; array.keys().len()] } else { array.normalized_keys() };
    let row = |(i, position): (usize, usize)| match array.keys().is_null(i) {
        true => missing,
        false => at.get(position).copied().unwrap_or(missing),
    };
    Ok(Column::Category(positions.into_iter().enumerate().map(row).collect(), keys(&names)))
}

/// Reads all streams into tables, and what their columns were.
pub fn read_all(sources: Vec<(String, Source)>) -> Result<(trousse::ops::Tables, Kinds)> {
    let (mut tables, mut kinds) = (trousse::ops::Tables::new(), Kinds::new());
    for (key, source) in sources {
        let (table, own) = source.read()?;
        for (name, kind) in own {
            kinds.entry(name).or_insert(kind);
        }
        tables.insert(key, table);
    }
    Ok((tables, kinds))
}

/// A column of integers again, where all its texts are numbers.
fn numbered(column: Column) -> Column {
    let whole: Option<Vec<i64>> = match &column {
        Column::Text(texts) => texts.iter().map(|text| text.parse().ok()).collect(),
        Column::Category(rows, texts) => {
            let numbers: Option<Vec<i64>> = texts.iter().map(|text| text.parse().ok()).collect();
            numbers.map(|numbers| rows.iter().map(|at| numbers[*at as usize]).collect())
        }
        _ => None,
    };
    whole.map_or(column, Column::Integer)
}

/// A column of an answer as an Arrow array.
#[derive(Clone)]
pub struct Held {
    /// Name and type as it leaves.
    field: FieldRef,
    /// The values; texts that repeat are held once also where they leave as plain texts.
    array: ArrayRef,
    /// The values as they leave, once they did.
    spelled: Arc<OnceLock<ArrayRef>>,
}

impl Held {
    fn new(name: &str, array: ArrayRef) -> Held {
        let field = Arc::new(Field::new(name, array.data_type().clone(), true));
        Held { field, array, spelled: Arc::default() }
    }

    fn of(name: String, column: Column, kind: Option<&Kind>) -> Held {
        let column = match (column, kind) {
            (column, Some(Kind::Integer)) => numbered(column),
            (Column::Text(texts), Some(Kind::Category { .. })) => Column::categories(texts.iter().map(String::as_str)),
            (column, _) => column,
        };
        let unit = if let Some(Kind::Naive(unit)) = kind { Some(*unit) } else { None };
        let array: ArrayRef = match column {
            Column::Text(texts) => plain_texts(texts.iter().map(String::as_str)),
            Column::Category(rows, texts) => return Held::categories(&name, rows, &texts, kind),
            Column::Float(v) => Arc::new(Float64Array::from(v)),
            Column::Integer(v) => Arc::new(Int64Array::from(v)),
            Column::Bool(v) => Arc::new(BooleanArray::from(v)),
            Column::Day(v) => match unit {
                None => Arc::new(Date32Array::from(v.into_iter().map(|day| day.0).collect::<Vec<i32>>())),
                Some(unit) => naive(v.into_iter().map(|day| day.start(0).0).collect::<Vec<i64>>().into(), unit),
            },
            Column::Timestamp(v) => instants_out(v.into_iter().map(|t| t.0).collect::<Vec<i64>>().into(), unit),
            Column::Lent(Lent::Float(v)) => Arc::new(Float64Array::new(buffer(v), None)),
            Column::Lent(Lent::Integer(v)) => Arc::new(Int64Array::new(buffer(v), None)),
            Column::Lent(Lent::Day(v)) => match unit {
                None => Arc::new(Date32Array::new(buffer(v), None)),
                Some(unit) => {
                    let days: &[Day] = (*v).as_ref();
                    naive(days.iter().map(|day| day.start(0).0).collect::<Vec<i64>>().into(), unit)
                }
            },
            Column::Lent(Lent::Timestamp(v)) => instants_out(buffer(v), unit),
        };
        Held::new(&name, array)
    }

    /// Texts that repeat: as the categories that came in, if all of them are among those, else as plain texts.
    fn categories(name: &str, rows: Vec<u32>, texts: &[String], kind: Option<&Kind>) -> Held {
        if let Some(Kind::Category { field, texts: known }) = kind
            && let Some(array) = same_categories(&rows, texts, field, known)
        {
            let field = Arc::new(field.as_ref().clone().with_name(name).with_nullable(true));
            return Held { field, array, spelled: Arc::default() };
        }
        let length: usize = rows.iter().map(|at| texts[*at as usize].len()).sum();
        let kind = if i32::try_from(length).is_ok() { DataType::Utf8 } else { DataType::LargeUtf8 };
        let values = plain_texts(texts.iter().map(String::as_str));
        let array = DictionaryArray::new(UInt32Array::from(rows), values);
        Held { field: Arc::new(Field::new(name, kind, true)), array: Arc::new(array), spelled: Arc::default() }
    }

    fn leaving(&self) -> ArrayRef {
        if self.array.data_type() == self.field.data_type() {
            return self.array.clone();
        }
        let spell = || {
            let held = self.array.as_dictionary::<arrow::UInt32Type>();
            let texts: Vec<&str> =
                strings(held.values()).into_iter().flatten().map(Option::unwrap_or_default).collect();
            plain_texts(held.keys().values().iter().map(|at| texts[*at as usize]))
        };
        self.spelled.get_or_init(spell).clone()
    }
}

/// Texts in the narrowest type that holds them.
fn plain_texts<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> ArrayRef {
    let length: usize = texts.clone().map(str::len).sum();
    match i32::try_from(length) {
        Ok(_) => Arc::new(StringArray::from_iter_values(texts)),
        Err(_) => Arc::new(LargeStringArray::from_iter_values(texts)),
    }
}

/// Rows as categories of a type that came in; nothing where a text is none of them.
fn same_categories(rows: &[u32], texts: &[String], field: &Field, known: &[String]) -> Option<ArrayRef> {
    let DataType::Dictionary(key, value) = field.data_type() else { return None };
    let mut names = Interner::default();
    known.iter().for_each(|text| {
        names.intern(text);
    });
    let place = |text: &String| names.id(text).map(Some).or_else(|| text.is_empty().then_some(None));
    let places: Vec<Option<u32>> = texts.iter().map(place).collect::<Option<_>>()?;
    let values: ArrayRef = match value.as_ref() {
        DataType::LargeUtf8 => Arc::new(LargeStringArray::from_iter_values(known)),
        DataType::Utf8View => Arc::new(StringViewArray::from_iter_values(known)),
        DataType::Utf8 => Arc::new(StringArray::from_iter_values(known)),
        _ => return None,
    };
    macro_rules! keyed {
        ($($kind:ident => $own:ident),*) => {
            match key.as_ref() {
                $(DataType::$kind => keyed::<arrow::$own>(rows, &places, values),)*
                _ => None,
            }
        };
    }
    keyed!(Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
        UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type)
}

/// Categories by keys of one width; nothing where that has too few.
fn keyed<K: ArrowDictionaryKeyType>(rows: &[u32], places: &[Option<u32>], values: ArrayRef) -> Option<ArrayRef> {
    if !values.is_empty() && K::Native::from_usize(values.len() - 1).is_none() {
        return None;
    }
    let key = |place: Option<u32>| place.and_then(|place| K::Native::from_usize(place as usize));
    let keys: PrimitiveArray<K> = rows.iter().map(|row| key(places[*row as usize])).collect();
    DictionaryArray::try_new(keys, values).ok().map(|array| Arc::new(array) as ArrayRef)
}

/// Values as they lie, for Arrow.
fn buffer<T, N>(values: Slice<T>) -> ScalarBuffer<N>
where
    T: Transparent<N> + 'static,
    N: ArrowNativeType,
{
    let own: &[T] = (*values).as_ref();
    let (at, bytes, length) = (NonNull::from(own).cast::<u8>(), size_of_val(own), own.len());
    // SAFETY: `T` is `N` in memory, and the owner, an Arrow buffer of `column_of`, keeps the values where they are
    // for as long as it lives.
    let buffer = unsafe { Buffer::from_custom_allocation(at, bytes, Arc::new(AssertUnwindSafe(values))) };
    ScalarBuffer::new(buffer, 0, length)
}

/// A type that is laid out as `N` is.
trait Transparent<N> {}
impl Transparent<f64> for f64 {}
impl Transparent<i64> for i64 {}
impl Transparent<i32> for Day {}
impl Transparent<i64> for Timestamp {}

/// Instants in milliseconds: naive ones of a unit, else in UTC.
fn instants_out(milliseconds: ScalarBuffer<i64>, unit: Option<TimeUnit>) -> ArrayRef {
    match unit {
        Some(unit) => naive(milliseconds, unit),
        None => Arc::new(TimestampMillisecondArray::new(milliseconds, None).with_timezone("UTC")),
    }
}

fn naive(milliseconds: ScalarBuffer<i64>, unit: TimeUnit) -> ArrayRef {
    let times = |of: fn(i64) -> i64| milliseconds.iter().map(|ms| of(*ms)).collect::<Vec<i64>>();
    match unit {
        TimeUnit::Second => Arc::new(TimestampSecondArray::from(times(|ms| ms.div_euclid(1000)))),
        TimeUnit::Millisecond => Arc::new(TimestampMillisecondArray::new(milliseconds, None)),
        TimeUnit::Microsecond => Arc::new(TimestampMicrosecondArray::from(times(|ms| ms.saturating_mul(1000)))),
        TimeUnit::Nanosecond => Arc::new(TimestampNanosecondArray::from(times(|ms| ms.saturating_mul(1_000_000)))),
    }
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
    columns: Vec<Held>,
}

impl PyTable {
    /// Takes an answer, and gives columns that came in and go out their first type again: ids as integers, naive
    /// instants, categories.
    pub fn new(answer: Table, kinds: &Kinds) -> PyTable {
        let held = |(name, column): (String, Column)| {
            let kind = kinds.get(&name);
            Held::of(name, column, kind)
        };
        PyTable { columns: answer.into_columns().into_iter().map(held).collect() }
    }
}

#[pymethods]
impl PyTable {
    /// Takes a frame by its Arrow stream, or a dict of columns.
    #[staticmethod]
    fn read(py: Python<'_>, frame: &Bound<'_, PyAny>) -> PyResult<PyTable> {
        let source = Source::new(frame)?;
        crate::worker::run(py, None, move |_| source.read().map(|(table, kinds)| PyTable::new(table, &kinds)))
    }

    /// Answers how many rows there are.
    fn __len__(&self) -> usize {
        self.columns.first().map_or(0, |held| held.array.len())
    }

    /// Answers the names of the columns.
    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|held| held.field.name().clone()).collect()
    }

    /// Answers a column as a list: days as `date`, instants as `datetime` in UTC.
    fn column<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        let held = self.columns.iter().find(|held| held.field.name() == name);
        let held = held
            .ok_or_else(|| raise(py, &Error::MissingColumn { column: name.into(), found: self.names().join(", ") }))?;
        let column = column_of(name, &held.array, 0).map_err(|error| raise(py, &error))?;
        match column.view() {
            View::Text(v) => PyList::new(py, v),
            View::Category(rows, texts) => {
                let texts: Vec<Bound<'_, PyString>> = texts.iter().map(|text| PyString::new(py, text)).collect();
                PyList::new(py, rows.iter().map(|at| &texts[*at as usize]))
            }
            View::Float(v) => PyList::new(py, v),
            View::Integer(v) => PyList::new(py, v),
            View::Bool(v) => PyList::new(py, v),
            View::Day(v) => {
                let make = py.import("datetime")?.getattr("date")?.getattr("fromordinal")?;
                let days: PyResult<Vec<_>> = v.iter().map(|day| make.call1((day.0 + EPOCH_ORDINAL,))).collect();
                PyList::new(py, days?)
            }
            View::Timestamp(v) => {
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
        let columns = py.detach(|| self.columns.iter().map(|held| (held.field.clone(), held.leaving())).collect());
        stream(py, columns)
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
        arrays.push((Arc::new(Field::new(name, array.data_type().clone(), true)), array));
    }
    stream(py, arrays)
}

fn stream<'py>(py: Python<'py>, columns: Vec<(FieldRef, ArrayRef)>) -> PyResult<Bound<'py, PyCapsule>> {
    let broken = |error: ArrowError| raise(py, &Error::Internal { message: error.to_string() });
    let (fields, arrays): (Vec<FieldRef>, Vec<ArrayRef>) = columns.into_iter().unzip();
    let schema = Arc::new(Schema::new(fields));
    let rows = arrays.first().map_or(0, |array| array.len());
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options).map_err(broken)?;
    let reader = RecordBatchIterator::new([Ok(batch)], schema);
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), STREAM)
}
