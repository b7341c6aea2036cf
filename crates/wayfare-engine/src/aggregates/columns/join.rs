//! Making the cells of an answer of what several threads have found.

use std::ops::Range;

use wayfare_model::cells::{CellKey, Cells, Figures, Summary, Texts};

use super::keys::{COMPONENTS_MAX, Components};
use super::layout::{Layout, Place};
use super::store::CellStore;
use super::table::NONE;
use super::texts::SeenTexts;
use crate::aggregates::distinct::Sets;
use crate::aggregates::stop::Stop;

/// Groups that are possible by their texts and have a place each, so that they need not be sorted.
const GROUPS_IN_PLACES_MAX: u64 = 1 << 18;

/// For each dimension of a store the place of each text among all.
type Ranks = Vec<Vec<u32>>;

/// The cells of some stores of the same plan, in the order of an answer.
///
/// Figures stay where they are: only what is in several stores is added together.
///
/// # Errors
/// [`Stop`] when together they hold more than the plan allows.
pub(super) fn join(mut stores: Vec<CellStore>) -> Result<Cells, Stop> {
    let Some(first) = stores.first() else { return Ok(Cells::default()) };
    let (layout, cells_max) = (first.layout.clone(), first.cells_max);
    let dimensions = first.texts.len();
    let (texts, ranks) = join_texts(&mut stores, dimensions);
    let (groups, numbers) = join_groups(&stores, &ranks, &texts);
    let Order { keys, places, repeated } = Order::new(&stores, &numbers, groups.len());
    if keys.len() > cells_max {
        return Err(Stop::TooManyCells { limit: cells_max });
    }
    let figures = Columns::join(stores, &repeated, &layout)?.into_figures(&layout);
    let groups = groups.iter().flat_map(|group| group.iter().take(dimensions)).copied().collect();
    Ok(Cells { texts, groups, keys, places, figures })
}

/// The texts of all stores, ascending.
fn join_texts(stores: &mut [CellStore], dimensions: usize) -> (Vec<Texts>, Vec<Ranks>) {
    let mut ranks = vec![Ranks::new(); stores.len()];
    let texts = (0..dimensions).map(|dimension| {
        let mut whole = SeenTexts::default();
        let mut numbers = Vec::new();
        for store in &mut *stores {
            let seen = store.texts.get_mut(dimension).map(std::mem::take).unwrap_or_default();
            if numbers.is_empty() {
                numbers.push((0..seen.len() as u32).collect());
                whole = seen;
            } else {
                numbers.push(whole.merge(seen));
            }
        }
        let (texts, places) = whole.into_sorted();
        for (ranks, mut numbers) in ranks.iter_mut().zip(numbers) {
            for number in &mut numbers {
                *number = places.get(*number as usize).copied().unwrap_or_default();
            }
            ranks.push(numbers);
        }
        texts
    });
    (texts.collect(), ranks)
}

/// The groups of all stores in the order of their texts, and for each store the place of each group
/// among them.
fn join_groups(
    stores: &[CellStore],
    ranks: &[Ranks],
    texts: &[Texts],
) -> (Vec<Components>, Vec<Vec<u32>>) {
    // As one number they are faster to compare, if they fit.
    let radixes: Vec<u64> = texts.iter().map(|texts| texts.len() as u64 + 1).collect();
    let possible = radixes.iter().try_fold(1_u64, |all, radix| all.checked_mul(*radix));
    let pack = |group: &Components| {
        group.iter().zip(&radixes).fold(0, |key, (text, radix)| key * radix + u64::from(*text))
    };
    let translated = || {
        let each = stores.iter().zip(ranks);
        each.flat_map(|(store, ranks)| store.groups.iter().map(|group| translate(group, ranks)))
    };
    let mut groups = Vec::new();
    let mut places: Vec<u32> = Vec::new();
    if let Some(possible) = possible.filter(|possible| *possible <= GROUPS_IN_PLACES_MAX) {
        let mut place_of = vec![(NONE, [0; COMPONENTS_MAX]); possible as usize];
        for group in translated() {
            if let Some(place) = place_of.get_mut(pack(&group) as usize) {
                *place = (0, group);
            }
        }
        for (place, group) in place_of.iter_mut().filter(|(place, _)| *place != NONE) {
            *place = groups.len() as u32;
            groups.push(*group);
        }
        let place = |group| place_of.get(pack(&group) as usize).map_or(0, |(place, _)| *place);
        places.extend(translated().map(place));
    } else if possible.is_some() {
        let mut sorted: Vec<(u64, u32)> = translated().map(|group| pack(&group)).zip(0..).collect();
        sorted.sort_unstable();
        let unpack = |mut key: u64| {
            let mut group = [0; COMPONENTS_MAX];
            for (text, radix) in group.iter_mut().zip(&radixes).rev() {
                (*text, key) = ((key % radix) as u32, key / radix);
            }
            group
        };
        (groups, places) = number(sorted, unpack);
    } else {
        let mut sorted: Vec<(Components, u32)> = translated().zip(0..).collect();
        sorted.sort_unstable();
        (groups, places) = number(sorted, |group| group);
    }
    let mut places = places.into_iter();
    let numbers = stores.iter().map(|store| places.by_ref().take(store.groups.len()).collect());
    let numbers = numbers.collect();
    (groups, numbers)
}

