//! The order of facts in a file.

use super::Source;

/// Where a fact lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// When it was emitted.
    pub(crate) emitted: i64,
    /// Which source.
    pub(crate) source: u32,
    /// Which row of it.
    pub(crate) row: u32,
}

/// The live facts that are wanted, in the order they were emitted. Those of the same moment stay in
/// the order they come in.
pub(crate) fn in_order(
    sources: &[Source<'_>],
    mut is_wanted: impl FnMut(Place) -> bool,
) -> Vec<Place> {
    let mut order = Vec::new();
    for (source, Source { block, .. }) in (0..).zip(sources) {
        for (row, emitted) in (0..).zip(block.emitted()) {
            let place = Place { emitted: *emitted, source, row };
            if !block.is_dead(row as usize) && is_wanted(place) {
                order.push(place);
            }
        }
    }
    // Stable, and fast where the sources are in order already.
    order.sort_by_key(|place| place.emitted);
    order
}
