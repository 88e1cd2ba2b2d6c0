//! Progress and cancellation of long work, by two atomics that any thread may look at.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::error::{Error, Result};

/// A piece of long work: how much is done, and whether to stop.
///
/// ```
/// let task = trousse::Task::default();
/// task.expect(2);
/// task.tick()?;
/// assert_eq!(task.progress(), (1, 2));
/// task.cancel();
/// assert_eq!(task.tick().unwrap_err().code(), "CANCELLED");
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Task {
    done: AtomicUsize,
    total: AtomicUsize,
    cancelled: AtomicBool,
}

impl Task {
    /// Says how many ticks there will be.
    pub fn expect(&self, total: usize) {
        self.total.store(total, Ordering::Relaxed);
    }
    /// Counts one piece done.
    ///
    /// # Errors
    /// `CANCELLED` once somebody called [`Task::cancel`].
    pub fn tick(&self) -> Result<()> {
        self.done.fetch_add(1, Ordering::Relaxed);
        if self.cancelled.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
    }
    /// Pieces done and pieces expected.
    pub fn progress(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }
    /// Asks the work to stop at its next tick.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}
