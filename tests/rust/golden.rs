//! Golden journals of format v1: `tests/journals/v1/` holds files as they were written when the format was frozen.
//!
//! **They are never written again.** A version that cannot open them, or reads something else from them, breaks every
//! journal that is out there; a new format gets a folder of its own beside them. `cargo run -p trousse-tests --bin golden
//! -- --write` made them, and refuses where there are any.
//!
//! | journal | what is in it |
//! |---|---|
//! | `everything` | every kind of event in all three streams, several segments, two snapshots |
//! | `erased` | two persons, one of whom was erased, which rewrote the segments |
//! | `torn` | a last batch of which only a part reached the disk |
//!
//! Files end where writing ended: the preallocated zeros behind that are not stored, and opening makes them again.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trousse::journal::{Geometry, MemoryDisk};
use trousse::{
    Answer, Arrive, Assemble, Channel, Command, Commit, Complaint, ComplaintKind, Condition, Consent, Count, Engine,
    Fact, Freeze, Interest, Line, Money, Move, OpenTester, Options, Profile, Purchase, Quantity, Rating, Recall,
    Receive, Reclassify, Release, Reserve, Return, Review, Sale, Sku, Supplier, Timestamp, Unit, Units, WriteOff,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/journals/v1");
const NAMES: [&str; 3] = ["everything", "erased", "torn"];
const START: Timestamp = Timestamp(1_795_424_400_000);
const OFFSET: Options =
    Options { utc_offset_minutes: Some(60), open_catalog: false, durability: trousse::journal::Durability::Sync };

fn main() {
    if std::env::args().nth(1).as_deref() != Some("--write") {
        println!("golden --write writes {FOLDER}, where there is nothing yet");
        return;
    }
    assert!(!Path::new(FOLDER).exists(), "{FOLDER} is there: journals of v1 are never written again");
    for name in NAMES {
        write(name);
    }
}

/// An input, and what it was answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Input {
    Command(Command),
    Fact(Fact),
}

struct Shop {
    engine: Engine,
    now: Timestamp,
    answers: Vec<(Input, String)>,
}

impl Shop {
    fn on(disk: &MemoryDisk) -> Shop {
        let engine = Engine::with_disk(Box::new(disk.clone()), OFFSET).expect("an empty disk opens");
        Shop { engine, now: START, answers: Vec::new() }
    }

    fn later(&mut self, seconds: i64) {
        self.now = self.now.plus_seconds(seconds);
    }

    fn send(&mut self, input: Input) {
        let answer = ask(&mut self.engine, &input, self.now);
        self.answers.push((input, answer));
    }

    fn command(&mut self, command: impl Into<Command>) {
        self.later(60);
        self.send(Input::Command(command.into()));
    }

    fn fact(&mut self, fact: impl Into<Fact>) {
        self.later(60);
        self.send(Input::Fact(fact.into()));
    }
}

fn ask(engine: &mut Engine, input: &Input, now: Timestamp) -> String {
    match input.clone() {
        Input::Command(command) => match engine.submit(command, now).expect("a command").accepted() {
            Ok(accepted) => serde_json::to_string(&accepted).expect("an answer"),
            Err(why) => format!("{}: {why}", why.code()),
        },
        Input::Fact(fact) => serde_json::to_string(&engine.record(fact, now).expect("a fact")).expect("an answer"),
    }
}

fn disk(seed: u64, segment_bytes: u64) -> MemoryDisk {
    MemoryDisk::with_geometry(seed, Geometry { segment_bytes, warm_bytes: 0 })
}

fn receipt(id: &str, sku: &str, lot: &str, quantity: i64, days: i32) -> Receive {
    let (expires_on, cost) = (Some(START.day(60) + days), Some(Money { minor: 420, ..Money::default() }));
    let (id, sku, lot, location) = (id.into(), sku.into(), lot.into(), "paris".into());
    Receive { id, sku, lot, location, quantity: Quantity(quantity), expires_on, unit_cost: cost, ..Receive::default() }
}

fn wish(id: &str, lines: Vec<Line>) -> Reserve {
    Reserve { id: id.into(), lines, location: "paris".into(), ..Reserve::default() }
}

