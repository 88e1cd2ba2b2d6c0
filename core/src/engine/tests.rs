//! Laws of the engine under random commands and facts, on a simulated disk.

use proptest::prelude::*;

use super::{Engine, Options, Outcome, Shared, World};
use crate::base::{Quantity, Timestamp};
use crate::event::{
    Arrive, Assemble, Command, Commit, Complaint, Condition, Consent, Count, Event, Fact, Interest, Line, Move,
    OpenTester, Outside, Profile, Purchase, Rating, Recall, Receive, Reclassify, Release, Reserve, Return, Sale, Sku,
    Units, WriteOff,
};
use crate::journal::{Journal, MemoryDisk, Tear};

const SKUS: [&str; 3] = ["LIP-01", "SER-30", "MAS-02"];
const PLACES: [&str; 2] = ["paris", "lyon"];
const PEOPLE: [&str; 3] = ["ana-84617", "bo", "cy"];
const START: Timestamp = Timestamp(1_795_424_400_000);

#[derive(Debug, Clone)]
enum Input {
    Command(Command),
    Fact(Fact),
}

/// One step: what is sent, how many minutes after the last, and how often it is sent again.
#[derive(Debug, Clone)]
struct Step {
    input: Input,
    minutes: i64,
    again: bool,
}

fn line(sku: usize, quantity: i64) -> Line {
    Line::new(SKUS[sku % 3], quantity)
}

fn input(id: usize, kind: u8, a: usize, b: usize, quantity: i64) -> Input {
    let id_text = format!("i-{id}");
    let (sku, location) = (SKUS[a % 3].to_string(), PLACES[b % 2].to_string());
    let subject = PEOPLE[b % 3].to_string();
    let hold = format!("i-{}", a * 7 % (id + 1));
    let lines = vec![line(a, quantity), line(b, 1)];
    let units = Quantity(quantity);
    let id = id_text;
    let interest = Interest { id: id.clone(), subject: subject.clone(), sku: sku.clone() };
    let lot = format!("L{}", b % 4);
    match kind % 24 {
        0 | 1 => {
            let up_to = a % 5 == 0;
            Input::Command(
                Reserve { id, lines, location, ttl_seconds: 60 * quantity, up_to, ..Reserve::default() }.into(),
            )
        }
        2 => Input::Command(Commit { id, hold, subject: (a % 2 == 0).then_some(subject), lines: Vec::new() }.into()),
        3 => Input::Command(Release { id, hold, lines: Vec::new() }.into()),
        4 => {
            let (from, to, in_transit) = (location, PLACES[(b + 1) % 2].to_string(), a % 2 == 0);
            let condition =
                [Condition::Available, Condition::Quarantined, Condition::Expired, Condition::Tester][a % 4];
            let in_transit = in_transit && condition != Condition::Tester;
            Input::Command(Move { id, sku, quantity: units, from, to, in_transit, condition, ..Move::default() }.into())
        }
        5 => Input::Command(Purchase { id, supplier: "acme".into(), lines, location, ..Purchase::default() }.into()),
        6 | 7 => {
            let expires_on = (a % 4 != 0).then_some(START.day(0) + (b as i32 % 5));
            let purchase = (a % 2 == 0).then_some(hold);
            Input::Fact(
                Receive { id, sku, lot, expires_on, quantity: units, location, purchase, ..Receive::default() }.into(),
            )
        }
        8 => {
            let subject = (a % 2 == 0).then_some(subject);
            Input::Fact(Sale { id, lines, location, subject, ..Sale::default() }.into())
        }
        9 => {
            let (reason, resellable, subject) = ("other".into(), a % 2 == 0, Some(subject));
            Input::Fact(
                Return {
                    id,
                    sku,
                    quantity: units,
                    location,
                    lot: if a % 3 == 0 { String::new() } else { lot },
                    reason,
                    resellable,
                    subject,
                    order: (a % 3 == 0).then_some(hold),
                    ..Return::default()
                }
                .into(),
            )
        }
        10 => {
            let lot = (a % 2 == 0).then(|| "L1".into());
            let condition = [Condition::Available, Condition::Available, Condition::Tester, Condition::Expired][b % 4];
            let occurred_on = (a % 3 == 0).then_some(START.day(0));
            Input::Fact(Count { id, sku, location, quantity: units, lot, condition, occurred_on }.into())
        }
        11 => Input::Fact(Recall { id, sku, lot }.into()),
        12 => Input::Fact(Fact::Click(interest)),
        13 => Input::Fact(Rating { id, subject, sku, value: (quantity % 5 + 1) as u8 }.into()),
        14 => Input::Fact(Complaint { id, sku, subject: Some(subject), ..Complaint::default() }.into()),
        15 if a % 2 == 0 => Input::Fact(Consent { id, subject, granted: b % 3 == 0, ..Consent::default() }.into()),
        15 => Input::Fact(Profile { id, subject, avoid: vec!["limonene".into()], attributes: Vec::new() }.into()),
        16 => Input::Command(Arrive { id, transfer: hold, quantity: None }.into()),
        17 | 18 => {
            let (from, to) = [
                (Condition::Available, Condition::Quarantined),
                (Condition::Quarantined, Condition::Available),
                (Condition::Available, Condition::Damaged),
                (Condition::Expired, Condition::Quarantined),
            ][a % 4];
            Input::Command(
                Reclassify { id, sku, lot, location, quantity: units, from, to, reason: String::new() }.into(),
            )
        }
        19 => {
            let condition = [Condition::InTransit, Condition::Expired, Condition::Damaged, Condition::Tester][a % 4];
            Input::Command(WriteOff { id, sku, lot, location, quantity: units, condition, reason: "old".into() }.into())
        }
        20 => Input::Command(OpenTester { id, sku, lot: None, location, quantity: Quantity(1) }.into()),
        21 => {
            let parts = vec![Units::new(SKUS[(a + 1) % 3], 1), Units::new(SKUS[(a + 1) % 3], 1)];
            Input::Command(Assemble { id, sku, lot, quantity: units, location, parts }.into())
        }
        22 => Input::Command(Commit { id, hold, lines: vec![line(a, 1)], subject: None }.into()),
        _ => Input::Command(Release { id, hold, lines: vec![line(a, 1)] }.into()),
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any::<u8>(), 0..40usize, 0..40usize, 1..9i64, 0..600i64, prop::bool::weighted(0.2));
    prop::collection::vec(step, 1..60).prop_map(|raw| {
        let step = |(id, (kind, a, b, quantity, minutes, again))| Step {
            input: input(id, kind, a, b, quantity),
            minutes,
            again,
        };
        raw.into_iter().enumerate().map(step).collect()
    })
}