/// Numbers sorted groups, each with where it was: gives each once, and for each place its number.
fn number<K: PartialEq + Copy>(
    sorted: Vec<(K, u32)>,
    unpack: impl Fn(K) -> Components,
) -> (Vec<Components>, Vec<u32>) {
    let (mut groups, mut places) = (Vec::new(), vec![0; sorted.len()]);
    let mut last = None;
    for (key, place) in sorted {
        if last != Some(key) {
            groups.push(unpack(key));
            last = Some(key);
        }
        if let Some(number) = places.get_mut(place as usize) {
            *number = groups.len() as u32 - 1;
        }
    }
    (groups, places)
}

/// A group with the places of its texts.
fn translate(group: &Components, ranks: &Ranks) -> Components {
    let mut translated = [0; COMPONENTS_MAX];
    for ((place, number), ranks) in translated.iter_mut().zip(group).zip(ranks) {
        let rank = number.checked_sub(1).and_then(|number| ranks.get(number as usize));
        *place = rank.map_or(0, |rank| rank + 1);
    }
    translated
}

/// The cells by group and by bucket.
struct Order {
    keys: Vec<CellKey>,
    /// For each cell where its figures are: the cells of all stores are counted through.
    places: Vec<u32>,
    /// Cells that are another one's too: to the first place belong the figures of the second.
    repeated: Vec<(u32, u32)>,
}

impl Order {
    /// `numbers` are the places of each store's groups among `groups`.
    fn new(stores: &[CellStore], numbers: &[Vec<u32>], groups: usize) -> Self {
        let group_of = |numbers: &[u32], key: &CellKey| {
            numbers.get(key.group as usize).copied().unwrap_or_default()
        };
        let mut cells = 0;
        // Where the cells of each group begin, and while they are placed, where the next one goes.
        let mut next = vec![0_u32; groups + 1];
        for (store, numbers) in stores.iter().zip(numbers) {
            cells += store.keys.len();
            for key in &store.keys {
                if let Some(count) = next.get_mut(group_of(numbers, key) as usize + 1) {
                    *count += 1;
                }
            }
        }
        let mut before = 0;
        for count in &mut next {
            before += *count;
            *count = before;
        }
        let free = CellKey { group: NONE, bucket: 0 };
        let mut order =
            Self { keys: vec![free; cells], places: vec![0; cells], repeated: Vec::new() };
        let mut start = 0;
        let mut lists: Vec<_> = (stores.iter().zip(numbers))
            .map(|(store, numbers)| {
                let list = (ByBucket::new(store), numbers, start);
                start += store.keys.len() as u32;
                list
            })
            .collect();
        let buckets = stores.first().map_or(0, |store| store.buckets as u32);
        for bucket in 0..buckets {
            for (cells, numbers, start) in &mut lists {
                while let Some((key, cell)) = cells.next_of(bucket) {
                    let group = group_of(numbers, &key);
                    if let Some(at) = next.get_mut(group as usize) {
                        order.put(CellKey { group, bucket }, *start + cell, at);
                    }
                }
            }
        }
        if !order.repeated.is_empty() {
            let is_cell = |key: &CellKey| key.group != NONE;
            let mut keys = order.keys.iter();
            order.places.retain(|_| keys.next().is_some_and(is_cell));
            order.keys.retain(is_cell);
        }
        order
    }

    #[inline]
    fn put(&mut self, key: CellKey, place: u32, at: &mut u32) {
        let before = (*at as usize).wrapping_sub(1);
        if self.keys.get(before) == Some(&key) {
            let first = self.places.get(before).copied().unwrap_or_default();
            self.repeated.push((first, place));
        } else if let (Some(slot), Some(place_slot)) =
            (self.keys.get_mut(*at as usize), self.places.get_mut(*at as usize))
        {
            (*slot, *place_slot) = (key, place);
            *at += 1;
        }
    }
}

/// The cells of a store by bucket.
struct ByBucket<'a> {
    keys: &'a [CellKey],
    /// Their order, unless it is theirs already: facts mostly come so.
    order: Option<Vec<u32>>,
    left: Range<u32>,
}

impl<'a> ByBucket<'a> {
    fn new(store: &'a CellStore) -> Self {
        let keys = store.keys.as_slice();
        let order = (!keys.is_sorted_by_key(|key| key.bucket)).then(|| {
            let mut order: Vec<u32> = (0..keys.len() as u32).collect();
            order.sort_by_key(|cell| keys.get(*cell as usize).map(|key| key.bucket));
            order
        });
        Self { keys, order, left: 0..keys.len() as u32 }
    }

    /// The next cell, if it is of this bucket.
    #[inline]
    fn next_of(&mut self, bucket: u32) -> Option<(CellKey, u32)> {
        if self.left.is_empty() {
            return None;
        }
        let cell = match &self.order {
            Some(order) => *order.get(self.left.start as usize)?,
            None => self.left.start,
        };
        let key = *self.keys.get(cell as usize)?;
        if key.bucket != bucket {
            return None;
        }
        self.left.start += 1;
        Some((key, cell))
    }
}

