//! Care of journals through the engine: what is kept, dropped, copied, followed and saved, and what remains on the disk.

use std::path::{Path, PathBuf};

use super::*;
use crate::event::{Consent, Interest, Purpose, Rating, Receive, Sale};
use crate::journal::{Geometry, Tear};
use crate::{Line, Task};

const START: Timestamp = Timestamp(1_795_424_400_000); // 2026-11-23T09:00:00Z
const SECRET: &str = "ana-84617";

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("trousse-care-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Folder(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn day_after(days: i64) -> Timestamp {
    Timestamp(START.0 + days * 86_400_000)
}

fn open(path: &Path) -> Engine {
    Engine::open(path, Options { open_catalog: true, ..Options::default() }).unwrap()
}

fn receive(engine: &mut Engine, id: &str, sku: &str, quantity: i64) {
    let (id, sku, lot) = (id.into(), sku.into(), "A".into());
    let fact = Receive { id, sku, lot, quantity: Quantity(quantity), location: "paris".into(), ..Default::default() };
    engine.record(fact.into(), START).unwrap();
}

fn view(engine: &mut Engine, id: &str, subject: &str, days: i64) {
    let fact = Interest { id: id.into(), subject: subject.into(), sku: "LIP-01".into() };
    engine.record(Fact::View(fact), day_after(days)).unwrap();
}

fn buy(engine: &mut Engine, id: &str, subject: &str, days: i64) {
    let (lines, location) = (vec![Line::new("LIP-01", 1)], "paris".into());
    let fact = Sale { id: id.into(), lines, location, subject: Some(subject.into()), ..Default::default() };
    engine.record(fact.into(), day_after(days)).unwrap();
}

fn withdraw(engine: &mut Engine, subject: &str, purpose: Purpose, days: i64) {
    let id = format!("no-{subject}-{purpose:?}");
    let fact = Consent { id, subject: subject.into(), purpose, granted: false };
    engine.record(fact.into(), day_after(days)).unwrap();
}

fn signals(engine: &Engine) -> i64 {
    let rows = engine.view().signals(&SignalsParams { min_n: 1, ..Default::default() }).unwrap();
    rows.iter().map(|row| row.n).sum()
}

