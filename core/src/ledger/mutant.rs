//! Rules of the books that a test may take away, one at a time, to prove that the suite misses them. Shipped builds have none of it.

/// A rule that keeps the books true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Conservation: what one side of a movement loses, the other gains.
    BothSides,
    /// What is held of a lot is known to its hold.
    HeldUnits,
    /// The lots of a shelf stand in the order in which they leave.
    LeavingOrder,
}

impl Rule {
    /// All rules.
    #[cfg(any(test, feature = "simulation"))]
    pub const ALL: [Rule; 3] = [Rule::BothSides, Rule::HeldUnits, Rule::LeavingOrder];
}

#[cfg(any(test, feature = "simulation"))]
thread_local! {
    static REMOVED: std::cell::Cell<Option<Rule>> = const { std::cell::Cell::new(None) };
}

/// Runs `f` on this thread with a rule removed.
#[cfg(any(test, feature = "simulation"))]
pub fn without<T>(rule: Rule, f: impl FnOnce() -> T) -> T {
    struct Restore(Option<Rule>);
    impl Drop for Restore {
        fn drop(&mut self) {
            REMOVED.set(self.0);
        }
    }
    let _restore = Restore(REMOVED.replace(Some(rule)));
    f()
}

/// Whether a rule is in force.
#[cfg(any(test, feature = "simulation"))]
pub(super) fn holds(rule: Rule) -> bool {
    REMOVED.get() != Some(rule)
}

/// Whether a rule is in force: always.
#[cfg(not(any(test, feature = "simulation")))]
pub(super) const fn holds(_rule: Rule) -> bool {
    true
}