fn sale(id: &str, lines: Vec<Line>, subject: Option<&str>) -> Sale {
    Sale { id: id.into(), lines, location: "paris".into(), subject: subject.map(Into::into), ..Sale::default() }
}

fn catalogue(shop: &mut Shop) {
    let sku = |key: &str| Sku { sku: key.into(), brand: "Ondine".into(), low_stock: 3, ..Sku::default() };
    let unit = Unit { unit: "case".into(), base_units: 6, per: 1 };
    let price = Some(Money { minor: 1_900, ..Money::default() });
    let skus = vec![
        Sku { backorder_limit: 4, units: vec![unit], price, ..sku("LIP-01") },
        Sku { safety_stock: 1, min_remaining_days: 2, pao_months: Some(6), ..sku("SER-30") },
        Sku { kit: vec![Units::new("LIP-01", 1), Units::new("SER-30", 1)], ..sku("SET-01") },
        Sku {
            shade: "Rosé ☙".into(), shade_hex: "#c68642".into(), ingredients: vec!["aqua".into()], ..sku("MAS-02")
        },
    ];
    shop.engine.upsert_skus(skus, shop.now).expect("entries");
    let suppliers = vec![Supplier { supplier: "acme".into(), lead_time_days: 5 }];
    shop.engine.upsert_suppliers(suppliers, shop.now).expect("suppliers");
    let kept = vec![Units::new("MAS-02", 1)];
    let web = Channel { channel: "web".into(), min_remaining_days: 3, kept };
    shop.engine.upsert_channels(vec![web], shop.now).expect("channels");
}