fn catalogue(engine: &mut Engine) {
    let sku = |key: &&str| Sku { sku: (*key).into(), backorder_limit: 3, low_stock: 4, ..Sku::default() };
    engine.upsert_skus(SKUS.iter().map(sku).collect(), START).unwrap();
}

/// Plays the steps; those that `skip` names only let time pass.
fn play(engine: &mut Engine, steps: &[Step], skip: impl Fn(&Input) -> bool) {
    let mut now = START;
    for step in steps {
        now = now.plus_seconds(60 * step.minutes);
        if skip(&step.input) {
            engine.advance(now).unwrap();
            continue;
        }
        let first = send(engine, &step.input, now);
        if step.again {
            assert_eq!(first, send(engine, &step.input, now), "a repeated id got another answer");
        }
        assert_eq!(engine.world().ledger.broken_invariant(), None, "after {:?}", step.input);
    }
    engine.advance(now).unwrap();
}

fn send(engine: &mut Engine, input: &Input, now: Timestamp) -> String {
    match input.clone() {
        Input::Command(command) => format!("{:?}", engine.submit(command, now).unwrap()),
        Input::Fact(fact) => format!("{:?}", engine.record(fact, now).unwrap()),
    }
}

fn on(disk: &MemoryDisk) -> Engine {
    Engine::with_disk(Box::new(disk.clone()), Options::default()).unwrap()
}

/// The events of a journal in their binary form.
fn events(disk: &MemoryDisk) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    Journal::open(Box::new(disk.copy()), &mut |entry| {
        all.push(entry.payload.to_vec());
        Ok(())
    })
    .unwrap();
    all
}

