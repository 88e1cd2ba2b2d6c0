//! The Python face of trousse: converts, calls, converts. The typed layer above is generated.

mod convert;
mod engine;
mod forecaster;
mod worker;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use trousse::{Error, ops};

use convert::PyTable;

/// The native part of `trousse`; the public API is the typed layer above it.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::convert::{PyTable, stream_of_rows};
    #[pymodule_export]
    use super::engine::PyEngine;
    #[pymodule_export]
    use super::forecaster::PyForecaster;
    #[pymodule_export]
    use super::{call, call_frame, version};
}

/// Answers the version of the core.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Runs a pure function: JSON in, JSON out.
#[pyfunction]
fn call(py: Python<'_>, name: String, arguments_json: String) -> PyResult<String> {
    py.detach(|| worker::guarded(|| ops::call(&name, &arguments_json))).map_err(|error| raise(py, &error))
}

/// Runs a function over frames on a thread of its own, so that it can be interrupted.
#[pyfunction]
#[pyo3(signature = (name, frames, arguments_json, progress=None))]
fn call_frame(
    py: Python<'_>,
    name: String,
    frames: &Bound<'_, PyDict>,
    arguments_json: String,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<PyTable> {
    let sources = sources(frames)?;
    worker::run(py, progress, move |task| {
        let (tables, kinds) = convert::read_all(sources)?;
        ops::call_frame(&name, &tables, &arguments_json, task).map(|answer| PyTable::new(answer, &kinds))
    })
}

/// The streams of frames, by their names.
fn sources(frames: &Bound<'_, PyDict>) -> PyResult<Vec<(String, convert::Source)>> {
    let source = |(key, frame): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        Ok((key.extract::<String>()?, convert::Source::new(&frame)?))
    };
    frames.into_iter().map(source).collect()
}

/// The Python exception for an error of the core.
fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let refused = matches!(error, Error::Rejected(_));
    let fields = serde_json::Value::Object(error.fields()).to_string();
    let made = py
        .import("trousse.errors")
        .and_then(|module| module.getattr("_from_core"))
        .and_then(|make| make.call1((error.code(), error.to_string(), fields, refused)));
    made.map_or_else(|broken| broken, PyErr::from_value)
}