/// Every kind of event.
fn everything(shop: &mut Shop) {
    catalogue(shop);
    let line = Line::new;
    shop.command(Purchase {
        id: "po-1".into(),
        supplier: "acme".into(),
        lines: vec![Line { unit: Some("case".into()), ..line("LIP-01", 2) }],
        location: "paris".into(),
        under_percent: 10,
        expected_on: Some(shop.now.day(60) + 3),
        ..Purchase::default()
    });
    let case =
        Receive { unit: Some("case".into()), purchase: Some("po-1".into()), ..receipt("in-1", "LIP-01", "A1", 1, 9) };
    shop.fact(Receive { supplier_lot: Some("S-77".into()), produced_on: Some(shop.now.day(60) + -30), ..case });
    shop.fact(receipt("in-2", "LIP-01", "A2", 5, 40));
    shop.fact(receipt("in-3", "SER-30", "B1", 8, 5));
    shop.fact(receipt("in-4", "MAS-02", "C1", 4, 300));
    shop.command(wish("order-1", vec![line("LIP-01", 2), line("SER-30", 1)]));
    shop.command(wish("order-2", vec![line("SET-01", 2)]));
    shop.command(wish("order-3", vec![line("LIP-01", 99)])); // refused
    shop.command(Reserve { ttl_seconds: 600, ..wish("order-4", vec![line("MAS-02", 2)]) }); // falls
    shop.command(Reserve { channel: Some("web".into()), up_to: true, ..wish("order-5", vec![line("MAS-02", 9)]) });
    shop.command(Commit {
        id: "ship-1".into(),
        hold: "order-1".into(),
        subject: Some("ana".into()),
        ..Commit::default()
    });
    shop.command(Release { id: "back-2".into(), hold: "order-2".into(), lines: vec![line("SER-30", 1)] });
    shop.fact(sale("till-1", vec![line("LIP-01", 1), line("SER-30", 1)], Some("bo")));
    shop.fact(sale("till-2", vec![line("MAS-02", 7)], None)); // beyond the books
    let shade = || "wrong_shade".to_string();
    shop.fact(Return {
        id: "return-1".into(),
        sku: "LIP-01".into(),
        quantity: Quantity(1),
        location: "paris".into(),
        reason: shade(),
        order: Some("order-1".into()),
        subject: Some("ana".into()),
        ..Return::default()
    });
    shop.engine.snapshot().expect("a snapshot");
    let send = |id: &str, in_transit| {
        let (sku, from, to) = ("LIP-01".into(), "paris".into(), "lyon".into());
        Move { id: id.into(), sku, quantity: Quantity(2), from, to, in_transit, ..Move::default() }
    };
    shop.command(send("move-1", false));
    shop.command(send("move-2", true));
    shop.command(Arrive { id: "arrive-2".into(), transfer: "move-2".into(), quantity: Some(Quantity(1)) });
    shop.fact(Count {
        id: "count-1".into(),
        sku: "MAS-02".into(),
        location: "paris".into(),
        quantity: Quantity(5),
        occurred_on: Some(shop.now.day(60) + -1),
        ..Count::default()
    });
    let goods =
        |sku: &str, lot: &str, quantity| (sku.to_string(), lot.to_string(), "paris".to_string(), Quantity(quantity));
    let (sku, lot, location, quantity) = goods("LIP-01", "A2", 1);
    let (from, to) = (Condition::Available, Condition::Damaged);
    shop.command(Reclassify { id: "class-1".into(), sku, lot, location, quantity, from, to, reason: "dented".into() });
    let (sku, lot, location, quantity) = goods("LIP-01", "A2", 1);
    let condition = Condition::Damaged;
    shop.command(WriteOff { id: "scrap-1".into(), sku, lot, location, quantity, condition, reason: "dented".into() });
    let (sku, _, location, quantity) = goods("SER-30", "", 1);
    shop.command(OpenTester { id: "tester-1".into(), sku, lot: None, location, quantity });
    let (sku, lot, location, quantity) = goods("MAS-02", "K1", 1);
    let parts = vec![Units::new("LIP-01", 1)];
    shop.command(Assemble { id: "make-1".into(), sku, lot, location, quantity, parts });
    shop.fact(receipt("in-5", "NEW-01", "D1", 6, 90)); // not known yet
    shop.fact(Fact::View(Interest { id: "view-1".into(), subject: "bo".into(), sku: "NEW-01".into() }));
    people(shop);
    shop.command(wish("order-6", vec![line("LIP-01", 3)]));
    shop.fact(Recall { id: "recall-1".into(), sku: "LIP-01".into(), lot: "A1".into() }); // others stand in
    let new = Sku { sku: "NEW-01".into(), ..Sku::default() };
    shop.engine.upsert_skus(vec![new], shop.now).expect("an entry");
    shop.later(86_400);
    shop.command(Freeze { id: "close-1".into(), until: shop.now.day(60) + -1 });
    shop.fact(Receive { occurred_on: Some(shop.now.day(60) + -2), ..receipt("in-6", "SER-30", "B2", 3, 60) });
    shop.command(wish("order-7", vec![line("SER-30", 2)]));
    shop.later(86_400 * 5);
    shop.engine.advance(shop.now).expect("time passes"); // holds fall, B1 expires
    shop.engine.snapshot().expect("a snapshot");
    shop.command(wish("order-8", vec![line("LIP-01", 1), line("MAS-02", 1)]));
}

fn people(shop: &mut Shop) {
    let interest = |id: &str| Interest { id: id.into(), subject: "ana".into(), sku: "LIP-01".into() };
    shop.fact(Fact::View(interest("view-2")));
    shop.fact(Fact::Click(interest("click-1")));
    shop.fact(Fact::Cart(interest("cart-1")));
    shop.fact(Rating { id: "rating-1".into(), subject: "bo".into(), sku: "LIP-01".into(), value: 4 });
    let text = "lovely ☙".into();
    shop.fact(Review { id: "review-1".into(), subject: "bo".into(), sku: "LIP-01".into(), text, value: Some(5) });
    let (poll, answer) = ("scent".into(), "rose".into());
    shop.fact(Answer { id: "answer-1".into(), subject: "ana".into(), poll, answer, sku: Some("SER-30".into()) });
    let complaint = |id: &str, kind, subject: Option<&str>| {
        let (sku, subject) = ("LIP-01".into(), subject.map(Into::into));
        Complaint { id: id.into(), sku, kind, subject, location: Some("paris".into()), text: "it leaks".into() }
    };
    shop.fact(complaint("complaint-1", ComplaintKind::NotAvailable, Some("ana")));
    shop.fact(complaint("complaint-2", ComplaintKind::Damaged, Some("ana")));
    let (avoid, attributes) = (vec!["limonene".into()], vec!["skin:dry".into()]);
    shop.fact(Profile { id: "profile-1".into(), subject: "ana".into(), avoid, attributes });
    shop.fact(Consent { id: "consent-1".into(), subject: "bo".into(), granted: true, ..Consent::default() });
}

