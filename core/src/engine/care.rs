//! Care of an open journal and of a folder: verifying, backing up, compacting, forgetting, salvaging.

mod retain;

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Engine, Position, Shared, World};
use crate::base::{Error, Result, Task, Timestamp};
use crate::event::{Body, Event, PeopleEvent, Purpose};
use crate::journal::{self, Disk, Durability, FileDisk, Follower, Now, Reading};

/// Where to copy the journal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BackupParams {
    /// An empty folder, made where there is none.
    pub folder: String,
    /// Copies the keys of people too. Without them nobody's events can be read from the copy; with them it is as
    /// secret as the journal, and who is erased later has to be erased there too.
    #[serde(default)]
    pub with_keys: bool,
}

/// What was copied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Copied {
    /// Events in the copy.
    pub sequence: i64,
    /// Chain hash over all of them, in hexadecimal.
    pub digest: String,
}

/// Which folder to verify.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyParams {
    /// The folder of a journal.
    pub folder: String,
}

/// The first damage of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Damaged {
    /// `JOURNAL_CORRUPT` or `JOURNAL_VERSION`.
    pub code: String,
    /// The damage in words.
    pub message: String,
    /// Number of the segment, which its file is named by.
    pub segment: Option<i64>,
    /// Byte in its file.
    pub offset: Option<i64>,
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Verified {
    /// Whether there is no damage and the books balance.
    pub sound: bool,
    /// Segments that were read.
    pub segments: i64,
    /// Atomic batches.
    pub batches: i64,
    /// Events, dropped and lost ones among them.
    pub events: i64,
    /// Events of people that were erased or ran out.
    pub dropped: i64,
    /// Events that an earlier salvage could not save.
    pub lost: i64,
    /// Bytes of all batches.
    pub bytes: i64,
    /// Bytes of an input that was never answered: opening cuts them.
    pub torn_bytes: i64,
    /// Snapshots that fit.
    pub snapshots: i64,
    /// Snapshots that do not, which opening throws away.
    pub bad_snapshots: Vec<String>,
    /// The first damage; what comes after it was not read.
    pub damage: Option<Damaged>,
    /// The first rule of the books that is broken, such as units that came from nowhere.
    pub books: Option<String>,
}

/// What to salvage, and where to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SalvageParams {
    /// The folder of the damaged journal, which is only read.
    pub source: String,
    /// An empty folder, made where there is none.
    pub target: String,
}

/// A range that could not be saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LostRange {
    /// Number of the segment.
    pub segment: i64,
    /// First byte in its file.
    pub from_byte: i64,
    /// Byte after the last.
    pub to_byte: i64,
    /// First event that is lost.
    pub from_sequence: i64,
    /// Event after the last; the same as the first where nobody can tell whether there were any.
    pub to_sequence: i64,
}

/// What a salvage saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Salvaged {
    /// Events that were saved.
    pub events: i64,
    /// What was not, in order.
    pub lost: Vec<LostRange>,
    /// Whether the keys of people were whole: without theirs a person is as if erased.
    pub keys_whole: bool,
    /// Events of the new journal, lost ones among them.
    pub sequence: i64,
    /// Chain hash of the new journal, in hexadecimal.
    pub digest: String,
}

/// How long what people did is kept, by purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RetainParams {
    /// Days for personal picks: views, clicks, carts, purchases, returns, ratings, reviews. Not given: for ever.
    pub personalisation_days: Option<i32>,
    /// Days for counts per SKU: the same, and answers and complaints. Not given: for ever.
    pub analytics_days: Option<i32>,
    /// Days for segments of people: purchases. Not given: for ever.
    pub marketing_days: Option<i32>,
}

/// What a retention did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Retained {
    /// Events of people that were dropped.
    pub dropped: i64,
    /// Purchases that only marketing keeps: of them day and worth remain, for segments.
    pub reduced: i64,
}

impl Engine {
    /// Makes everything durable that was answered, whatever the durability.
    ///
    /// # Errors
    /// `DISK_FULL`, `IO`, `JOURNAL_POISONED`.
    pub fn sync(&mut self) -> Result<()> {
        self.hand_over()?;
        self.journal.sync()
    }

    pub(super) fn durability(&self) -> Durability {
        self.options.durability
    }