/// The figures of all cells of all stores.
struct Columns {
    counts: Vec<u64>,
    summaries: Vec<Summary>,
    /// Sets as they are numbered through over all stores.
    set_of: Vec<u32>,
    /// For each of these numbers the set in `sets`.
    set_numbers: Vec<u32>,
    sets: Sets,
}

impl Columns {
    /// `repeated` are places of which the second is added to the first.
    fn join(
        stores: Vec<CellStore>,
        repeated: &[(u32, u32)],
        layout: &Layout,
    ) -> Result<Self, Stop> {
        let (mut counts, mut summaries, mut set_of) = (Vec::new(), Vec::new(), Vec::new());
        let (mut all_sets, mut numbered) = (Vec::new(), 0);
        for store in stores {
            append(&mut counts, store.counts);
            append(&mut summaries, store.summaries);
            let number = |set: u32| if set == NONE { NONE } else { numbered + set };
            append(&mut set_of, store.set_of.into_iter().map(number).collect());
            numbered += store.sets.len() as u32;
            all_sets.push(store.sets);
        }
        let mut joined = Self {
            counts,
            summaries,
            set_of,
            set_numbers: (0..numbered).collect(),
            sets: Sets::new(0),
        };
        for (into, from) in repeated {
            joined.add(*into as usize, *from as usize, layout);
        }
        joined.join_sets(all_sets)?;
        Ok(joined)
    }

    /// Adds the figures of one place to those of another.
    fn add(&mut self, into: usize, from: usize, layout: &Layout) {
        let stride = layout.counters_stride();
        for index in 0..stride {
            let more = self.counts.get(from * stride + index).copied().unwrap_or_default();
            if let Some(count) = self.counts.get_mut(into * stride + index) {
                *count += more;
            }
        }
        let stride = layout.summaries.len();
        for index in 0..stride {
            let more = self.summaries.get(from * stride + index).copied().unwrap_or_default();
            if let Some(summary) = self.summaries.get_mut(into * stride + index) {
                summary.merge(&more);
            }
        }
        let stride = layout.sets.len();
        for index in 0..stride {
            let more = self.set_of.get(from * stride + index).copied().unwrap_or(NONE);
            match self.set_of.get_mut(into * stride + index) {
                Some(set) if *set == NONE => *set = more,
                // What becomes of the number is looked up when the sets are joined.
                Some(set) => {
                    if let Some(number) = self.set_numbers.get_mut(more as usize) {
                        *number = *set;
                    }
                }
                None => {}
            }
        }
    }

    /// Adds all sets to those of the first store.
    fn join_sets(&mut self, all: Vec<Sets>) -> Result<(), Stop> {
        let mut all = all.into_iter();
        let Some(first) = all.next() else { return Ok(()) };
        self.sets = first;
        let mut start = self.sets.len();
        for sets in all {
            let end = start + sets.len();
            for index in start..end {
                let number = self.set_numbers.get(index).copied().unwrap_or(NONE);
                let set = if number as usize == index {
                    self.sets.create()
                } else {
                    // It is one of a store before.
                    self.set_numbers.get(number as usize).copied().unwrap_or(NONE)
                };
                if let Some(slot) = self.set_numbers.get_mut(index) {
                    *slot = set;
                }
            }
            let numbers = self.set_numbers.get(start..end).unwrap_or_default();
            self.sets.merge(sets, |set| numbers.get(set as usize).copied().unwrap_or(NONE))?;
            start = end;
        }
        self.sets.settle()
    }

    fn into_figures(mut self, layout: &Layout) -> Vec<Figures> {
        let cells = self.counts.len() / layout.counters_stride();
        (layout.places.iter().map(|place| self.figures(*place, cells, layout))).collect()
    }

    fn figures(&mut self, place: Place, cells: usize, layout: &Layout) -> Figures {
        match place {
            Place::Nowhere => Figures::Counts(vec![0; cells]),
            Place::Counter(counter) => {
                let stride = layout.counters_stride();
                Figures::Counts(self.counts.iter().skip(counter).step_by(stride).copied().collect())
            }
            Place::Summary(summary) => {
                let stride = layout.summaries.len();
                let is_last = layout.places.iter().filter(|other| **other == place).count() == 1;
                if stride == 1 && is_last {
                    return Figures::Summaries(std::mem::take(&mut self.summaries));
                }
                let summaries = self.summaries.iter().skip(summary).step_by(stride);
                Figures::Summaries(summaries.copied().collect())
            }
            Place::Set(set) => {
                let sets = self.set_of.iter().skip(set).step_by(layout.sets.len());
                let set = |number: &u32| self.set_numbers.get(*number as usize).copied();
                let count = |number| self.sets.count(set(number).unwrap_or(NONE));
                Figures::Counts(sets.map(count).collect())
            }
        }
    }
}

/// Adds one list to another, without copying the first one.
fn append<T>(list: &mut Vec<T>, mut more: Vec<T>) {
    if list.is_empty() { *list = more } else { list.append(&mut more) }
}
