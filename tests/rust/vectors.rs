//! Runs `tests/vectors/*.json` through the public operations of the Rust face; Python and Node run
//! the same files through theirs.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use trousse::base::{Lent, View};
use trousse::ops::{self, OPS, Run, Tables};
use trousse::{Column, Day, Engine, Error, Options, Shared, Table, Task, Timestamp};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");
/// No vector may lean on the clock: those that need an instant name it.
const CLOCK: Timestamp = Timestamp(1_795_424_400_000);

#[test]
fn every_vector_holds() {
    let mut files: Vec<_> = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut failures = Vec::new();
    let mut cases = 0;
    for file in &files {
        for case in read(file)["cases"].as_array().expect("cases") {
            cases += 1;
            if let Err(why) = run_case(case) {
                failures.push(format!("{}: {}: {why}", file.file_name().unwrap().display(), text(case, "name")));
            }
        }
    }
    assert!(cases >= 40, "only {cases} vectors in {FOLDER}");
    assert!(failures.is_empty(), "{} of {cases} vectors fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_operation_has_a_vector() {
    let mut used = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        for case in read(&entry.unwrap().path())["cases"].as_array().expect("cases") {
            let on_engine = case["steps"].is_array();
            let steps = case["steps"].as_array().cloned().unwrap_or_else(|| vec![case.clone()]);
            used.extend(steps.iter().map(|step| (on_engine, text(step, "op"))));
        }
    }
    let missing: Vec<&str> = OPS
        .iter()
        .filter(|op| {
            let on_engine = !matches!(op.run, Run::Function(_) | Run::Frame(_));
            !used.contains(&(on_engine, op.name.to_string()))
        })
        .map(|op| op.name)
        .collect();
    assert!(missing.is_empty(), "operations without a vector: {missing:?}");
}

/// How a frame holds its columns changes neither answer nor error.
#[test]
fn lent_columns_and_categories_answer_as_their_own_do() {
    let mut frames = 0;
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        for case in read(&entry.unwrap().path())["cases"].as_array().expect("cases") {
            let on_engine = case["steps"].is_array();
            let steps = case["steps"].as_array().cloned().unwrap_or_else(|| vec![case.clone()]);
            let shops = [engine_of(case), engine_of(case)];
            for step in &steps {
                let [own, other] = [0, 1].map(|at| {
                    let hold = if at == 0 { |column| column } else { held };
                    let answer = match &shops[at] {
                        Ok(shop) if on_engine => call_engine(shop, step, hold),
                        _ => call_module(step, hold),
                    };
                    answer.map_or_else(|error| error.to_string(), |answer| answer.to_string())
                });
                assert_eq!(own, other, "{}: {}", text(case, "name"), text(step, "op"));
                frames += usize::from(step["frames"].is_object());
            }
        }
    }
    assert!(frames > 100, "{frames}");
}

/// A column that is lent, or holds its texts once.
fn held(column: Column) -> Column {
    match column {
        Column::Float(v) => Column::Lent(Lent::Float(Arc::new(v))),
        Column::Integer(v) => Column::Lent(Lent::Integer(Arc::new(v))),
        Column::Text(v) => Column::categories(v.iter().map(String::as_str)),
        other => other,
    }
}

fn read(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_string()
}

fn run_case(case: &Value) -> Result<(), String> {
    let Some(steps) = case["steps"].as_array() else {
        let answer = call_module(case, |column| column);
        return judge(case, answer, tolerance(case, case));
    };
    let shop = engine_of(case)?;
    for (i, step) in steps.iter().enumerate() {
        let answer = call_engine(&shop, step, |column| column);
        judge(step, answer, tolerance(case, step)).map_err(|why| format!("step {i} ({}): {why}", text(step, "op")))?;
    }
    let broken = shop.read(|engine| Ok(engine.world().ledger.broken_invariant())).map_err(|e| e.to_string())?;
    broken.map_or(Ok(()), |why| Err(format!("ledger: {why}")))
}

fn engine_of(case: &Value) -> Result<Shared, String> {
    let ledger = Options { open_catalog: true, ..Options::default() };
    let options = if case["ledger"].is_object() { Ok(ledger) } else { serde_json::from_value(case["engine"].clone()) };
    Shared::new(Engine::memory(options.map_err(|e| e.to_string())?)).map_err(|e| e.to_string())
}

fn tolerance(case: &Value, step: &Value) -> f64 {
    step["tolerance"].as_f64().or(case["tolerance"].as_f64()).unwrap_or(1e-9)
}

fn call_module(case: &Value, hold: fn(Column) -> Column) -> Result<Value, Error> {
    let (op, params) = (text(case, "op"), case["params"].to_string());
    let Some(frames) = case["frames"].as_object() else {
        return ops::call(&op, &params).map(|answer| serde_json::from_str(&answer).unwrap());
    };
    let tables: Tables = frames.iter().map(|(name, columns)| (name.clone(), table(columns, hold))).collect();
    ops::call_frame(&op, &tables, &params, &Task::default()).map(|table| json(&table))
}

