//! What it costs to hand an input to the writer's thread and to get its answer: 64 submitters, nothing to write.

use std::sync::mpsc::{Sender, channel};

use trousse::{Engine, Options, Shared};
use trousse_benches::{measure, size};

const SUBMITTERS: usize = 64;

fn shop() -> Shared {
    Shared::new(Engine::memory(Options::default())).expect("a thread")
}

/// A request in flight: its callback sends the next one.
fn fly(shop: Shared, left: usize, done: Sender<u64>) {
    if left == 0 {
        return done.send(1).expect("somebody waits for all");
    }
    let next = shop.clone();
    shop.send(
        |engine| Ok(engine.world().now.0 as u64),
        Box::new(move |answer| {
            answer.expect("open");
            fly(next, left - 1, done);
        }),
    );
}

fn main() {
    let each = size(2_000, 20);
    measure("shared: 64 threads that wait, no input", SUBMITTERS * each, shop, |shop| {
        std::thread::scope(|scope| {
            for _ in 0..SUBMITTERS {
                scope.spawn(|| (0..each).for_each(|_| shop.call(|_| Ok(())).expect("open")));
            }
        });
        SUBMITTERS as u64
    });
    measure("shared: one thread that waits, no input", each, shop, |shop| {
        (0..each).for_each(|_| shop.call(|_| Ok(())).expect("open"));
        1
    });
    measure("shared: 64 in flight by callbacks, no input", SUBMITTERS * each, shop, |shop| {
        let (done, all) = channel();
        (0..SUBMITTERS).for_each(|_| fly(shop.clone(), each, done.clone()));
        drop(done);
        all.iter().sum()
    });
}
