//! Followers: the questions of an engine over a journal that another process writes.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Engine, Position, Replay, Reply, Shared, View, World};
use crate::base::{Error, Result, Timestamp};
use crate::event::Event;
use crate::journal::{Disk, FileDisk, Follower};

/// What answers questions: the engine that writes a journal, or one that follows it.
pub trait Ask {
    /// Asks a view at an instant. A `long` question keeps a view and lets the writer go on, which costs a copy of each
    /// part that changes meanwhile; a short one is answered before the writer goes on, so that its view costs nothing.
    ///
    /// # Errors
    /// What the question answers; `CLOSED`; `JOURNAL_POISONED`.
    fn ask<T>(&self, now: Timestamp, long: bool, question: impl FnOnce(&View) -> Result<T>) -> Result<T>;
}

impl Ask for Shared {
    fn ask<T>(&self, now: Timestamp, long: bool, question: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        if long {
            let view = self.read(|engine| Ok(engine.view_at(now)))?;
            return question(&view);
        }
        self.read(|engine| question(&engine.view_at(now)))
    }
}

impl Engine {
    /// Follows the journal in a folder that another process writes: all questions, no door. It takes no lock and
    /// changes nothing. It begins with the newest snapshot that the writer left: O(snapshot + what came after it).
    ///
    /// ```
    /// use trousse::{Engine, Options, Sku, Timestamp};
    /// let folder = std::env::temp_dir().join(format!("trousse-follow-{}", std::process::id()));
    /// let mut shop = Engine::open(&folder, Options::default())?;
    /// let follower = Engine::follow(&folder)?;
    /// shop.upsert_skus(vec![Sku { sku: "LIP-01".into(), ..Default::default() }], Timestamp(0))?;
    /// assert_eq!(follower.poll()?, 1);
    /// assert_eq!(follower.view()?.position(), shop.position());
    /// # drop(shop);
    /// # let _ = std::fs::remove_dir_all(&folder);
    /// # Ok::<(), trousse::Error>(())
    /// ```
    ///
    /// # Errors
    /// `IO` if there is no journal; `JOURNAL_CORRUPT`, `JOURNAL_VERSION`.
    pub fn follow(folder: impl AsRef<Path>) -> Result<Follow> {
        Engine::follow_disk(Box::new(FileDisk::read_only(folder.as_ref())?))
    }

    /// Follows the journal on any disk, for tests and simulations.
    ///
    /// # Errors
    /// As [`Engine::follow`].
    pub fn follow_disk(disk: Box<dyn Disk>) -> Result<Follow> {
        let tail = Tail { follower: Follower::on(disk)?, world: World::default(), is_whole: false, folded: 0 };
        let follow = Follow { tail: Arc::new(RwLock::new(Some(tail))) };
        follow.poll()?;
        Ok(follow)
    }
}

/// An engine that only reads what another process writes; clones share it.
#[derive(Clone)]
pub struct Follow {
    tail: Arc<RwLock<Option<Tail>>>,
}

struct Tail {
    follower: Follower,
    world: World,
    /// Whether the world is what the follower's head says.
    is_whole: bool,
    /// Events that were folded one by one.
    folded: i64,
}

impl Follow {
    /// Takes in what was written since; answers how many events that were. Where something was erased or ran out
    /// since, the world is folded anew, from the newest snapshot on.
    ///
    /// # Errors
    /// `IO`, `JOURNAL_CORRUPT`, `JOURNAL_VERSION`; `CLOSED`. After an error questions answer `CLOSED` too, unless the
    /// next call goes well.
    pub fn poll(&self) -> Result<i64> {
        let mut tail = self.tail.write().unwrap_or_else(PoisonError::into_inner);
        tail.as_mut().ok_or(Error::Closed)?.poll()
    }

    /// An immutable view of everything that was taken in, at its latest instant.
    ///
    /// # Errors
    /// `CLOSED`.
    pub fn view(&self) -> Result<View> {
        self.view_at(Timestamp(i64::MIN))
    }

    /// An immutable view at an instant: what is due then counts as fired.
    ///
    /// # Errors
    /// `CLOSED`.
    pub fn view_at(&self, now: Timestamp) -> Result<View> {
        self.read(|tail| Ok(tail.view_at(now)))
    }

    /// Where it has come to.
    ///
    /// # Errors
    /// `CLOSED`.
    pub fn position(&self) -> Result<Position> {
        self.read(|tail| Ok(Position::of(tail.follower.head(), tail.world.now)))
    }