fn fold(mut world: World, events: &[Vec<u8>]) -> World {
    for bytes in events {
        world.apply(&Event::read(bytes).unwrap());
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn replay_and_snapshot_give_the_same_world(steps in steps(), cut in 0..60usize) {
        let disk = MemoryDisk::new(1);
        let mut engine = on(&disk);
        catalogue(&mut engine);
        let cut = cut.min(steps.len());
        play(&mut engine, &steps[..cut], |_| false);
        engine.snapshot().unwrap();
        play(&mut engine, &steps[cut..], |_| false);
        let (world, position) = (engine.world().clone(), engine.position());
        drop(engine);
        let replayed = fold(World::default(), &events(&disk));
        let reopened = on(&disk);
        prop_assert_eq!(&position.digest, &reopened.position().digest);
        prop_assert_eq!(World { now: world.now, ..reopened.world().clone() }, world.clone());
        prop_assert_eq!(World { now: world.now, ..replayed }, world);
    }

    #[test]
    fn an_erased_person_leaves_a_world_that_never_saw_them(steps in steps()) {
        let theirs = |input: &Input| matches!(input, Input::Fact(fact) if fact.subject() == Some("ana-84617") && is_personal(fact));
        let disk = MemoryDisk::new(1);
        let mut engine = on(&disk);
        catalogue(&mut engine);
        play(&mut engine, &steps, |_| false);
        engine.erase("ana-84617").unwrap();
        let mut other = Engine::memory(Options::default());
        catalogue(&mut other);
        play(&mut other, &anonymous(&steps), theirs);
        let now = engine.world().now;
        prop_assert_eq!(World { now, ..engine.world().clone() }, World { now, ..other.world().clone() });
        prop_assert!(!contains(&disk.log(), b"ana-84617"), "the name is still readable in the log");
        prop_assert!(!contains(&disk.blob("keys").unwrap_or_default(), b"ana-84617"), "the name is still among the keys");
    }

    #[test]
    fn the_world_is_a_deterministic_fold(steps in steps(), cut in 0..200usize) {
        let disk = MemoryDisk::new(1);
        let mut engine = on(&disk);
        catalogue(&mut engine);
        play(&mut engine, &steps, |_| false);
        let events = events(&disk);
        let cut = cut.min(events.len());
        let half = fold(World::default(), &events[..cut]);
        let kept = half.clone();
        let continued = fold(half.clone(), &events[cut..]);
        prop_assert_eq!(&fold(World::default(), &events), &continued);
        prop_assert_eq!(half, kept, "a view changed while the writer went on");
    }
}

/// Facts that are of the person alone: they are gone after an erase, not only anonymous.
fn is_personal(fact: &Fact) -> bool {
    !matches!(fact, Fact::Sale(_) | Fact::Return(_) | Fact::Complaint(_))
}

/// The same steps with "ana-84617" left out of what is also a stock fact.
fn anonymous(steps: &[Step]) -> Vec<Step> {
    let mut steps = steps.to_vec();
    let ana = |subject: &mut Option<String>| {
        if subject.as_deref() == Some("ana-84617") {
            *subject = None;
        }
    };
    for step in &mut steps {
        match &mut step.input {
            Input::Command(Command::Commit(c)) => ana(&mut c.subject),
            Input::Fact(Fact::Sale(f)) => ana(&mut f.subject),
            Input::Fact(Fact::Return(f)) => ana(&mut f.subject),
            Input::Fact(Fact::Complaint(f)) => ana(&mut f.subject),
            _ => {}
        }
    }
    steps
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

#[test]
fn a_crash_loses_nothing_acknowledged_and_no_half_order() {
    for seed in 0..40 {
        let disk = MemoryDisk::new(seed);
        let mut engine = on(&disk);
        catalogue(&mut engine);
        let receipt = Receive {
            id: "r".into(),
            sku: SKUS[0].into(),
            quantity: Quantity(9),
            location: "paris".into(),
            ..Receive::default()
        };
        engine.record(receipt.into(), START).unwrap();
        engine.defer(true); // a batch that is applied and written, but not flushed
        let sale = Sale {
            id: "s".into(),
            lines: vec![line(0, 1)],
            location: "paris".into(),
            subject: Some("ana-84617".into()),
            ..Sale::default()
        };
        engine.record(sale.into(), START).unwrap();
        let after = on(&disk.crash(if seed % 2 == 0 { Tear::Prefix } else { Tear::Sectors }));
        assert!(after.world().ledger.docs().find("r").is_some());
        let stock_part = after.world().ledger.docs().find("s").is_some();
        let people_part = after.world().people.get("ana-84617").is_some();
        assert_eq!(stock_part, people_part, "half an order survived (seed {seed})");
    }
}

#[test]
fn a_failed_flush_poisons_and_answers_nobody() {
    let disk = MemoryDisk::new(3);
    let mut engine = on(&disk);
    catalogue(&mut engine);
    disk.fail_sync();
    let click = |id: &str| Fact::Click(Interest { id: id.into(), subject: "ana-84617".into(), sku: SKUS[0].into() });
    assert_eq!(engine.record(click("a"), START).unwrap_err().code(), "IO");
    assert_eq!(engine.record(click("b"), START).unwrap_err().code(), "JOURNAL_POISONED");
}

#[test]
fn now_never_goes_back() {
    let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
    let receipt = |id: &str| Receive {
        id: id.into(),
        sku: "a".into(),
        quantity: Quantity(1),
        location: "p".into(),
        ..Receive::default()
    };
    engine.record(receipt("1").into(), START.plus_seconds(100)).unwrap();
    engine.record(receipt("2").into(), START).unwrap();
    assert_eq!(engine.position().now, START.plus_seconds(100));
}

#[test]
fn threads_share_flushes_and_oversell_nothing() {
    let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
    let receipt = Receive {
        id: "r".into(),
        sku: "a".into(),
        quantity: Quantity(100),
        location: "p".into(),
        ..Receive::default()
    };
    engine.record(receipt.into(), START).unwrap();
    let shop = Shared::new(engine).unwrap();
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let shop = shop.clone();
            std::thread::spawn(move || (0..50).filter(|n| sold(&shop, thread, *n)).count())
        })
        .collect();
    let accepted: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(accepted, 100);
    shop.close();
    assert_eq!(shop.read(|_| Ok(())).unwrap_err().code(), "CLOSED");
}