/// Whether any file of a folder has these bytes.
fn holds(path: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(path).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

#[test]
fn what_no_purpose_keeps_goes_and_stock_stays() {
    let folder = Folder::new("retain");
    let mut engine = open(&folder.0);
    receive(&mut engine, "r", "LIP-01", 50);
    view(&mut engine, "v-old", "ana", 0);
    buy(&mut engine, "s-old", "ana", 0);
    view(&mut engine, "v-new", "bo", 80);
    engine.snapshot().unwrap();
    let params = RetainParams { personalisation_days: Some(30), analytics_days: Some(30), marketing_days: None };
    let before = engine.world().ledger.clone();
    let retain = |engine: &mut Engine, params: &RetainParams| {
        let Retained { dropped, reduced } = engine.retain(params, day_after(100)).unwrap();
        (dropped, reduced)
    };
    assert_eq!(retain(&mut engine, &params), (1, 1), "of the purchase the order is kept for segments");
    assert_eq!(engine.export("ana").unwrap().len(), 1);
    assert_eq!(before.shelves(), engine.world().ledger.shelves());
    assert_eq!(retain(&mut engine, &params), (0, 0), "once is enough");
    let all = RetainParams { marketing_days: Some(90), ..params };
    assert_eq!(retain(&mut engine, &all), (1, 0));
    assert_eq!((engine.export("ana").unwrap().len(), engine.export("bo").unwrap().len()), (0, 1));
    assert_eq!(engine.world().people.persons[0].orders, []);
    let verified = engine.verify().unwrap();
    assert!(verified.sound);
    assert_eq!((verified.dropped, verified.snapshots), (3, 1), "the snapshot was taken anew");
    let (position, stock) = (engine.position(), engine.view().stock(&Default::default()).unwrap());
    drop(engine);
    let engine = open(&folder.0);
    assert_eq!(Position { now: position.now, ..engine.position() }, position);
    assert_eq!(engine.view().stock(&Default::default()).unwrap(), stock);
    let error = RetainParams { analytics_days: Some(-1), ..params };
    assert_eq!(open_memory().retain(&error, START).unwrap_err().fields()["field"], "analytics_days");
}

#[test]
fn a_purchase_that_only_marketing_keeps_is_an_order_and_neither_taste_nor_count() {
    let folder = Folder::new("reduced");
    let mut engine = open(&folder.0);
    receive(&mut engine, "r", "LIP-01", 50);
    receive(&mut engine, "r2", "SER-01", 50);
    view(&mut engine, "v", "bo", 0);
    let without = engine.world().people.taste.clone();
    buy(&mut engine, "s1", "ana", 0);
    buy(&mut engine, "s2", "ana", 1);
    let stock = engine.view().stock(&Default::default()).unwrap();
    let orders = engine.world().people.get("ana").unwrap().1.orders.clone();
    assert_eq!(orders.len(), 2);
    assert_eq!((signals(&engine), engine.world().people.taste.subjects()), (3, 2));
    let params = RetainParams { personalisation_days: Some(49), analytics_days: Some(49), marketing_days: Some(89) };
    // Day 50: the first purchase is 50 days old and its order goes on, behind a younger one in the log; the second stays.
    assert_eq!(engine.retain(&params, day_after(50)).unwrap(), Retained { dropped: 1, reduced: 1 });
    let ana = |engine: &Engine| engine.world().people.get("ana").map(|(_, person)| person.orders.clone());
    assert_eq!(ana(&engine), Some(orders.clone()), "by day");
    assert_eq!((signals(&engine), engine.world().people.taste.subjects()), (1, 1), "the view of bo went too");
    // Day 60: both are orders only. What is learned equals a shop that never saw them.
    assert_eq!(engine.retain(&params, day_after(60)).unwrap(), Retained { dropped: 0, reduced: 1 });
    assert_eq!((ana(&engine), signals(&engine)), (Some(orders), 0));
    assert_eq!(engine.world().people.taste, Default::default());
    assert_ne!(without, Default::default());
    drop(engine);
    let mut engine = open(&folder.0);
    assert_eq!((ana(&engine).map(|orders| orders.len()), signals(&engine)), (Some(2), 0), "and is so after opening");
    // Day 90: marketing's days of the first have passed, day 91 those of the second.
    assert_eq!(engine.retain(&params, day_after(90)).unwrap(), Retained { dropped: 1, reduced: 0 });
    assert_eq!(ana(&engine).map(|orders| orders.len()), Some(1));
    assert_eq!(engine.retain(&params, day_after(91)).unwrap(), Retained { dropped: 1, reduced: 0 });
    assert_eq!(ana(&engine), None, "nothing is known of her");
    assert_eq!(engine.view().stock(&Default::default()).unwrap(), stock, "the stock effect stays");
    assert!(engine.verify().unwrap().sound);
}

type Hook = std::sync::Arc<std::sync::Mutex<Option<Box<dyn FnMut() + Send>>>>;

/// A disk that calls a hook whenever somebody reads it beside the writer.
struct Watched {
    inner: MemoryDisk,
    hook: Hook,
    beside: bool,
}

impl Disk for Watched {
    fn list(&self) -> Result<Vec<String>> {
        self.inner.list()
    }
    fn len(&self, name: &str) -> Result<Option<u64>> {
        self.inner.len(name)
    }
    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        if self.beside && name.ends_with(".seg") {
            let hook = self.hook.lock().unwrap().take();
            if let Some(mut own) = hook {
                own();
                self.hook.lock().unwrap().get_or_insert(own);
            }
        }
        self.inner.read_at(name, offset, buffer)
    }
    fn write_at(&mut self, name: &str, offset: u64, bytes: &[u8]) -> Result<()> {
        self.inner.write_at(name, offset, bytes)
    }
    fn allocate(&mut self, name: &str, length: u64) -> Result<()> {
        self.inner.allocate(name, length)
    }
    fn sync(&mut self, name: &str) -> Result<()> {
        self.inner.sync(name)
    }
    fn sync_dir(&mut self) -> Result<()> {
        self.inner.sync_dir()
    }
    fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        self.inner.rename(from, to)
    }
    fn remove(&mut self, name: &str) -> Result<()> {
        self.inner.remove(name)
    }
    fn entropy(&mut self) -> Result<[u8; 32]> {
        self.inner.entropy()
    }
    fn reader(&self) -> Result<Box<dyn Disk>> {
        Ok(Box::new(Watched { inner: self.inner.clone(), hook: self.hook.clone(), beside: true }))
    }
    fn share(&self) -> Result<Box<dyn Disk>> {
        Ok(Box::new(self.inner.clone()))
    }
    fn geometry(&self) -> Geometry {
        self.inner.geometry()
    }
}

