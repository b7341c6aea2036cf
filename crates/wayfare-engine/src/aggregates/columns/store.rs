//! The cells of a fold: figures in rows, found by group and bucket.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use wayfare_model::cells::{CellKey, Cells, Figures, Summary};
use wayfare_model::query::Plan;

use super::keys::{COMPONENTS_MAX, Components};
use super::layout::{Layout, Place};
use super::table::{KeyTable, NONE};
use super::texts::SeenTexts;
use crate::aggregates::distinct::Sets;
use crate::aggregates::stop::Stop;

/// The cells of a fold.
#[derive(Debug)]
pub(super) struct CellStore {
    pub(super) layout: Layout,
    cells_max: usize,
    /// For each dimension of the groups the values that were seen.
    pub(super) texts: Vec<SeenTexts>,
    /// Of each group the values: 0 or one more than the number of the text.
    groups: Vec<Components>,
    group_of: HashMap<Components, u32, FixedState>,
    keys: Vec<CellKey>,
    cell_of: KeyTable,
    /// By cell, [`Layout::counters_stride`] each.
    pub(super) counts: Vec<u64>,
    /// By cell, one for each of [`Layout::summaries`].
    pub(super) summaries: Vec<Summary>,
    /// By cell, one for each of [`Layout::sets`]: which of `sets`, [`NONE`] when there is none yet.
    pub(super) set_of: Vec<u32>,
    pub(super) sets: Sets,
}

