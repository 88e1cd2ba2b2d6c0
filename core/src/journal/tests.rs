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

proptest! {
    #[test]
    fn any_bytes_in_any_file_are_an_answer_and_never_a_panic(
        noise in prop::collection::vec(any::<u8>(), 0..400), sealed in any::<bool>(),
    ) {
        simulation::any_bytes(&noise, sealed);
    }
}

#[test]
fn a_full_disk_does_not_poison_a_compaction_or_a_snapshot() {
    for operation in 1..4 {
        let disk = narrow(20);
        let (mut journal, _) = open(&disk).unwrap();
        journal.append(None, &[people("ana", b"likes rose"), stock(b"one")]).unwrap();
        journal.erase("ana").unwrap();
        disk.fault_at(operation, Fault::Full);
        let failed = if operation == 1 { journal.save_snapshot(b"x").map(|_| ()) } else { journal.compact() };
        assert_eq!(failed.unwrap_err().code(), "DISK_FULL");
        assert_eq!(journal.check_poison(), Ok(()));
        disk.free_space();
        fill(&mut journal, 9);
        journal.compact().unwrap();
        journal.save_snapshot(b"y").unwrap();
        assert_eq!(open(&disk.crash(Tear::Sectors)).unwrap().1.len(), 10);
    }
}

#[test]
fn what_the_system_answers_has_a_code() {
    use std::io::ErrorKind;
    let check = |kind: ErrorKind, code: &str| {
        let error = storage::io("write keys")(kind.into());
        assert_eq!(error.code(), code);
        assert!(error.to_string().starts_with("write keys: "), "{error}");
    };
    check(ErrorKind::StorageFull, "DISK_FULL");
    check(ErrorKind::QuotaExceeded, "DISK_FULL");
    check(ErrorKind::ReadOnlyFilesystem, "READ_ONLY");
    check(ErrorKind::PermissionDenied, "READ_ONLY");
    check(ErrorKind::TimedOut, "IO");
}

