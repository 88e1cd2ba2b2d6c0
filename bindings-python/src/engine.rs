//! The engine in Python: doors through the shared writer, questions as of the last flush.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use trousse::engine::Shop;
use trousse::{Engine, Error, Options, Result, Shared, Timestamp, base::json, ops};

use crate::convert::{self, Kinds, PyTable};
use crate::{raise, worker};

/// An engine behind a writer thread: any number of Python threads may use it.
#[pyclass(frozen, module = "trousse._core", name = "Engine")]
pub struct PyEngine {
    shop: Option<Shop>,
    process: u32,
}

#[pymethods]
impl PyEngine {
    /// Opens the journal in a folder.
    #[staticmethod]
    fn open(py: Python<'_>, folder: PathBuf, options_json: String) -> PyResult<PyEngine> {
        let shared = worker::run(py, None, move |_| {
            let options: Options = json::read(&options_json)?;
            Shared::new(Engine::open(folder, options)?)
        })?;
        Ok(PyEngine::new(shared))
    }

    /// An engine without a disk.
    #[staticmethod]
    fn memory(py: Python<'_>, options_json: String) -> PyResult<PyEngine> {
        let shared = worker::run(py, None, move |_| {
            let options: Options = json::read(&options_json)?;
            Shared::new(Engine::try_memory(options)?)
        })?;
        Ok(PyEngine::new(shared))
    }

    /// Follows the journal in a folder that another process writes.
    #[staticmethod]
    fn follow(py: Python<'_>, folder: PathBuf) -> PyResult<PyEngine> {
        let follow = worker::run(py, None, move |_| Engine::follow(folder))?;
        Ok(PyEngine { shop: Some(Shop::Follower(follow)), process: std::process::id() })
    }

    /// Takes in what another process wrote; answers how many events that were.
    fn poll(&self, py: Python<'_>) -> PyResult<i64> {
        let shop = self.shop(py)?;
        py.detach(|| worker::guarded(|| shop.poll())).map_err(|error| raise(py, &error))
    }

    /// Sends an input to the writer and waits until its answer is durable.
    fn door(&self, py: Python<'_>, name: String, arguments_json: String) -> PyResult<String> {
        let shop = self.shop(py)?;
        let clock = clock();
        let operation = name.clone();
        py.detach(|| shop.call(&operation, move |engine| ops::call_door(engine, &name, &arguments_json, clock)))
            .map_err(|error| raise(py, &error))
    }

    /// Sends a frame of inputs to the writer and waits until all answers are durable.
    fn door_frame(
        &self,
        py: Python<'_>,
        name: String,
        frames: &Bound<'_, PyDict>,
        arguments_json: String,
    ) -> PyResult<PyTable> {
        let shop = self.shop(py)?;
        let sources = crate::sources(frames)?;
        worker::run(py, None, move |_| {
            let (tables, kinds) = convert::read_all(sources)?;
            let clock = clock();
            let operation = name.clone();
            let call = move |engine: &mut Engine| ops::call_door_frame(engine, &name, &tables, &arguments_json, clock);
            shop.call(&operation, call).map(|answer| PyTable::new(answer, &kinds))
        })
    }

    /// Asks a question that takes no time worth speaking of.
    fn query(&self, py: Python<'_>, name: String, arguments_json: String) -> PyResult<String> {
        let shop = self.shop(py)?;
        py.detach(|| worker::guarded(|| ask(&shop, &name, &arguments_json, &Default::default())))
            .map_err(|error| raise(py, &error))
    }

    /// Asks a question that takes long, on a thread of its own.
    #[pyo3(signature = (name, arguments_json, progress=None))]
    fn query_long(
        &self,
        py: Python<'_>,
        name: String,
        arguments_json: String,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let shop = self.shop(py)?;
        worker::run(py, progress, move |task| ops::long(&shop, &name, &arguments_json, clock(), task))
    }

    /// Asks a question that is answered with a frame, on a thread of its own.
    #[pyo3(signature = (name, arguments_json, progress=None))]
    fn query_frame(
        &self,
        py: Python<'_>,
        name: String,
        arguments_json: String,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<PyTable> {
        let shop = self.shop(py)?;
        worker::run(py, progress, move |task| {
            let answer = ops::query_frame(&shop, &name, &arguments_json, clock(), task)?;
            Ok(PyTable::new(answer, &Kinds::new()))
        })
    }

    /// Answers all that is queued and releases the journal.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let shop = self.shop(py)?;
        py.detach(|| shop.close());
        Ok(())
    }
}

impl PyEngine {
    fn new(shared: Shared) -> PyEngine {
        PyEngine { shop: Some(Shop::Writer(shared)), process: std::process::id() }
    }

    /// The writer's thread does not survive a fork: a child that waited for it would wait for ever.
    fn shop(&self, py: Python<'_>) -> PyResult<Shop> {
        match &self.shop {
            Some(shop) if self.process == std::process::id() => Ok(shop.clone()),
            _ => Err(raise(py, &Error::io("use the engine after a fork", "it belongs to the parent: open it there"))),
        }
    }
}

impl Drop for PyEngine {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            std::mem::forget(self.shop.take()); // closing would join the parent's thread
        }
    }
}

fn ask(shop: &Shop, name: &str, arguments_json: &str, task: &trousse::Task) -> Result<String> {
    ops::query(shop, name, arguments_json, clock(), task)
}

/// The system's clock, for calls that name no `now`: the core has none.
fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
