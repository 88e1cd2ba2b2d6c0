//! trousse beside SQLite, redb and fjall: durable events, and orders with 64 submitters.
//!
//! `make bench-rivals`, or here `cargo run --release -- [events] [batches] [orders]`. `SMALL=1` runs in seconds and
//! proves nothing but that it runs; `FOLDER` says on which disk. Settings of each rival: `stores.rs`.

mod events;
mod orders;
mod race;
mod sqlite_orders;
mod stores;

type Section = fn(&std::path::Path);

/// The sections: trace and as-of questions will be the next ones.
const SECTIONS: [(&str, Section); 3] =
    [("events", events::singles), ("batches", events::batches), ("orders", orders::orders)];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let folder = race::folder();
    println!("SQLite {}, redb and fjall as in Cargo.lock", rusqlite::version());
    for (name, run) in SECTIONS {
        if wanted.is_empty() || wanted.iter().any(|want| want == name) {
            run(&folder);
        }
    }
}