#[test]
fn a_damaged_folder_is_salvaged_while_it_lies_there_untouched() {
    let folder = TempFolder::new("salvage");
    let mut journal = Journal::open(folder.disk().unwrap(), &mut |_| Ok(())).unwrap();
    fill(&mut journal, 9);
    drop(journal);
    let path = folder.0.join("deep/er").join(FIRST);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[HEAD_BYTES as usize + 300] ^= 4;
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(Journal::open(folder.disk().unwrap(), &mut |_| Ok(())).unwrap_err().code(), "JOURNAL_CORRUPT");
    let target = folder.0.join("saved");
    let salvaged = salvage_folder(&folder.0.join("deep/er"), &target).unwrap();
    assert_eq!((salvaged.records, salvaged.lost.len(), salvaged.head.sequence), (8, 1, 9));
    assert!(std::fs::read(&path).unwrap() == bytes);
    let mut found = 0;
    let journal = Journal::open(Box::new(FileDisk::open(&target).unwrap()), &mut |_| {
        found += 1;
        Ok(())
    });
    assert_eq!((found, journal.unwrap().head()), (8, &salvaged.head));
    assert_eq!(salvage_folder(&folder.0.join("none"), &target).unwrap_err().code(), "IO");
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

/// A disk with small segments.
fn narrow(seed: u64) -> MemoryDisk {
    MemoryDisk::with_geometry(seed, Geometry { segment_bytes: HEAD_BYTES + 2048, warm_bytes: 512 })
}

fn fill(journal: &mut Journal, count: u32) {
    for index in 0..count {
        let text = format!("{index:0>200}");
        journal.append(None, &[stock(text.as_bytes())]).unwrap();
        journal.sync().unwrap();
    }
}

#[test]
fn the_format_is_frozen() {
    // Format v1: these bytes are read for ever. A change that moves them is a new version and needs an upcast.
    let disk = narrow(1);
    let (mut journal, _) = open(&disk).unwrap();
    fill(&mut journal, 12);
    journal.append(None, &[people("ana", b"two"), people("bo", b"three"), stock(b"four")]).unwrap();
    journal.sync().unwrap();
    journal.save_snapshot(b"state").unwrap();
    journal.erase("ana").unwrap();
    journal.compact().unwrap();
    journal.save_snapshot(b"state").unwrap();
    let digests: Vec<String> = disk
        .files()
        .iter()
        .map(|name| {
            let bytes = disk.blob(name).unwrap();
            let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            format!("{name} {}", &blake3::hash(&bytes[..used]).to_hex()[..16])
        })
        .collect();
    assert_eq!(digests, FROZEN);
}

const FROZEN: [&str; 4] = [
    "journal-0000000000000000.seg 34ad43e6354607f3",
    "journal-0000000000000001.seg c3f646a70547bb01",
    "keys e49daa933d7d3041",
    "snapshot-000000000000000f b2360c3e06e35c5a",
];

#[test]
fn the_log_goes_on_in_segments_and_a_long_frame_gets_its_own() {
    let disk = narrow(2);
    let (mut journal, _) = open(&disk).unwrap();
    fill(&mut journal, 10);
    let long = vec![b'x'; 9000];
    journal.append(None, &[stock(&long)]).unwrap();
    journal.append(None, &[stock(b"after")]).unwrap();
    journal.sync().unwrap();
    let segments = &journal.log.segments;
    assert_eq!(segments.iter().map(|segment| segment.start.sequence).collect::<Vec<_>>(), [0, 7, 10]);
    assert_eq!(segments[2].capacity, 16384);
    assert_eq!(disk.len(&journal.log.name(1)).unwrap(), Some(HEAD_BYTES + 2048));
    let (again, entries) = open(&disk.crash(Tear::Sectors)).unwrap();
    assert_eq!((entries.len(), again.head()), (12, journal.head()));
    for from in 0..=12 {
        assert_eq!(seen(&again, from)[..], entries[from as usize..], "from {from}");
        assert_eq!(seen(&journal, from)[..], entries[from as usize..], "from {from}");
    }
    let report = again.verify().unwrap();
    assert_eq!((report.segments, report.frames, report.records, report.damage), (3, 12, 12, None));
}

#[test]
fn a_bad_frame_in_a_closed_segment_or_a_missing_segment_is_damage() {
    let disk = narrow(3);
    let (mut journal, _) = open(&disk).unwrap();
    fill(&mut journal, 20);
    let ends = journal.log.segments.len() as u64;
    for number in 0..ends {
        let gone = disk.copy();
        gone.remove_blob(&segment::name(number));
        let opened = open(&gone);
        match number + 1 < ends {
            true => assert!(matches!(opened, Err(Error::JournalCorrupt { segment, .. }) if segment == number)),
            false => assert!(opened.unwrap().1.len() < 20), // a last file that is gone leaves no trace but in snapshots
        }
        if number + 1 < ends {
            let zeroed = disk.copy();
            zeroed.damage(&segment::name(number), 11, Damage::Zero);
            assert!(matches!(open(&zeroed), Err(Error::JournalCorrupt { segment, offset, .. })
                    if segment == number && offset > HEAD_BYTES));
        }
    }
    journal.save_snapshot(b"20").unwrap();
    disk.remove_blob(&segment::name(ends - 1));
    assert_eq!(open(&disk).unwrap_err().code(), "JOURNAL_CORRUPT");
}

#[test]
fn opening_with_a_snapshot_reads_only_from_its_segment_on() {
    let disk = narrow(4);
    let mut sum = Sum::default();
    let mut journal = Journal::resume(Box::new(disk.clone()), &mut sum).unwrap();
    fill(&mut journal, 20);
    journal.save_snapshot(&4000u64.to_le_bytes()).unwrap();
    fill(&mut journal, 5);
    drop(journal);
    // Damage before the snapshot's segment is not seen at opening, but by a verification.
    disk.damage(FIRST, 9, Damage::Zero);
    let (journal, total, applied) = resume(&disk, false);
    assert_eq!((total, applied), (5000, 5));
    let Some(Error::JournalCorrupt { segment, offset, .. }) = journal.verify().unwrap().damage else { panic!() };
    assert_eq!((segment, offset / 512), (0, 8));
    assert_eq!(verify(&disk).unwrap().damage, journal.verify().unwrap().damage);
    assert_eq!(open(&disk).unwrap_err().code(), "JOURNAL_CORRUPT");
}

#[test]
fn two_snapshots_are_kept_and_the_older_one_serves_where_the_newest_is_bad() {
    let disk = narrow(5);
    let mut journal = Journal::resume(Box::new(disk.clone()), &mut Sum::default()).unwrap();
    for n in 1..=3u64 {
        fill(&mut journal, 4);
        journal.save_snapshot(&(n * 800).to_le_bytes()).unwrap();
    }
    fill(&mut journal, 1);
    let names = |disk: &MemoryDisk| -> Vec<String> {
        disk.files().into_iter().filter(|name| name.starts_with("snap")).collect()
    };
    assert_eq!(names(&disk), [snapshot::name(8), snapshot::name(12)]);
    let check = |bad: &[u64], applied: u64, left: &[u64]| {
        let disk = disk.copy();
        bad.iter().for_each(|sequence| disk.damage(&snapshot::name(*sequence), 0, Damage::FlipBit(850)));
        let (journal, total, came) = resume(&disk, false);
        assert_eq!((total, came), (2600, applied));
        assert_eq!(names(&disk), left.iter().map(|sequence| snapshot::name(*sequence)).collect::<Vec<_>>());
        assert_eq!(journal.load_snapshot().unwrap().map(|(head, _)| head.sequence), left.last().copied());
    };
    check(&[], 1, &[8, 12]);
    check(&[12], 5, &[8]);
    check(&[8], 1, &[8, 12]); // not looked at while the newest serves
    check(&[8, 12], 13, &[]);
    assert_eq!(verify(&disk).unwrap().snapshots, 2);
    disk.damage(&snapshot::name(8), 0, Damage::Zero);
    assert_eq!(verify(&disk).unwrap().bad_snapshots, [snapshot::name(8)]);
}

#[test]
fn a_full_disk_is_named_and_the_journal_goes_on_once_there_is_space() {
    for operation in 1..30 {
        let disk = narrow(operation);
        let (mut journal, _) = open(&disk).unwrap();
        fill(&mut journal, 6);
        disk.fault_at(operation, Fault::Full);
        let mut written = 0;
        let error = loop {
            let text = [b'n'; 300];
            let done = journal.append(None, &[people(&format!("s{written}"), &text)]).and_then(|_| journal.sync());
            match done {
                Ok(()) => written += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error.code(), "DISK_FULL");
        assert_eq!(journal.check_poison().unwrap_err().code(), "JOURNAL_POISONED");
        drop(journal);
        disk.free_space();
        let (mut journal, entries) = open(&disk).unwrap();
        assert!((6 + written..=7 + written).contains(&entries.len()), "operation {operation}");
        fill(&mut journal, 20);
        assert_eq!(open(&disk.crash(Tear::Sectors)).unwrap().1.len(), entries.len() + 20);
    }
}

#[test]
fn os_durability_survives_the_process_and_group_the_power() {
    let disk = narrow(6);
    let (mut journal, _) = open(&disk).unwrap();
    journal.append(None, &[stock(b"one")]).unwrap();
    journal.commit(Durability::Group { max_delay_ms: 5 }).unwrap();
    journal.append(None, &[stock(b"two")]).unwrap();
    journal.commit(Durability::Os).unwrap();
    assert_eq!((journal.synced().sequence, seen(&journal, 0).len()), (1, 2));
    drop(journal);
    assert_eq!(open(&disk.copy()).unwrap().1.len(), 2);
    let powerless: Vec<usize> = (0..20).map(|_| open(&disk.crash(Tear::Sectors)).unwrap().1.len()).collect();
    assert!(powerless.contains(&1) && powerless.contains(&2), "{powerless:?}");
    let read = |text: &str| serde_json::from_str::<Durability>(text).unwrap();
    assert_eq!(Durability::default(), Durability::Sync);
    assert_eq!([read("\"sync\""), read("\"os\"")], [Durability::Sync, Durability::Os]);
    assert_eq!(read("{\"group\":{\"max_delay_ms\":5}}"), Durability::Group { max_delay_ms: 5 });
}

fn poll(follower: &mut Follower) -> Seen {
    let mut seen = Seen::new();
    let push = &mut |entry: Entry<'_>| {
        seen.push(owned(entry));
        Ok(())
    };
    follower.poll(push).unwrap();
    seen
}

#[test]
fn a_follower_sees_what_comes_over_segments_erases_and_compactions() {
    let disk = narrow(7);
    assert_eq!(Follower::on(Box::new(disk.clone())).unwrap_err().code(), "IO");
    let (mut journal, _) = open(&disk).unwrap();
    let mut follower = Follower::on(Box::new(disk.clone())).unwrap();
    let mut slow = Follower::on(Box::new(disk.clone())).unwrap();
    assert_eq!(poll(&mut follower), []);
    journal.append(None, &[people("ana", b"likes rose"), people("bo", b"likes plum")]).unwrap();
    assert_eq!(poll(&mut follower), []);
    journal.sync().unwrap();
    assert_eq!(payloads(&poll(&mut follower)), ["likes rose", "likes plum"]);
    fill(&mut journal, 12);
    assert_eq!(poll(&mut follower).len(), 12);
    journal.append(None, &[people("ana", &[b'r'; 400])]).unwrap();
    journal.sync().unwrap();
    assert_eq!(poll(&mut follower).len(), 1);
    // Compaction shortens the segment that it reads.
    journal.erase("ana").unwrap();
    journal.compact().unwrap();
    assert_eq!(poll(&mut follower), []);
    fill(&mut journal, 9);
    assert_eq!(poll(&mut follower).len(), 9);
    assert_eq!(follower.head(), journal.head());
    // One that comes late sees nothing of her.
    assert_eq!(poll(&mut slow), seen(&journal, 0));
    let mut late = Follower::on(Box::new(disk.clone())).unwrap().at(follower.head()).unwrap();
    fill(&mut journal, 3);
    assert_eq!((poll(&mut late).len(), poll(&mut follower).len()), (3, 3));
    let strange = Head { sequence: 5, hash: [9; 32] };
    assert_eq!(Follower::on(Box::new(disk)).unwrap().at(&strange).unwrap_err().code(), "JOURNAL_CORRUPT");
}

#[test]
fn a_follower_waits_for_a_torn_tail_and_hands_out_nothing_that_a_crash_takes_back() {
    let disk = narrow(8);
    let (mut journal, _) = open(&disk).unwrap();
    fill(&mut journal, 2);
    let whole = disk.blob(FIRST).unwrap();
    let end = journal.written.offset as usize;
    let behind = disk.copy();
    for cut in [end - 1, end - 40, end - 250] {
        let mut torn = whole.clone();
        torn[cut..].fill(0);
        behind.set_blob(FIRST, &torn);
        let mut follower = Follower::on(Box::new(behind.clone())).unwrap();
        assert_eq!(poll(&mut follower).len(), 1);
        behind.set_blob(FIRST, &whole);
        assert_eq!(poll(&mut follower).len(), 1, "cut at {cut}");
    }
    journal.append(None, &[stock(b"three")]).unwrap();
    journal.flush().unwrap(); // written, not synced by the writer
    let mut follower = Follower::on(Box::new(disk.clone())).unwrap();
    assert_eq!(poll(&mut follower).len(), 3);
    assert_eq!(open(&disk.crash(Tear::Sectors)).unwrap().1.len(), 3);
}

#[test]
fn a_follower_of_a_folder_tails_another_writer() {
    let folder = TempFolder::new("follow");
    let path = folder.0.join("deep/er");
    let mut journal = Journal::open(folder.disk().unwrap(), &mut |_| Ok(())).unwrap();
    let mut follower = Follower::open(&path).unwrap();
    let reader = std::thread::spawn(move || {
        let mut found = Vec::new();
        while found.len() < 600 {
            let push = &mut |entry: Entry<'_>| {
                found.extend((entry.subject != Some("ana")).then_some(entry.sequence));
                Ok(())
            };
            follower.poll(push).unwrap();
        }
        found
    });
    for index in 0..300u32 {
        let text = index.to_le_bytes();
        journal.append(None, &[stock(&text), people("ana", &text), people("bo", &text)]).unwrap();
        journal.sync().unwrap();
        if index % 20 == 19 {
            journal.erase("ana").unwrap(); // the segment is exchanged under the reader
            journal.compact().unwrap();
        }
    }
    let expected: Vec<u64> = (0..900).filter(|sequence| sequence % 3 != 1).collect();
    assert_eq!(reader.join().unwrap(), expected);
    assert_eq!(FileDisk::read_only(&path).unwrap().remove("keys").unwrap_err().code(), "READ_ONLY");
}

