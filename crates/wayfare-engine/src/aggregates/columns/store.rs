//! The cells of a fold: figures in rows, found by group and bucket.

use std::ops::Range;

use wayfare_model::cells::{CellKey, Summary};
use wayfare_model::query::Plan;

use super::keys::Components;
use super::layout::Layout;
use super::table::{Index, KeyTable, NONE, hash_of};
use super::texts::SeenTexts;
use crate::aggregates::distinct::Sets;
use crate::aggregates::stop::Stop;

/// Pairs of a group and a bucket whose cells are found in an array: 16 MB.
const PLACES_MAX: usize = 1 << 22;

/// The cells of a fold.
#[derive(Debug)]
pub(super) struct CellStore {
    pub(super) layout: Layout,
    pub(super) cells_max: usize,
    /// For each dimension of the groups the values that were seen.
    pub(super) texts: Vec<SeenTexts>,
    /// Of each group the values: 0 or one more than the number of the text.
    pub(super) groups: Vec<Components>,
    group_of: Index,
    pub(super) keys: Vec<CellKey>,
    pub(super) buckets: usize,
    /// By bucket: facts come bucket by bucket.
    places: Vec<Places>,
    places_len: usize,
    /// The cells that have no place there, by group and bucket.
    more_places: KeyTable,
    /// By cell, [`Layout::counters_stride`] each.
    pub(super) counts: Vec<u64>,
    /// By cell, one for each of [`Layout::summaries`].
    pub(super) summaries: Vec<Summary>,
    /// By cell, one for each of [`Layout::sets`]: which of `sets`, [`NONE`] when there is none yet.
    pub(super) set_of: Vec<u32>,
    pub(super) sets: Sets,
}

/// Where the cells of a bucket are.
#[derive(Debug, Clone, Default)]
struct Places {
    /// The cells of the first groups, by group.
    cells: Vec<u32>,
    /// Cells that were [appended](CellStore::append) and have no place yet: they get one when the bucket
    /// comes again.
    waiting: Range<u32>,
}

impl CellStore {
    pub(super) fn new(plan: &Plan) -> Self {
        let buckets = plan.edges.len().saturating_sub(1).max(1);
        Self {
            layout: Layout::new(plan),
            cells_max: plan.cells_max,
            texts: vec![SeenTexts::default(); plan.group_by.len()],
            groups: Vec::new(),
            group_of: Index::default(),
            keys: Vec::new(),
            buckets,
            places: vec![Places::default(); buckets],
            places_len: 0,
            more_places: KeyTable::default(),
            counts: Vec::new(),
            summaries: Vec::new(),
            set_of: Vec::new(),
            sets: Sets::new(plan.distinct_values_max),
        }
    }

    /// Bytes that it takes, about.
    pub(super) fn bytes(&self) -> usize {
        self.texts.iter().map(SeenTexts::bytes).sum::<usize>()
            + self.groups.capacity() * size_of::<Components>()
            + self.group_of.bytes()
            + self.keys.capacity() * size_of::<CellKey>()
            + self.places.capacity() * size_of::<Places>()
            + self.places.iter().map(|it| it.cells.capacity() * size_of::<u32>()).sum::<usize>()
            + self.more_places.bytes()
            + self.counts.capacity() * size_of::<u64>()
            + self.summaries.capacity() * size_of::<Summary>()
            + self.set_of.capacity() * size_of::<u32>()
            + self.sets.bytes()
    }

    /// The number of a group.
    pub(super) fn group(&mut self, group: &Components) -> u32 {
        let groups = &mut self.groups;
        let is_it = |number: u32| groups.get(number as usize) == Some(group);
        if let Some(number) = self.group_of.find(hash_of(group), is_it) {
            return number;
        }
        let number = groups.len() as u32;
        groups.push(*group);
        let hash = |number: u32| groups.get(number as usize).map_or(0, |group| hash_of(group));
        self.group_of.insert(number, hash);
        number
    }

