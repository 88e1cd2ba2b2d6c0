//! Long work on a thread of its own: the caller polls signals and progress, and can stop it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use trousse::{Error, Result, Task};

use crate::raise;

/// Between two looks at signals and progress.
const POLL: Duration = Duration::from_millis(25);

/// How long interrupted work may take to notice; it is left behind after that.
const GRACE: Duration = Duration::from_millis(500);

/// Runs work off the GIL. `progress(done, total)` is called while it lasts; an exception there, or a
/// signal, cancels it.
pub fn run<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<Bound<'_, PyAny>>,
    work: impl FnOnce(&Task) -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let task = Arc::new(Task::default());
    let (sender, mut receiver) = channel();
    let own = task.clone();
    std::thread::Builder::new()
        .name("trousse-worker".into())
        .spawn(move || drop(sender.send(guarded(|| in_pool(|| work(&own))))))
        .map_err(|error| raise(py, &Error::io("start worker thread", error)))?;
    loop {
        let (same, answer) = py.detach(move || {
            let answer = receiver.recv_timeout(POLL);
            (receiver, answer)
        });
        receiver = same;
        let stopped = match answer {
            Ok(answer) => {
                let answer = answer.map_err(|error| raise(py, &error))?;
                report(&progress, &task)?;
                return Ok(answer);
            }
            Err(RecvTimeoutError::Disconnected) => return Err(raise(py, &internal("the worker thread ended"))),
            Err(RecvTimeoutError::Timeout) => py.check_signals().and_then(|()| report(&progress, &task)),
        };
        if let Err(stopped) = stopped {
            task.cancel();
            py.detach(move || drop(receiver.recv_timeout(GRACE)));
            return Err(stopped);
        }
    }
}

/// Turns a panic into `INTERNAL`.
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(internal(&text.or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string())).unwrap_or_default()))
    })
}

fn internal(message: &str) -> Error {
    Error::Internal { message: message.into() }
}

fn report(progress: &Option<Bound<'_, PyAny>>, task: &Task) -> PyResult<()> {
    match (progress, task.progress()) {
        (Some(progress), (done, total)) if total > 0 => progress.call1((done.min(total), total)).map(drop),
        _ => Ok(()),
    }
}

type Pool = Option<(u32, Arc<rayon::ThreadPool>)>;

/// The threads of this process: those of rayon's global pool do not survive a fork.
static POOL: Mutex<Pool> = Mutex::new(None);

fn in_pool<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let process = std::process::id();
    let pool = {
        let mut kept = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((owner, pool)) if *owner == process => pool.clone(),
            _ => {
                let built = rayon::ThreadPoolBuilder::new().thread_name(|i| format!("trousse-{i}")).build();
                let pool = Arc::new(built.map_err(|error| Error::io("start threads", error))?);
                if let Some(other) = kept.replace((process, pool.clone())) {
                    std::mem::forget(other); // its threads are the parent's
                }
                pool
            }
        }
    };
    pool.install(work)
}
