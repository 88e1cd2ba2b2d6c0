//! Writes facts to a journal and prints the number of each one once it is acknowledged, until it is killed.

use std::io::Write;

use trousse::{Engine, Fact, Interest, Options, Quantity, Receive, Shared, Timestamp};

fn main() {
    let folder = std::env::args().nth(1).expect("usage: crash-writer FOLDER FIRST");
    let first: i64 = std::env::args().nth(2).and_then(|text| text.parse().ok()).expect("FIRST is a number");
    let options = Options { open_catalog: true, ..Options::default() };
    let shop = Shared::new(Engine::open(folder, options).expect("the journal opens")).expect("a writer thread");
    let threads = (0..4).map(|thread| {
        let shop = shop.clone();
        std::thread::spawn(move || {
            for n in 0.. {
                write(&shop, first + n * 4 + thread);
            }
        })
    });
    for thread in threads.collect::<Vec<_>>() {
        drop(thread.join());
    }
}

fn write(shop: &Shared, n: i64) {
    let fact: Fact = if n % 3 == 0 {
        Fact::Click(Interest { id: format!("f-{n}"), subject: format!("s-{}", n % 50), sku: "LIP-01".into() })
    } else {
        let quantity = Quantity(1);
        Receive { id: format!("f-{n}"), sku: "LIP-01".into(), quantity, location: "paris".into(), ..Receive::default() }
            .into()
    };
    shop.call(move |engine| engine.record(fact, Timestamp(1_800_000_000_000))).expect("recorded");
    let mut out = std::io::stdout().lock();
    writeln!(out, "{n}").and_then(|()| out.flush()).expect("the parent reads");
}