    /// The cell of a group in a bucket.
    pub(super) fn cell(&mut self, group: u32, bucket: u32) -> Result<u32, Stop> {
        // Codes without an entry may have spoilt the key.
        let bucket = bucket.min(self.buckets as u32 - 1);
        self.settle(bucket);
        let cells = self.keys.len();
        let cell = self.place(group, bucket, cells as u32)?;
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

    /// The cell of a group in a bucket, which becomes `new` when there is none.
    fn place(&mut self, group: u32, bucket: u32, new: u32) -> Result<u32, Stop> {
        self.make_place(group as usize, bucket as usize);
        let create = || {
            let is_room = (new as usize) < self.cells_max;
            if is_room { Ok(new) } else { Err(Stop::TooManyCells { limit: self.cells_max }) }
        };
        let places = self.places.get_mut(bucket as usize);
        match places.and_then(|places| places.cells.get_mut(group as usize)) {
            Some(place) if *place == NONE => {
                *place = create()?;
                Ok(*place)
            }
            Some(place) => Ok(*place),
            None => {
                let key = u64::from(group) << 32 | u64::from(bucket);
                self.more_places.get_or_try_insert(key, create)
            }
        }
    }

    /// Makes room for the places of groups up to one in a bucket. Once there was no more, none is
    /// made again: a cell is looked for in one place only.
    #[inline]
    fn make_place(&mut self, group: usize, bucket: usize) {
        let Some(places) = self.places.get_mut(bucket) else { return };
        let places = &mut places.cells;
        if group < places.len() || self.places_len > PLACES_MAX {
            return;
        }
        // A place for every group that was seen: the others are likely to come.
        let len = self.groups.len().max(group + 1);
        self.places_len += len - places.len();
        if self.places_len <= PLACES_MAX {
            places.resize(len, NONE);
        }
    }

    /// Gives the cells of a bucket that wait for a place theirs.
    #[inline]
    fn settle(&mut self, bucket: u32) {
        let places = self.places.get_mut(bucket as usize);
        let waiting = places.map(|places| std::mem::take(&mut places.waiting)).unwrap_or_default();
        for cell in waiting {
            let group = self.keys.get(cell as usize).map_or(0, |key| key.group);
            // There is one already when codes have no entry: both are joined in the end.
            let _place = self.place(group, bucket, cell);
        }
    }

    /// Whether a bucket has no cells yet, so that they may be [appended](Self::append).
    pub(super) fn is_new(&self, bucket: u32) -> bool {
        let places = self.places.get(bucket as usize);
        let is_new = |places: &Places| places.cells.is_empty() && places.waiting.is_empty();
        self.more_places.is_empty() && places.is_some_and(is_new)
    }

    /// Adds a cell of a new bucket without looking for it: each group comes once. Afterwards the
    /// bucket is [closed](Self::close).
    #[inline]
    pub(super) fn append(
        &mut self,
        (group, bucket): (u32, u32),
        counts: &[u32],
        summaries: &[Summary],
    ) -> Result<(), Stop> {
        if self.keys.len() >= self.cells_max {
            return Err(Stop::TooManyCells { limit: self.cells_max });
        }
        self.keys.push(CellKey { group, bucket });
        for count in counts {
            self.counts.push(u64::from(*count));
        }
        self.counts.push(0);
        for summary in summaries {
            self.summaries.push(*summary);
        }
        Ok(())
    }

    /// How many cells there are.
    pub(super) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Says that all cells from one on were appended to a bucket.
    pub(super) fn close(&mut self, bucket: u32, start: usize) {
        let added = self.keys.len() - start;
        if self.keys.capacity() - self.keys.len() < added {
            // The buckets that are left are likely to have as many: what grows step by step is
            // copied time and again.
            let left = self.buckets.saturating_sub(bucket as usize + 1);
            let room = added.saturating_mul(left);
            self.reserve(room.min(self.cells_max.saturating_sub(self.keys.len())));
        }
        if let Some(places) = self.places.get_mut(bucket as usize) {
            places.waiting = start as u32..self.keys.len() as u32;
        }
    }

    /// Makes room for so many further cells.
    fn reserve(&mut self, cells: usize) {
        self.keys.reserve(cells);
        self.counts.reserve(cells.saturating_mul(self.layout.counters_stride()));
        self.summaries.reserve(cells.saturating_mul(self.layout.summaries.len()));
    }

    /// Adds to the counters and the summaries of a cell.
    pub(super) fn add_figures(&mut self, cell: u32, counts: &[u32], summaries: &[Summary]) {
        let stride = self.layout.counters_stride();
        for (count, more) in row(&mut self.counts, cell as usize, stride).iter_mut().zip(counts) {
            *count += u64::from(*more);
        }
        let stride = self.layout.summaries.len();
        let known = row(&mut self.summaries, cell as usize, stride);
        known.iter_mut().zip(summaries).for_each(|(known, more)| known.merge(more));
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
}

/// The row of a cell in a table of rows.
fn row<T>(rows: &mut [T], cell: usize, stride: usize) -> &mut [T] {
    rows.get_mut(cell * stride..(cell + 1) * stride).unwrap_or_default()
}
