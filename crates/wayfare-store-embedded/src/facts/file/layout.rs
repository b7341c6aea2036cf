//! The names and limits of the format.

/// The version of the format, under [`FORMAT_KEY`] in the schema's metadata.
pub(super) const FORMAT: &str = "1";
pub(super) const FORMAT_KEY: &str = "wayfare.facts";

/// When the fact was emitted: ascends.
pub(super) const EMITTED: &str = "emitted";
/// When it happened; absent when every fact of the file was emitted when it happened.
pub(super) const HAPPENED: &str = "happened";
/// The metric's name.
pub(super) const METRIC: &str = "metric";
/// The value; absent when no fact of the file has one.
pub(super) const VALUE: &str = "value";
/// The fact's id; absent in files of imported facts, which are never replaced.
pub(super) const ID: &str = "id";
/// The field within a list.
pub(super) const ITEM: &str = "item";

/// Rows of a record batch, the last one of a file aside: what the writer holds in memory, some 30
/// bytes each, and a piece that tools which read by batches can share among threads.
pub(super) const BATCH_ROWS: usize = 1 << 21;
/// Different values up to which values are written as codes: two bytes each instead of eight.
pub(super) const VALUES_CODED_MAX: usize = 1 << 16;
