//! Writes `tests/surface.json` from the one Rust definition: every operation with its parameters,
//! defaults, answer and codes. The Python and Node faces are generated from that file.
//!
//! `surface` writes the file, `surface --check` fails where it differs.

use std::process::ExitCode;

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use trousse::ops::{OPS, Run};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/surface.json");

/// What one face lacks, with the reason. Nothing else may be missing.
const ABSENT: &[(&str, &str, &str)] = &[
    (
        "python",
        "ets, theta, ces, arima, mstl as functions",
        "fits of one slice are Rust functions; here each is a name in `models` of `forecast` and `Forecaster`, which keeps its state",
    ),
    (
        "node",
        "ets, theta, ces, arima, mstl as functions",
        "fits of one slice are Rust functions; here each is a name in `models` of `forecast` and `Forecaster`, which keeps its state",
    ),
    ("rust", "Ledger", "in Rust the domain `trousse::ledger` is used directly; the class is for the other faces"),
    ("node", "Table", "a frame is an object of columns in Node; Python's frame libraries need an object to convert"),
];

fn main() -> ExitCode {
    let text = surface();
    if std::env::args().any(|argument| argument == "--check") {
        let found = std::fs::read_to_string(PATH).unwrap_or_default();
        if found == text {
            return ExitCode::SUCCESS;
        }
        eprintln!("tests/surface.json differs from the code: run `make faces` and commit what it writes");
        return ExitCode::FAILURE;
    }
    if let Err(error) = std::fs::write(PATH, text) {
        eprintln!("{PATH}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn surface() -> String {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let operations: Vec<Value> = OPS
        .iter()
        .map(|op| {
            let (params, answer) = (op.schemas)(&mut generator);
            let frames: Vec<Value> = op
                .frames
                .iter()
                .map(|(name, columns)| {
                    json!({"name": name.trim_end_matches('?'), "columns": columns, "optional": name.ends_with('?')})
                })
                .collect();
            let (on, kind, frame) = match op.run {
                Run::Function(_) => ("module", "function", false),
                Run::Frame(_) => ("module", "frame", true),
                Run::Door(_) => ("engine", "door", false),
                Run::Care(_) => ("engine", "query", false), // the faces call it as a long question
                Run::DoorFrame(_) => ("engine", "door_frame", true),
                Run::Query(_) => ("engine", "query", false),
                Run::QueryFrame(_) => ("engine", "query_frame", true),
            };
            json!({
                "name": op.name,
                "on": on,
                "kind": kind,
                "doc": op.doc,
                "frames": frames,
                "params": params,
                "answer": if frame { json!({"frame": true}) } else { answer.to_value() },
                "long": op.long,
                "codes": op.codes,
            })
        })
        .collect();
    let options = generator.subschema_for::<trousse::Options>();
    let absent: Vec<Value> =
        ABSENT.iter().map(|(face, what, why)| json!({"face": face, "what": what, "why": why})).collect();
    let surface = json!({
        "about": "Written by `make faces` from core/src/ops.rs. Every operation of trousse in every face.",
        "version": env!("CARGO_PKG_VERSION"),
        "codes": trousse::Error::CODES,
        "options": options,
        "ledger": ["upsert_skus", "reserve", "commit", "release", "move", "purchase", "receive", "sale", "return",
            "count", "recall", "submit", "submit_many", "record", "record_many", "batch", "advance", "arrive", "reclassify",
            "write_off", "open_tester", "assemble", "freeze", "upsert_channels", "upsert_locations", "stock", "availability", "expiring",
            "open_purchases", "purchases", "transfers", "testers", "hold", "holds", "trace_lot", "trace_order", "changes",
            "alerts", "stock_value", "cycle_count", "expiry_calendar", "position"],
        "absent": absent,
        "operations": operations,
        "definitions": generator.take_definitions(true),
    });
    let mut text = serde_json::to_string_pretty(&surface).unwrap_or_default();
    text.push('\n');
    text
}
