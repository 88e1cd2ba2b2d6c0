//! One writer for many threads: inputs queue up, one flush serves all that wait (group commit).
//!
//! An input that finds nobody else there runs on its caller's own thread: handing it over would only cost the wake-ups.
//! It never overtakes: what a thread sent before is decided before.
//! So does every input of an engine without a disk.
//!
//! Readers wait for the writer while a batch is being applied and flushed, one flush at most, and
//! so see only what is durable. Publishing immutable chunks instead is a later step.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{JoinHandle, ThreadId};

use super::Engine;
use super::gather::gather;
use crate::base::{Error, Result};
use crate::journal::Durability;

/// Most inputs that share one flush.
const BATCH_LIMIT: usize = 4_096;

/// What is called with the answer to an input, on the writer's thread, after the flush.
pub type Reply<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// Runs an input on the engine, if it is still open; answers whether that panicked, and whom to tell.
type Job = Box<dyn FnOnce(Option<&mut Engine>) -> (bool, Told) + Send>;
type Told = Box<dyn FnOnce(Result<()>) + Send>;

/// An engine behind a queue and a writer thread; clones share it. Closed when the last clone goes.
#[derive(Clone)]
pub struct Shared {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<RwLock<Option<Engine>>>,
    /// Inputs that are not answered yet, the one that runs included.
    unanswered: Arc<AtomicUsize>,
    /// Whether there is a disk to wait for.
    waits: bool,
    /// Whether an input waits for others before it is flushed.
    gathers: bool,
    /// Held by the one retention that may write beside the writer.
    retention: Mutex<()>,
    queue: Mutex<Option<Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    writer_id: ThreadId,
}

impl Shared {
    /// Lends an engine to many threads.
    ///
    /// # Errors
    /// `IO` where no thread can be started.
    pub fn new(engine: Engine) -> Result<Shared> {
        let (waits, durability) = (engine.waits(), engine.durability());
        let gathers = matches!(durability, Durability::Group { .. });
        let engine = Arc::new(RwLock::new(Some(engine)));
        let (queue, jobs) = channel();
        let own = engine.clone();
        let writer = std::thread::Builder::new()
            .name("trousse-writer".into())
            .spawn(move || write(&own, &jobs, durability))
            .map_err(|e| Error::io("start writer thread", e))?;
        let writer_id = writer.thread().id();
        let unanswered = Arc::default();
        let inner = Inner {
            engine,
            unanswered,
            waits,
            gathers,
            retention: Mutex::new(()),
            queue: Mutex::new(Some(queue)),
            writer: Mutex::new(Some(writer)),
            writer_id,
        };
        Ok(Shared { inner: Arc::new(inner) })
    }