#[test]
fn a_backup_is_a_journal_of_its_own_and_holds_keys_only_if_asked() {
    let disk = narrow(9);
    let (mut journal, _) = open(&disk).unwrap();
    fill(&mut journal, 12);
    journal.append(None, &[people("ana", b"likes rose")]).unwrap();
    journal.sync().unwrap();
    let head = journal.head().clone();
    journal.append(None, &[stock(b"not synced")]).unwrap();
    for with_keys in [false, true] {
        let mut target = MemoryDisk::with_geometry(1, disk.geometry());
        assert_eq!(journal.backup_to(&mut target, with_keys).unwrap(), head);
        let names = |disk: &MemoryDisk| disk.blob("keys").unwrap().windows(3).any(|window| window == b"ana");
        assert_eq!(names(&target), with_keys);
        let (mut copy, entries) = open(&target.crash(Tear::Sectors)).unwrap();
        assert_eq!((copy.head(), entries.len()), (&head, 12 + usize::from(with_keys)));
        assert_eq!(copy.verify().unwrap().damage, None);
        copy.append(None, &[people("ana", b"back")]).unwrap();
        copy.sync().unwrap();
        assert_eq!(seen(&copy, 13)[0].3, b"back");
        assert_eq!(journal.backup_to(&mut target, true).unwrap_err().code(), "INVALID_ARGUMENT");
    }
    let folder = TempFolder::new("backup");
    journal.backup(&folder.0.join("copy"), true).unwrap();
    let copy = FileDisk::open(&folder.0.join("copy")).unwrap();
    assert_eq!(Journal::open(Box::new(copy), &mut |_| Ok(())).unwrap().head(), &head);
}

