//! One seeded world: a shop on a disk that fails, and the model beside it.
//!
//! A life is: open, do things until a fault comes or nobody wants more, lose the power or only the process. What was
//! acknowledged must be there after every opening; what was in flight is there as a whole or not at all.

use std::collections::BTreeSet;

use trousse::engine::Follow;
use trousse::journal::{Damage, Durability, Fault, Geometry, Journal, MemoryDisk, Reading, Tear, salvage, verify};
use trousse::{
    Arrive, Assemble, Channel, ChannelMinimum, Command, Commit, Complaint, ComplaintKind, Condition, Consent, Count,
    Day, Engine, Error, Fact, Freeze, Interest, Line, Location, Money, Move, OpenTester, Options, Purchase, Quantity,
    Rating, Recall, Receive, Reclassify, Release, Reserve, Return, Sale, ShortReceipt, Sku, Strategy, Task, Timestamp,
    Unit, Units, WriteOff,
};

use super::check::{self, Verdict, check};
use super::dice::Dice;
use super::model::{Input, Model, Step};

/// Keys that no other byte on the disk spells by chance.
pub const PEOPLE: [&str; 3] = ["ana-q7k2p9", "bo-x4w8m1", "cy-z3t6v5"];
const SKUS: [&str; 4] = ["LIP", "SER", "MAS", "KIT"];
const LATER: &str = "NEW";
const PLACES: [&str; 3] = ["paris", "lyon", "depot"];
const START: i64 = 1_795_424_400_000;
const SECTOR_BYTES: usize = 512;
const HEAD_BYTES: usize = 4096;

/// A step that happened, and the records after it.
#[derive(Clone)]
struct Done {
    step: Step,
    now: i64,
    after: i64,
}

pub struct World {
    dice: Dice,
    disk: MemoryDisk,
    options: Options,
    model: Model,
    done: Vec<Done>,
    /// What was under way when the fault came: all of it is there, or nothing.
    in_flight: Vec<(Step, i64)>,
    /// With the durability `os`: the shop of the last time that all was durable, and what was answered since.
    durable: Option<(Model, Vec<Done>)>,
    /// Ids that were answered with `os` and lost: their batches may lie whole behind a torn one, where rot can show them.
    lost: BTreeSet<String>,
    /// Whether something failed in this life, so that what is not durable may be gone without a power cut.
    failed: bool,
    /// Whether the power went since the journal was open the last time.
    cut: bool,
    /// A process that follows the journal.
    follower: Option<Follow>,
    /// A backup that was begun, and the shop that it has to be.
    backup: Option<(Reading, Model)>,
    clock: i64,
    ids: u32,
    /// Persons of whom no byte may be readable.
    erased: BTreeSet<String>,
    /// Persons whose keys may have come to the disk without their records.
    named: BTreeSet<String>,
    /// Whether a snapshot was acknowledged that must still be there.
    snapshot: bool,
    /// Positions at which the journal stood.
    stood: Vec<i64>,
    left: usize,
    /// Whether locations have calendars of their own.
    spread: bool,
    log: Option<Vec<String>>,
}

/// What became of a world: the verdict, the steps that it took and, where it was wanted, what they were.
pub struct Ran {
    pub verdict: Verdict,
    pub steps: usize,
    pub log: Vec<String>,
}

/// Runs the world of a seed up to a number of steps.
pub fn run(seed: u64, limit: usize, logged: bool) -> Ran {
    let mut world = World::new(seed, limit, logged);
    let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.live()));
    let verdict = lived.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(format!(
            "panic: {}",
            text.or(panic.downcast_ref::<&str>().map(|text| text.to_string())).unwrap_or_default()
        ))
    });
    Ran { verdict, steps: limit - world.left, log: world.log.unwrap_or_default() }
}

impl World {
    fn new(seed: u64, limit: usize, logged: bool) -> World {
        let mut dice = Dice(seed);
        let segment_bytes = (HEAD_BYTES as u64) + 2048 + dice.below(6) * 2500;
        let geometry = Geometry { segment_bytes, warm_bytes: dice.of(&[0, 0, 1024]) };
        let disk = MemoryDisk::with_geometry(seed, geometry);
        if dice.one_in(2) {
            disk.keep_history();
        }
        let offset = dice.of(&[0, 60, -300, 540]);
        let group = Durability::Group { max_delay_ms: 0 };
        let durability = dice.of(&[Durability::Sync, Durability::Sync, group, group, Durability::Os]);
        World {
            disk,
            options: Options { utc_offset_minutes: Some(offset), durability, ..Options::default() },
            model: Model::new(offset.into()),
            done: Vec::new(),
            in_flight: Vec::new(),
            durable: None,
            lost: BTreeSet::new(),
            failed: false,
            cut: false,
            follower: None,
            backup: None,
            clock: START,
            ids: 0,
            erased: BTreeSet::new(),
            named: BTreeSet::new(),
            snapshot: false,
            stood: vec![0],
            left: limit,
            spread: seed % 2 == 1,
            log: logged.then(Vec::new),
            dice,
        }
    }