fn sold(shop: &Shared, thread: usize, n: usize) -> bool {
    let wish = Reserve {
        id: format!("{thread}-{n}"),
        lines: vec![Line::new("a", 1)],
        location: "p".into(),
        ..Reserve::default()
    };
    let outcome = shop.call(move |engine| engine.submit(wish.into(), START)).unwrap();
    matches!(outcome, Outcome::Accepted(_))
}

#[test]
fn what_a_thread_sent_is_decided_before_what_it_calls() {
    let disk = crate::journal::MemoryDisk::reliable();
    let shop = Shared::new(Engine::with_disk(Box::new(disk), Options::default()).unwrap()).unwrap();
    let order = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let note = |n: usize| {
        let order = order.clone();
        move |_: &mut Engine| {
            order.lock().unwrap().push(n);
            Ok(())
        }
    };
    for n in 0..1_000 {
        if n % 10 == 9 {
            shop.call(note(n)).unwrap();
        } else {
            shop.send(note(n), Box::new(|_| ()));
        }
    }
    shop.close();
    assert!(order.lock().unwrap().iter().copied().eq(0..1_000));
}

#[test]
fn a_panic_closes_the_engine_and_says_so() {
    let shop = Shared::new(Engine::memory(Options::default())).unwrap();
    let error = shop.call(|_| -> crate::base::Result<()> { panic!("a broken invariant") }).unwrap_err();
    assert_eq!(error.code(), "INTERNAL");
    assert_eq!(shop.read(|_| Ok(())).unwrap_err().code(), "CLOSED");
}

fn receipt(id: &str, sku: &str, quantity: i64) -> Receive {
    let (id, sku, location) = (id.into(), sku.into(), "paris".into());
    Receive { id, sku, quantity: Quantity(quantity), location, ..Receive::default() }
}

#[test]
fn an_old_view_leaves_the_caches_of_newer_ones_alone() {
    let mut engine = Engine::memory(Options::default());
    let sku = |key: &str, brand: &str| Sku { sku: key.into(), brand: brand.into(), ..Sku::default() };
    engine.upsert_skus(vec![sku("a", "x"), sku("b", "x")], START).unwrap();
    for key in ["a", "b"] {
        engine.record(receipt(key, key, 9).into(), START).unwrap();
    }
    let rating = Rating { id: "r".into(), subject: "ana-84617".into(), sku: "a".into(), value: 5 };
    engine.record(rating.into(), START).unwrap();
    let old = engine.view();
    engine.upsert_skus(vec![sku("b", "y"), sku("c", "x")], START).unwrap();
    engine.record(receipt("c", "c", 9).into(), START).unwrap();
    let params = super::RecommendParams { subject: "ana-84617".into(), ..Default::default() };
    old.recommend(&params).unwrap();
    let seen = engine.view().recommend(&params).unwrap();
    let fresh = super::View::new(
        World::from_bytes(&engine.world().to_bytes().unwrap()).unwrap(),
        engine.journal.head().clone(),
        START,
    );
    assert_eq!(seen, fresh.recommend(&params).unwrap());
}