    /// Queues an input; `reply` gets its answer once that is durable. Without a disk it is answered before this
    /// returns.
    pub fn send<T: Send + 'static>(
        &self,
        input: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static,
        reply: Reply<T>,
    ) {
        if self.inner.waits {
            self.enqueue(input, reply);
        } else {
            reply(self.run(input));
        }
    }

    /// Whether the answer to an input waits for a disk.
    pub fn waits(&self) -> bool {
        self.inner.waits
    }

    fn enqueue<T: Send + 'static>(
        &self,
        input: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static,
        reply: Reply<T>,
    ) {
        self.inner.unanswered.fetch_add(1, Ordering::Relaxed);
        let unanswered = self.inner.unanswered.clone();
        let job: Job = Box::new(move |engine| {
            let ran = engine.map(|engine| catch_unwind(AssertUnwindSafe(|| input(engine))));
            let panicked = matches!(ran, Some(Err(_)));
            let answer = match ran {
                Some(Ok(answer)) => answer,
                Some(Err(_)) => Err(broken_invariant()),
                None => Err(Error::Closed),
            };
            let tell = move |flushed: Result<()>| {
                unanswered.fetch_sub(1, Ordering::Relaxed);
                reply(answer.and_then(|value| flushed.map(|()| value)));
            };
            (panicked, Box::new(tell))
        });
        let unsent = match &*self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(queue) => queue.send(job).err().map(|error| error.0),
            None => Some(job),
        };
        if let Some(job) = unsent {
            job(None).1(Ok(()));
        }
    }

    /// Runs an input on this thread, flush included.
    fn run<T>(&self, input: impl FnOnce(&mut Engine) -> Result<T>) -> Result<T> {
        let mut guard = self.inner.engine.write().unwrap_or_else(PoisonError::into_inner);
        let engine = guard.as_mut().ok_or(Error::Closed)?;
        let ran = catch_unwind(AssertUnwindSafe(|| input(engine)));
        ran.unwrap_or_else(|_| {
            guard.take(); // the world is in doubt: only the journal is true, reopen it
            Err(broken_invariant())
        })
    }

    /// Runs an input and waits until its answer is durable.
    ///
    /// # Errors
    /// What the input answers; `CLOSED`.
    pub fn call<T: Send + 'static>(&self, input: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static) -> Result<T> {
        let alone = self.inner.unanswered.fetch_add(1, Ordering::Relaxed) == 0;
        let answer =
            if (alone && !self.inner.gathers) || !self.inner.waits { self.run(input) } else { self.wait(input) };
        self.inner.unanswered.fetch_sub(1, Ordering::Relaxed);
        answer
    }

    /// Waits until no other retention runs.
    pub(super) fn alone(&self) -> std::sync::MutexGuard<'_, ()> {
        self.inner.retention.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<T: Send + 'static>(&self, input: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static) -> Result<T> {
        let (sender, receiver) = channel();
        self.enqueue(input, Box::new(move |answer| drop(sender.send(answer))));
        receiver.recv().unwrap_or(Err(Error::Closed))
    }

    /// Reads from the engine as of the last flush.
    ///
    /// # Errors
    /// What `query` answers; `CLOSED`; `JOURNAL_POISONED` after a failed flush, when the world in memory is ahead
    /// of the disk.
    pub fn read<T>(&self, query: impl FnOnce(&Engine) -> Result<T>) -> Result<T> {
        let engine = self.inner.engine.read().unwrap_or_else(PoisonError::into_inner);
        let engine = engine.as_ref().ok_or(Error::Closed)?;
        engine.check_durable()?;
        query(engine)
    }

    /// Answers all that is queued, then releases the journal. Later calls answer `CLOSED`. From within a
    /// reply it does not wait: the writer does the rest once that reply returns.
    pub fn close(&self) {
        self.inner.close();
    }
}

impl Inner {
    fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        if self.writer_id == std::thread::current().id() {
            return;
        }
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = writer.take() {
            drop(writer.join());
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

fn broken_invariant() -> Error {
    Error::Internal { message: "a broken invariant closed the engine; open it anew".into() }
}

fn write(engine: &RwLock<Option<Engine>>, jobs: &Receiver<Job>, durability: Durability) {
    while let Ok(first) = jobs.recv() {
        let mut replies = Vec::new();
        // Readers go on meanwhile: nothing is applied before all of the group are there.
        let group = gather(first, jobs, BATCH_LIMIT, durability);
        let mut guard = engine.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = guard.as_mut() {
            open.defer(true);
        }
        let room = BATCH_LIMIT - group.len();
        for job in group.into_iter().chain(jobs.try_iter().take(room)) {
            let (panicked, reply) = job(guard.as_mut());
            replies.push(reply);
            if panicked {
                guard.take(); // the world is in doubt: only the journal is true, reopen it
            }
        }
        let flushed = guard.as_mut().map_or_else(
            || Err(broken_invariant()),
            |open| {
                open.defer(false);
                open.flush()
            },
        );
        drop(guard);
        for reply in replies {
            drop(catch_unwind(AssertUnwindSafe(|| reply(flushed.clone())))); // the others are told all the same
        }
    }
    let last = engine.write().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(mut engine) = last {
        drop(engine.sync()); // what `Os` left to the system; the answers were given before
    }
}