/// A shop of several segments with two persons, and a hook that every read beside the writer calls.
fn watched(seed: u64) -> (MemoryDisk, Shared, Hook) {
    let disk = MemoryDisk::with_geometry(seed, Geometry { segment_bytes: 4096 + 4096, warm_bytes: 0 });
    let hook = Hook::default();
    let watched = Watched { inner: disk.clone(), hook: hook.clone(), beside: false };
    let mut engine = Engine::with_disk(Box::new(watched), options()).unwrap();
    for i in 0..60 {
        receive(&mut engine, &format!("r{i}"), "LIP-01", 1);
        buy(&mut engine, &format!("s{i}"), if i % 2 == 0 { SECRET } else { "bo" }, 0);
    }
    engine.snapshot().unwrap();
    assert!(disk.files().iter().filter(|name| name.ends_with(".seg")).count() > 2);
    (disk, Shared::new(engine).unwrap(), hook)
}

/// Lets every read beside the writer do something to the shop first, up to a number of times.
fn meanwhile(shop: &Shared, hook: &Hook, times: usize, mut input: impl FnMut(&mut Engine, usize) + Send + 'static) {
    let shop = shop.clone();
    let input = std::sync::Arc::new(std::sync::Mutex::new(move |engine: &mut Engine, at| input(engine, at)));
    let mut done = 0;
    let act = move || {
        if done < times {
            let (own, at) = (input.clone(), done);
            shop.call(move |engine| {
                (*own.lock().unwrap())(engine, at);
                Ok(())
            })
            .unwrap();
            done += 1;
        }
    };
    *hook.lock().unwrap() = Some(Box::new(act));
}