#[test]
fn a_sku_entered_by_a_fact_settles_those_that_waited() {
    let disk = MemoryDisk::new(5);
    let mut strict = on(&disk);
    assert!(!strict.record(receipt("r", "new", 9).into(), START).unwrap().resolved);
    drop(strict);
    let open = Options { open_catalog: true, ..Options::default() };
    let mut engine = Engine::with_disk(Box::new(disk), open).unwrap();
    let click = Interest { id: "c".into(), subject: "ana-84617".into(), sku: "new".into() };
    engine.record(Fact::Click(click), START).unwrap();
    let ledger = &engine.world().ledger;
    assert_eq!(-ledger.outside(ledger.sku("new").unwrap(), Outside::Supplier), 9);
}

#[test]
fn a_crash_while_facts_are_settled_loses_none() {
    for seed in 0..60 {
        let disk = MemoryDisk::new(seed);
        let mut engine = on(&disk);
        engine.record(receipt("r", "new", 9).into(), START).unwrap();
        engine.record(receipt("s", "new", 5).into(), START).unwrap();
        engine.defer(true); // written, but not flushed
        engine.upsert_skus(vec![Sku { sku: "new".into(), ..Sku::default() }], START).unwrap();
        disk.fail_sync();
        assert!(engine.flush().is_err());
        let world = on(&disk.crash(if seed % 2 == 0 { Tear::Prefix } else { Tear::Sectors })).world().clone();
        let received = world.ledger.sku("new").map_or(0, |sku| -world.ledger.outside(sku, Outside::Supplier));
        assert!(received == 14 || world.unresolved.len() == 2, "seed {seed}: {received}, {:?}", world.unresolved);
    }
}

#[test]
fn a_failed_compaction_leaves_nothing_of_the_person_in_the_world() {
    for operation in 1..12 {
        let disk = MemoryDisk::new(7);
        let mut engine = on(&disk);
        catalogue(&mut engine);
        let click = Interest { id: "c".into(), subject: "ana-84617".into(), sku: SKUS[0].into() };
        engine.record(Fact::Click(click), START).unwrap();
        disk.fail_at(operation);
        let first = engine.erase("ana-84617");
        if engine.advance(START).is_err() {
            continue; // poisoned: only opening anew tells
        }
        let reopened = on(&disk.crash(Tear::Prefix));
        let gone = reopened.world().people.get("ana-84617").is_none();
        let known = engine.world().people.get("ana-84617").is_some();
        assert!(!(gone && known), "operation {operation}: {first:?}, then {:?}", engine.erase("ana-84617"));
    }
}

#[test]
fn every_queued_input_is_answered() {
    use std::sync::mpsc::channel;
    for panics in [false, true] {
        let shop = Shared::new(Engine::memory(Options::default())).unwrap();
        let (sender, answers) = channel();
        for n in 0..20 {
            let (sender, own) = (sender.clone(), shop.clone());
            shop.send(
                move |_| {
                    assert!(!(panics && n == 3), "a broken invariant");
                    Ok(n)
                },
                Box::new(move |answer: crate::base::Result<i32>| {
                    if n == 0 && !panics {
                        own.close(); // on the writer's thread
                    }
                    sender.send(answer.is_ok()).unwrap();
                }),
            );
        }
        drop(sender);
        let seconds = std::time::Duration::from_secs(5);
        let answered = (0..20).take_while(|_| answers.recv_timeout(seconds).is_ok()).count();
        assert_eq!(answered, 20, "panics: {panics}");
    }
}

#[test]
fn a_sale_at_a_place_without_books_is_demand() {
    let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
    let lines = vec![Line::new("a", 2)];
    let sale = Sale { id: "s".into(), lines, location: "pop-up".into(), ..Sale::default() };
    engine.record(sale.into(), START).unwrap();
    let params = super::DemandParams { sku: "a".into(), location: Some("pop-up".into()), ..Default::default() };
    let days = engine.view().demand(&params).unwrap();
    assert_eq!(days.iter().map(|day| day.y).sum::<i64>(), 2);
}

fn day_after(days: i64) -> Timestamp {
    START.plus_seconds(86_400 * days)
}

#[test]
fn a_long_quiet_series_still_ends_today() {
    let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
    engine.record(receipt("r", "a", 9).into(), START).unwrap();
    for (id, days) in [("s", 2_000), ("t", 2_190)] {
        let (lines, location) = (vec![Line::new("a", 1)], "paris".into());
        engine.record(Sale { id: id.into(), lines, location, ..Sale::default() }.into(), day_after(days)).unwrap();
    }
    let view = engine.view_at(day_after(2_300));
    let params = super::DemandParams { sku: "a".into(), location: Some("paris".into()), ..Default::default() };
    assert_eq!(view.demand(&params).unwrap().last().unwrap().ds, view.today());
}