    fn say(&mut self, text: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(text());
        }
    }

    fn live(&mut self) -> Verdict {
        let lives = 3 + self.dice.below(3);
        for _ in 0..lives {
            self.life()?;
            if self.left == 0 {
                break;
            }
        }
        self.disk.calm();
        let engine = self.open()?;
        self.settle(&engine)?;
        check(&engine, &self.model, &mut self.dice, true)?;
        drop(engine);
        self.unreadable()?;
        self.sound()?;
        self.rot()
    }

    fn open(&self) -> Result<Engine, String> {
        let opened = Engine::with_disk(Box::new(self.disk.clone()), self.options);
        opened.map_err(|error| format!("opening after a crash: {error}"))
    }

    fn life(&mut self) -> Verdict {
        if self.dice.one_in(4) {
            self.plan(10);
        }
        let mut engine = match Engine::with_disk(Box::new(self.disk.clone()), self.options) {
            Ok(engine) => engine,
            Err(error @ (Error::Io { .. } | Error::DiskFull { .. })) => {
                self.say(|| format!("# not opened: {error}"));
                self.failed = true;
                self.restart();
                return Ok(());
            }
            Err(error) => return Err(format!("opening with a fault: {error}")),
        };
        self.disk.calm();
        self.settle(&engine)?;
        self.again(&mut engine)?;
        self.failed = false;
        let (steps, reach) = (6 + self.dice.below(14), 10 + self.dice.below(50));
        if !self.dice.one_in(6) {
            self.plan(reach);
        }
        for _ in 0..steps {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            if !self.step(&mut engine)? {
                break;
            }
        }
        if self.in_flight.is_empty() && !self.failed {
            self.disk.calm();
            check(&engine, &self.model, &mut self.dice, false)?;
            self.copied(&mut engine)?;
            self.followed(&engine)?;
        }
        self.backup = None;
        drop(engine);
        self.restart();
        Ok(())
    }

    fn plan(&mut self, operations: u64) {
        let fault =
            self.dice.of(&[Fault::Full, Fault::Error, Fault::Error, Fault::PowerCut, Fault::PowerCut, Fault::PowerCut]);
        self.disk.fault_at(1 + self.dice.below(operations), fault);
        if self.dice.one_in(12) {
            self.disk.fail_read_at(1 + self.dice.below(20));
        }
    }

    /// Cuts the power, or only ends the process.
    fn restart(&mut self) {
        let (cut, tear) = (!self.dice.one_in(4), self.dice.of(&[Tear::Prefix, Tear::Sectors]));
        let off = self.disk.is_off();
        self.cut |= cut || off;
        self.disk.calm();
        if cut || off {
            self.disk = self.disk.crash(tear);
            self.follower = None; // it ran on the same machine
        }
        self.say(|| {
            format!("# {}", if cut || off { format!("the power goes: {tear:?}") } else { "the process ends".into() })
        });
    }

    /// Judges what an opening found, and takes it as the history from here on.
    fn settle(&mut self, engine: &Engine) -> Verdict {
        let position = engine.position();
        let flying = std::mem::take(&mut self.in_flight);
        let latest = self.model.now.max(flying.iter().map(|(_, now)| *now).max().unwrap_or(0));
        let mut found = self.without(position.sequence)?;
        self.cut = false;
        let before = found.clone();
        found.apply(&Step::Restart, 0);
        let mut verdict = self.found(engine, &mut found, latest);
        if let (Err(without), false) = (&verdict, flying.is_empty()) {
            let mut other = before;
            flying.iter().for_each(|(step, now)| drop(other.apply(step, *now)));
            other.apply(&Step::Restart, 0);
            let with = self.found(engine, &mut other, latest);
            verdict =
                with.map_err(|with| format!("neither without what was in flight: {without}\n  nor with it: {with}"));
            found = other;
            self.say(|| "# what was in flight is there".into());
            for (step, now) in flying {
                if let Step::Erase(subject) = &step {
                    self.gone(subject);
                }
                self.done.push(Done { step, now, after: position.sequence });
            }
        } else if !flying.is_empty() {
            self.say(|| "# what was in flight is not there".into());
        }
        verdict?;
        found.now = position.now.0;
        self.model = found;
        let at = position.sequence;
        self.done.push(Done { step: Step::Restart, now: position.now.0, after: at });
        self.stood.push(at);
        self.all_durable();
        if self.snapshot && !self.disk.files().iter().any(|name| name.starts_with("snapshot-")) {
            return Err("a snapshot was acknowledged and is gone".into());
        }
        self.unreadable()
    }

    /// The shop of what was answered, up to a record: with `os` what was not durable may be gone from its end.
    fn without(&mut self, sequence: i64) -> Result<Model, String> {
        let Some((model, since)) = self.durable.take() else { return Ok(self.model.clone()) };
        let there = since.iter().take_while(|own| own.after <= sequence).count();
        if there == since.len() {
            return Ok(self.model.clone());
        }
        if !self.cut && !self.failed {
            return Err(format!("{} of {} answers survived the end of the process", there, since.len()));
        }
        self.say(|| format!("# {} of {} answers were not durable", since.len() - there, since.len()));
        let mut found = model;
        since[..there].iter().for_each(|own| drop(found.apply(&own.step, own.now)));
        self.lost.extend(self.model.docs.keys().filter(|id| !found.docs.contains_key(*id)).cloned());
        for own in &since[there..] {
            for subject in subjects(&own.step) {
                self.erased.remove(subject);
                self.named.insert(subject.into());
            }
        }
        self.done.retain(|own| own.after <= sequence);
        self.stood.retain(|own| *own <= sequence);
        Ok(found)
    }

    /// Notes that all that was answered survives a power cut.
    fn all_durable(&mut self) {
        let os = self.options.durability == Durability::Os;
        self.durable = os.then(|| (self.model.clone(), Vec::new()));
    }

    /// Compares with a model whose clock may be behind: a snapshot remembers an instant at which nothing happened.
    fn found(&mut self, engine: &Engine, model: &mut Model, latest: i64) -> Verdict {
        let now = engine.position().now.0;
        if now < model.now || now > latest.max(model.now) {
            return Err(format!("the clock stands at {now}, the events say {} to {latest}", model.now));
        }
        model.now = now;
        check(engine, model, &mut self.dice, false)
    }

    /// Ids get their first answers again, and what is kept of people is all theirs.
    fn again(&mut self, engine: &mut Engine) -> Verdict {
        let ids: Vec<String> = self.model.docs.keys().cloned().collect();
        for _ in 0..ids.len().min(2) {
            let doc = self.model.docs[&self.dice.of(&ids)].clone();
            let now = Timestamp(self.model.now);
            let answer = match &doc.input {
                Input::Command(command) => engine.submit(command.clone(), now).map(|own| check::outcome(&own)),
                Input::Fact(fact) => engine.record(fact.clone(), now).map(|own| check::recorded(&own)),
            };
            let answer = answer.map_err(|error| format!("a repeated id: {error}"))?;
            if answer != doc.answer {
                return Err(format!("{:?} was answered {}, now {answer}", doc.input, doc.answer));
            }
        }
        for subject in PEOPLE {
            let kept = engine.export(subject).map_err(|error| format!("export: {error}"))?;
            let kept: Vec<i64> = kept.into_iter().map(|(at, _)| at.0).collect();
            let own = self.model.people.get(subject).cloned().unwrap_or_default();
            if kept != own {
                return Err(format!("kept of {subject}: {kept:?}, the model says {own:?}"));
            }
        }
        Ok(())
    }

    /// No file spells the key of a person who was erased.
    fn unreadable(&self) -> Verdict {
        let gone = self.erased.iter().filter(|subject| !self.model.people.contains_key(*subject));
        for subject in gone {
            for name in self.disk.files() {
                let bytes = self.disk.blob(&name).unwrap_or_default();
                let first = subject.as_bytes()[0];
                let spelled = |at: usize| bytes[at] == first && bytes[at..].starts_with(subject.as_bytes());
                if (0..bytes.len()).any(spelled) {
                    return Err(format!("{subject} was erased and is spelled in {name}"));
                }
            }
        }
        Ok(())
    }

    fn gone(&mut self, subject: &str) {
        self.erased.insert(subject.into());
        self.named.remove(subject);
    }

    /// One step; false where a fault ended the life.
    fn step(&mut self, engine: &mut Engine) -> Result<bool, String> {
        if self.dice.one_in(25) {
            self.say(|| "snapshot".into());
            return match engine.snapshot() {
                Ok(()) => {
                    self.snapshot = true;
                    self.all_durable();
                    Ok(true)
                }
                Err(error) => self.failed(&error),
            };
        }
        match self.dice.below(40) {
            0 => return self.back_up(engine),
            1 if self.backup.is_some() => return self.copied(engine).map(|()| true),
            2 | 3 if self.is_calm() => return self.followed(engine).map(|()| true),
            4 => {
                self.say(|| "compact".into());
                return match engine.compact() {
                    Ok(()) => {
                        self.all_durable();
                        Ok(true)
                    }
                    Err(error) => self.failed(&error),
                };
            }
            _ => {}
        }
        let count = match self.options.durability {
            Durability::Group { .. } if self.dice.one_in(3) => 2 + self.dice.below(3) as usize,
            _ => 1,
        };
        self.group(engine, count)
    }

    /// Lets things happen that share one flush: all are answered after it, or none.
    fn group(&mut self, engine: &mut Engine, count: usize) -> Result<bool, String> {
        let (mut model, mut asked) = (self.model.clone(), Vec::new());
        for _ in 0..count {
            std::mem::swap(&mut self.model, &mut model);
            let step = self.wish();
            std::mem::swap(&mut self.model, &mut model);
            self.clock += match self.dice.below(20) {
                0 => 86_400_000 * (1 + self.dice.below(2) as i64),
                1..=3 => 3_600_000 * self.dice.below(14) as i64,
                _ => 60_000 * self.dice.below(20) as i64,
            };
            let now = if self.dice.one_in(30) { self.clock - 7_200_000 } else { self.clock };
            let alone = matches!(step, Step::Erase(_));
            if alone && !asked.is_empty() {
                break;
            }
            self.say(|| format!("{now} {step:?}"));
            let expected = model.apply(&step, now);
            asked.push((step, now, expected));
            if alone {
                break;
            }
        }
        let alone = matches!(&asked[..], [(Step::Erase(_), ..)]);
        if alone {
            self.snapshot = false;
        }
        let mut answers = Vec::new();
        let mut perform_all = |engine: &mut Engine| {
            for (step, now, _) in &asked {
                answers.push(perform(engine, step, Timestamp(*now))?);
            }
            Ok(())
        };
        let flushed =
            if asked.len() > 1 { engine.together(perform_all).and_then(|done| done) } else { perform_all(engine) };
        if let Err(error) = flushed {
            for (step, now, _) in asked {
                for subject in subjects(&step) {
                    self.erased.remove(subject);
                    self.named.insert(subject.into());
                }
                self.in_flight.push((step, now));
            }
            return self.failed(&error);
        }
        let after = engine.position().sequence;
        for ((step, now, expected), answers) in asked.into_iter().zip(answers) {
            self.say(|| format!("  -> {answers:?}"));
            // A person of whom only the key came before the power went is known by name.
            let by_name = matches!(&step, Step::Erase(own) if answers == ["true"] && self.named.contains(own));
            if answers != expected && !by_name {
                return Err(format!("{step:?}\n  was answered {answers:?}\n  and should be {expected:?}"));
            }
            if let Some((_, copy)) = self.backup.as_mut().filter(|_| alone) {
                copy.apply(&step, now);
            }
            let done = Done { step, now, after };
            if let Some((_, since)) = &mut self.durable {
                since.push(done.clone());
            }
            self.done.push(done);
        }
        self.model = model;
        if alone {
            if let Some(Done { step: Step::Erase(subject), .. }) = self.done.last().cloned() {
                self.gone(&subject);
            }
            self.all_durable();
            self.unreadable()?;
        }
        if after != self.stood.last().copied().unwrap_or(0) {
            self.stood.push(after);
        }
        Ok(true)
    }

    /// Begins a backup, which the writer does not wait for.
    fn back_up(&mut self, engine: &mut Engine) -> Result<bool, String> {
        self.say(|| "a backup begins".into());
        match engine.reading() {
            Ok(reading) => {
                self.all_durable();
                self.backup = Some((reading, self.model.clone()));
                Ok(true)
            }
            Err(error) => self.failed(&error),
        }
    }

    /// Ends the backup that was begun, and opens the copy: it is the shop of then, less who was erased since.
    fn copied(&mut self, engine: &mut Engine) -> Verdict {
        let Some((reading, mut model)) = self.backup.take() else { return Ok(()) };
        self.say(|| "the backup ends".into());
        let (mut target, end) = (MemoryDisk::new(3), reading.head().sequence as i64);
        match reading.backup(&mut target, true, &Task::default(), &mut || Ok(engine.now())) {
            Err(Error::Io { .. }) => return Ok(()), // a read failed
            Err(error) => return Err(format!("backup: {error}")),
            Ok(_) => {}
        }
        let copy = Engine::with_disk(Box::new(target), Options { utc_offset_minutes: None, ..self.options });
        let copy = copy.map_err(|error| format!("opening a copy: {error}"))?;
        if copy.position().sequence != end {
            return Err(format!("the copy ends at {}, the backup began at {end}", copy.position().sequence));
        }
        let latest = model.now;
        model.apply(&Step::Restart, 0);
        self.found(&copy, &mut model, latest).map_err(|error| format!("a copy: {error}"))
    }

    /// Whether a reader may flush without being told of errors that the writer should hear of.
    fn is_calm(&self) -> bool {
        self.options.durability != Durability::Os && !self.failed
    }

    /// Lets a follower catch up: its world is the writer's.
    fn followed(&mut self, engine: &Engine) -> Verdict {
        if !self.is_calm() {
            return Ok(());
        }
        let done = match &self.follower {
            Some(own) => own.poll().map(drop),
            None => Engine::follow_disk(Box::new(self.disk.clone())).map(|own| self.follower = Some(own)),
        };
        match (done, &self.follower) {
            (Err(Error::Io { .. } | Error::DiskFull { .. } | Error::Closed), _) => {
                self.follower = None; // a fault that the writer will meet, too
                Ok(())
            }
            (Err(error), _) => Err(format!("a follower: {error}")),
            (Ok(()), Some(own)) => {
                let view = own.view().map_err(|error| format!("a follower: {error}"))?;
                let mut world = view.world().clone();
                world.now = engine.world().now; // of an instant at which nothing happened only the writer knows
                let same = world == *engine.world() && view.position().digest == engine.position().digest;
                if same { Ok(()) } else { Err("the follower's world is not the writer's".into()) }
            }
            (Ok(()), None) => Ok(()),
        }
    }

    fn failed(&mut self, error: &Error) -> Result<bool, String> {
        self.say(|| format!("  -> {error}"));
        self.failed = true;
        match error {
            Error::Io { .. } | Error::DiskFull { .. } | Error::JournalPoisoned { .. } => Ok(false),
            other => Err(format!("a fault became {other}")),
        }
    }

    fn id(&mut self, kind: &str) -> String {
        self.ids += 1;
        format!("{kind}-{}", self.ids)
    }

    fn line(&mut self) -> Line {
        let mut line = Line::new(self.dice.of(&SKUS), self.dice.between(1, 6));
        if self.dice.one_in(12) && line.sku != "KIT" {
            line.lot = Some(self.lot());
        }
        if self.dice.one_in(15) {
            line.location = Some(self.dice.of(&PLACES).into());
        }
        if line.sku == "MAS" && self.dice.one_in(6) {
            (line.unit, line.quantity) = (Some("pair".into()), Quantity(self.dice.between(1, 2)));
        }
        line
    }

    fn lines(&mut self) -> Vec<Line> {
        let count = self.dice.of(&[1, 1, 1, 2, 3]);
        (0..count).map(|_| self.line()).collect()
    }

    fn lot(&mut self) -> String {
        format!("L{}", self.dice.below(4))
    }

    fn place(&mut self) -> String {
        if self.dice.one_in(40) {
            "nowhere".into()
        } else {
            self.dice.of(&PLACES[..2 + usize::from(self.ids % 3 == 0)]).into()
        }
    }

    fn sku(&mut self) -> String {
        if self.dice.one_in(40) { LATER.into() } else { self.dice.of(&SKUS[..3]).into() }
    }

    fn subject(&mut self) -> Option<String> {
        self.dice.one_in(2).then(|| self.dice.of(&PEOPLE).into())
    }

    /// A hold, mostly a live one.
    fn hold(&mut self) -> String {
        let live: Vec<&String> =
            self.model.holds.iter().filter(|(_, hold)| hold.state == "live").map(|(key, _)| key).collect();
        let all: Vec<&String> = self.model.holds.keys().collect();
        let list = if self.dice.one_in(8) || live.is_empty() { all } else { live };
        if list.is_empty() || self.dice.one_in(30) { "nobody".into() } else { self.dice.of(&list).clone() }
    }

    /// A part of a hold, or nothing for all of it.
    fn part(&mut self, hold: &str) -> Vec<Line> {
        let Some(own) = self.model.holds.get(hold).filter(|own| !own.lines.is_empty()) else { return Vec::new() };
        if !self.dice.one_in(3) {
            return Vec::new();
        }
        let (sku, place, lot, units) = self.dice.of(&own.lines);
        let mut line = Line::new(&sku, self.dice.between(1, units.max(1)));
        line.lot = lot.filter(|_| self.dice.one_in(4));
        line.location = self.dice.one_in(4).then_some(place);
        vec![line]
    }

    /// A lot that is somewhere, with its condition and units there.
    fn goods(&mut self) -> (String, String, String, Condition, i64) {
        let there: Vec<_> = self
            .model
            .units
            .iter()
            .flat_map(|(key, units)| {
                Condition::ALL
                    .into_iter()
                    .filter(|own| units[*own as usize] > 0)
                    .map(move |own| (key.clone(), own, units[own as usize]))
            })
            .collect();
        if there.is_empty() || self.dice.one_in(12) {
            return (self.sku(), self.place(), self.lot(), Condition::Available, 3);
        }
        let ((sku, place, lot), condition, units) = self.dice.of(&there);
        (sku, place, lot, condition, units)
    }

    /// The next thing that somebody wants.
    fn wish(&mut self) -> Step {
        if self.model.skus.is_empty() {
            return Step::Skus(self.entries());
        }
        if self.model.channels.is_empty() {
            let kept = vec![Units::new("LIP", 1)];
            let web = Channel { channel: "web".into(), min_remaining_days: 1, kept };
            return Step::Channels(vec![web, Channel { channel: "shop".into(), ..Channel::default() }]);
        }
        if self.spread && (self.model.offsets.is_empty() || self.dice.one_in(60)) {
            return Step::Locations(self.calendars());
        }
        if self.model.moves.is_empty() && self.dice.below(4) > 0 {
            let today = self.model.today();
            return Step::Facts((0..8).map(|_| kept(self.receipt().into(), today)).collect());
        }
        let today = self.model.today();
        match self.dice.below(60) {
            0 => Step::Advance,
            1 => Step::Erase(self.dice.of(&PEOPLE).into()),
            2 if self.dice.one_in(2) => Step::Skus(self.entries()),
            2 => Step::Skus(vec![Sku { sku: LATER.into(), low_stock: 2, ..Sku::default() }]),
            3 | 4 => {
                let count = 2 + self.dice.below(4);
                Step::Commands((0..count).map(|_| self.command()).collect())
            }
            5 | 6 => {
                let count = 2 + self.dice.below(4);
                Step::Facts((0..count).map(|_| kept(self.fact(), today)).collect())
            }
            7..=10 => self.repeated(),
            11..=36 => Step::Commands(vec![self.command()]),
            _ => Step::Facts(vec![self.fact()]),
        }
    }

    /// Where the days of locations begin.
    fn calendars(&mut self) -> Vec<Location> {
        let offset = |dice: &mut Dice| dice.of(&[Some(-300), Some(60), Some(540), Some(840), None]);
        let mut all: Vec<Location> = PLACES[1..]
            .iter()
            .map(|place| Location { location: (*place).into(), utc_offset_minutes: offset(&mut self.dice) })
            .collect();
        all.push(Location { location: "paris".into(), utc_offset_minutes: Some(self.dice.of(&[60, 120, -720])) });
        all
    }

    /// An id that was used: with the same content, or with other.
    fn repeated(&mut self) -> Step {
        let ids: Vec<String> = self.model.docs.keys().cloned().collect();
        if ids.is_empty() {
            return Step::Advance;
        }
        let id = self.dice.of(&ids);
        match self.model.docs[&id].input.clone() {
            Input::Command(command) if !self.dice.one_in(3) => Step::Commands(vec![command]),
            Input::Fact(fact) if !self.dice.one_in(3) => Step::Facts(vec![fact]),
            Input::Command(Command::Reserve(c)) => {
                Step::Commands(vec![Reserve { ttl_seconds: c.ttl_seconds + 1, ..c }.into()])
            }
            _ => Step::Commands(vec![Release { id, hold: "other".into(), lines: Vec::new() }.into()]),
        }
    }

    fn entries(&mut self) -> Vec<Sku> {
        let sku = |key: &str| Sku { sku: key.into(), low_stock: 3, ..Sku::default() };
        let backorder_limit = self.dice.between(0, 4);
        let months = self.dice.one_in(4);
        vec![
            Sku {
                backorder_limit: if self.dice.one_in(2) { 3 } else { 0 },
                cost: self.dice.one_in(2).then(|| Money { minor: self.dice.between(1, 400), ..Money::default() }),
                ..sku("LIP")
            },
            Sku {
                min_remaining_days: self.dice.between(0, 2) as i32,
                min_receipt_days: 3,
                safety_stock: self.dice.between(0, 2),
                shelf_life_days: if months { None } else { self.dice.one_in(2).then_some(6) },
                shelf_life_months: months.then_some(1),
                ..sku("SER")
            },
            Sku {
                backorder_limit,
                safety_stock: self.dice.between(0, 1),
                pao_months: Some(self.dice.of(&[1, 6])),
                use_period_days: self.dice.of(&[None, None, Some(2), Some(90)]),
                sell_by_buffer_days: self.dice.between(0, 1) as i32,
                channels: vec![ChannelMinimum { channel: "shop".into(), min_remaining_days: 3 }],
                short_receipt: if self.dice.one_in(3) { ShortReceipt::Refuse } else { ShortReceipt::Quarantine },
                units: vec![Unit { unit: "pair".into(), base_units: 2, per: 1 }],
                ..sku("MAS")
            },
            Sku { kit: vec![Units::new("LIP", 1), Units::new("MAS", 2)], ..sku("KIT") },
        ]
    }

    fn command(&mut self) -> Command {
        match self.dice.below(40) {
            0..=13 => {
                let (id, lines, location) = (self.id("order"), self.lines(), self.place());
                Reserve {
                    id,
                    lines,
                    location,
                    ttl_seconds: self.dice.of(&[60, 900, 7_200, 90_000]),
                    up_to: self.dice.one_in(5),
                    channel: match self.dice.below(8) {
                        0 | 1 => Some("web".into()),
                        2 => Some("shop".into()),
                        3 if self.dice.one_in(4) => Some("nobody".into()),
                        _ => None,
                    },
                    min_remaining_days: self.dice.of(&[0, 0, 0, 1, 4]),
                    strategy: self.dice.of(&[Strategy::Fefo, Strategy::Fefo, Strategy::Fifo, Strategy::Lifo]),
                }
                .into()
            }
            14..=19 => {
                let hold = self.hold();
                Commit { id: self.id("ship"), lines: self.part(&hold), hold, subject: self.subject() }.into()
            }
            20..=22 => {
                let hold = self.hold();
                Release { id: self.id("back"), lines: self.part(&hold), hold }.into()
            }
            23..=26 => self.relocate(),
            27 | 28 => {
                let transfers: Vec<String> = self.model.transfers.keys().cloned().collect();
                let none = transfers.is_empty() || self.dice.one_in(10);
                let transfer = if none { "nobody".into() } else { self.dice.of(&transfers) };
                let quantity = self.dice.one_in(2).then(|| Quantity(self.dice.between(1, 4)));
                Arrive { id: self.id("arrival"), transfer, quantity }.into()
            }
            29 | 30 => Purchase {
                id: self.id("purchase"),
                supplier: "acme".into(),
                lines: (0..1 + self.dice.below(2)).map(|_| Line::new(&self.sku(), self.dice.between(1, 9))).collect(),
                location: self.place(),
                expected_on: None,
                under_percent: self.dice.of(&[0, 20]),
                over_percent: self.dice.of(&[0, 50]),
            }
            .into(),
            31..=33 => {
                let (sku, location, lot, from, units) = self.goods();
                let free = [Condition::Available, Condition::Quarantined, Condition::Damaged, Condition::Expired];
                let from = if free.contains(&from) { from } else { Condition::Available };
                let others: Vec<Condition> = free.into_iter().filter(|own| *own != from).collect();
                let (to, quantity) = (self.dice.of(&others), Quantity(self.dice.between(1, units + 1)));
                Reclassify { id: self.id("class"), sku, lot, location, quantity, from, to, reason: "seen".into() }
                    .into()
            }
            34 | 35 => {
                let (sku, location, lot, condition, units) = self.goods();
                let condition = if condition != Condition::Held { condition } else { Condition::Available };
                let quantity = Quantity(self.dice.between(1, units));
                WriteOff { id: self.id("scrap"), sku, lot, location, quantity, condition, reason: "old".into() }.into()
            }
            36 => {
                let (sku, location, lot) = (self.sku(), self.place(), self.dice.one_in(3).then(|| self.lot()));
                OpenTester { id: self.id("tester"), sku, lot, location, quantity: Quantity(self.dice.between(1, 2)) }
                    .into()
            }
            37 | 38 => {
                let (sku, lot, location) = ("SER".to_string(), format!("K{}", self.dice.below(3)), self.place());
                let count = 1 + self.dice.below(2);
                let parts =
                    (0..count).map(|_| Units::new(self.dice.of(&["LIP", "MAS"]), self.dice.between(1, 2))).collect();
                Assemble { id: self.id("kit"), sku, lot, quantity: Quantity(self.dice.between(1, 2)), location, parts }
                    .into()
            }
            _ => {
                Freeze { id: self.id("freeze"), until: Day(self.model.today() - self.dice.between(0, 3) as i32) }.into()
            }
        }
    }

    fn relocate(&mut self) -> Command {
        let id = self.id("move");
        let (sku, from, lot, condition, units) = self.goods();
        let to = PLACES.iter().find(|place| **place != from).map_or("lyon", |place| *place).to_string();
        let own = [Condition::Quarantined, Condition::Damaged, Condition::Expired, Condition::Tester];
        let condition = if own.contains(&condition) { condition } else { Condition::Available };
        let lot = self.dice.one_in(3).then_some(lot);
        let (quantity, in_transit) = (Quantity(self.dice.between(1, units)), self.dice.one_in(2));
        let in_transit = in_transit && condition != Condition::Tester;
        Move { id, sku, quantity, from, to, unit: None, lot, condition, in_transit }.into()
    }

    fn late(&mut self) -> Option<Day> {
        let today = self.model.first_day(self.clock.max(self.model.now) - 7_200_000);
        self.dice.one_in(6).then(|| Day(today - self.dice.between(0, 4) as i32))
    }

    fn receipt(&mut self) -> Receive {
        let (sku, quantity, location) = (self.sku(), Quantity(self.dice.between(1, 9)), self.place());
        let unit = (sku == "MAS" && self.dice.one_in(5)).then(|| "pair".into());
        let orders: Vec<String> = self.model.purchases.keys().cloned().collect();
        let purchase = (!orders.is_empty() && self.dice.one_in(2)).then(|| self.dice.of(&orders));
        let lot = if self.dice.one_in(6) { String::new() } else { self.lot() };
        let expires_on = (!self.dice.one_in(4)).then(|| Day(self.model.today() + self.dice.between(-1, 9) as i32));
        let condition = if self.dice.one_in(12) { Condition::Damaged } else { Condition::Available };
        let occurred_on = self.late();
        let came = occurred_on.map_or(self.model.today(), |day| day.0.min(self.model.today()));
        let produced_on = self.dice.one_in(5).then(|| Day(came - 2));
        let unit_cost = (unit.is_none() && !self.dice.one_in(3))
            .then(|| Money { minor: self.dice.between(0, 500), ..Money::default() });
        let (id, supplier_lot) = (self.id("receipt"), None);
        Receive {
            id,
            sku,
            quantity,
            location,
            lot,
            expires_on,
            produced_on,
            supplier_lot,
            unit,
            condition,
            occurred_on,
            purchase,
            unit_cost,
        }
    }

    fn fact(&mut self) -> Fact {
        match self.dice.below(40) {
            0..=12 => self.receipt().into(),
            13..=19 => Sale {
                id: self.id("sale"),
                lines: self.lines(),
                location: self.place(),
                subject: self.subject(),
                occurred_on: self.late(),
            }
            .into(),
            20..=23 => {
                let orders: Vec<String> = self.model.docs.keys().cloned().collect();
                let order = (!orders.is_empty() && self.dice.one_in(2)).then(|| self.dice.of(&orders));
                Return {
                    id: self.id("return"),
                    sku: self.dice.of(&SKUS[..3]).into(),
                    quantity: Quantity(self.dice.between(1, 3)),
                    location: self.place(),
                    lot: if self.dice.one_in(3) { self.lot() } else { String::new() },
                    reason: "shade".into(),
                    resellable: self.dice.one_in(2),
                    subject: self.subject(),
                    order,
                    occurred_on: self.late(),
                }
                .into()
            }
            24..=27 => Count {
                id: self.id("count"),
                sku: self.dice.of(&SKUS[..3]).into(),
                location: self.place(),
                quantity: Quantity(self.dice.between(0, 12)),
                lot: self.dice.one_in(3).then(|| self.lot()),
                condition: self.dice.of(&[
                    Condition::Available,
                    Condition::Available,
                    Condition::Available,
                    Condition::Damaged,
                    Condition::Quarantined,
                    Condition::Expired,
                    Condition::Tester,
                ]),
                occurred_on: self.late(),
            }
            .into(),
            28 | 29 => Recall { id: self.id("recall"), sku: self.dice.of(&SKUS[..3]).into(), lot: self.lot() }.into(),
            30..=33 => {
                let (id, subject, sku) = (self.id("click"), self.dice.of(&PEOPLE).into(), self.sku());
                Fact::Click(Interest { id, subject, sku })
            }
            34 | 35 => Rating {
                id: self.id("rating"),
                subject: self.dice.of(&PEOPLE).into(),
                sku: self.dice.of(&SKUS).into(),
                value: 1 + self.dice.below(5) as u8,
            }
            .into(),
            36 | 37 => Complaint {
                id: self.id("complaint"),
                sku: self.dice.of(&SKUS[..3]).into(),
                kind: self.dice.of(&[ComplaintKind::NotAvailable, ComplaintKind::Damaged, ComplaintKind::Irritation]),
                location: None,
                subject: self.subject(),
                text: String::new(),
            }
            .into(),
            _ => Consent {
                id: self.id("consent"),
                subject: self.dice.of(&PEOPLE).into(),
                granted: self.dice.one_in(2),
                ..Consent::default()
            }
            .into(),
        }
    }

    /// The whole log verifies, and the state of the snapshot is the one that all events fold into.
    fn sound(&mut self) -> Verdict {
        let report = verify(&self.disk).map_err(|error| format!("verify: {error}"))?;
        if let Some(damage) = report.damage {
            return Err(format!("verify: {damage}"));
        }
        if let Some(name) = self.disk.files().into_iter().find(|name| name.ends_with(".tmp")) {
            return Err(format!("{name} was left"));
        }
        let mut world = trousse::engine::World::default();
        let folded = Journal::open(Box::new(self.disk.copy()), &mut |entry| {
            world.apply(&trousse::event::Event::read(entry.payload)?);
            Ok(())
        });
        folded.map_err(|error| format!("folding: {error}"))?;
        let engine = self.open()?;
        world.now = engine.world().now;
        if world != *engine.world() {
            return Err("the state that was opened is not the fold of the log".into());
        }
        Ok(())
    }

    /// Lets a quiet copy of the disk rot: it is refused with its place, or shown as it was but for an end that nothing proves.
    fn rot(&mut self) -> Verdict {
        for _ in 0..2 {
            let disk = self.disk.copy();
            let (harm, refused) = self.harm(&disk);
            self.rotten(&disk, refused).map_err(|error| format!("{harm}: {error}"))?;
        }
        Ok(())
    }

    fn harm(&mut self, disk: &MemoryDisk) -> (String, bool) {
        let forged = if self.dice.one_in(4) { self.tamper(disk) } else { None };
        if let Some(harm) = forged {
            return (harm, true);
        }
        let name = self.dice.of(&disk.files());
        let sectors = disk.blob(&name).map_or(0, |bytes| bytes.len()).div_ceil(SECTOR_BYTES).max(1) as u64;
        let frames =
            if name.starts_with("journal-") && !self.dice.one_in(6) { (HEAD_BYTES / SECTOR_BYTES) as u64 } else { 0 };
        let first = frames.min(sectors - 1);
        let sector = first + self.dice.below(sectors - first);
        let other = self.dice.below(sectors);
        let bit = self.dice.below(4096) as u16;
        let damage = self.dice.of(&[
            Damage::FlipBit(bit),
            Damage::FlipBit(bit),
            Damage::Zero,
            Damage::Stale,
            Damage::Misdirect(other),
        ]);
        disk.damage(&name, sector, damage);
        (format!("{damage:?} in sector {sector} of {name}"), false)
    }

    /// Changes a bit of a frame's records and makes its checksum right: only the chain can tell.
    fn tamper(&mut self, disk: &MemoryDisk) -> Option<String> {
        let frames = frames(disk);
        if frames.is_empty() {
            return None;
        }
        let Frame { name, from, to, .. } = self.dice.of(&frames);
        let mut bytes = disk.blob(&name)?;
        let at = from + 42 + self.dice.below((to - from - 42) as u64) as usize;
        bytes[at] ^= 1 << self.dice.below(8);
        let sum = crc32c::crc32c(&bytes[from + 8..to]);
        bytes[from + 4..from + 8].copy_from_slice(&sum.to_le_bytes());
        disk.set_blob(&name, &bytes);
        Some(format!("a forged byte {at} of {name}"))
    }

    fn rotten(&mut self, disk: &MemoryDisk, refused: bool) -> Verdict {
        let report = verify(disk).map_err(|error| format!("verify: {error}"))?;
        if refused && report.damage.is_none() {
            return Err("verify did not see it".into());
        }
        match Engine::with_disk(Box::new(disk.copy()), self.options) {
            Ok(engine) => self.accepted(disk, &engine),
            Err(Error::JournalCorrupt { .. } | Error::JournalVersion { .. }) => self.salvaged(disk),
            Err(error) => Err(format!("opening: {error}")),
        }
    }

    /// What opens in spite of the harm shows all that was acknowledged, but for an end that no whole frame proves.
    fn accepted(&mut self, disk: &MemoryDisk, engine: &Engine) -> Verdict {
        let end = engine.position().sequence;
        let full = self.stood.last().copied().unwrap_or(0);
        let least = self.proven(disk).unwrap_or(full);
        if end < least || !self.stood.contains(&end) {
            return Err(format!("the log was cut at record {end}, but {least} of {full} are proven"));
        }
        let mut model = Model::new(self.model.offset_minutes);
        for own in self.done.iter().filter(|own| own.after <= end || matches!(own.step, Step::Restart | Step::Erase(_)))
        {
            model.apply(&own.step, own.now);
            if let Step::Restart = own.step {
                model.now = own.now; // a snapshot remembers an instant at which nothing happened
            }
        }
        model.now = engine.position().now.0;
        check(engine, &model, &mut self.dice, false).map_err(|error| format!("opened at {end} of {full}: {error}"))
    }

    /// The first record that harm may take: that of the first frame that differs, if no whole one says that it was there.
    fn proven(&self, disk: &MemoryDisk) -> Option<i64> {
        let all = frames(&self.disk);
        let whole = |frame: &Frame| {
            let bytes = |disk: &MemoryDisk| {
                disk.blob(&frame.name).and_then(|own| own.get(frame.from..frame.to).map(<[u8]>::to_vec))
            };
            bytes(disk) == bytes(&self.disk)
        };
        let first = all.iter().position(|frame| !whole(frame))?;
        let Frame { name, sequence, .. } = &all[first];
        let last = all.last().map(|frame| &frame.name);
        let proof = all[first..].iter().any(|frame| frame.synced > *sequence && whole(frame));
        (!proof && last == Some(name)).then_some(*sequence as i64)
    }

    /// What is salvaged is a journal again, and makes nothing up.
    fn salvaged(&mut self, disk: &MemoryDisk) -> Verdict {
        let target = MemoryDisk::with_geometry(1, Geometry { segment_bytes: 1 << 16, warm_bytes: 0 });
        match salvage(disk, Box::new(target.clone())) {
            Err(Error::JournalVersion { .. }) => return Ok(()), // a flipped bit of the version
            other => drop(other.map_err(|error| format!("salvage: {error}"))?),
        }
        let report = verify(&target).map_err(|error| format!("verify: {error}"))?;
        if let Some(damage) = report.damage {
            return Err(format!("what was salvaged is damaged: {damage}"));
        }
        let options = Options { utc_offset_minutes: None, ..self.options };
        let engine =
            Engine::with_disk(Box::new(target), options).map_err(|error| format!("what was salvaged: {error}"))?;
        let docs = engine.world().ledger.docs();
        let own = self.model.docs.keys().chain(self.lost.iter().filter(|id| !self.model.docs.contains_key(*id)));
        let known = own.filter(|id| docs.find(id).is_some()).count();
        if known != docs.len() {
            return Err(format!("salvage made ids up: {known} of {} are known", docs.len()));
        }
        Ok(())
    }
}

