//! The cells of a fold: figures in rows, found by group and bucket.

use wayfare_model::cells::{CellKey, Cells, Figures, Summary, Texts};
use wayfare_model::query::Plan;

use super::keys::{COMPONENTS_MAX, Components};
use super::layout::{Layout, Place};
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
    cells_max: usize,
    /// For each dimension of the groups the values that were seen.
    pub(super) texts: Vec<SeenTexts>,
    /// Of each group the values: 0 or one more than the number of the text.
    groups: Vec<Components>,
    group_of: Index,
    keys: Vec<CellKey>,
    buckets: usize,
    /// By bucket the cells of the first groups, by group: facts come bucket by bucket.
    places: Vec<Vec<u32>>,
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
            places: vec![Vec::new(); buckets],
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
            + self.places.capacity() * size_of::<Vec<u32>>()
            + self.places.iter().map(|it| it.capacity() * size_of::<u32>()).sum::<usize>()
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
        self.make_place(group as usize, bucket as usize);
        let cells = self.keys.len();
        let create = || {
            if cells >= self.cells_max {
                return Err(Stop::TooManyCells { limit: self.cells_max });
            }
            Ok(cells as u32)
        };
        let places = self.places.get_mut(bucket as usize);
        let cell = match places.and_then(|places| places.get_mut(group as usize)) {
            Some(place) if *place == NONE => {
                *place = create()?;
                *place
            }
            Some(place) => *place,
            None => {
                let key = u64::from(group) << 32 | u64::from(bucket);
                self.more_places.get_or_try_insert(key, create)?
            }
        };
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

    /// Makes room for the places of groups up to one in a bucket. Once there was no more, none is
    /// made again: a cell is looked for in one place only.
    #[inline]
    fn make_place(&mut self, group: usize, bucket: usize) {
        let Some(places) = self.places.get_mut(bucket) else { return };
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

    /// Adds the cells of another store of the same plan.
    pub(super) fn merge(&mut self, other: Self) -> Result<(), Stop> {
        let numbers: Vec<Vec<u32>> =
            self.texts.iter_mut().zip(other.texts).map(|(texts, o)| texts.merge(o)).collect();
        let groups: Vec<u32> =
            (other.groups.iter()).map(|group| self.group(&translate(group, &numbers))).collect();
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
        let (groups, group_places) = sort_groups(&self.groups, &places, &texts);
        let order = sort_cells(&self.keys, &group_places, self.buckets);
        let figures = self.layout.places.iter().map(|place| self.figures(*place, &order)).collect();
        let dimensions = texts.len();
        Ok(Cells {
            groups: groups
                .iter()
                .flat_map(|group| group.iter().take(dimensions))
                .copied()
                .collect(),
            texts,
            keys: order.iter().map(|(key, _)| *key).collect(),
            figures,
        })
    }

    fn figures(&self, place: Place, order: &[(CellKey, u32)]) -> Figures {
        let cells = order.iter().map(|(_, cell)| *cell as usize);
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
fn translate(group: &Components, numbers: &[Vec<u32>]) -> Components {
    let mut translated = [0; COMPONENTS_MAX];
    for ((place, number), numbers) in translated.iter_mut().zip(group).zip(numbers) {
        let known = number.checked_sub(1).and_then(|number| numbers.get(number as usize));
        *place = known.map_or(0, |number| number + 1);
    }
    translated
}

/// The groups in the order of their texts, and for each number of a group its place in it.
fn sort_groups(
    groups: &[Components],
    places: &[Vec<u32>],
    texts: &[Texts],
) -> (Vec<Components>, Vec<u32>) {
    let sorted = || groups.iter().map(|group| translate(group, places)).zip(0_u32..);
    let mut sorted: Vec<(Components, u32)> = sorted().collect();
    // As one number they are faster to compare, if they fit.
    let radixes: Vec<u64> = texts.iter().map(|texts| texts.len() as u64 + 1).collect();
    if radixes.iter().try_fold(1_u64, |all, radix| all.checked_mul(*radix)).is_some() {
        sorted.sort_unstable_by_key(|(group, _)| {
            group.iter().zip(&radixes).fold(0, |key, (text, radix)| key * radix + u64::from(*text))
        });
    } else {
        sorted.sort_unstable();
    }
    let mut group_places = vec![0; groups.len()];
    for (place, (_, number)) in (0..).zip(&sorted) {
        if let Some(slot) = group_places.get_mut(*number as usize) {
            *slot = place;
        }
    }
    (sorted.into_iter().map(|(group, _)| group).collect(), group_places)
}

/// The cells by the place of their group and by bucket, with their number.
fn sort_cells(keys: &[CellKey], group_places: &[u32], buckets: usize) -> Vec<(CellKey, u32)> {
    let place = |key: &CellKey| group_places.get(key.group as usize).copied().unwrap_or_default();
    let empty = (CellKey { group: 0, bucket: 0 }, 0);
    let cells = (0..).zip(keys).map(|(cell, key)| (CellKey { group: place(key), ..*key }, cell));
    let mut cells: Vec<(CellKey, u32)> = cells.collect();
    // First by bucket, as which they mostly come, and then by group without changing that.
    let is_by_bucket = cells.is_sorted_by_key(|(key, _)| key.bucket);
    let mut order = vec![empty; cells.len()];
    if !is_by_bucket {
        distribute(&cells, &mut order, buckets, |key| key.bucket);
        std::mem::swap(&mut cells, &mut order);
    }
    distribute(&cells, &mut order, group_places.len(), |key| key.group);
    order
}

/// Puts cells in the order of a number below `numbers`; those of the same number stay as they are.
fn distribute(
    cells: &[(CellKey, u32)],
    order: &mut [(CellKey, u32)],
    numbers: usize,
    number: impl Fn(&CellKey) -> u32,
) {
    // Where the cells of each number begin, and while they are placed, where the next one goes.
    let mut next = vec![0_usize; numbers + 1];
    for (key, _) in cells {
        if let Some(count) = next.get_mut(number(key) as usize + 1) {
            *count += 1;
        }
    }
    let mut before = 0;
    for count in &mut next {
        before += *count;
        *count = before;
    }
    for cell in cells {
        if let Some(at) = next.get_mut(number(&cell.0) as usize) {
            if let Some(slot) = order.get_mut(*at) {
                *slot = *cell;
            }
            *at += 1;
        }
    }
}
