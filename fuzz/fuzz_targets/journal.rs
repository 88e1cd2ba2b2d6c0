//! Opens, verifies and salvages journals of arbitrary bytes: an answer or an error, never a panic.
#![no_main]

mod shop;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use trousse::journal::{Geometry, Journal, MemoryDisk, salvage, verify};
use trousse::{Engine, Options};

static SHOP: OnceLock<MemoryDisk> = OnceLock::new();
const HEAD_BYTES: usize = 4096;

/// Makes every frame's length and checksum right, so that what lies in it is looked at.
fn seal(bytes: &mut [u8], mut at: usize) {
    while let Some(length) = bytes.get(at..at + 4).map(|own| u32::from_le_bytes([own[0], own[1], own[2], own[3]]) as usize) {
        let end = at.saturating_add(8).saturating_add(length);
        if length == 0 || end > bytes.len() {
            return;
        }
        let sum = crc32c::crc32c(&bytes[at + 8..end]);
        bytes[at + 4..at + 8].copy_from_slice(&sum.to_le_bytes());
        at = end;
    }
}

fuzz_target!(|data: &[u8]| {
    let [how, which, edits @ ..] = data else { return };
    let disk = SHOP.get_or_init(shop::disk).copy();
    let files = disk.files();
    let name = &files[usize::from(*which) % files.len()];
    let mut bytes = disk.blob(name).unwrap_or_default();
    if how & 1 == 0 {
        shop::spoil(&mut bytes, edits);
    } else {
        // A frame with the right tag, and whatever else comes.
        bytes.truncate(HEAD_BYTES);
        if bytes.len() == HEAD_BYTES {
            let id = bytes[12..20].to_vec();
            bytes.extend_from_slice(&(edits.len() as u32 + 8).to_le_bytes());
            bytes.extend_from_slice(&[0; 4]);
            bytes.extend_from_slice(&id);
        }
        bytes.extend_from_slice(edits);
    }
    if how & 2 == 0 && name.starts_with("journal-") {
        seal(&mut bytes, HEAD_BYTES);
    }
    if how & 4 == 0 && name.starts_with("journal-") && bytes.len() >= HEAD_BYTES {
        let sum = crc32c::crc32c(&bytes[..HEAD_BYTES - 4]);
        bytes[HEAD_BYTES - 4..HEAD_BYTES].copy_from_slice(&sum.to_le_bytes());
    }
    disk.set_blob(name, &bytes);
    let _ = verify(&disk);
    let _ = Journal::open(Box::new(disk.copy()), &mut |_| Ok(()));
    if let Ok(engine) = Engine::with_disk(Box::new(disk.copy()), Options::default()) {
        assert_eq!(engine.world().ledger.broken_invariant(), None);
    }
    let target = MemoryDisk::with_geometry(1, Geometry { segment_bytes: 1 << 16, warm_bytes: 0 });
    if salvage(&disk, Box::new(target.clone())).is_ok() {
        assert_eq!(verify(&target).expect("it can be read").damage, None);
    }
});
