//! Waiting for more inputs to share one flush: [`Durability::Group`].
//!
//! The one place of the engine that looks at the system's clock: it decides how long a writer waits, never what an
//! input does or which instant it carries.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use crate::base::{Error, Result};
use crate::journal::Durability;

/// The longest wait that may be asked for, in milliseconds.
const LONGEST_MS: u32 = 10_000;

/// Into how many parts a wait is cut: it ends early once nothing came for one of them.
const PARTS: u32 = 4;

/// Answers whether a durability lies in its domain.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field.
pub fn check(durability: Durability) -> Result<()> {
    match durability {
        Durability::Group { max_delay_ms } if max_delay_ms > LONGEST_MS => {
            let rule = format!("0 to {LONGEST_MS}");
            Err(Error::argument("durability.group.max_delay_ms", rule, max_delay_ms))
        }
        _ => Ok(()),
    }
}

/// The first input of a flush, and those that come while the durability lets the writer wait for them.
pub fn gather<T>(first: T, jobs: &Receiver<T>, limit: usize, durability: Durability) -> Vec<T> {
    let mut found = vec![first];
    if let Durability::Group { max_delay_ms } = durability {
        wait(&mut found, jobs, limit, Duration::from_millis(u64::from(max_delay_ms)));
    }
    found
}

#[allow(clippy::disallowed_types, clippy::disallowed_methods)] // how long to wait, not what happens
fn wait<T>(found: &mut Vec<T>, jobs: &Receiver<T>, limit: usize, longest: Duration) {
    let begin = std::time::Instant::now();
    while found.len() < limit {
        let Some(left) = longest.checked_sub(begin.elapsed()).filter(|left| !left.is_zero()) else { return };
        match jobs.recv_timeout(left.min(longest / PARTS)) {
            Ok(job) => found.push(job),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_group_waits_for_what_comes_and_not_for_ever() {
        let (sender, jobs) = channel();
        sender.send(2).unwrap();
        assert_eq!(gather(1, &jobs, 10, Durability::Sync), [1]);
        assert_eq!(gather(1, &jobs, 10, Durability::Group { max_delay_ms: 1 }), [1, 2]);
        let later = std::thread::spawn(move || {
            for job in 2..=4 {
                std::thread::sleep(Duration::from_millis(20));
                sender.send(job).unwrap();
            }
        });
        let group = Durability::Group { max_delay_ms: 10_000 };
        assert_eq!(gather(1, &jobs, 3, group), [1, 2, 3], "up to the limit");
        assert_eq!(gather(0, &jobs, 10, group), [0, 4], "or until nobody is left to send");
        later.join().unwrap();
    }

    #[test]
    fn a_wait_has_a_limit() {
        assert!(check(Durability::Group { max_delay_ms: LONGEST_MS }).is_ok());
        let error = check(Durability::Group { max_delay_ms: LONGEST_MS + 1 }).unwrap_err();
        assert_eq!(error.fields()["field"], "durability.group.max_delay_ms");
    }
}
