//! Settings of the fact store.

use std::time::Duration;

use wayfare_model::limits::{
    FACT_DEADLINE_MS_DEFAULT, FACT_GATHERED_ROWS_MAX, FACT_JOB_DEADLINE_MS,
    FACT_SHIP_AFTER_MS_DEFAULT, FACT_SHIP_ROWS_MIN, FACT_TAIL_ROWS_MAX,
};

/// How facts are kept and asked.
#[derive(Debug, Clone, Copy)]
pub struct FactOptions {
    /// Milliseconds since its emission after which a fact may go into a file. Facts that change
    /// after that stay right, but each of them costs a little until files are merged.
    pub ship_after_ms: i64,
    /// Facts that are old enough, at least, before a file is made of them.
    pub ship_rows_min: usize,
    /// Facts in memory beyond which the oldest half goes into a file, however young.
    pub tail_rows_max: usize,
    /// Milliseconds since its emission after which a fact is forgotten by the next maintenance; for ever
    /// when absent. What is in a file goes with the file, when all of its facts are so old, or earlier,
    /// when more than a fifth of them count no more or the file is merged with others.
    pub retention_ms: Option<i64>,
    /// Facts that are gathered in memory where several files are made at once.
    pub gathered_rows_max: usize,
    /// Time that a query may take while a client waits.
    pub deadline: Duration,
    /// Time that the query of a job may take.
    pub job_deadline: Duration,
    /// Threads that fold.
    pub workers: usize,
    /// Called at each step of making and changing files, for tests that end the process there.
    pub on_step: Option<fn(FactStep)>,
}

impl Default for FactOptions {
    fn default() -> Self {
        Self {
            ship_after_ms: FACT_SHIP_AFTER_MS_DEFAULT,
            ship_rows_min: FACT_SHIP_ROWS_MIN,
            tail_rows_max: FACT_TAIL_ROWS_MAX,
            retention_ms: None,
            gathered_rows_max: FACT_GATHERED_ROWS_MAX,
            deadline: Duration::from_millis(FACT_DEADLINE_MS_DEFAULT),
            job_deadline: Duration::from_millis(FACT_JOB_DEADLINE_MS),
            workers: 2,
            on_step: None,
        }
    }
}

impl FactOptions {
    pub(crate) fn step(&self, step: FactStep) {
        if let Some(on_step) = self.on_step {
            on_step(step);
        }
    }
}

/// A moment in the making or changing of files at which a crash must lose and double nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactStep {
    /// A file is about to be written.
    BeforeWrite,
    /// Its bytes were given to the system.
    AfterWrite,
    /// They are on the disk.
    AfterSync,
    /// The file has its name.
    AfterRename,
    /// Within the transaction that makes the file count, before anything is written.
    BeforeManifest,
    /// Within that transaction, before it is committed.
    InManifest,
    /// The file counts; the rows it was made of are still there.
    AfterManifest,
    /// Some of those rows were deleted.
    DuringDelete,
    /// A merged file has its name; the files it was made of count.
    DuringMerge,
    /// The merged file counts; the files it was made of are still there.
    AfterMerge,
    /// Some facts that are too old and in no file are forgotten.
    DuringForget,
    /// A file that is too old does not count any more, but is still there.
    AfterRetention,
    /// All facts that follow from the truth are in new files; those that are carried over are not.
    BeforeCarry,
    /// All facts are in new files; the old ones count.
    DuringRebuild,
    /// The new files count; the old ones are still there.
    AfterRebuild,
    /// What was imported again counts; the damaged files that had it are still there.
    AfterImport,
}

impl FactStep {
    /// Those of maintenance, which facts pass by themselves.
    pub const MAINTENANCE: &'static [Self] = &[
        Self::BeforeWrite,
        Self::AfterWrite,
        Self::AfterSync,
        Self::AfterRename,
        Self::BeforeManifest,
        Self::InManifest,
        Self::AfterManifest,
        Self::DuringDelete,
        Self::DuringMerge,
        Self::AfterMerge,
        Self::DuringForget,
        Self::AfterRetention,
    ];
    /// Those of [`rebuild_facts`](crate::EmbeddedStore::rebuild_facts).
    pub const REBUILD: &'static [Self] = &[
        Self::BeforeWrite,
        Self::AfterWrite,
        Self::AfterSync,
        Self::AfterRename,
        Self::BeforeCarry,
        Self::DuringRebuild,
        Self::AfterRebuild,
    ];
    /// Those of [`import_facts`](crate::EmbeddedStore::import_facts) when it replaces damaged files.
    pub const IMPORT: &'static [Self] = &[
        Self::BeforeWrite,
        Self::AfterWrite,
        Self::AfterSync,
        Self::AfterRename,
        Self::AfterImport,
    ];
}