#[test]
fn expired_records_lose_their_ciphertext_and_the_chain_stays() {
    let disk = narrow(10);
    let (mut journal, _) = open(&disk).unwrap();
    for index in 0..20u32 {
        let name = if index % 2 == 0 { "ana" } else { "bo" };
        journal.append(None, &[people(name, &[index as u8; 100]), stock(&index.to_le_bytes())]).unwrap();
    }
    journal.save_snapshot(b"knows ana").unwrap();
    assert_eq!(journal.compact_expired(&mut |_, _| false), Ok(0));
    assert!(journal.load_snapshot().unwrap().is_some());
    let (head, length) = (journal.head().clone(), disk.log().len());
    let expired = journal.compact_expired(&mut |sequence, subject| sequence < 20 && subject == "ana");
    assert_eq!((expired, journal.load_snapshot()), (Ok(5), Ok(None)));
    assert!(!disk.files().iter().any(|name| name.starts_with("snapshot")));
    assert!(disk.log().len() < length);
    let (mut again, entries) = open(&disk).unwrap();
    assert_eq!((again.head(), entries.len()), (&head, 35));
    let report = again.verify().unwrap();
    assert_eq!((report.records, report.dropped, report.damage), (40, 5, None));
    again.append(None, &[people("ana", b"still here")]).unwrap();
    again.sync().unwrap();
    assert_eq!(open(&disk).unwrap().1.len(), 36);
}

