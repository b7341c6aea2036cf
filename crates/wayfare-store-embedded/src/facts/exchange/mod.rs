//! Facts from and for other programs: files of Arrow or Parquet. `docs/facts.md` has their columns.

mod again;
mod column;
mod export;
mod import;
mod read;
mod rows;

#[cfg(test)]
mod tests;

pub use export::Interval;
pub use import::{FactImport, ImportError, Imported};