/// Where a batch lies, the record that it begins with and how many were durable when it was written.
#[derive(Debug, Clone)]
struct Frame {
    name: String,
    from: usize,
    to: usize,
    synced: u64,
    sequence: u64,
}

/// The frames of a journal by the format's description, and by no line of its reader.
fn frames(disk: &MemoryDisk) -> Vec<Frame> {
    let mut found = Vec::new();
    for name in disk.files().into_iter().filter(|name| name.starts_with("journal-") && name.ends_with(".seg")) {
        let bytes = disk.blob(&name).unwrap_or_default();
        let number = |at: usize, length: usize| {
            bytes
                .get(at..at + length)
                .map_or(0, |own| own.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)))
        };
        let mut from = HEAD_BYTES;
        while number(from, 4) > 0 {
            let to = from + 8 + number(from, 4) as usize;
            found.push(Frame {
                name: name.clone(),
                from,
                to,
                synced: number(from + 16, 8),
                sequence: number(from + 24, 8),
            });
            from = to;
        }
    }
    found
}

/// Of many facts none is refused: a receipt that could be keeps long.
fn kept(fact: Fact, today: i32) -> Fact {
    match fact {
        Fact::Receive(own) if own.sku == "MAS" => {
            Receive { lot: String::new(), expires_on: Some(Day(today + 200)), ..own }.into()
        }
        other => other,
    }
}

