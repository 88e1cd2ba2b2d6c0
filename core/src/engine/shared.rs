//! One writer for many threads: inputs queue up, one flush serves all that wait (group commit).
//!
//! Readers wait for the writer while a batch is being applied and flushed, one flush at most, and
//! so see only what is durable. Publishing immutable chunks instead is a later step.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use super::Engine;
use crate::base::{Error, Result};

/// Most inputs that share one flush.
const BATCH_LIMIT: usize = 4_096;

/// What is called with the answer to an input, on the writer's thread, after the flush.
pub type Reply<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// Runs an input; answers whether it panicked, and what to call once its batch is flushed.
type Job = Box<dyn FnOnce(&mut Engine) -> (bool, Box<dyn FnOnce(Result<()>) + Send>) + Send>;

/// An engine behind a queue and a writer thread; clones share it. Closed when the last clone goes.
#[derive(Clone)]
pub struct Shared {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<RwLock<Option<Engine>>>,
    queue: Mutex<Option<Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Shared {
    /// Lends an engine to many threads.
    ///
    /// # Errors
    /// `IO` where no thread can be started.
    pub fn new(engine: Engine) -> Result<Shared> {
        let engine = Arc::new(RwLock::new(Some(engine)));
        let (queue, jobs) = channel();
        let own = engine.clone();
        let writer = std::thread::Builder::new()
            .name("trousse-writer".into())
            .spawn(move || write(&own, &jobs))
            .map_err(|e| Error::io("start writer thread", e))?;
        let inner = Inner { engine, queue: Mutex::new(Some(queue)), writer: Mutex::new(Some(writer)) };
        Ok(Shared { inner: Arc::new(inner) })
    }

    /// Queues an input; `reply` gets its answer once that is durable.
    pub fn send<T: Send + 'static>(
        &self,
        input: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static,
        reply: Reply<T>,
    ) {
        let slot = Arc::new(Mutex::new(Some(reply)));
        let own = slot.clone();
        let job: Job = Box::new(move |engine| {
            let answer = catch_unwind(AssertUnwindSafe(|| input(engine)));
            let broken = answer.is_err();
            let answer = answer.unwrap_or_else(|_| Err(broken_invariant()));
            (broken, Box::new(move |flushed| answer_to(&own, answer.and_then(|value| flushed.map(|()| value)))))
        });
        let sent = match &*self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(queue) => queue.send(job).is_ok(),
            None => false,
        };
        if !sent {
            answer_to(&slot, Err(Error::Closed));
        }
    }

    /// Runs an input and waits until its answer is durable.
    ///
    /// # Errors
    /// What the input answers; `CLOSED`.
    pub fn call<T: Send + 'static>(&self, input: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static) -> Result<T> {
        let (sender, receiver) = channel();
        self.send(input, Box::new(move |answer| drop(sender.send(answer))));
        receiver.recv().unwrap_or(Err(Error::Closed))
    }

    /// Reads from the engine as of the last flush.
    ///
    /// # Errors
    /// What `query` answers; `CLOSED`.
    pub fn read<T>(&self, query: impl FnOnce(&Engine) -> Result<T>) -> Result<T> {
        let engine = self.inner.engine.read().unwrap_or_else(PoisonError::into_inner);
        query(engine.as_ref().ok_or(Error::Closed)?)
    }

    /// Answers all that is queued, then releases the journal. Later calls answer `CLOSED`.
    pub fn close(&self) {
        self.inner.close();
    }
}

impl Inner {
    fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer.filter(|writer| writer.thread().id() != std::thread::current().id()) {
            drop(writer.join());
        }
        drop(self.engine.write().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

fn answer_to<T>(slot: &Mutex<Option<Reply<T>>>, answer: Result<T>) {
    let reply = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(reply) = reply {
        reply(answer);
    }
}

fn broken_invariant() -> Error {
    Error::Internal { message: "a broken invariant closed the engine; open it anew".into() }
}

fn write(engine: &RwLock<Option<Engine>>, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut replies = Vec::new();
        let mut guard = engine.write().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = guard.as_mut() else { return };
        open.defer(true);
        let batch = std::iter::once(first).chain(jobs.try_iter().take(BATCH_LIMIT - 1));
        let mut broken = false;
        for job in batch {
            let (panicked, reply) = job(open);
            replies.push(reply);
            broken = panicked;
            if broken {
                break;
            }
        }
        open.defer(false);
        let flushed = if broken { Err(broken_invariant()) } else { open.flush() };
        if broken {
            guard.take(); // a panic left the world in doubt: only the journal is true, reopen it
        }
        drop(guard);
        replies.into_iter().for_each(|reply| reply(flushed.clone()));
    }
}
