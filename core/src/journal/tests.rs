//! Tests of the journal: round trips, torn tails, flipped bits, seeded crashes and rot, mutants, erasing, segments,
//! snapshots, followers, care and the folder on disk.

use std::path::PathBuf;

use proptest::prelude::*;

use super::mutant::without;
use super::*;

/// The snapshot of `small`.
const SNAPSHOT: &str = "snapshot-0000000000000004";
/// The first segment.
const FIRST: &str = "journal-0000000000000000.seg";

type Seen = Vec<(u64, Stream, Option<String>, Vec<u8>)>;

fn stock(payload: &[u8]) -> Record<'_> {
    Record { stream: Stream::Stock, subject: None, payload }
}

fn people<'a>(subject: &'a str, payload: &'a [u8]) -> Record<'a> {
    Record { stream: Stream::People, subject: Some(subject), payload }
}

fn owned(entry: Entry<'_>) -> (u64, Stream, Option<String>, Vec<u8>) {
    (entry.sequence, entry.stream, entry.subject.map(String::from), entry.payload.to_vec())
}

fn open(disk: &MemoryDisk) -> Result<(Journal, Seen)> {
    let mut seen = Seen::new();
    let journal = Journal::open(Box::new(disk.clone()), &mut |entry| {
        seen.push(owned(entry));
        Ok(())
    })?;
    Ok((journal, seen))
}

fn seen(journal: &Journal, from: u64) -> Seen {
    let mut seen = Seen::new();
    let push = &mut |entry: Entry<'_>| {
        seen.push(owned(entry));
        Ok(())
    };
    journal.replay(from, push).unwrap();
    seen
}

fn payloads(seen: &Seen) -> Vec<&str> {
    seen.iter().map(|(_, _, _, payload)| std::str::from_utf8(payload).unwrap()).collect()
}

/// A journal of three synced batches, the last with two records; answers the disk and the byte where each frame ends.
fn small() -> (MemoryDisk, Vec<u64>) {
    let disk = MemoryDisk::with_geometry(3, Geometry { segment_bytes: 8192, warm_bytes: 0 });
    let (mut journal, _) = open(&disk).unwrap();
    let mut ends = vec![journal.written.offset];
    for batch in [vec![stock(b"one")], vec![people("ana", b"two")], vec![stock(b"three"), people("bo", b"four")]] {
        journal.append(None, &batch).unwrap();
        journal.sync().unwrap();
        ends.push(journal.written.offset);
    }
    (disk, ends)
}

#[test]
fn what_was_synced_is_read_back_in_order() {
    let (disk, _) = small();
    let (journal, at_open) = open(&disk).unwrap();
    assert_eq!(payloads(&at_open), ["one", "two", "three", "four"]);
    assert_eq!(at_open[1], (1, Stream::People, Some("ana".into()), b"two".to_vec()));
    assert_eq!(journal.head().sequence, 4);
    assert_eq!(seen(&journal, 0), at_open);
    assert_eq!(payloads(&seen(&journal, 3)), ["four"]);
    assert_eq!(seen(&journal, 4), []);
}

#[test]
fn one_sync_makes_many_appends_durable() {
    let disk = MemoryDisk::new(1);
    let (mut journal, _) = open(&disk).unwrap();
    for index in 0..50u32 {
        journal.append(None, &[stock(&index.to_le_bytes())]).unwrap();
    }
    assert_eq!((journal.synced().sequence, seen(&journal, 0).len()), (0, 0));
    journal.sync().unwrap();
    assert_eq!((journal.synced(), seen(&journal, 0).len()), (journal.head(), 50));
    assert_eq!(open(&disk.crash(Tear::Sectors)).unwrap().1.len(), 50);
}

