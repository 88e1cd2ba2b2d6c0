//! Kill −9 during a stream of acknowledged events, 50 times over one journal: after each reopening
//! every acknowledged event is there.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use trousse::{Engine, Options};

const KILLS: u64 = 50;

#[test]
fn no_acknowledged_event_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("shop.trousse");
    let mut acknowledged: Vec<i64> = Vec::new();
    for round in 0..KILLS {
        let first = round as i64 * 1_000_000;
        let mut writer = Command::new(env!("CARGO_BIN_EXE_crash-writer"))
            .args([journal.as_os_str(), first.to_string().as_ref()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let reader = std::thread::spawn(move || {
            let complete = lines.map_while(Result::ok).filter_map(|line| line.parse().ok());
            complete.collect::<Vec<i64>>()
        });
        std::thread::sleep(Duration::from_millis(60 + round * 37 % 90));
        writer.kill().unwrap(); // SIGKILL
        writer.wait().unwrap();
        let mut lines = reader.join().unwrap();
        lines.pop(); // the last line may be cut short by the kill
        acknowledged.extend(lines);
        check(&journal, &acknowledged, round);
    }
    assert!(acknowledged.len() > KILLS as usize * 10, "only {} acknowledgements", acknowledged.len());
}

fn check(journal: &std::path::Path, acknowledged: &[i64], round: u64) {
    let options = Options { open_catalog: true, ..Options::default() };
    let engine = Engine::open(journal, options).unwrap_or_else(|error| panic!("round {round}: {error}"));
    let docs = engine.world().ledger.docs();
    let lost: Vec<&i64> = acknowledged.iter().filter(|n| docs.find(&format!("f-{n}")).is_none()).collect();
    assert!(lost.is_empty(), "round {round}: lost {lost:?}");
    let done = |doc: u32| docs.get(doc).outcome == trousse::ledger::Outcome::Done;
    let known = |n: &&i64| docs.find(&format!("f-{n}")).is_some_and(done);
    assert_eq!(acknowledged.iter().filter(known).count(), acknowledged.len());
    assert_eq!(engine.world().ledger.broken_invariant(), None);
}