fn write(name: &str) {
    let disk = disk(1, if name == "everything" { 4096 + 3000 } else { 4096 + 60_000 });
    let mut shop = Shop::on(&disk);
    match name {
        "everything" => everything(&mut shop),
        _ => {
            catalogue(&mut shop);
            shop.fact(receipt("in-1", "LIP-01", "A1", 9, 20));
            shop.fact(receipt("in-2", "SER-30", "B1", 9, 30));
            people(&mut shop);
            shop.command(wish("order-1", vec![Line::new("SET-01", 2)]));
        }
    }
    if name == "erased" {
        assert!(shop.engine.erase("ana").expect("an erasure"));
        // The ids of what was only theirs are forgotten with them.
        shop.answers.retain(|(input, _)| !matches!(input, Input::Fact(fact) if fact.subject() == Some("ana")));
    }
    if name == "torn" {
        let whole = disk.blob("journal-0000000000000000.seg").expect("a segment").len();
        shop.engine.record(receipt("lost", "LIP-01", "A9", 1, 3).into(), shop.now).expect("a fact");
        let mut bytes = disk.blob("journal-0000000000000000.seg").expect("a segment");
        bytes.truncate((whole + bytes.len()) / 2);
        drop(shop.engine);
        disk.set_blob("journal-0000000000000000.seg", &bytes);
        let before = disk.copy();
        shop.engine = Engine::with_disk(Box::new(before), OFFSET).expect("a torn tail is cut");
    }
    let summary = summary(&mut shop.engine, &shop.answers);
    let folder = Path::new(FOLDER).join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    for file in disk.files() {
        std::fs::write(folder.join(&file), disk.blob(&file).expect("a file")).expect("written");
    }
    let put = |file: String, value: &Value| {
        let text = serde_json::to_string_pretty(value).expect("JSON") + "\n";
        std::fs::write(Path::new(FOLDER).join(file), text).expect("written");
    };
    put(format!("{name}.inputs.json"), &json!(shop.answers.iter().map(|(input, _)| input).collect::<Vec<_>>()));
    put(format!("{name}.expect.json"), &summary);
}

/// What is read from a journal.
fn summary(engine: &mut Engine, answers: &[(Input, String)]) -> Value {
    let again: Vec<String> = answers.iter().map(|(input, _)| ask(engine, input, START)).collect();
    let people: Vec<Value> = ["ana", "bo"].iter().map(|subject| json!(engine.export(subject).expect("kept"))).collect();
    let view = engine.view();
    let value = view.stock_value(&Default::default()).expect("a value");
    json!({
        "position": view.position(),
        "stock": view.stock(&Default::default()).expect("stock"),
        "holds": view.holds(),
        "purchases": view.purchase_lines(),
        "transfers": view.transfers(),
        "testers": view.testers(),
        "alerts": view.alerts(&Default::default()).expect("alerts"),
        "value": value,
        "people": people,
        "answers": again,
    })
}

