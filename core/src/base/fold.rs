//! Folds over events and merges of partitions, with their laws as reusable checks.
//!
//! A fold is total: `apply` has no error, clock, randomness, I/O, thread or hash order. A merge
//! recombines folds of disjoint partitions; it is associative and commutative, and the empty
//! fold is its neutral element.

/// State that is a deterministic function of the events applied to it.
pub trait Fold {
    /// What is applied.
    type Event;
    /// Applies one event. Total: it cannot fail.
    fn apply(&mut self, event: &Self::Event);
}

/// State that recombines from disjoint partitions of the events.
pub trait Merge: Fold + Default {
    /// Takes the other partition's state in.
    fn merge(&mut self, other: &Self);
}

/// The laws, for the tests of everything that folds.
pub mod laws {
    use super::{Fold, Merge};
    use std::fmt::Debug;

    /// The fold of events in their order.
    pub fn fold<F: Fold + Default>(events: &[F::Event]) -> F {
        let mut state = F::default();
        events.iter().for_each(|event| state.apply(event));
        state
    }

    /// Asserts that the same events give the same state, also when continued from a clone.
    ///
    /// # Panics
    /// Where the law does not hold.
    pub fn deterministic<F: Fold + Default + Clone + PartialEq + Debug>(events: &[F::Event], cut: usize) {
        let whole: F = fold(events);
        let cut = cut.min(events.len());
        let mut continued = fold::<F>(&events[..cut]).clone();
        events[cut..].iter().for_each(|event| continued.apply(event));
        assert_eq!(whole, continued, "a fold continued from a clone differs");
    }

    /// Asserts that any split by key merges to the state of one fold in order, in any order of merging.
    ///
    /// # Panics
    /// Where the law does not hold.
    pub fn mergeable<F: Merge + Clone + PartialEq + Debug>(
        events: &[F::Event],
        partition: impl Fn(&F::Event) -> usize,
        partitions: usize,
    ) where
        F::Event: Clone,
    {
        let whole: F = fold(events);
        let parts: Vec<F> = (0..partitions)
            .map(|p| {
                let own: Vec<F::Event> = events.iter().filter(|e| partition(e) % partitions == p).cloned().collect();
                fold(&own)
            })
            .collect();
        let mut forward = F::default();
        parts.iter().for_each(|part| forward.merge(part));
        let mut backward = F::default();
        parts.iter().rev().for_each(|part| backward.merge(part));
        assert_eq!(whole, forward, "merged partitions differ from one fold");
        assert_eq!(forward, backward, "merging is not commutative");
    }
}
