//! Segments: making, reading, listing, changing and deleting them; explaining and trying them out.

pub(crate) mod backtest;
pub(crate) mod backtest_runner;
pub(crate) mod book;
mod change;
mod document;
mod draft;
mod explain;
mod list;
mod validate;
mod validate_timing;
mod versions;

pub use backtest::{
    Backtest, BacktestBucket, BacktestExample, BacktestOverlap, BacktestProgress, BacktestRequest,
    BacktestResult, BacktestState,
};
pub use explain::Explained;
pub use list::SegmentListRequest;
pub use wayfare_engine::explain as explanations;