impl CellStore {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            layout: Layout::new(plan),
            cells_max: plan.cells_max,
            texts: vec![SeenTexts::default(); plan.group_by.len()],
            groups: Vec::new(),
            group_of: HashMap::default(),
            keys: Vec::new(),
            cell_of: KeyTable::default(),
            counts: Vec::new(),
            summaries: Vec::new(),
            set_of: Vec::new(),
            sets: Sets::new(plan.distinct_values_max),
        }
    }

    /// The cell of a group in a bucket.
    pub(super) fn cell(&mut self, group: Components, bucket: u32) -> Result<u32, Stop> {
        let next = self.groups.len() as u32;
        let group = *self.group_of.entry(group).or_insert_with_key(|group| {
            self.groups.push(*group);
            next
        });
        let key = u64::from(group) << 32 | u64::from(bucket);
        let cells = self.keys.len();
        let cell = self.cell_of.get_or_try_insert(key, || {
            if cells >= self.cells_max {
                return Err(Stop::TooManyCells { limit: self.cells_max });
            }
            Ok(cells as u32)
        })?;
        if cell as usize == cells {
            self.keys.push(CellKey { group, bucket });
            let counts = self.counts.len() + self.layout.counters_stride();
            self.counts.resize(counts, 0);
            let summaries = self.summaries.len() + self.layout.summaries.len();
            self.summaries.resize(summaries, Summary::EMPTY);
            self.set_of.resize(self.set_of.len() + self.layout.sets.len(), NONE);
        }
        Ok(cell)
    }

    /// The set of different values of a cell.
    pub(super) fn set(&mut self, cell: u32, set: usize) -> u32 {
        let index = cell as usize * self.layout.sets.len() + set;
        match self.set_of.get_mut(index) {
            Some(set) if *set == NONE => {
                *set = self.sets.create();
                *set
            }
            Some(set) => *set,
            None => NONE,
        }
    }

    /// Adds the cells of another store of the same plan.
    pub(super) fn merge(&mut self, other: Self) -> Result<(), Stop> {
        let numbers: Vec<Vec<u32>> =
            self.texts.iter_mut().zip(other.texts).map(|(texts, o)| texts.merge(o)).collect();
        let groups: Vec<Components> = (other.groups.iter())
            .map(|group| translate(group, &numbers, |number| number + 1))
            .collect();
        let (stride, sets) = (self.layout.counters_stride(), self.layout.sets.len());
        let summaries = self.layout.summaries.len();
        let mut set_of = vec![NONE; other.sets.len()];
        for (index, key) in other.keys.iter().enumerate() {
            let group = groups.get(key.group as usize).copied().unwrap_or_default();
            let cell = self.cell(group, key.bucket)? as usize;
            for (count, other) in row(&mut self.counts, cell, stride)
                .iter_mut()
                .zip(other.counts.iter().skip(index * stride))
            {
                *count += other;
            }
            for (summary, other) in row(&mut self.summaries, cell, summaries)
                .iter_mut()
                .zip(other.summaries.iter().skip(index * summaries))
            {
                summary.merge(other);
            }
            for set in 0..sets {
                let theirs = other.set_of.get(index * sets + set).map(|set| *set as usize);
                if let Some(place) = theirs.and_then(|theirs| set_of.get_mut(theirs)) {
                    *place = self.set(cell as u32, set);
                }
            }
        }
        self.sets.merge(other.sets, |set| set_of.get(set as usize).copied().unwrap_or(NONE))
    }

    /// The cells in the order of an answer.
    pub(super) fn finish(mut self) -> Result<Cells, Stop> {
        self.sets.settle()?;
        let (texts, places): (Vec<_>, Vec<_>) =
            self.texts.drain(..).map(SeenTexts::into_sorted).unzip();
        let mut groups: Vec<(Components, u32)> = (self.groups.iter().zip(0..))
            .map(|(group, number)| (translate(group, &places, |place| place + 1), number))
            .collect();
        groups.sort_unstable();
        let mut group_places = vec![0_u32; groups.len()];
        for (place, (_, number)) in (0..).zip(&groups) {
            if let Some(slot) = group_places.get_mut(*number as usize) {
                *slot = place;
            }
        }
        let mut order: Vec<(CellKey, usize)> = (self.keys.iter().enumerate())
            .map(|(index, key)| {
                let group = group_places.get(key.group as usize).copied().unwrap_or_default();
                (CellKey { group, ..*key }, index)
            })
            .collect();
        order.sort_unstable();
        let figures = self.layout.places.iter().map(|place| self.figures(*place, &order)).collect();
        let dimensions = texts.len();
        Ok(Cells {
            groups: groups
                .iter()
                .flat_map(|(group, _)| group.iter().take(dimensions))
                .copied()
                .collect(),
            texts,
            keys: order.iter().map(|(key, _)| *key).collect(),
            figures,
        })
    }

    fn figures(&self, place: Place, order: &[(CellKey, usize)]) -> Figures {
        let cells = order.iter().map(|(_, cell)| *cell);
        match place {
            Place::Nowhere => Figures::Counts(vec![0; order.len()]),
            Place::Counter(counter) => {
                let stride = self.layout.counters_stride();
                let count = |cell| self.counts.get(cell * stride + counter).copied();
                Figures::Counts(cells.map(|cell| count(cell).unwrap_or_default()).collect())
            }
            Place::Summary(summary) => {
                let stride = self.layout.summaries.len();
                let summary = |cell| self.summaries.get(cell * stride + summary).copied();
                Figures::Summaries(cells.map(|cell| summary(cell).unwrap_or_default()).collect())
            }
            Place::Set(set) => {
                let stride = self.layout.sets.len();
                let set = |cell| self.set_of.get(cell * stride + set).copied().unwrap_or(NONE);
                Figures::Counts(cells.map(|cell| self.sets.count(set(cell))).collect())
            }
        }
    }
}

/// The row of a cell in a table of rows.
fn row<T>(rows: &mut [T], cell: usize, stride: usize) -> &mut [T] {
    rows.get_mut(cell * stride..(cell + 1) * stride).unwrap_or_default()
}

/// A group with other numbers for its values.
fn translate(group: &Components, numbers: &[Vec<u32>], write: impl Fn(u32) -> u32) -> Components {
    let mut translated = [0; COMPONENTS_MAX];
    for ((place, number), numbers) in translated.iter_mut().zip(group).zip(numbers) {
        let known = number.checked_sub(1).and_then(|number| numbers.get(number as usize));
        *place = known.map_or(0, |number| write(*number));
    }
    translated
}