#[cfg(test)]
fn folder(name: &str) -> std::path::PathBuf {
    Path::new(FOLDER).join(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use trousse::event::{Body, Event};
    use trousse::journal::{Journal, verify};

    use super::*;

    fn read(name: &str, what: &str) -> Value {
        let path = Path::new(FOLDER).join(format!("{name}.{what}.json"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).expect("JSON")
    }

    /// The journal on a disk of its own.
    fn kept(name: &str) -> MemoryDisk {
        let disk = disk(9, 1 << 16);
        for entry in std::fs::read_dir(folder(name)).expect("a folder") {
            let path = entry.expect("a file").path();
            let file = path.file_name().and_then(|name| name.to_str()).expect("a name");
            disk.set_blob(file, &std::fs::read(&path).expect("bytes"));
        }
        disk
    }

    fn check(name: &str, engine: &mut Engine) {
        let inputs: Vec<Input> = serde_json::from_value(read(name, "inputs")).expect("inputs");
        let answers: Vec<(Input, String)> = inputs.into_iter().map(|input| (input, String::new())).collect();
        let (found, expected) = (summary(engine, &answers), read(name, "expect"));
        for (field, expected) in expected.as_object().expect("fields") {
            assert_eq!(&found[field], expected, "{name}: {field}");
        }
    }

    #[test]
    fn journals_of_v1_read_as_they_always_did() {
        for name in NAMES {
            let disk = kept(name);
            assert_eq!(verify(&disk).unwrap().damage, None, "{name}");
            let mut engine = Engine::with_disk(Box::new(disk.copy()), Options::default()).unwrap();
            check(name, &mut engine);
            // Without the snapshots all of it is read.
            disk.files().iter().filter(|file| file.starts_with("snapshot-")).for_each(|file| disk.remove_blob(file));
            check(name, &mut Engine::with_disk(Box::new(disk), Options::default()).unwrap());
        }
    }

    #[test]
    fn journals_of_v1_open_from_a_folder_and_go_on() {
        for name in NAMES {
            let own = tempfile::tempdir().unwrap();
            for entry in std::fs::read_dir(folder(name)).unwrap() {
                let path = entry.unwrap().path();
                std::fs::copy(&path, own.path().join(path.file_name().unwrap())).unwrap();
            }
            let mut engine = Engine::open(own.path(), Options::default()).unwrap();
            check(name, &mut engine);
            let before = engine.position().sequence;
            engine.record(receipt("afterwards", "LIP-01", "Z1", 1, 30).into(), START).unwrap();
            drop(engine);
            let engine = Engine::open(own.path(), Options::default()).unwrap();
            assert!(engine.position().sequence > before && engine.world().ledger.docs().find("afterwards").is_some());
        }
    }

    #[test]
    fn the_torn_and_the_erased_are_what_they_say() {
        assert!(verify(&kept("torn")).unwrap().torn_bytes > 0);
        assert!(verify(&kept("erased")).unwrap().dropped > 0);
        assert!(verify(&kept("everything")).unwrap().segments > 2);
        assert_eq!(verify(&kept("everything")).unwrap().snapshots, 2);
        for file in std::fs::read_dir(folder("erased")).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(3).any(|window| window == b"ana"));
        }
    }

    #[test]
    fn every_kind_of_event_is_in_a_golden_journal() {
        let mut kinds = BTreeSet::new();
        Journal::open(Box::new(kept("everything")), &mut |entry| {
            let event = Event::read(entry.payload)?;
            let text = match &event.body {
                Body::Catalog(change) => format!("catalog {change:?}"),
                Body::Stock(change) => format!("stock {:?}", change.kind),
                Body::People(_, change) => format!("people {change:?}"),
            };
            kinds.insert(text.split([' ', '(', '{']).take(2).collect::<Vec<_>>().join(" "));
            Ok(())
        })
        .unwrap();
        let found: Vec<&str> = kinds.iter().map(String::as_str).collect();
        assert_eq!(found.join(", "), KINDS.join(", "));
    }

    const KINDS: [&str; 38] = [
        "catalog BusinessDay",
        "catalog Channels",
        "catalog Skus",
        "catalog Suppliers",
        "people Answered",
        "people Bought",
        "people Carted",
        "people Clicked",
        "people Complained",
        "people Consented",
        "people Profiled",
        "people Rated",
        "people Returned",
        "people Reviewed",
        "people Unresolved",
        "people Viewed",
        "stock Arrived",
        "stock Assembled",
        "stock Committed",
        "stock Complained",
        "stock Counted",
        "stock Frozen",
        "stock Held",
        "stock HoldExpired",
        "stock LotExpired",
        "stock Moved",
        "stock Purchased",
        "stock Reallocated",
        "stock Recalled",
        "stock Received",
        "stock Reclassified",
        "stock Refused",
        "stock Released",
        "stock Returned",
        "stock Sold",
        "stock TesterOpened",
        "stock Unresolved",
        "stock WrittenOff",
    ];
}