    /// How many events it folded one by one since it began: those that no snapshot spared it.
    ///
    /// # Errors
    /// `CLOSED`.
    pub fn folded(&self) -> Result<i64> {
        self.read(|tail| Ok(tail.folded))
    }

    /// Stops following. Later calls answer `CLOSED`.
    pub fn close(&self) {
        drop(self.tail.write().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn read<T>(&self, question: impl FnOnce(&Tail) -> Result<T>) -> Result<T> {
        let tail = self.tail.read().unwrap_or_else(PoisonError::into_inner);
        question(tail.as_ref().filter(|tail| tail.is_whole).ok_or(Error::Closed)?)
    }
}

impl Ask for Follow {
    fn ask<T>(&self, now: Timestamp, long: bool, question: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        if long {
            return question(&self.view_at(now)?);
        }
        self.read(|tail| question(&tail.view_at(now)))
    }
}

impl Tail {
    fn poll(&mut self) -> Result<i64> {
        let before = self.follower.head().sequence;
        if !self.is_whole {
            self.fold_anew()?;
        } else {
            self.go_on()?;
        }
        // Looked at last: what is gone since is noticed now, or with the next call if it goes after this.
        if self.follower.is_outdated()? {
            self.fold_anew()?;
        }
        Ok(self.follower.head().sequence.saturating_sub(before) as i64)
    }

    fn fold_anew(&mut self) -> Result<()> {
        self.is_whole = false;
        let mut replay = Replay { world: World::default() };
        self.follower.resume(&mut replay)?;
        self.world = replay.world;
        self.go_on()
    }

    fn go_on(&mut self) -> Result<()> {
        let (follower, world, folded) = (&mut self.follower, &mut self.world, &mut self.folded);
        self.is_whole = false; // a batch that fails half-way is in the world and will come again
        follower.poll(&mut |entry| {
            world.apply(&Event::read(entry.payload)?);
            *folded += 1;
            Ok(())
        })?;
        self.is_whole = true;
        Ok(())
    }

    fn view_at(&self, now: Timestamp) -> View {
        View::new(self.world.clone(), self.follower.head().clone(), now)
    }
}

/// An engine of either kind, as the other faces hold it.
#[derive(Clone)]
pub enum Shop {
    /// The one that writes its journal.
    Writer(Shared),
    /// One that follows a journal.
    Follower(Follow),
}

impl Shop {
    /// Queues an input; `reply` gets its answer once that is durable. A follower answers `READ_ONLY` at once.
    pub fn send<T: Send + 'static>(
        &self,
        operation: &str,
        input: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static,
        reply: Reply<T>,
    ) {
        match self {
            Shop::Writer(shared) => shared.send(input, reply),
            Shop::Follower(_) => reply(Err(read_only(operation))),
        }
    }

    /// Whether the answer to an input waits for a disk.
    pub fn waits(&self) -> bool {
        match self {
            Shop::Writer(shared) => shared.waits(),
            Shop::Follower(_) => false,
        }
    }

    /// Runs an input and waits until its answer is durable.
    ///
    /// # Errors
    /// What the input answers; `CLOSED`; `READ_ONLY` of a follower.
    pub fn call<T: Send + 'static>(
        &self,
        operation: &str,
        input: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self {
            Shop::Writer(shared) => shared.call(input),
            Shop::Follower(_) => Err(read_only(operation)),
        }
    }

    /// The writer, for care of its journal.
    ///
    /// # Errors
    /// `READ_ONLY` of a follower.
    pub fn writer(&self, operation: &str) -> Result<&Shared> {
        match self {
            Shop::Writer(shared) => Ok(shared),
            Shop::Follower(_) => Err(read_only(operation)),
        }
    }

    /// Takes in what another process wrote; see [`Follow::poll`]. 0 for the writer itself.
    ///
    /// # Errors
    /// As [`Follow::poll`].
    pub fn poll(&self) -> Result<i64> {
        match self {
            Shop::Writer(_) => Ok(0),
            Shop::Follower(follow) => follow.poll(),
        }
    }

    /// Answers all that is queued, then lets go of the journal.
    pub fn close(&self) {
        match self {
            Shop::Writer(shared) => shared.close(),
            Shop::Follower(follow) => follow.close(),
        }
    }
}

impl Ask for Shop {
    fn ask<T>(&self, now: Timestamp, long: bool, question: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        match self {
            Shop::Writer(shared) => shared.ask(now, long, question),
            Shop::Follower(follow) => follow.ask(now, long, question),
        }
    }
}

fn read_only(operation: &str) -> Error {
    Error::ReadOnly { operation: operation.into(), message: "this engine follows a journal of another process".into() }
}