#[test]
fn plaintext_and_subject_never_reach_the_log() {
    let (disk, _) = small();
    let log = disk.log();
    let contains = |word: &[u8]| log.windows(word.len()).any(|window| window == word);
    assert!(contains(b"one") && contains(b"three"));
    assert!(!contains(b"two") && !contains(b"four") && !contains(b"ana"));
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_and_the_rest_kept() {
    let (disk, ends) = small();
    let whole = disk.log();
    for cut in ends[2]..ends[3] {
        for zeros in [0, 5000] {
            let torn = disk.copy();
            let mut log = whole[..cut as usize].to_vec();
            log.resize(log.len() + zeros, 0);
            torn.set_blob(FIRST, &log);
            let (mut journal, entries) = open(&torn).unwrap();
            assert_eq!(payloads(&entries), ["one", "two"], "cut at {cut}");
            journal.append(Some(2), &[stock(b"again")]).unwrap();
            journal.sync().unwrap();
            assert_eq!(payloads(&open(&torn).unwrap().1), ["one", "two", "again"], "cut at {cut}");
        }
    }
}

#[test]
fn every_flipped_bit_is_refused_or_in_the_last_frame_cut() {
    let (disk, ends) = small();
    let (_, all) = open(&disk).unwrap();
    let bits = (0..200 * 8).chain((HEAD_BYTES - 100) * 8..(ends[3] + 100) * 8);
    for bit in bits {
        let rotten = disk.copy();
        flip(&rotten, FIRST, bit);
        let opened = open(&rotten);
        if bit / 8 < ends[2] {
            let code = opened.unwrap_err().code();
            assert!(code == "JOURNAL_CORRUPT" || (code == "JOURNAL_VERSION" && (64..96).contains(&bit)), "bit {bit}");
        } else if bit / 8 < ends[3] {
            assert_eq!(payloads(&opened.unwrap().1), ["one", "two"], "bit {bit}");
        } else {
            assert_eq!(opened.unwrap().1, all, "bit {bit}");
        }
    }
}

fn flip(disk: &MemoryDisk, name: &str, bit: u64) {
    let mut bytes = disk.blob(name).unwrap();
    bytes.resize(bytes.len().max(bit as usize / 8 + 1), 0);
    bytes[bit as usize / 8] ^= 1 << (bit % 8);
    disk.set_blob(name, &bytes);
}

#[test]
fn damage_inside_one_synced_group_is_refused_unless_a_sector_is_missing() {
    let disk = MemoryDisk::new(9);
    let (mut journal, _) = open(&disk).unwrap();
    for index in 0..6u8 {
        journal.append(None, &[stock(&[b'a' + index; 700])]).unwrap();
    }
    journal.sync().unwrap();
    let flipped = disk.copy();
    flip(&flipped, FIRST, (HEAD_BYTES + 1000) * 8);
    assert_eq!(open(&flipped).unwrap_err().code(), "JOURNAL_CORRUPT");
    let torn = disk.copy();
    let mut log = torn.log();
    log[4096 + 1024..4096 + 1536].fill(0);
    torn.set_blob(FIRST, &log);
    assert_eq!(open(&torn).unwrap().1.len(), 1);
    // Once a later group was written, the same hole cannot be a torn write.
    journal.append(None, &[stock(b"later")]).unwrap();
    journal.sync().unwrap();
    let mut log = disk.log();
    log[4096 + 1024..4096 + 1536].fill(0);
    disk.set_blob(FIRST, &log);
    assert_eq!(open(&disk).unwrap_err().code(), "JOURNAL_CORRUPT");
}

#[test]
fn a_missing_exchanged_or_doubled_frame_is_refused() {
    let (disk, ends) = small();
    let log = disk.log();
    let piece = |n: usize| &log[ends[n] as usize..ends[n + 1] as usize];
    let header = &log[..ends[0] as usize];
    for order in [vec![0, 2], vec![1, 0, 2], vec![0, 0, 1, 2], vec![1]] {
        let mut other = header.to_vec();
        order.iter().for_each(|n| other.extend_from_slice(piece(*n)));
        let changed = disk.copy();
        changed.set_blob(FIRST, &other);
        assert_eq!(open(&changed).unwrap_err().code(), "JOURNAL_CORRUPT", "{order:?}");
    }
}

#[test]
fn a_failed_sync_poisons_until_the_journal_is_opened_anew() {
    for seed in 0..20 {
        let disk = MemoryDisk::new(seed);
        let (mut journal, _) = open(&disk).unwrap();
        journal.append(None, &[people("ana", b"one"), stock(b"two")]).unwrap();
        journal.sync().unwrap();
        journal.append(None, &[stock(b"three")]).unwrap();
        disk.fail_sync();
        assert_eq!(journal.sync().unwrap_err().code(), "IO");
        let first = Error::JournalPoisoned { message: format!("sync {FIRST}: the disk failed") };
        assert_eq!(journal.append(None, &[stock(b"six")]).unwrap_err(), first);
        assert_eq!(journal.sync().unwrap_err(), first);
        assert_eq!(journal.flush().unwrap_err(), first);
        assert_eq!(journal.erase("ana").unwrap_err(), first);
        assert_eq!(journal.save_snapshot(b"").unwrap_err(), first);
        assert_eq!(journal.compact().unwrap_err(), first);
        drop(journal);
        // The system may show what it dropped: what opening shows, it makes durable before anything is built on it.
        let (mut journal, entries) = open(&disk).unwrap();
        assert!((2..=3).contains(&entries.len()));
        assert_eq!(open(&disk.crash(Tear::Sectors)).unwrap().1, entries);
        journal.append(None, &[stock(b"six")]).unwrap();
        journal.sync().unwrap();
        assert_eq!(open(&disk.crash(Tear::Sectors)).unwrap().1.len(), entries.len() + 1);
    }
}

#[test]
fn the_head_is_expected_or_refused() {
    let (disk, _) = small();
    let (mut journal, _) = open(&disk).unwrap();
    let before = journal.head().clone();
    assert_eq!(journal.append(Some(3), &[stock(b"x")]), Err(Error::HeadMoved { expected: 3, actual: 4 }));
    assert_eq!(journal.head(), &before);
    assert_eq!(journal.append(Some(4), &[]), Ok(before));
    assert_eq!(journal.append(Some(4), &[stock(b"x")]).unwrap().sequence, 5);
    assert_eq!(journal.append(Some(4), &[stock(b"x")]), Err(Error::HeadMoved { expected: 4, actual: 5 }));
}

#[test]
fn batches_out_of_bounds_are_refused_whole() {
    let disk = MemoryDisk::new(1);
    let (mut journal, _) = open(&disk).unwrap();
    let long = vec![7; PAYLOAD_LIMIT_BYTES + 1];
    let name = "n".repeat(SUBJECT_LIMIT_BYTES + 1);
    let check = |journal: &mut Journal, batch: &[Record<'_>], expect: &str| match journal.append(None, batch) {
        Err(Error::InvalidArgument { field, .. }) => assert_eq!(field, expect),
        other => panic!("{expect}: {other:?}"),
    };
    check(&mut journal, &[stock(b"fine"), stock(&long)], "batch[1].payload");
    check(&mut journal, &[stock(&long[1..]); 5], "batch");
    check(&mut journal, &[Record { stream: Stream::People, subject: None, payload: b"" }], "batch[0].subject");
    check(&mut journal, &[Record { stream: Stream::Stock, subject: Some("ana"), payload: b"" }], "batch[0].subject");
    check(&mut journal, &[people("", b"")], "batch[0].subject");
    check(&mut journal, &[people(&name, b"")], "batch[0].subject");
    assert_eq!(journal.head().sequence, 0);
    // The longest payloads pass, and a full buffer goes to the disk by itself.
    for _ in 0..5 {
        journal.append(None, &[stock(&long[1..])]).unwrap();
    }
    assert_eq!((journal.written.head.sequence, journal.head().sequence), (3, 5));
    journal.sync().unwrap();
    assert_eq!(seen(&journal, 4)[0].3.len(), PAYLOAD_LIMIT_BYTES);
}

#[test]
fn another_version_is_named_and_left_alone() {
    let check = |name: &str, found: u32| {
        let (disk, _) = small();
        let mut bytes = disk.blob(name).unwrap();
        bytes[8..12].copy_from_slice(&found.to_le_bytes());
        disk.set_blob(name, &bytes);
        assert_eq!(open(&disk).unwrap_err(), Error::JournalVersion { found, supported: 1 });
        assert_eq!(verify(&disk).unwrap().damage, Some(Error::JournalVersion { found, supported: 1 }));
        assert_eq!(disk.blob(name).unwrap(), bytes);
    };
    check(FIRST, 2);
    check(FIRST, 0);
    check("keys", 7);
    // The log of the first format had one file, named `journal`.
    let disk = MemoryDisk::new(1);
    disk.set_blob("journal", b"trousse\0");
    assert_eq!(open(&disk).unwrap_err(), Error::JournalVersion { found: 0, supported: 1 });
    assert_eq!(disk.files(), ["journal"]);
}

#[test]
fn what_is_no_journal_or_lacks_its_keys_is_refused_and_left_alone() {
    let check = |harm: &dyn Fn(&MemoryDisk)| {
        let (disk, _) = small();
        harm(&disk);
        let before = (disk.log(), disk.blob("keys"));
        let code = open(&disk).unwrap_err().code();
        let version = disk.blob("keys").is_some_and(|keys| keys.len() > 12 && keys[8..12] != [1, 0, 0, 0]);
        assert_eq!(code, if version { "JOURNAL_VERSION" } else { "JOURNAL_CORRUPT" });
        assert_eq!((disk.log(), disk.blob("keys")), before);
    };
    let keys = |disk: &MemoryDisk| disk.blob("keys").unwrap();
    check(&|disk| disk.set_blob(FIRST, b"a letter to a friend"));
    check(&|disk| disk.set_blob(FIRST, b""));
    check(&|disk| disk.remove_blob(FIRST));
    check(&|disk| disk.remove_blob("keys"));
    check(&|disk| {
        disk.set_blob("journal-0000000000000001.seg", &disk.blob(FIRST).unwrap());
        disk.remove_blob(FIRST);
    });
    check(&|disk| disk.set_blob("keys", b""));
    check(&|disk| disk.set_blob("keys", &open(&MemoryDisk::new(4)).map(|(journal, _)| journal.keys.write()).unwrap()));
    // Every lost end of the key file is noticed by the log, which mentions the ids.
    for length in 0..keys(&small().0).len() {
        check(&|disk| disk.set_blob("keys", &keys(disk)[..length]));
    }
    for bit in 0..keys(&small().0).len() * 8 {
        check(&|disk| {
            let mut bytes = keys(disk);
            bytes[bit / 8] ^= 1 << (bit % 8);
            disk.set_blob("keys", &bytes);
        });
    }
}

#[test]
fn an_erased_subject_is_gone_before_and_after_compaction() {
    let (disk, _) = small();
    let (mut journal, _) = open(&disk).unwrap();
    let (head, key) = (journal.head().clone(), disk.blob("keys").unwrap());
    assert!(journal.erase("ana").unwrap());
    assert!(!journal.erase("ana").unwrap());
    assert!(!journal.erase("never seen").unwrap());
    assert!(disk.blob("keys").unwrap().len() < key.len());
    assert!(!disk.blob("keys").unwrap().windows(3).any(|window| window == b"ana"));
    for compacted in [false, true] {
        if compacted {
            let length = journal.written.offset;
            journal.compact().unwrap();
            assert!(journal.written.offset < length);
        }
        assert_eq!(payloads(&seen(&journal, 0)), ["one", "three", "four"]);
        let (again, entries) = open(&disk).unwrap();
        assert_eq!(payloads(&entries), ["one", "three", "four"]);
        assert_eq!(again.head(), &head);
    }
    // Back again: another id, another key, and the old records stay gone.
    journal.append(Some(4), &[people("ana", b"back")]).unwrap();
    journal.sync().unwrap();
    assert_eq!(journal.keys.id_of("ana"), Some(3));
    let (journal, entries) = open(&disk).unwrap();
    assert_eq!(payloads(&entries), ["one", "three", "four", "back"]);
    assert_eq!(seen(&journal, 0), entries);
}

#[test]
fn compaction_drops_the_ciphertext_and_only_that() {
    let disk = MemoryDisk::new(5);
    let (mut journal, _) = open(&disk).unwrap();
    for index in 0..3000u32 {
        let (name, payload) = (format!("s{}", index % 3), [index as u8; 900]);
        journal.append(None, &[people(&name, &payload), stock(&index.to_le_bytes())]).unwrap();
        if index % 100 == 99 {
            journal.sync().unwrap();
        }
    }
    let before = seen(&journal, 0);
    journal.erase("s1").unwrap();
    journal.compact().unwrap();
    let kept: Seen = before.into_iter().filter(|entry| entry.2.as_deref() != Some("s1")).collect();
    assert_eq!(kept.len(), 5000);
    assert_eq!(seen(&journal, 0), kept);
    for from in [1, 999, 3001, 5998] {
        assert_eq!(seen(&journal, from)[..], kept[kept.partition_point(|entry| entry.0 < from)..], "from {from}");
    }
    journal.append(None, &[stock(b"after")]).unwrap();
    journal.sync().unwrap();
    let (journal, entries) = open(&disk).unwrap();
    assert_eq!(entries.len(), 5001);
    assert_eq!(seen(&journal, 0), entries);
    assert!((2_000_000..2_400_000).contains(&disk.log().len()), "{}", disk.log().len());
}

#[test]
fn key_ids_are_never_used_again() {
    let disk = MemoryDisk::new(1);
    let mut ids = Vec::new();
    for _ in 0..4 {
        let (mut journal, _) = open(&disk).unwrap();
        journal.append(None, &[people("ana", b"x")]).unwrap();
        journal.sync().unwrap();
        ids.push(journal.keys.id_of("ana").unwrap());
        journal.erase("ana").unwrap();
    }
    assert_eq!(ids, [1, 2, 3, 4]);
}

#[derive(Default)]
struct Sum {
    /// Payload bytes seen, and how many entries came one by one.
    total: u64,
    applied: u64,
    refuses: bool,
}

impl Resume for Sum {
    fn restore(&mut self, _head: &Head, snapshot: &[u8]) -> Result<bool> {
        if !self.refuses {
            self.total = wire::u64_at(snapshot, 0);
        }
        Ok(!self.refuses)
    }
    fn apply(&mut self, entry: Entry<'_>) -> Result<()> {
        self.total += entry.payload.len() as u64;
        self.applied += 1;
        Ok(())
    }
}

fn resume(disk: &MemoryDisk, refuses: bool) -> (Journal, u64, u64) {
    let mut sum = Sum { refuses, ..Sum::default() };
    let journal = Journal::resume(Box::new(disk.clone()), &mut sum).unwrap();
    (journal, sum.total, sum.applied)
}

#[test]
fn a_snapshot_saves_the_entries_before_it_and_is_dropped_on_mismatch() {
    let (disk, _) = small();
    let (mut journal, total, applied) = resume(&disk, false);
    assert_eq!((total, applied), (15, 4));
    assert_eq!(journal.load_snapshot(), Ok(None));
    journal.save_snapshot(&total.to_le_bytes()).unwrap();
    assert_eq!(journal.load_snapshot(), Ok(Some((journal.head().clone(), 15u64.to_le_bytes().to_vec()))));
    journal.append(None, &[stock(b"more!")]).unwrap();
    journal.sync().unwrap();
    drop(journal);

    let (journal, total, applied) = resume(&disk.copy(), false);
    assert_eq!((total, applied), (20, 1));
    assert_eq!(journal.load_snapshot().unwrap().unwrap().0.sequence, 4);
    let check = |expect: (u64, u64), refuses: bool, harm: &dyn Fn(&MemoryDisk)| {
        let harmed = disk.copy();
        harm(&harmed);
        let (journal, total, applied) = resume(&harmed, refuses);
        assert_eq!((total, applied), expect);
        assert_eq!((journal.load_snapshot(), harmed.blob(SNAPSHOT)), (Ok(None), None));
    };
    check((20, 5), true, &|_| {}); // another version of the state
    let good = disk.blob(SNAPSHOT).unwrap();
    for bit in 0..good.len() * 8 {
        check((20, 5), false, &|disk| {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            disk.set_blob(SNAPSHOT, &bytes);
        });
    }
    let strange = Head { sequence: 4, hash: [1; 32] };
    check((20, 5), false, &|disk| disk.set_blob(SNAPSHOT, &snapshot::write(&journal.log.id, &strange, 1, &[0; 8])));
    let (mut journal, ..) = resume(&disk, false);
    journal.erase("bo").unwrap();
    assert_eq!((journal.load_snapshot(), disk.blob(SNAPSHOT)), (Ok(None), None));
}

/// The crash suite: as many worlds as a few seconds of a test build allow; `TROUSSE_SEEDS` sets another number.
#[test]
fn no_crash_loses_splits_or_invents_a_batch() {
    each_seed(1500, simulation::crash);
}

/// The damage suite.
#[test]
fn rot_is_refused_or_cut_only_where_nothing_proves_it_and_salvage_saves_the_rest() {
    each_seed(700, simulation::damage);
}

fn each_seed(default: u64, run: fn(u64) -> simulation::Outcome) {
    let seeds = std::env::var("TROUSSE_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let found: Vec<String> = (0..seeds).filter_map(|seed| run(seed).err()).take(5).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// Each safety rule is one that the suites miss when it is gone.
#[test]
fn the_suites_notice_every_rule_that_is_removed() {
    for rule in Rule::ALL {
        let notices = |seed: &u64| simulation::crash(*seed).and_then(|()| simulation::damage(*seed)).is_err();
        let noticed = without(rule, || (0..500).find(notices));
        assert!(noticed.is_some(), "nothing notices that {rule:?} is gone");
    }
}

proptest! {
    #[test]
    fn any_history_is_read_back(
        batches in prop::collection::vec(
            prop::collection::vec((1u8..4, 0u8..5, prop::collection::vec(any::<u8>(), 0..300)), 0..6), 0..12),
        erased in 0u8..5,
    ) {
        let disk = MemoryDisk::new(11);
        let (mut journal, _) = open(&disk).unwrap();
        let mut expected = Seen::new();
        for batch in &batches {
            let names: Vec<String> = batch.iter().map(|(_, name, _)| format!("person {name}")).collect();
            let records: Vec<Record<'_>> = batch.iter().zip(&names).map(|((stream, _, payload), name)| {
                let stream = Stream::from_wire(*stream).unwrap();
                Record { stream, subject: (stream == Stream::People).then_some(name), payload }
            }).collect();
            for (sequence, record) in (journal.head().sequence..).zip(&records) {
                expected.push((sequence, record.stream, record.subject.map(String::from), record.payload.to_vec()));
            }
            journal.append(Some(journal.head().sequence), &records).unwrap();
        }
        journal.sync().unwrap();
        let (same, found) = open(&disk.copy()).unwrap();
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(same.head(), journal.head());
        let name = format!("person {erased}");
        journal.erase(&name).unwrap();
        journal.compact().unwrap();
        let (same, found) = open(&disk).unwrap();
        expected.retain(|entry| entry.2.as_ref() != Some(&name));
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(same.head(), journal.head());
    }

    #[test]
    fn any_bytes_in_the_log_are_an_answer_and_never_a_panic(
        noise in prop::collection::vec(any::<u8>(), 1..200), at in 4096usize..4900, sealed in any::<bool>(),
    ) {
        let (disk, ends) = small();
        let mut log = disk.log();
        log.resize(8192, 0);
        log[at..at + noise.len()].copy_from_slice(&noise);
        if sealed { // with a right checksum, the inner checks are what is left
            let start = ends[0] as usize;
            let length = (ends[1] - ends[0]) as usize;
            log[start..start + 4].copy_from_slice(&(length as u32 - 8).to_le_bytes());
            let checksum = crc32c::crc32c(&log[start + 8..start + length]);
            log[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
        }
        disk.set_blob(FIRST, &log);
        if let Ok((_, found)) = open(&disk) {
            prop_assert!(["one", "two", "three", "four"].starts_with(&payloads(&found)));
        }
    }
}

struct TempFolder(PathBuf);

impl TempFolder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("trousse-journal-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        TempFolder(path)
    }
    fn disk(&self) -> Result<Box<dyn Disk>> {
        Ok(Box::new(FileDisk::open(&self.0.join("deep/er"))?))
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_folder_keeps_the_journal_and_lets_one_in() {
    let folder = TempFolder::new("whole");
    let mut journal = Journal::open(folder.disk().unwrap(), &mut |_| Ok(())).unwrap();
    assert_eq!(folder.disk().err().map(|error| error.code()), Some("JOURNAL_LOCKED"));
    let large = vec![b'x'; 300 << 10];
    for payload in [&b"one"[..], b"two", &large, b"four"] {
        journal.append(None, &[stock(payload), people("ana", payload), people("bo", payload)]).unwrap();
        journal.sync().unwrap();
    }
    journal.save_snapshot(b"state").unwrap();
    let head = journal.head().clone();
    drop(journal);

    let mut journal = Journal::open(folder.disk().unwrap(), &mut |_| Ok(())).unwrap();
    assert_eq!(journal.load_snapshot(), Ok(Some((head.clone(), b"state".to_vec()))));
    assert!(journal.erase("ana").unwrap());
    journal.compact().unwrap();
    journal.append(Some(12), &[stock(b"five")]).unwrap();
    journal.sync().unwrap();
    drop(journal);

    let mut found = 0;
    let count = &mut |entry: Entry<'_>| {
        found += 1;
        assert_ne!(entry.subject, Some("ana"));
        Ok(())
    };
    let journal = Journal::open(folder.disk().unwrap(), count).unwrap();
    assert_eq!((found, journal.head().sequence, journal.load_snapshot()), (9, 13, Ok(None)));
    let mut names: Vec<String> = std::fs::read_dir(folder.0.join("deep/er"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [FIRST, "keys", "lock"]);
}

#[test]
fn a_folder_with_a_torn_or_damaged_log_is_judged_like_any_disk() {
    let folder = TempFolder::new("torn");
    let mut journal = Journal::open(folder.disk().unwrap(), &mut |_| Ok(())).unwrap();
    let mut ends = Vec::new();
    for payload in [b"one", b"two", b"six"] {
        journal.append(None, &[stock(payload)]).unwrap();
        journal.sync().unwrap();
        ends.push(journal.written.offset as usize);
    }
    drop(journal);
    let path = folder.0.join("deep/er").join(FIRST);
    let whole = std::fs::read(&path).unwrap();
    let count = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let mut found = 0;
        Journal::open(folder.disk()?, &mut |_| {
            found += 1;
            Ok(())
        })?;
        Ok::<_, Error>(found)
    };
    assert_eq!(count(&whole), Ok(3));
    assert_eq!(count(&whole[..ends[2] - 1]), Ok(2));
    let mut damaged = whole.clone();
    damaged[ends[0] + 40] ^= 1;
    assert_eq!(count(&damaged).unwrap_err().code(), "JOURNAL_CORRUPT");
    assert_eq!(count(&whole), Ok(3));
}

#[test]
fn a_ciphertext_opens_only_with_its_key_at_its_place() {
    let mut keys = Keys::new([0; 32]);
    let (ana, bo) = (keys.create("ana", [1; 32]).unwrap(), keys.create("bo", [2; 32]).unwrap());
    let key = |id| keys.get(id).unwrap().unwrap();
    let (mut first, mut again, mut other) = (Vec::new(), Vec::new(), Vec::new());
    key(ana).seal(ana, 5, b"likes rose", &mut first).unwrap();
    key(ana).seal(ana, 5, b"likes rose", &mut again).unwrap();
    key(ana).seal(ana, 5, b"likes plum", &mut other).unwrap();
    assert_eq!(first, again);
    assert_ne!(first[..24], other[..24]);
    let open = |with: u64, id: u64, sequence: u64, content: &[u8]| {
        let mut payload = Vec::new();
        key(with).open(id, sequence, content, &mut payload).then_some(payload)
    };
    assert_eq!(open(ana, ana, 5, &first), Some(b"likes rose".to_vec()));
    assert_eq!(open(ana, ana, 6, &first), None);
    assert_eq!(open(ana, bo, 5, &first), None);
    assert_eq!(open(bo, ana, 5, &first), None);
    for length in 0..first.len() {
        assert_eq!(open(ana, ana, 5, &first[..length]), None, "length {length}");
    }
}
