//! Safety rules that a test may take away, one at a time, to prove that the suite misses it. Shipped builds have none of it.

/// A rule that keeps the journal true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A sync flushes the frames that were written.
    DataSync,
    /// A sync flushes before it answers, not the next time.
    SyncBeforeAnswer,
    /// New keys are flushed before the frames that need them.
    KeySync,
    /// A segment is flushed before the next one is made.
    SegmentSync,
    /// The folder is flushed after a segment was made, before anything is written to it.
    SegmentDirSync,
    /// The folder is flushed after a snapshot took its name.
    SnapshotDirSync,
    /// Frames are believed only with the right checksum.
    Checksum,
    /// Frames are believed only with the right chain hash.
    Chain,
    /// A torn tail is overwritten with zeros.
    CutTail,
    /// Opening writes and flushes again what a failed sync may have left in doubt.
    Settle,
    /// A bad frame is a torn tail only if a sector of it is missing, or nothing good follows.
    Judge,
    /// A group is flushed before it is answered.
    GroupSync,
    /// A backup ends where it says that it does.
    BackupEnd,
    /// A follower folds anew what was exchanged since it read it.
    Outdated,
}

impl Rule {
    /// All rules.
    #[cfg(any(test, feature = "simulation"))]
    pub const ALL: [Rule; 14] = [
        Rule::DataSync,
        Rule::SyncBeforeAnswer,
        Rule::KeySync,
        Rule::SegmentSync,
        Rule::SegmentDirSync,
        Rule::SnapshotDirSync,
        Rule::Checksum,
        Rule::Chain,
        Rule::CutTail,
        Rule::Settle,
        Rule::Judge,
        Rule::GroupSync,
        Rule::BackupEnd,
        Rule::Outdated,
    ];
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
