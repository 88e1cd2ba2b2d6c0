//! Sends JSON through the doors `submit` and `record`: an answer or an error, and the books stay balanced.
//!
//! Half of the inputs are JSON as it comes; the others are made of the field names that there are, with values from a
//! small list and from the edges.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use trousse::{Engine, Options, Sku, Timestamp, Units, ops};

const NOW: Timestamp = Timestamp(1_795_424_400_000);
const KINDS: [(&str, &str); 25] = [
    ("command", "reserve"), ("command", "commit"), ("command", "release"), ("command", "move"), ("command", "arrive"),
    ("command", "purchase"), ("command", "reclassify"), ("command", "write_off"), ("command", "open_tester"),
    ("command", "assemble"), ("command", "freeze"), ("fact", "receive"), ("fact", "sale"), ("fact", "return"),
    ("fact", "count"), ("fact", "recall"), ("fact", "view"), ("fact", "click"), ("fact", "cart"), ("fact", "rating"),
    ("fact", "review"), ("fact", "answer"), ("fact", "complaint"), ("fact", "profile"), ("fact", "consent"),
];
const CONDITIONS: [&str; 7] = ["available", "held", "quarantined", "damaged", "expired", "in_transit", "tester"];

/// Hands out the bytes of the input one by one, then zeros.
struct Bytes<'a>(std::slice::Iter<'a, u8>);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }
    fn of<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[usize::from(self.byte()) % list.len()]
    }
    fn number(&mut self) -> i64 {
        match self.byte() {
            255 => i64::MAX,
            254 => -1,
            253 => 1_000_000_000,
            252 => 0,
            other => 1 + i64::from(other % 12),
        }
    }
    fn day(&mut self) -> Value {
        match self.byte() {
            255 => json!("9999-12-31"),
            254 => json!("0001-01-01"),
            other => json!((NOW.day(0) + (i32::from(other % 16) - 8)).to_string()),
        }
    }
    fn line(&mut self) -> Value {
        let mut line = json!({ "sku": self.of(&["a", "b", "kit", "new"]), "quantity": self.number() });
        if self.byte() > 200 {
            line["lot"] = json!(self.of(&["", "L0", "L1"]));
        }
        if self.byte() > 220 {
            line["location"] = json!(self.of(&["p", "q"]));
        }
        if self.byte() > 230 {
            line["unit"] = json!(self.of(&["pair", "tenth"]));
        }
        line
    }
    fn field(&mut self, name: &str) -> Value {
        match name {
            "sku" => json!(self.of(&["a", "b", "kit", "new"])),
            "quantity" | "ttl_seconds" | "value" | "under_percent" | "over_percent" | "min_remaining_days" => json!(self.number()),
            "location" | "from_place" | "to_place" => json!(self.of(&["p", "q", "r"])),
            "lot" => json!(self.of(&["", "L0", "L1", "L2"])),
            "hold" | "order" | "transfer" | "purchase" => json!(format!("i{}", self.byte() % 24)),
            "lines" => (0..1 + self.byte() % 3).map(|_| self.line()).collect(),
            "parts" => (0..1 + self.byte() % 3).map(|_| json!({ "sku": self.of(&["a", "b"]), "quantity": self.number() })).collect(),
            "expires_on" | "produced_on" | "occurred_on" | "expected_on" | "until" => self.day(),
            "condition" | "from" | "to" => json!(self.of(&CONDITIONS)),
            "subject" => json!(self.of(&["ana", "bo"])),
            "channel" => json!(self.of(&["web", "shop"])),
            "strategy" => json!(self.of(&["fefo", "fifo", "lifo"])),
            "unit" => json!(self.of(&["pair", "tenth"])),
            "kind" => json!(self.of(&["not_available", "damaged", "irritation", "wrong_shade", "other"])),
            "up_to" | "in_transit" | "resellable" | "granted" => json!(self.byte() % 2 == 0),
            "unit_cost" => json!({ "minor": self.number() }),
            _ => json!(self.of(&["x", "", "y"])),
        }
    }
}