/// The persons that a step speaks of.
fn subjects(step: &Step) -> Vec<&'static str> {
    let of_command = |command: &Command| match command {
        Command::Commit(c) => c.subject.clone(),
        _ => None,
    };
    let named: Vec<String> = match step {
        Step::Facts(facts) => facts.iter().filter_map(Fact::subject).map(String::from).collect(),
        Step::Commands(commands) => commands.iter().filter_map(of_command).collect(),
        _ => Vec::new(),
    };
    PEOPLE.into_iter().filter(|own| named.iter().any(|name| name == own)).collect()
}

fn perform(engine: &mut Engine, step: &Step, now: Timestamp) -> Result<Vec<String>, Error> {
    let conflict = |error: Error| match error {
        Error::Rejected(why) => Ok(check::refusal(&why)),
        Error::LifeTooShort { sku, lot, remaining_days, required_days, .. } => {
            Ok(format!("LIFE_TOO_SHORT {sku}/{lot} {remaining_days} of {required_days}"))
        }
        other => Err(other),
    };
    Ok(match step {
        Step::Restart => Vec::new(),
        Step::Skus(skus) => engine.upsert_skus(skus.clone(), now).map(|()| Vec::new())?,
        Step::Channels(channels) => engine.upsert_channels(channels.clone(), now).map(|()| Vec::new())?,
        Step::Locations(locations) => engine.upsert_locations(locations.clone(), now).map(|()| Vec::new())?,
        Step::Commands(commands) => match &commands[..] {
            [one] => vec![check::outcome(&engine.submit(one.clone(), now)?)],
            many => engine.submit_many(many, now)?.iter().map(check::outcome).collect(),
        },
        Step::Facts(facts) => match &facts[..] {
            [one] => vec![engine.record(one.clone(), now).map(|own| check::recorded(&own)).or_else(conflict)?],
            many => engine.record_many(many, now)?.iter().map(check::recorded).collect(),
        },
        Step::Advance => {
            let fired = engine.advance(now)?;
            // Holds and lots come in two lists; the model keeps one.
            vec![(fired.holds_expired.len() + fired.lots_expired.len()).to_string()]
        }
        Step::Erase(subject) => vec![engine.erase(subject)?.to_string()],
    })
}