fn receipts(name: &'static str) -> impl FnMut(&mut Engine, usize) + Send + 'static {
    move |engine, at| receive(engine, &format!("{name}{at}"), "LIP-01", 1)
}

fn on_hand(engine: &Engine) -> i64 {
    engine.view().stock(&Default::default()).unwrap().iter().map(|row| row.on_hand).sum()
}

#[test]
fn the_writer_commits_while_a_backup_runs_and_the_copy_is_the_shop_at_its_end() {
    let (_disk, shop, hook) = watched(11);
    receive_one(&shop, "last");
    let before = shop.read(|engine| Ok((engine.position(), engine.world().clone()))).unwrap();
    meanwhile(&shop, &hook, 40, receipts("b"));
    let (mut target, task) = (MemoryDisk::new(2), Task::default());
    let copied = shop.backup_to(&mut target, true, &task).unwrap();
    let after = shop.read(|engine| Ok(on_hand(engine))).unwrap();
    assert_eq!((copied.sequence, &copied.digest), (before.0.sequence, &before.0.digest));
    let copy = Engine::with_disk(Box::new(target.clone()), Options::default()).unwrap();
    assert_eq!((copy.world(), on_hand(&copy)), (&before.1, 1));
    assert!(after > 5, "{after}: the writer went on");
    assert!(crate::journal::verify(&target).unwrap().damage.is_none());
    let (done, total) = task.progress();
    assert!(total > 2 && done >= total);
    // Without the writer's ever waiting for it: a cancelled copy is no journal.
    let (mut target, task) = (MemoryDisk::new(2), Task::default());
    task.cancel();
    assert_eq!(shop.backup_to(&mut target, true, &task).unwrap_err(), Error::Cancelled);
    assert_eq!(Engine::with_disk(Box::new(target), Options::default()).unwrap_err().code(), "JOURNAL_CORRUPT");
}

fn receive_one(shop: &Shared, id: &'static str) {
    shop.call(move |engine| {
        receive(engine, id, "LIP-01", 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn who_is_erased_while_a_backup_runs_is_not_in_the_copy() {
    let (disk, shop, hook) = watched(12);
    let erase = |engine: &mut Engine, at| {
        if at == 3 {
            assert!(engine.erase(SECRET).unwrap());
        }
    };
    meanwhile(&shop, &hook, 9, erase);
    let mut target = MemoryDisk::new(2);
    let before = shop.read(|engine| Ok(engine.position())).unwrap();
    let copied = shop.backup_to(&mut target, true, &Task::default()).unwrap();
    assert_eq!((copied.sequence, copied.digest), (before.sequence, before.digest));
    let spelled = |disk: &MemoryDisk| {
        let files = disk.files().into_iter().filter_map(|name| disk.blob(&name));
        files.into_iter().any(|bytes| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()))
    };
    assert_eq!((spelled(&disk), spelled(&target)), (false, false));
    let copy = Engine::with_disk(Box::new(target), Options::default()).unwrap();
    assert_eq!(copy.world(), &shop.read(|engine| Ok(engine.world().clone())).unwrap());
}

#[test]
fn verify_export_and_retain_let_the_writer_commit() {
    let (disk, shop, hook) = watched(13);
    let sequence = shop.read(|engine| Ok(engine.position().sequence)).unwrap();
    meanwhile(&shop, &hook, 20, receipts("v"));
    let found = shop.verify(&Task::default()).unwrap();
    assert_eq!((found.damage, found.books, found.events, found.snapshots), (None, None, sequence, 1));
    meanwhile(&shop, &hook, 20, receipts("e"));
    assert_eq!(shop.export(SECRET, &Task::default()).unwrap().len(), 30);
    assert_eq!(shop.export("nobody", &Task::default()).unwrap(), []);
    let params = RetainParams { personalisation_days: Some(1), analytics_days: Some(1), marketing_days: Some(1) };
    let cancelled = Task::default();
    cancelled.cancel();
    for asked in [
        shop.verify(&cancelled).map(drop),
        shop.export("bo", &cancelled).map(drop),
        shop.retain(&params, day_after(9), &cancelled).map(drop),
    ] {
        assert_eq!(asked.unwrap_err(), Error::Cancelled);
    }
    // An erase in between: it is tried again. Then the writer only commits.
    meanwhile(&shop, &hook, 9, |engine, at| match at {
        4 => assert!(engine.erase(SECRET).unwrap()),
        _ => receive(engine, &format!("q{at}"), "LIP-01", 1),
    });
    let before = shop.read(|engine| Ok(on_hand(engine))).unwrap();
    let task = Task::default();
    assert_eq!(shop.retain(&params, day_after(9), &task).unwrap(), Retained { dropped: 30, reduced: 0 });
    assert!(task.progress().1 > 0);
    *hook.lock().unwrap() = None;
    assert_eq!(shop.export("bo", &Task::default()).unwrap(), []);
    assert_eq!(disk.files().iter().filter(|name| name.ends_with(".tmp")).count(), 0);
    let (now, people) = shop.read(|engine| Ok((on_hand(engine), engine.world().people.persons.len()))).unwrap();
    assert_eq!((now, people), (before + 8, 0));
    let world = shop.read(|engine| Ok(engine.world().clone())).unwrap();
    let follower = Engine::follow_disk(Box::new(disk.clone())).unwrap();
    assert_eq!(follower.folded().unwrap(), 0, "the snapshot is of the world without them");
    shop.close();
    let engine = Engine::with_disk(Box::new(disk), options()).unwrap();
    assert_eq!((engine.world(), follower.view().unwrap().world()), (&world, &world));
}

fn open_memory() -> Engine {
    Engine::memory(Options { open_catalog: true, ..Options::default() })
}

#[test]
fn a_purpose_without_consent_neither_learns_nor_keeps() {
    let mut engine = open_memory();
    receive(&mut engine, "r", "LIP-01", 50);
    withdraw(&mut engine, "ana", Purpose::Analytics, 0);
    view(&mut engine, "v1", "ana", 0);
    assert_eq!(signals(&engine), 0);
    assert!(engine.world().people.taste != Default::default(), "picks are another purpose");
    withdraw(&mut engine, "ana", Purpose::Personalisation, 0);
    assert_eq!(engine.retain(&RetainParams::default(), day_after(1)).unwrap().dropped, 1, "nobody keeps the view");
    assert_eq!(engine.export("ana").unwrap().len(), 2, "the consents stay");

    let mut engine = open_memory();
    receive(&mut engine, "r", "LIP-01", 50);
    buy(&mut engine, "s1", "bo", 0);
    let customers = |engine: &Engine| engine.view().segments(&Default::default()).unwrap().rows();
    assert_eq!(customers(&engine), 1);
    withdraw(&mut engine, "bo", Purpose::Marketing, 0);
    buy(&mut engine, "s2", "bo", 0);
    assert_eq!((customers(&engine), signals(&engine)), (0, 2), "counted, and in no segment");
}

#[test]
fn after_an_erase_no_file_of_the_folder_knows_the_person() {
    let folder = Folder::new("erase");
    let mut engine = open(&folder.path("shop"));
    receive(&mut engine, "r", "LIP-01", 50);
    buy(&mut engine, "s", SECRET, 0);
    let rating = Rating { id: format!("g-{SECRET}"), subject: SECRET.into(), sku: "LIP-01".into(), value: 5 };
    engine.record(rating.clone().into(), START).unwrap();
    engine.snapshot().unwrap();
    assert!(holds(&folder.path("shop"), SECRET), "keys and snapshot name the person");
    engine.backup(&BackupParams { folder: text(&folder.path("bare")), with_keys: false }).unwrap();
    engine.backup(&BackupParams { folder: text(&folder.path("whole")), with_keys: true }).unwrap();
    assert!(!holds(&folder.path("bare"), SECRET), "a copy without keys never names anybody");
    assert!(engine.erase(SECRET).unwrap());
    assert!(!holds(&folder.path("shop"), SECRET));
    assert!(engine.verify().unwrap().sound);
    assert_eq!(engine.world().ledger.docs().find(&format!("g-{SECRET}")), None, "the id went with the event");
    assert!(engine.world().ledger.docs().find("s").is_some(), "the sale is a stock fact");
    assert!(engine.record(rating.into(), START).unwrap().resolved, "who comes back begins anew");
    drop(engine);

    // The rule of copies with keys: an erase has to be repeated there.
    assert!(holds(&folder.path("whole"), SECRET));
    let mut copy = open(&folder.path("whole"));
    assert_eq!(copy.export(SECRET).unwrap().len(), 2);
    assert!(copy.erase(SECRET).unwrap());
    assert!(!holds(&folder.path("whole"), SECRET));
    let mut bare = open(&folder.path("bare"));
    assert_eq!(bare.export(SECRET).unwrap(), []);
    assert_eq!(bare.view().stock(&Default::default()).unwrap()[0].on_hand, 49);
    assert_eq!(bare.position().digest, copy.position().digest, "one history");
    let again = bare.backup(&BackupParams { folder: text(&folder.path("whole")), with_keys: false });
    assert_eq!(again.unwrap_err().code(), "JOURNAL_LOCKED");
    drop(copy);
    let again = bare.backup(&BackupParams { folder: text(&folder.path("whole")), with_keys: false });
    assert_eq!(again.unwrap_err().fields()["field"], "folder");
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().into()
}

#[test]
fn a_follower_answers_as_the_writer_and_forgets_with_it() {
    let folder = Folder::new("follow");
    assert_eq!(Engine::follow(&folder.0).err().unwrap().code(), "IO");
    let mut engine = open(&folder.0);
    receive(&mut engine, "r", "LIP-01", 50);
    let follower = Engine::follow(&folder.0).unwrap();
    let same = |engine: &Engine| {
        let view = follower.view().unwrap();
        assert_eq!(view.world(), engine.world());
        assert_eq!(view.position(), engine.position());
    };
    same(&engine);
    assert_eq!(follower.poll().unwrap(), 0);
    buy(&mut engine, "s", SECRET, 0);
    view(&mut engine, "v", "bo", 0);
    assert_eq!(follower.poll().unwrap(), 3);
    same(&engine);
    engine.erase(SECRET).unwrap();
    assert_eq!(follower.poll().unwrap(), 0);
    same(&engine);
    let params = RetainParams { personalisation_days: Some(1), analytics_days: Some(1), marketing_days: Some(1) };
    view(&mut engine, "v2", "bo", 9);
    assert_eq!(engine.retain(&params, day_after(9)).unwrap().dropped, 1);
    follower.poll().unwrap();
    same(&engine);
    let shop = Shop::Follower(follower.clone());
    let refused = shop.call("erase", |engine| engine.erase("bo")).unwrap_err();
    assert_eq!((refused.code(), &refused.fields()["operation"]), ("READ_ONLY", &"erase".into()));
    let asked = super::AvailabilityParams { sku: "LIP-01".into(), ..Default::default() };
    assert_eq!(follower.view().unwrap().availability(&asked).unwrap().on_hand, 49);
    follower.close();
    assert_eq!((follower.poll().unwrap_err(), follower.view().unwrap_err()), (Error::Closed, Error::Closed));
}

#[test]
fn a_follower_starts_from_the_newest_snapshot_that_fits_and_folds_only_what_came_after() {
    let disk = MemoryDisk::with_geometry(5, Geometry { segment_bytes: 4096 + 8192, warm_bytes: 0 });
    let open = |disk: &MemoryDisk| Engine::with_disk(Box::new(disk.clone()), options()).unwrap();
    let follow = |disk: &MemoryDisk| Engine::follow_disk(Box::new(disk.clone())).unwrap();
    let same = |follower: &Follow, engine: &Engine| {
        let view = follower.view().unwrap();
        assert_eq!((view.world(), view.position()), (engine.world(), engine.position()));
    };
    let mut engine = open(&disk);
    for i in 0..300 {
        receive(&mut engine, &format!("r{i}"), "LIP-01", 1); // the first enters the SKU too
    }
    let from_the_start = follow(&disk);
    assert_eq!(from_the_start.folded().unwrap(), 301);
    engine.snapshot().unwrap();
    buy(&mut engine, "s", SECRET, 0); // stock and people: two events
    let late = follow(&disk);
    assert_eq!((late.folded().unwrap(), late.position().unwrap()), (2, engine.position()));
    same(&late, &engine);
    // A damaged snapshot is passed over: the one before it and what came after.
    view(&mut engine, "v1", "bo", 0);
    engine.snapshot().unwrap();
    view(&mut engine, "v2", "bo", 0);
    assert_eq!(follow(&disk).folded().unwrap(), 1);
    let rotten = disk.crash(Tear::Prefix);
    rotten.damage("snapshot-0000000000000130", 3, crate::journal::Damage::FlipBit(7));
    let older = follow(&rotten);
    assert_eq!(older.folded().unwrap(), 4, "the sale's two events, and two views");
    same(&older, &engine);
    // The writer goes on over new segments, forgets a person and compacts below the followers.
    for i in 0..200 {
        receive(&mut engine, &format!("q{i}"), "LIP-01", 1);
    }
    late.poll().unwrap();
    assert_eq!(late.folded().unwrap(), 2 + 2 + 200);
    assert!(engine.erase(SECRET).unwrap(), "with a snapshot of the world without the person");
    view(&mut engine, "v3", "bo", 0);
    for follower in [&late, &from_the_start] {
        let before = follower.folded().unwrap();
        follower.poll().unwrap();
        same(follower, &engine);
        let ran = follower.folded().unwrap() - before;
        assert!(ran <= 205, "folded {ran}: what is new, then the new snapshot and one event");
    }
    drop(engine);
    let engine = open(&disk.crash(Tear::Sectors));
    let after = follow(&disk);
    assert_eq!(after.folded().unwrap(), 1);
    same(&after, &engine);
}

fn options() -> Options {
    Options { open_catalog: true, ..Options::default() }
}

#[test]
fn a_damaged_folder_is_found_out_and_salvaged() {
    let folder = Folder::new("salvage");
    let (shop, saved) = (folder.path("shop"), folder.path("saved"));
    let mut engine = open(&shop);
    for i in 0..20 {
        receive(&mut engine, &format!("r{i}"), "LIP-01", 1);
    }
    drop(engine);
    let asked = VerifyParams { folder: text(&shop) };
    let whole = verify(&asked).unwrap();
    assert!(whole.sound && whole.events > 20 && whole.damage.is_none());
    let file = shop.join("journal-0000000000000000.seg");
    let mut bytes = std::fs::read(&file).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[used - (used - 4096) / 2] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let damage = verify(&asked).unwrap().damage.unwrap();
    assert_eq!((damage.code.as_str(), damage.segment), ("JOURNAL_CORRUPT", Some(0)));
    assert!(damage.offset.is_some_and(|offset| (4096..used as i64).contains(&offset)));
    let refused = Engine::open(&shop, Options::default()).unwrap_err();
    assert_eq!(refused.fields()["offset"], damage.offset.unwrap());
    let salvaged = salvage(&SalvageParams { source: text(&shop), target: text(&saved) }).unwrap();
    assert_eq!((salvaged.lost.len(), salvaged.keys_whole, salvaged.sequence), (1, true, whole.events));
    let lost = &salvaged.lost[0];
    assert_eq!(salvaged.events + lost.to_sequence - lost.from_sequence, whole.events);
    let engine = open(&saved);
    let found = engine.view().stock(&Default::default()).unwrap();
    assert_eq!(found[0].on_hand, 20 - (lost.to_sequence - lost.from_sequence));
    assert_eq!(verify(&VerifyParams { folder: text(&folder.path("none")) }).unwrap_err().code(), "IO");
    assert_eq!(verify(&VerifyParams::default()).unwrap_err().fields()["field"], "folder");
}

#[test]
fn every_durability_answers_the_same_and_keeps_it() {
    for (i, durability) in
        [Durability::Sync, Durability::Group { max_delay_ms: 2 }, Durability::Os].into_iter().enumerate()
    {
        let folder = Folder::new(&format!("durability-{i}"));
        let options = Options { durability, open_catalog: true, ..Options::default() };
        let shop = Shared::new(Engine::open(&folder.0, options).unwrap()).unwrap();
        let threads = (0..4).map(|thread| {
            let shop = shop.clone();
            std::thread::spawn(move || {
                for n in 0..25 {
                    let input = move |engine: &mut Engine| {
                        receive(engine, &format!("r-{thread}-{n}"), "LIP-01", 1);
                        Ok(())
                    };
                    shop.call(input).unwrap();
                }
            })
        });
        threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
        shop.close();
        let engine = Engine::open(&folder.0, Options::default()).unwrap();
        assert_eq!(engine.view().stock(&Default::default()).unwrap()[0].on_hand, 100, "{durability:?}");
    }
    let durability = Durability::Group { max_delay_ms: 10_001 };
    let error = Engine::try_memory(Options { durability, ..Options::default() }).unwrap_err();
    assert_eq!(error.fields()["field"], "durability.group.max_delay_ms");
}

#[test]
fn the_calendar_takes_costs_of_receipts_and_the_forecast() {
    let mut engine = open_memory();
    let expires = START.day(0) + 60;
    let lot = |id: &str, lot: &str, days: i32, cost: Option<i64>| Receive {
        id: id.into(),
        sku: "LIP-01".into(),
        lot: lot.into(),
        expires_on: Some(expires + days),
        quantity: Quantity(100),
        location: "paris".into(),
        unit_cost: cost.map(|minor| crate::Money { minor, ..Default::default() }),
        ..Default::default()
    };
    engine.record(lot("r1", "A", 0, Some(450)).into(), START).unwrap();
    engine.record(lot("r2", "A", 0, Some(500)).into(), START).unwrap();
    engine.record(lot("r3", "B", 30, None).into(), START).unwrap();
    for day in 0..30 {
        buy(&mut engine, &format!("s{day}"), "ana", day);
    }
    let view = engine.view_at(day_after(30));
    let params = ExpiryCalendarParams { within_days: Some(45), ..Default::default() };
    let calendar = view.expiry_calendar(&params, &Task::default()).unwrap();
    let [row] = &calendar.lots[..] else { panic!("{:?}", calendar.lots) };
    assert_eq!((row.lot.as_str(), row.quantity.0, row.days_left, row.horizon_days), ("A", 170, Some(30), Some(30)));
    // One a day sells for 31 days: 139 of 170 are left, at the price of the last receipt.
    assert_eq!((row.units_at_risk.0, row.value_at_risk_minor), (139, 139 * 500));
    let [_, sixty, _] = &calendar.horizons[..] else { panic!("{:?}", calendar.horizons) };
    assert_eq!((sixty.within_days, sixty.lots, sixty.units.0), (60, 2, 270));
    let error = ExpiryCalendarParams { within_days: Some(-1), ..Default::default() };
    assert_eq!(view.expiry_calendar(&error, &Task::default()).unwrap_err().fields()["field"], "within_days");
}
