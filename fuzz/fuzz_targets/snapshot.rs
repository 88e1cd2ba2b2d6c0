//! Reads worlds from arbitrary bytes: a world or none, never a panic.
#![no_main]

mod shop;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use trousse::engine::World;
use trousse::{Engine, Options};

static SNAPSHOT: OnceLock<Vec<u8>> = OnceLock::new();

fn snapshot() -> Vec<u8> {
    let engine = Engine::with_disk(Box::new(shop::disk()), Options::default()).expect("it opens");
    engine.world().to_bytes().expect("a world can be written")
}

fuzz_target!(|data: &[u8]| {
    let [how, rest @ ..] = data else { return };
    let mut bytes = rest.to_vec();
    if how & 1 == 0 {
        bytes = SNAPSHOT.get_or_init(snapshot).clone();
        shop::spoil(&mut bytes, rest);
    }
    if let Some(world) = World::from_bytes(&bytes) {
        let again = world.to_bytes().expect("what was read can be written");
        assert!(World::from_bytes(&again).is_some(), "what was written can be read");
    }
});