fn call_engine(shop: &Shared, step: &Value, hold: fn(Column) -> Column) -> Result<Value, Error> {
    let (op, params) = (text(step, "op"), step["params"].to_string());
    let params = if step["params"].is_null() { String::new() } else { params };
    let task = Task::default();
    let known = OPS.iter().find(|own| own.name == op && !matches!(own.run, Run::Function(_) | Run::Frame(_)));
    let parse = |answer: String| serde_json::from_str(&answer).unwrap();
    match known.map(|own| own.run) {
        Some(Run::Door(_)) => shop.call(move |engine| ops::call_door(engine, &op, &params, CLOCK)).map(parse),
        Some(Run::DoorFrame(_)) => {
            let frames = step["frames"].as_object().cloned().unwrap_or_default();
            let tables: Tables = frames.iter().map(|(name, columns)| (name.clone(), table(columns, hold))).collect();
            shop.call(move |engine| ops::call_door_frame(engine, &op, &tables, &params, CLOCK))
                .map(|table| json(&table))
        }
        Some(Run::Care(_)) => ops::care(shop, &op, &params, CLOCK, &task).map(parse),
        Some(Run::Query(_)) => ops::query(shop, &op, &params, CLOCK, &task).map(parse),
        Some(Run::QueryFrame(_)) => ops::query_frame(shop, &op, &params, CLOCK, &task).map(|table| json(&table)),
        _ => Err(Error::UnknownOperation { operation: op }),
    }
}

fn table(columns: &Value, hold: fn(Column) -> Column) -> Table {
    let mut table = Table::default();
    for (name, values) in columns.as_object().expect("columns") {
        table.push(name.as_str(), hold(column(values.as_array().expect("a column is an array")))).unwrap();
    }
    table
}

fn column(values: &[Value]) -> Column {
    let all = |is: fn(&Value) -> bool| !values.is_empty() && values.iter().all(is);
    if all(Value::is_string) {
        return Column::Text(values.iter().map(|v| v.as_str().unwrap().into()).collect());
    }
    if all(Value::is_boolean) {
        return Column::Bool(values.iter().map(|v| v.as_bool().unwrap()).collect());
    }
    if all(Value::is_i64) {
        return Column::Integer(values.iter().map(|v| v.as_i64().unwrap()).collect());
    }
    Column::Float(values.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect())
}

fn json(table: &Table) -> Value {
    let days = |days: &[Day]| days.iter().map(|day| Value::from(day.to_string())).collect::<Vec<_>>();
    let columns = table.columns().iter().map(|(name, column)| {
        let values: Value = match column.view() {
            View::Text(_) | View::Category(..) => table.texts(name).unwrap().into(),
            View::Float(v) => v.into(),
            View::Integer(v) => v.into(),
            View::Bool(v) => v.into(),
            View::Day(v) => days(v).into(),
            View::Timestamp(v) => v.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
        };
        (name.clone(), values)
    });
    Value::Object(columns.collect())
}

fn judge(step: &Value, answer: Result<Value, Error>, tolerance: f64) -> Result<(), String> {
    match (step.get("expect"), step.get("error"), answer) {
        (Some(expected), None, Ok(found)) => same("", expected, &found, tolerance),
        (None, Some(expected), Err(error)) => {
            let mut found = error.fields();
            found.insert("code".into(), error.code().into());
            same("error", expected, &Value::Object(found), tolerance)
        }
        (Some(_), None, Err(error)) => Err(format!("{}: {error}", error.code())),
        (None, Some(expected), Ok(found)) => Err(format!("expected {expected}, got {found}")),
        _ => Err("a vector has either expect or error".into()),
    }
}

fn same(path: &str, expected: &Value, found: &Value, tolerance: f64) -> Result<(), String> {
    let differs = || Err(format!("{path}: expected {expected}, got {found}"));
    match (expected, found) {
        (Value::Object(named), Value::Object(own)) => named.iter().try_for_each(|(key, value)| {
            same(&format!("{path}.{key}"), value, own.get(key).unwrap_or(&Value::Null), tolerance)
        }),
        (Value::Array(all), Value::Array(own)) if all.len() == own.len() => all
            .iter()
            .zip(own)
            .enumerate()
            .try_for_each(|(i, (value, own))| same(&format!("{path}[{i}]"), value, own, tolerance)),
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            let close = (a - b).abs() <= tolerance.max(tolerance * a.abs());
            if close { Ok(()) } else { differs() }
        }
        _ if expected == found => Ok(()),
        _ => differs(),
    }
}