fn in_stock(view: &super::View) -> Vec<f64> {
    let params = super::DemandParams { sku: "a".into(), location: Some("paris".into()), ..Default::default() };
    view.demand(&params).unwrap().iter().map(|day| day.in_stock).collect()
}

#[test]
fn days_without_a_sellable_lot_are_censored_from_their_midnight_on() {
    let start = START.day(0).start(0);
    let shop = |min_remaining_days: i32| {
        let mut engine = Engine::memory(Options::default());
        engine.upsert_skus(vec![Sku { sku: "a".into(), min_remaining_days, ..Sku::default() }], start).unwrap();
        let expires_on = Some(start.day(0) + 3);
        engine.record(Receive { expires_on, ..receipt("r", "a", 9) }.into(), start).unwrap();
        engine
    };
    let later = start.plus_seconds(86_400 * 6);
    let mut engine = shop(0); // days 0 to 3 are good
    assert_eq!(in_stock(&engine.view_at(later)), [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0], "a later view");
    engine.advance(later).unwrap();
    assert_eq!(in_stock(&engine.view()), [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0], "advanced");
    let mut engine = shop(2); // days 0 and 1 are good
    assert_eq!(in_stock(&engine.view_at(later)), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0], "remaining days, a later view");
    engine.advance(later).unwrap();
    assert_eq!(in_stock(&engine.view()), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0], "remaining days, advanced");
}

#[test]
fn a_signal_is_one_row() {
    let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
    for n in 0..6 {
        let subject = (n > 0).then(|| format!("p{n}"));
        let kind = crate::event::ComplaintKind::Damaged;
        let complaint = Complaint { id: format!("c{n}"), sku: "a".into(), kind, subject, ..Complaint::default() };
        engine.record(complaint.into(), START).unwrap();
    }
    let rows = engine.view().signals(&super::SignalsParams::default()).unwrap();
    assert_eq!(rows.iter().map(|row| row.n).collect::<Vec<_>>(), [6]);
}

#[test]
fn recorded_signals_reach_the_forecast() {
    use crate::base::{Column, Table, Task};
    use crate::forecast::{DriverParams, SignalParams, TableParams, signal_drivers, with_drivers};
    let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
    let days = 61i32;
    let carts = |day: i32| if day % 3 == 0 { 4 } else { 1 };
    for day in 0..days {
        let now = day_after(i64::from(day));
        for n in 0..carts(day) {
            let id = format!("c{day}-{n}");
            let subject = format!("p{n}");
            engine.record(Fact::Cart(Interest { id, subject, sku: "a".into() }), now).unwrap();
        }
        let rating = Rating { id: format!("r{day}"), subject: "p0".into(), sku: "a".into(), value: 4 };
        engine.record(rating.into(), now).unwrap();
    }
    let params = super::SignalsParams { min_n: 1, ..Default::default() };
    let rows = engine.view().signals(&params).unwrap();
    let text = |of: &dyn Fn(&super::SignalRow) -> String| Column::Text(rows.iter().map(of).collect());
    let kind = |row: &super::SignalRow| serde_json::to_value(row.kind).unwrap().as_str().unwrap().to_string();
    let signals =
        Table::default().with("sku", text(&|row| row.sku.clone())).unwrap().with("kind", text(&kind)).unwrap();
    let signals = signals.with("ds", Column::Day(rows.iter().map(|row| row.ds).collect())).unwrap();
    let signals = signals.with("n", Column::Integer(rows.iter().map(|row| row.n).collect())).unwrap();
    let signals = signals.with("sum", Column::Integer(rows.iter().map(|row| row.sum).collect())).unwrap();
    // three times as many are sold on the day after many carts
    let sold = |day: i32| if carts(day - 1) == 4 { 60.0 } else { 20.0 };
    let frame = |from: i32, to: i32| {
        let table = Table::default().with("unique_id", Column::Text(vec!["a".into(); (to - from) as usize])).unwrap();
        table.with("ds", Column::Day((from..to).map(|day| START.day(0) + day).collect())).unwrap()
    };
    let lead = SignalParams { h: 1, window: 1, ..SignalParams::default() };
    let history = frame(1, days).with("y", Column::Float((1..days).map(sold).collect())).unwrap();
    let history = signal_drivers(&history, &signals, &lead).unwrap();
    let ahead = signal_drivers(&frame(days, days + 1), &signals, &lead).unwrap();
    assert_eq!(history.floats("rating").unwrap()[5], 4.0);
    assert_eq!(history.floats("cart").unwrap()[..3], [4.0, 1.0, 1.0]);
    let drivers = DriverParams { drivers: vec!["cart".into()], ..DriverParams::default() };
    let params = TableParams { h: 1, models: vec!["auto".into(), "ets".into()], ..TableParams::default() };
    let told = with_drivers(&history, &ahead, &params, &drivers, &Task::default()).unwrap();
    for model in ["auto", "ets"] {
        let told = told.floats(model).unwrap();
        assert!((told[0] - sold(days)).abs() < 2.0, "{model}: {told:?}");
    }
}

