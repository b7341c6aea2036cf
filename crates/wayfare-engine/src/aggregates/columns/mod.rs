//! Folding facts that lie in columns.
//!
//! A [`Block`] borrows columns as a file or a [`FactColumns`] has them. Per query and block a
//! [`Prepared`] is made once: which rows lie in the interval, which entries of the dictionaries pass
//! the filter. Any number of [`ColumnFold`]s, on as many threads, then [`add`](ColumnFold::add)
//! ranges of its rows and are [`merge`](ColumnFold::merge)d at the end.
//!
//! Nothing here knows how columns are stored: slices go in, cells come out, equal to what
//! [`Fold`](super::Fold) gives over the same facts.

mod accumulate;
mod bits;
mod block;
mod cancel;
mod column;
mod dictionary;
mod distinct;
mod evaluate;
mod fold;
mod groups;
mod join;
mod keys;
mod layout;
mod mask;
mod owned;
mod prepared;
mod rows_to_cells;
mod store;
mod sums;
mod table;
mod tally;
mod test;
mod texts;
mod totals;
mod voices;

pub use bits::Bits;
pub use block::{BadBlock, Block, Values};
pub use cancel::{Cancel, Never};
pub use column::{Codes, Column};
pub use dictionary::{Dictionary, Entry};
pub use fold::ColumnFold;
pub use owned::{FactColumns, TooManyFacts};
pub use prepared::Prepared;
pub use totals::Totals;