#[test]
fn salvage_names_what_is_lost_and_keeps_sequences() {
    let disk = narrow(11);
    let (mut journal, _) = open(&disk).unwrap();
    fill(&mut journal, 9);
    journal.append(None, &[people("ana", b"likes rose"), stock(b"end")]).unwrap();
    journal.sync().unwrap();
    drop(journal);
    let harmed = disk.copy();
    harmed.damage(FIRST, 9, Damage::Zero); // of the frames at 4096 + n · 274 it holds parts of 1 to 3
    let target = MemoryDisk::new(1);
    let salvaged = salvage(&harmed, Box::new(target.clone())).unwrap();
    let lost = Lost { segment: 0, from_byte: 4370, to_byte: 5192, from_sequence: 1, to_sequence: 4 };
    assert_eq!((salvaged.frames, salvaged.records, &salvaged.lost[..]), (7, 8, &[lost][..]));
    assert!(salvaged.keys_whole);
    let (journal, entries) = open(&target).unwrap();
    let sequences: Vec<u64> = entries.iter().map(|entry| entry.0).collect();
    assert_eq!(sequences, [0, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(entries[6].2.as_deref(), Some("ana"));
    let report = journal.verify().unwrap();
    assert_eq!((report.records, report.lost, report.damage), (11, 3, None));
    assert_eq!(salvage(&harmed, Box::new(target)).unwrap_err().code(), "INVALID_ARGUMENT");
    // Without its key file the journal keeps its stock.
    harmed.remove_blob("keys");
    let target = MemoryDisk::new(2);
    let salvaged = salvage(&harmed, Box::new(target.clone())).unwrap();
    assert!(!salvaged.keys_whole);
    assert_eq!(open(&target).unwrap().1.len(), 7);
}

#[test]
fn nothing_of_an_erased_person_is_left_in_any_file_of_the_folder() {
    let folder = TempFolder::new("erased");
    let mut journal = Journal::open(folder.disk().unwrap(), &mut |_| Ok(())).unwrap();
    journal.append(None, &[people("ana@example.org", b"likes rose"), stock(b"sold 1")]).unwrap();
    journal.save_snapshot(b"ana@example.org likes rose").unwrap();
    journal.save_snapshot(b"ana@example.org likes rose").unwrap();
    let holds = |word: &[u8]| {
        std::fs::read_dir(folder.0.join("deep/er"))
            .unwrap()
            .any(|entry| std::fs::read(entry.unwrap().path()).unwrap().windows(word.len()).any(|window| window == word))
    };
    let key = std::fs::read(folder.0.join("deep/er/keys")).unwrap()[64 + 14..64 + 46].to_vec();
    assert!(holds(b"likes rose") && holds(b"ana@") && holds(&key));
    journal.erase("ana@example.org").unwrap();
    assert!(!holds(b"likes rose") && !holds(b"ana@") && !holds(&key) && holds(b"sold 1"));
    assert_eq!(journal.verify().unwrap().damage, None);
}

#[test]
fn salvage_takes_no_frame_with_a_key_that_nobody_can_have() {
    for id in [0, u64::MAX] {
        let disk = narrow(31);
        let (mut journal, _) = open(&disk).unwrap();
        journal.append(None, &[stock(b"first")]).unwrap();
        journal.sync().unwrap();
        let from = journal.written.offset as usize;
        journal.append(None, &[people("ana", b"likes rose")]).unwrap();
        journal.sync().unwrap();
        let to = journal.written.offset as usize;
        let mut bytes = disk.blob(FIRST).unwrap();
        bytes[HEAD_BYTES as usize + 40] ^= 1; // so that the chain before the second frame is not known
        bytes[from + 42..from + 50].copy_from_slice(&u64::to_le_bytes(id));
        let sum = crc32c::crc32c(&bytes[from + 8..to]);
        bytes[from + 4..from + 8].copy_from_slice(&sum.to_le_bytes());
        disk.set_blob(FIRST, &bytes);
        let target = MemoryDisk::new(1);
        let salvaged = salvage(&disk, Box::new(target.clone())).unwrap();
        assert_eq!((salvaged.records, verify(&target).unwrap().damage), (0, None));
    }
}
