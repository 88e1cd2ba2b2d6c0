//! A forecaster in Python: one at a time works on it.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use trousse::{forecast, ops};

use crate::convert::{self, Kinds, PyTable};
use crate::{raise, sources, worker};

/// Fitted series and where each stands.
#[pyclass(frozen, module = "trousse._core", name = "Forecaster")]
pub struct PyForecaster {
    own: Arc<Mutex<Own>>,
}

/// A forecaster, and what the columns were that came in last: those that go out are alike.
struct Own {
    forecaster: forecast::Forecaster,
    kinds: Kinds,
}

#[pymethods]
impl PyForecaster {
    /// Fits each series of the frame `df`.
    #[staticmethod]
    #[pyo3(signature = (frames, arguments_json, progress=None))]
    fn fit(
        py: Python<'_>,
        frames: &Bound<'_, PyDict>,
        arguments_json: String,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<PyForecaster> {
        let sources = sources(frames)?;
        let own = worker::run(py, progress, move |task| {
            let (tables, kinds) = convert::read_all(sources)?;
            let forecaster = ops::fit_forecaster(&tables, &arguments_json, task)?;
            Ok(Own { forecaster, kinds })
        })?;
        Ok(PyForecaster { own: Arc::new(Mutex::new(own)) })
    }

    /// Reads what `save` wrote.
    #[staticmethod]
    fn load(py: Python<'_>, state: &[u8]) -> PyResult<PyForecaster> {
        let read = worker::guarded(|| forecast::Forecaster::from_bytes(state));
        let forecaster = read.map_err(|error| raise(py, &error))?;
        let own = Own { forecaster, kinds: Kinds::new() };
        Ok(PyForecaster { own: Arc::new(Mutex::new(own)) })
    }

    /// The state as bytes.
    fn save<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let own = self.own.clone();
        let save = || own.lock().unwrap_or_else(PoisonError::into_inner).forecaster.to_bytes();
        let bytes = py.detach(|| worker::guarded(save));
        Ok(PyBytes::new(py, &bytes.map_err(|error| raise(py, &error))?))
    }

    /// Runs `predict`, `drifted`, `update` or `refit`.
    #[pyo3(signature = (name, frames, arguments_json, progress=None))]
    fn call(
        &self,
        py: Python<'_>,
        name: String,
        frames: &Bound<'_, PyDict>,
        arguments_json: String,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<PyTable> {
        let (sources, own) = (sources(frames)?, self.own.clone());
        worker::run(py, progress, move |task| {
            let (tables, kinds) = convert::read_all(sources)?;
            let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = ops::call_forecaster(&mut own.forecaster, &name, &tables, &arguments_json, task)?;
            if !tables.is_empty() {
                own.kinds = kinds;
            }
            Ok(PyTable::new(answer, &own.kinds))
        })
    }

    /// How it fits and keeps forecasts, as JSON.
    fn params(&self) -> String {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::json!(own.forecaster.params()).to_string()
    }

    /// How many series there are.
    fn __len__(&self) -> usize {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).forecaster.len()
    }
}