    /// Reads the whole journal and checks it: checksums, hash chain, keys, snapshots; and that the books balance.
    /// O(journal); [`Shared::verify`] lets the writer go on meanwhile.
    ///
    /// # Errors
    /// `IO`, `JOURNAL_POISONED`. Damage is no error but [`Verified::damage`].
    pub fn verify(&mut self) -> Result<Verified> {
        verify_beside(self, &Task::default())
    }

    /// Copies the journal into an empty folder, verifying what it copies. O(journal); [`Shared::backup`] lets the writer
    /// go on meanwhile.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` if the folder is not empty; `JOURNAL_LOCKED`, `DISK_FULL`, `READ_ONLY`, `IO`;
    /// `JOURNAL_CORRUPT` if damage is met; `JOURNAL_POISONED`.
    pub fn backup(&mut self, params: &BackupParams) -> Result<Copied> {
        backup_beside(self, params, &Task::default())
    }

    /// Gives back the space of what was erased. The chain stays what it was. O(journal).
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` if damage is met; `DISK_FULL`, `IO`, `JOURNAL_POISONED`.
    pub fn compact(&mut self) -> Result<()> {
        self.sync()?;
        self.journal.compact()
    }

    /// Forgets a person: destroys their key, drops their ciphertext from the log and folds the world
    /// anew, equal to one that never saw them. Answers whether anything was known. O(journal).
    ///
    /// # Errors
    /// `IO`, `JOURNAL_POISONED`.
    pub fn erase(&mut self, subject: &str) -> Result<bool> {
        self.sync()?;
        let had_snapshot = self.journal.has_snapshot();
        // The world too: it may know a person whose key went in a call that failed afterwards.
        let known = self.journal.erase(subject)? || self.world.people.get(subject).is_some();
        if known {
            self.fold_anew()?;
            self.journal.compact()?;
            self.snapshot_if(had_snapshot)?;
        }
        Ok(known)
    }

    /// Everything that is kept of a person, in order. O(journal); [`Shared::export`] lets the writer go on meanwhile.
    ///
    /// # Errors
    /// `IO`, `JOURNAL_CORRUPT`, `JOURNAL_POISONED`.
    pub fn export(&mut self, subject: &str) -> Result<Vec<(Timestamp, PeopleEvent)>> {
        export_beside(self, subject, &Task::default())
    }

    /// Drops what people did once no purpose keeps it any longer, from the log and from the world. A purpose keeps
    /// nothing of a person who withdrew their consent to it. A purchase that only marketing keeps goes on as an order
    /// without lines: segments know its day and worth, taste and counts nothing. Profiles and consents stay, and so does
    /// all stock. O(journal); [`Shared::retain`] lets the writer go on meanwhile.
    ///
    /// An id of a dropped event is forgotten with it: sent again, it counts again.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for days outside 0 … 36,500; `JOURNAL_CORRUPT`, `DISK_FULL`, `IO`, `JOURNAL_POISONED`.
    pub fn retain(&mut self, params: &RetainParams, now: Timestamp) -> Result<Retained> {
        retain::retain(self, params, now, &Task::default())
    }

    /// Folds the world anew from what the journal still shows.
    fn fold_anew(&mut self) -> Result<()> {
        let mut world = World::default();
        self.journal.replay(0, &mut |entry| {
            world.apply(&Event::read(entry.payload)?);
            Ok(())
        })?;
        world.now = world.now.max(self.world.now);
        self.world = world;
        Ok(())
    }

    fn snapshot_if(&mut self, had_one: bool) -> Result<()> {
        if had_one { self.snapshot() } else { Ok(()) }
    }
}

/// The one who may change the journal. Long work asks it for moments and does the rest beside it.
pub(super) trait Writer {
    /// Runs an input.
    fn run<T: Send + 'static>(&mut self, input: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static) -> Result<T>;
}

impl Writer for Engine {
    fn run<T: Send + 'static>(&mut self, input: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static) -> Result<T> {
        input(self)
    }
}

impl Writer for Shared {
    fn run<T: Send + 'static>(&mut self, input: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static) -> Result<T> {
        self.call(input)
    }
}

/// A backup and a group in steps, for simulations.
impl Engine {
    /// Begins a backup with what was answered: what a copy needs while the engine goes on.
    ///
    /// # Errors
    /// As [`Engine::sync`].
    #[doc(hidden)]
    pub fn reading(&mut self) -> Result<Reading> {
        self.sync()?;
        self.journal.reading()
    }

    /// What a backup has to ask for in the end.
    #[doc(hidden)]
    pub fn now(&self) -> Now {
        self.journal.now()
    }

    /// Runs inputs that share one flush, which what they answered waits for.
    ///
    /// # Errors
    /// `DISK_FULL`, `IO`, `JOURNAL_POISONED`: then nothing was answered.
    #[doc(hidden)]
    pub fn together<T>(&mut self, inputs: impl FnOnce(&mut Engine) -> T) -> Result<T> {
        self.defer(true);
        let answers = inputs(self);
        self.defer(false);
        self.flush().map(|()| answers)
    }
}

/// Long care while the writer goes on. Progress counts MiB that were read.
impl Shared {
    /// As [`Engine::verify`], of what was written when it began.
    ///
    /// # Errors
    /// As [`Engine::verify`]; `CLOSED`, `CANCELLED`.
    pub fn verify(&self, task: &Task) -> Result<Verified> {
        verify_beside(&mut self.clone(), task)
    }

    /// As [`Engine::backup`]: the copy ends with what was answered when it began. Who is erased meanwhile is not in it.
    ///
    /// # Errors
    /// As [`Engine::backup`]; `CLOSED`, `CANCELLED`.
    pub fn backup(&self, params: &BackupParams, task: &Task) -> Result<Copied> {
        backup_beside(&mut self.clone(), params, task)
    }

    /// As [`Shared::backup`], to any empty disk.
    ///
    /// # Errors
    /// As [`Shared::backup`].
    pub fn backup_to(&self, target: &mut dyn Disk, with_keys: bool, task: &Task) -> Result<Copied> {
        copy_beside(&mut self.clone(), target, with_keys, task)
    }

    /// As [`Engine::export`], of what was answered when it began.
    ///
    /// # Errors
    /// As [`Engine::export`]; `CLOSED`, `CANCELLED`.
    pub fn export(&self, subject: &str, task: &Task) -> Result<Vec<(Timestamp, PeopleEvent)>> {
        export_beside(&mut self.clone(), subject, task)
    }

    /// As [`Engine::retain`]. The writer waits while the last segment is rewritten, 64 MiB at most, and where keys or
    /// segments were exchanged three times meanwhile.
    ///
    /// # Errors
    /// As [`Engine::retain`]; `CLOSED`, `CANCELLED`, after which nothing was dropped.
    pub fn retain(&self, params: &RetainParams, now: Timestamp, task: &Task) -> Result<Retained> {
        let _one = self.alone();
        retain::retain(&mut self.clone(), params, now, task)
    }
}

fn verify_beside(writer: &mut impl Writer, task: &Task) -> Result<Verified> {
    let (reading, ledger) = writer.run(|engine| {
        engine.flush()?;
        Ok((engine.journal.reading()?, engine.world.ledger.clone()))
    })?;
    let found = reading.verify(task, &mut || writer.run(|engine| Ok(engine.journal.now())))?;
    Ok(Verified::of(found, ledger.broken_invariant()))
}

fn backup_beside(writer: &mut impl Writer, params: &BackupParams, task: &Task) -> Result<Copied> {
    let mut target = FileDisk::open(folder(&params.folder, "folder")?)?;
    copy_beside(writer, &mut target, params.with_keys, task).map_err(|error| named(error, "folder"))
}

fn copy_beside(writer: &mut impl Writer, target: &mut dyn Disk, with_keys: bool, task: &Task) -> Result<Copied> {
    let reading = writer.run(|engine| {
        engine.sync()?;
        engine.journal.reading()
    })?;
    let head = reading.backup(target, with_keys, task, &mut || writer.run(|engine| Ok(engine.journal.now())))?;
    let Position { sequence, digest, .. } = Position::of(&head, Timestamp(0));
    Ok(Copied { sequence, digest })
}

fn export_beside(writer: &mut impl Writer, subject: &str, task: &Task) -> Result<Vec<(Timestamp, PeopleEvent)>> {
    let mut reading = writer.run(|engine| {
        engine.flush()?;
        engine.journal.reading()
    })?;
    task.expect(reading.pieces()?);
    reading.collect(Some(subject), task, &mut |entry| {
        let Some(_) = entry.subject else { return Ok(None) };
        let event = Event::read(entry.payload)?;
        Ok(match event.body {
            Body::People(_, people) => Some((event.at, people)),
            _ => None,
        })
    })
}

impl RetainParams {
    fn check(&self) -> Result<()> {
        for (field, days) in [
            ("personalisation_days", self.personalisation_days),
            ("analytics_days", self.analytics_days),
            ("marketing_days", self.marketing_days),
        ] {
            if let Some(days) = days.filter(|days| !(0..=36_500).contains(days)) {
                return Err(Error::argument(field, "0 to 36500", days));
            }
        }
        Ok(())
    }

    fn days(&self, purpose: Purpose) -> Option<i32> {
        match purpose {
            Purpose::Personalisation => self.personalisation_days,
            Purpose::Analytics => self.analytics_days,
            Purpose::Marketing => self.marketing_days,
        }
    }
}

impl Verified {
    fn of(found: journal::Verified, books: Option<String>) -> Verified {
        Verified {
            sound: found.damage.is_none() && books.is_none(),
            segments: found.segments as i64,
            batches: found.frames as i64,
            events: found.records as i64,
            dropped: found.dropped as i64,
            lost: found.lost as i64,
            bytes: found.bytes as i64,
            torn_bytes: found.torn_bytes as i64,
            snapshots: found.snapshots as i64,
            bad_snapshots: found.bad_snapshots,
            damage: found.damage.map(|error| Damaged::of(&error)),
            books,
        }
    }
}

impl Damaged {
    fn of(error: &Error) -> Damaged {
        let place = match error {
            Error::JournalCorrupt { segment, offset, .. } => Some((*segment as i64, *offset as i64)),
            _ => None,
        };
        let (segment, offset) = (place.map(|place| place.0), place.map(|place| place.1));
        Damaged { code: error.code().into(), message: error.to_string(), segment, offset }
    }
}

/// Verifies a journal that is not opened, or one that another process writes: as [`Engine::verify`] does. O(journal).
///
/// # Errors
/// `IO` if there is no journal. Damage is no error but [`Verified::damage`].
pub fn verify(params: &VerifyParams) -> Result<Verified> {
    let path = folder(&params.folder, "folder")?;
    let found = journal::verify(&FileDisk::read_only(path)?)?;
    if found.damage.is_some() {
        return Ok(Verified::of(found, None));
    }
    let mut world = World::default();
    Follower::open(path)?.poll(&mut |entry| {
        world.apply(&Event::read(entry.payload)?);
        Ok(())
    })?;
    Ok(Verified::of(found, world.ledger.broken_invariant()))
}

/// Copies everything that is whole in a damaged journal into a new one. O(journal).
///
/// The new journal has an id and hashes of its own: digests differ. What is lost is passed over when it is opened.
///
/// # Errors
/// `INVALID_ARGUMENT` if the target is not empty; `JOURNAL_CORRUPT` if nothing can be read; `JOURNAL_LOCKED`,
/// `JOURNAL_VERSION`, `DISK_FULL`, `READ_ONLY`, `IO`.
pub fn salvage(params: &SalvageParams) -> Result<Salvaged> {
    let (source, target) = (folder(&params.source, "source")?, folder(&params.target, "target")?);
    let found = journal::salvage_folder(source, target)?;
    let lost = found.lost.iter().map(|lost| LostRange {
        segment: lost.segment as i64,
        from_byte: lost.from_byte as i64,
        to_byte: lost.to_byte as i64,
        from_sequence: lost.from_sequence as i64,
        to_sequence: lost.to_sequence as i64,
    });
    let Position { sequence, digest, .. } = Position::of(&found.head, Timestamp(0));
    let lost = lost.collect();
    Ok(Salvaged { events: found.records as i64, lost, keys_whole: found.keys_whole, sequence, digest })
}

fn folder<'a>(path: &'a str, field: &str) -> Result<&'a Path> {
    if path.is_empty() || path.contains('\0') {
        return Err(Error::argument(field, "a path", if path.is_empty() { "an empty text" } else { "a NUL" }));
    }
    Ok(Path::new(path))
}

/// Spells the field of an argument as the caller did.
pub(super) fn named(error: Error, field: &str) -> Error {
    match error {
        Error::InvalidArgument { rule, got, .. } => Error::argument(field, rule, got),
        other => other,
    }
}
