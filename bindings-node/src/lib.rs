//! The Node face of trousse: it converts, calls, converts.
//!
//! Small arguments and answers cross as JSON text, frames as columns. What waits for the disk or takes
//! long answers with a Promise that is settled from the thread that did the work; libuv's threads stay
//! free. The typed layer above (`index.cjs`, `index.d.ts`) is generated from `tests/surface.json`.
//!
//! An error crosses as JSON text in the message: `{"code", "message", "fields", "rejected"}`.
#![deny(unsafe_code)]

mod convert;
pub mod engine;
pub mod forecaster;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use napi::bindgen_prelude::{Env, Object, ToNapiValue};
use napi::{JsDeferred, Result};
use napi_derive::napi;
use serde_json::json;
use trousse::{Error, ops};

use crate::convert::{Crossing, Frame, exact, tables};

/// Progress and cancellation of one long call.
#[napi]
pub struct Task {
    task: Arc<trousse::Task>,
}

#[napi]
impl Task {
    /// A task that has not begun.
    #[napi(constructor)]
    pub fn new() -> Task {
        Task { task: Arc::default() }
    }

    /// Asks the work to stop at its next step.
    #[napi]
    pub fn cancel(&self) {
        self.task.cancel();
    }

    /// Pieces done and pieces expected.
    #[napi]
    pub fn progress(&self) -> Vec<f64> {
        let (done, total) = self.task.progress();
        vec![done as f64, total as f64]
    }
}

impl Default for Task {
    fn default() -> Self {
        Task::new()
    }
}

/// The version of the engine.
#[napi]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}

/// Runs a pure function.
#[napi]
pub fn call(name: String, arguments: String) -> Result<String> {
    guard(|| exact(ops::call(&name, &arguments)?)).map_err(refusal)
}

/// Runs a function that takes long, off the event loop.
#[napi(ts_return_type = "Promise<string>")]
pub fn call_long<'env>(env: &'env Env, name: String, arguments: String) -> Result<Object<'env>> {
    wait(env, move || {
        let text = exact(ops::call(&name, &arguments)?)?;
        Ok(move || text)
    })
}

/// Runs a function over frames, off the event loop.
#[napi(ts_return_type = "Promise<Array<Column>>")]
pub fn call_frame<'env>(
    env: &'env Env,
    name: String,
    frames: Vec<Frame>,
    arguments: String,
    task: &Task,
) -> Result<Object<'env>> {
    let frames: Vec<(String, Crossing)> = frames.into_iter().map(|f| (f.name, Crossing::take(f.columns))).collect();
    let task = task.task.clone();
    work(env, move || {
        let table = ops::call_frame(&name, &tables(frames)?, &arguments, &task)?;
        let crossing = Crossing::of(table)?;
        Ok(move || crossing.give())
    })
}

/// What a Promise is settled with, on the thread of its event loop.
type Resolver<T> = Box<dyn FnOnce(Env) -> Result<T> + Send>;

/// The unsettled side of a Promise. Dropped unsettled, it says that the engine is closed.
struct Deferred<T: ToNapiValue + 'static> {
    inner: Option<JsDeferred<T, Resolver<T>>>,
}

impl<T: ToNapiValue + 'static> Deferred<T> {
    fn new(env: &Env) -> Result<(Self, Object<'_>)> {
        let (inner, promise) = env.create_deferred::<T, Resolver<T>>()?;
        Ok((Deferred { inner: Some(inner) }, promise))
    }

    fn settle<F: FnOnce() -> T + Send + 'static>(mut self, answer: trousse::Result<F>) {
        if let Some(inner) = self.inner.take() {
            match answer {
                Ok(value) => inner.resolve(Box::new(move |_| Ok(value()))),
                Err(error) => inner.reject(refusal(error)),
            }
        }
    }
}

impl<T: ToNapiValue + 'static> Drop for Deferred<T> {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take() {
            inner.reject(refusal(Error::Closed));
        }
    }
}

/// Runs long work on a worker and answers with a Promise.
fn work<'env, T, F>(env: &'env Env, job: impl FnOnce() -> trousse::Result<F> + Send + 'static) -> Result<Object<'env>>
where
    T: ToNapiValue + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let (deferred, promise) = Deferred::new(env)?;
    enqueue(Box::new(move || deferred.settle(guard(job))));
    Ok(promise)
}

/// Runs what waits for the disk on a thread of its own and answers with a Promise.
fn wait<'env, T, F>(env: &'env Env, job: impl FnOnce() -> trousse::Result<F> + Send + 'static) -> Result<Object<'env>>
where
    T: ToNapiValue + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let (deferred, promise) = Deferred::new(env)?;
    let started = std::thread::Builder::new().name("trousse-wait".into()).spawn(move || deferred.settle(guard(job)));
    started.map_err(|error| refusal(Error::io("start thread", error)))?;
    Ok(promise)
}

type Job = Box<dyn FnOnce() + Send>;

/// Queues a job for the workers: one a core. Not rayon's: a worker that steals a job which waits for
/// the engine's lock, while a job below it on the stack holds that lock, would wait for ever.
fn enqueue(job: Job) {
    static WORKERS: OnceLock<Sender<Job>> = OnceLock::new();
    let queue = WORKERS.get_or_init(|| {
        let (queue, jobs) = channel::<Job>();
        let jobs = Arc::new(Mutex::new(jobs));
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..threads {
            let jobs = jobs.clone();
            // Where no thread can be started the queue's receiver is dropped and each job with it.
            drop(std::thread::Builder::new().name("trousse-work".into()).spawn(move || run(&jobs)));
        }
        queue
    });
    drop(queue.send(job));
}

fn run(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

/// Turns a panic into `INTERNAL`.
fn guard<T>(call: impl FnOnce() -> trousse::Result<T>) -> trousse::Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| Err(Error::Internal { message: said(&*panic) }))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic").into()
}

fn refusal(error: Error) -> napi::Error {
    let text = json!({
        "code": error.code(),
        "message": error.to_string(),
        "fields": error.fields(),
        "rejected": matches!(error, Error::Rejected(_)),
    });
    napi::Error::from_reason(text.to_string())
}