fn needed(kind: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        "reserve" => (&["lines", "location"], &["ttl_seconds", "up_to", "channel", "min_remaining_days", "strategy"]),
        "commit" => (&["hold"], &["lines", "subject"]),
        "release" => (&["hold"], &["lines"]),
        "move" => (&["sku", "quantity", "from", "to"], &["unit", "lot", "condition", "in_transit"]),
        "arrive" => (&["transfer"], &["quantity"]),
        "purchase" => (&["supplier", "lines", "location"], &["expected_on", "under_percent", "over_percent"]),
        "reclassify" => (&["sku", "location", "quantity", "to"], &["lot", "from", "reason"]),
        "write_off" => (&["sku", "location", "quantity"], &["lot", "condition", "reason"]),
        "open_tester" => (&["sku", "location"], &["quantity", "lot"]),
        "assemble" => (&["sku", "quantity", "location", "parts"], &["lot"]),
        "freeze" => (&["until"], &[]),
        "receive" => (
            &["sku", "quantity", "location"],
            &["lot", "expires_on", "produced_on", "supplier_lot", "unit", "condition", "occurred_on", "purchase", "unit_cost"],
        ),
        "sale" => (&["lines", "location"], &["subject", "occurred_on"]),
        "return" => (&["sku", "quantity", "location"], &["lot", "reason", "resellable", "subject", "order", "occurred_on"]),
        "count" => (&["sku", "location", "quantity"], &["lot", "condition", "occurred_on"]),
        "recall" => (&["sku", "lot"], &[]),
        "rating" => (&["subject", "sku", "value"], &[]),
        "review" => (&["subject", "sku", "text"], &["value"]),
        "answer" => (&["subject", "poll", "answer"], &["sku"]),
        "complaint" => (&["sku"], &["kind", "location", "subject", "text"]),
        "profile" => (&["subject"], &[]),
        "consent" => (&["subject", "granted"], &["purpose"]),
        _ => (&["subject", "sku"], &[]),
    }
}

fn input(bytes: &mut Bytes<'_>) -> (&'static str, Value) {
    let (door, kind) = KINDS[usize::from(bytes.byte()) % KINDS.len()];
    let mut fields = Map::new();
    fields.insert("type".into(), json!(kind));
    fields.insert("id".into(), json!(format!("i{}", bytes.byte() % 24)));
    let (always, sometimes) = needed(kind);
    for name in always.iter().chain(sometimes) {
        if sometimes.contains(name) && bytes.byte() < 128 {
            continue;
        }
        let place = kind == "move" && (*name == "from" || *name == "to");
        let value = if place { bytes.field("location") } else { bytes.field(name) };
        fields.insert((*name).into(), value);
    }
    (door, json!({ door: fields }))
}

fn shop() -> Engine {
    let mut engine = Engine::memory(Options::default());
    let sku = |key: &str| Sku { sku: key.into(), ..Sku::default() };
    let unit = |unit: &str, base_units, per| trousse::Unit { unit: unit.into(), base_units, per };
    let units = vec![unit("pair", 2, 1), unit("tenth", 1, 10)];
    let skus = vec![
        Sku { backorder_limit: 5, shelf_life_days: Some(9), units, ..sku("a") },
        Sku { min_remaining_days: 1, safety_stock: 1, min_receipt_days: 2, pao_months: Some(1), ..sku("b") },
        Sku { kit: vec![Units::new("a", 1), Units::new("b", 2)], ..sku("kit") },
    ];
    engine.upsert_skus(skus, NOW).expect("entries");
    let kept = vec![Units::new("a", 1)];
    let web = trousse::Channel { channel: "web".into(), min_remaining_days: 1, kept };
    engine.upsert_channels(vec![web], NOW).expect("channels");
    engine
}

fuzz_target!(|data: &[u8]| {
    let [how, rest @ ..] = data else { return };
    let mut engine = shop();
    if how & 1 == 0 {
        let Ok(value) = serde_json::from_slice::<Value>(rest) else { return };
        for (door, op) in [("command", "submit"), ("fact", "record")] {
            let _ = ops::call_door(&mut engine, op, &json!({ door: value }).to_string(), NOW);
        }
    } else {
        let mut bytes = Bytes(rest.iter());
        let mut now = NOW;
        while bytes.0.len() > 0 {
            let (door, value) = input(&mut bytes);
            now = now.plus_seconds([0, 60, 3_600, 90_000][usize::from(bytes.byte() % 4)]);
            let op = if door == "command" { "submit" } else { "record" };
            let _ = ops::call_door(&mut engine, op, &value.to_string(), now);
            let broken = engine.world().ledger.broken_invariant();
            assert_eq!(broken, None, "after {value}");
        }
    }
    let _ = engine.view().stock(&Default::default()).expect("stock");
});