#[test]
fn suppliers_come_after_what_was_due() {
    let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
    engine.record(receipt("r", "a", 9).into(), START).unwrap();
    let wish =
        Reserve { id: "h".into(), lines: vec![Line::new("a", 1)], location: "paris".into(), ..Reserve::default() };
    engine.submit(wish.into(), START).unwrap();
    let acme = crate::event::Supplier { supplier: "acme".into(), ..Default::default() };
    engine.upsert_suppliers(vec![acme], day_after(1)).unwrap();
    assert_eq!(engine.world().ledger.due_holds(day_after(1)).len(), 0);
}

#[test]
fn a_count_checks_its_lot() {
    let count =
        Count { id: "c".into(), sku: "a".into(), location: "p".into(), lot: Some("x".repeat(600)), ..Count::default() };
    assert!(Fact::from(count).check().is_err());
}

#[test]
fn extreme_instants_are_answered() {
    let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
    engine.record(Receive { expires_on: Some(START.day(0) + 9), ..receipt("r", "a", 9) }.into(), START).unwrap();
    let rating = Rating { id: "x".into(), subject: "ana-84617".into(), sku: "a".into(), value: 5 };
    engine.record(rating.into(), START).unwrap();
    for now in [i64::MIN, i64::MAX] {
        let view = engine.view_at(Timestamp(now));
        view.recommend(&super::RecommendParams { subject: "ana-84617".into(), ..Default::default() }).unwrap();
        in_stock(&view);
        view.expiring(&Default::default()).unwrap();
        view.plan_purchases(&Default::default(), &crate::Task::default()).unwrap();
        view.forecast(&Default::default(), &crate::Task::default()).unwrap();
        view.segments(&Default::default()).unwrap();
    }
}

#[test]
fn a_shelf_that_was_never_full_does_not_stop_the_others() {
    let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
    let midnight = START.day(0).start(0);
    engine
        .record(Receive { expires_on: Some(START.day(0) + -1), ..receipt("old", "old", 9) }.into(), midnight)
        .unwrap();
    engine.record(receipt("r", "a", 9).into(), midnight).unwrap();
    let table = engine.view_at(day_after(3)).forecast(&Default::default(), &crate::Task::default()).unwrap();
    assert_eq!(table.rows(), 28);
}

const LIP: &str = SKUS[0];
const PARIS: &str = PLACES[0];

fn lot(id: &str, lot: &str, quantity: i64) -> Receive {
    Receive { lot: lot.into(), ..receipt(id, LIP, quantity) }
}

fn reserve(id: &str, lines: Vec<Line>) -> Reserve {
    Reserve { id: id.into(), lines, location: PARIS.into(), ..Reserve::default() }
}

fn shop(receipts: &[Receive]) -> Engine {
    let mut engine = Engine::memory(Options { open_catalog: true, ..Options::default() });
    for receipt in receipts {
        engine.record(receipt.clone().into(), START).unwrap();
    }
    engine
}

fn sound(engine: &Engine) {
    assert_eq!(engine.world().ledger.broken_invariant(), None);
}

#[test]
fn sixteen_threads_want_the_last_unit_and_one_gets_it_medusa_16569() {
    for round in 0..20 {
        let shared = Shared::new(shop(&[lot("r", "A1", 1)])).unwrap();
        let gate = std::sync::Arc::new(std::sync::Barrier::new(16));
        let buyers: Vec<_> = (0..16)
            .map(|buyer| {
                let (shared, gate) = (shared.clone(), gate.clone());
                std::thread::spawn(move || {
                    gate.wait();
                    let wish = reserve(&format!("cart-{buyer}"), vec![Line::new(LIP, 1)]);
                    let outcome = shared.call(move |engine| engine.submit(wish.into(), START)).unwrap();
                    let hold = format!("cart-{buyer}");
                    let ship = Commit { id: format!("ship-{buyer}"), hold, ..Commit::default() };
                    let shipped = shared.call(move |engine| engine.submit(ship.into(), START)).unwrap();
                    (matches!(outcome, Outcome::Accepted(_)), matches!(shipped, Outcome::Accepted(_)))
                })
            })
            .collect();
        let answers: Vec<(bool, bool)> = buyers.into_iter().map(|buyer| buyer.join().unwrap()).collect();
        assert_eq!(answers.iter().filter(|(held, _)| *held).count(), 1, "round {round}: {answers:?}");
        assert!(answers.iter().all(|(held, shipped)| held == shipped), "round {round}: {answers:?}");
        let left = shared.read(|engine| {
            engine
                .view()
                .availability(&super::AvailabilityParams { sku: LIP.into(), ..super::AvailabilityParams::default() })
        });
        assert_eq!(left.map(|left| (left.on_hand, left.held)).unwrap(), (0, 0));
    }
}

