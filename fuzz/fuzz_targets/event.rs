//! Reads events from arbitrary bytes, and writes what can be read again as it was.
#![no_main]

mod shop;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use trousse::event::Event;

static EVENTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    let [how, rest @ ..] = data else { return };
    let events = EVENTS.get_or_init(shop::events);
    let mut bytes = rest.to_vec();
    if how & 1 == 0 {
        bytes = events[usize::from(how >> 1) % events.len()].clone();
        shop::spoil(&mut bytes, rest);
    }
    let mut written = Vec::new();
    if let Ok(event) = Event::read(&bytes) {
        event.write(&mut written).expect("what was read can be written");
        assert_eq!(Event::read(&written).as_ref(), Ok(&event));
    }
});
