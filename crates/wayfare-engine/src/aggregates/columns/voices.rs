//! Which rows of a chunk speak for which figures.

use std::ops::Range;

use super::block::Block;
use super::evaluate::{evaluate, of_metric, present, with_value};
use super::layout::Layout;
use super::mask::{Mask, Masks, Rows, both, compress, either, settle};
use super::prepared::Prepared;

/// The rows that speak for one kind of figures.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) rows: Rows,
    pub(super) mask: Mask,
}

/// The rows of a chunk that are counted, and for what.
#[derive(Debug, Default)]
pub(super) struct Voices {
    /// One for all counters, if there are any; then one per summary; then one per set that the block
    /// has.
    all: Vec<Voice>,
    has_counters: bool,
    summaries: usize,
    /// The rows that speak at all, unless these are all.
    any: Mask,
    /// Their numbers in the chunk, once they are [`select`](Voices::select)ed and are not all.
    selected: Option<Vec<u16>>,
    unused: Vec<u16>,
}

impl Voices {
    /// Finds the rows. `base` are those that [pass](passing).
    pub(super) fn listen(
        &mut self,
        prepared: &Prepared,
        layout: &Layout,
        block: &Block<'_>,
        chunk: &Range<usize>,
        base: Voice,
        masks: &mut Masks,
    ) -> Rows {
        self.all.drain(..).for_each(|voice| masks.give(voice.mask));
        self.unused = self.selected.take().unwrap_or_else(|| std::mem::take(&mut self.unused));
        if base.rows == Rows::None {
            masks.give(base.mask);
            return Rows::None;
        }
        let sources = &prepared.sources;
        let mut speak = |of: &mut dyn FnMut(&mut Mask, &mut Masks) -> Rows| {
            let mut mask = masks.take(chunk.len());
            let rows = of(&mut mask, masks);
            let rows = both(rows, &mut mask, base.rows, &base.mask);
            self.all.push(Voice { rows: settle(rows, &mask), mask });
        };
        self.has_counters = !layout.counters.is_empty();
        if self.has_counters {
            speak(&mut |mask, _| of_metric(&sources.counters, block, chunk, mask));
        }
        self.summaries = layout.summaries.len();
        for (set, (_, range)) in sources.summaries.iter().zip(&layout.summaries) {
            speak(&mut |mask, masks| {
                let rows = of_metric(set, block, chunk, mask);
                let (Some(values), false) = (&block.values, rows == Rows::None) else {
                    return Rows::None;
                };
                let mut other = masks.take(chunk.len());
                let with = with_value(values, *range, chunk, &mut other);
                let rows = both(rows, mask, with, &other);
                masks.give(other);
                rows
            });
        }
        for (_, dimension) in &sources.sets {
            speak(&mut |mask, masks| {
                let rows = of_metric(&sources.stored, block, chunk, mask);
                let Some(column) = block.column(*dimension) else { return Rows::None };
                let mut other = masks.take(chunk.len());
                let with = present(column, chunk, &mut other);
                let rows = both(rows, mask, with, &other);
                masks.give(other);
                rows
            });
        }
        masks.give(base.mask);
        self.any.resize(chunk.len(), 0);
        let any = self
            .all
            .iter()
            .fold(Rows::None, |any, voice| either(any, &mut self.any, voice.rows, &voice.mask));
        settle(any, &self.any)
    }

    /// Finds the numbers of the rows that speak, which are `rows`.
    pub(super) fn select(&mut self, rows: Rows) {
        if rows == Rows::Some {
            let mut selected = std::mem::take(&mut self.unused);
            compress(&self.any, &mut selected);
            self.selected = Some(selected);
        }
    }

    /// The numbers of the rows that speak; none when all do.
    pub(super) fn selected(&self) -> Option<&[u16]> {
        self.selected.as_deref()
    }

    pub(super) fn counters(&self) -> Option<&Voice> {
        if self.has_counters { self.all.first() } else { None }
    }

    pub(super) fn summaries(&self) -> &[Voice] {
        let start = usize::from(self.has_counters);
        self.all.get(start..start + self.summaries).unwrap_or_default()
    }

    pub(super) fn sets(&self) -> &[Voice] {
        self.all.get(usize::from(self.has_counters) + self.summaries..).unwrap_or_default()
    }

    /// Whether every row that speaks at all speaks here.
    pub(super) fn is_everyone(&self, voice: &Voice) -> bool {
        self.all.len() == 1 || voice.rows == Rows::All
    }
}

/// The rows within the interval that pass the filter and are alive.
pub(super) fn passing(
    prepared: &Prepared,
    block: &Block<'_>,
    chunk: &Range<usize>,
    within: Voice,
    masks: &mut Masks,
) -> Voice {
    let mut other = masks.take(chunk.len());
    let Voice { mut rows, mut mask } = within;
    let passed = evaluate(&prepared.filter, block, chunk, &mut other, masks);
    rows = both(rows, &mut mask, passed, &other);
    if let (Some(dead), false) = (&block.dead, rows == Rows::None) {
        dead.expand(chunk.start, &mut other);
        other.iter_mut().for_each(|byte| *byte ^= 1);
        rows = both(rows, &mut mask, Rows::Some, &other);
    }
    masks.give(other);
    Voice { rows: settle(rows, &mask), mask }
}