#[test]
fn reserved_is_the_sum_of_reservations_after_every_step_odoo_62139() {
    let mut engine = shop(&[lot("r1", "A1", 40), lot("r2", "B7", 40)]);
    for n in 0..20 {
        let hold = format!("o{n}");
        engine.submit(reserve(&hold, vec![Line::new(LIP, 3)]).into(), START).unwrap();
        let part = vec![Line::new(LIP, 1)];
        match n % 4 {
            0 => drop(
                engine.submit(Commit { id: format!("p{n}"), hold, lines: part, ..Commit::default() }.into(), START),
            ),
            1 => drop(engine.submit(Release { id: format!("x{n}"), hold, lines: part }.into(), START)),
            2 => drop(engine.submit(Commit { id: format!("p{n}"), hold, ..Commit::default() }.into(), START)),
            _ => {}
        }
        if n == 10 {
            let recall = Recall { id: "k".into(), sku: LIP.into(), lot: "A1".into() };
            engine.record(recall.into(), START).unwrap();
        }
        let view = engine.view();
        let held = view
            .availability(&super::AvailabilityParams { sku: LIP.into(), ..super::AvailabilityParams::default() })
            .unwrap()
            .held;
        let sum: i64 = view.holds().iter().flat_map(|hold| &hold.lots).map(|lot| lot.quantity).sum();
        assert_eq!(held, sum, "after {n}");
        sound(&engine);
    }
}

#[test]
fn a_back_dated_fact_is_one_event_whatever_follows_it_erpnext_53773() {
    let mut engine = shop(&[lot("r", "A1", 30_000)]);
    for n in 0..2_000 {
        let now = START.plus_seconds(60 * n);
        let sale =
            Sale { id: format!("t{n}"), lines: vec![Line::new(LIP, 1)], location: PARIS.into(), ..Sale::default() };
        engine.record(sale.into(), now).unwrap();
    }
    let before = (engine.position().sequence, engine.world().ledger.book().len());
    let occurred_on = Some(START.day(0));
    let late = Sale {
        id: "late".into(),
        lines: vec![Line::new(LIP, 5)],
        location: PARIS.into(),
        occurred_on,
        ..Sale::default()
    };
    engine.record(late.into(), START.plus_seconds(200_000)).unwrap();
    assert_eq!((engine.position().sequence, engine.world().ledger.book().len()), (before.0 + 1, before.1 + 1));
}

#[test]
fn what_is_lost_or_made_leaves_the_books_sound() {
    let mut engine = shop(&[lot("r", "A1", 3)]);
    let sent = Move {
        id: "m".into(),
        sku: LIP.into(),
        quantity: Quantity(2),
        from: PARIS.into(),
        to: "lyon".into(),
        in_transit: true,
        ..Move::default()
    };
    engine.submit(sent.into(), START).unwrap();
    let lost = WriteOff {
        id: "w".into(),
        sku: LIP.into(),
        lot: "A1".into(),
        location: "lyon".into(),
        quantity: Quantity(2),
        condition: Condition::InTransit,
        ..WriteOff::default()
    };
    engine.submit(lost.into(), START).unwrap();
    assert!(engine.view().transfers().is_empty());
    let twice = Assemble {
        id: "k".into(),
        sku: "SET-01".into(),
        quantity: Quantity(1),
        location: PARIS.into(),
        parts: vec![Units::new(LIP, 1), Units::new(LIP, 1)],
        ..Assemble::default()
    };
    engine.upsert_skus(vec![Sku { sku: "SET-01".into(), ..Default::default() }], START).unwrap();
    assert_eq!(
        engine.submit(twice.into(), START).unwrap().rejected().map(|why| why.code()),
        Some("INSUFFICIENT_STOCK")
    );
    sound(&engine);
}
