//! Many short lists of numbers, one after another in one array.

use std::ops::Range;

/// Lists of numbers by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    /// Where the items of a list begin; one more than there are lists, unless there is none.
    starts: Box<[u32]>,
    items: Box<[u32]>,
}

impl Lists {
    pub(super) fn get(&self, list: usize) -> &[u32] {
        match (self.starts.get(list), self.starts.get(list + 1)) {
            (Some(start), Some(end)) => &self.items[*start as usize..*end as usize],
            _ => &[],
        }
    }

    /// Lists made one after another.
    pub(super) fn from_lists<'a>(lists: impl IntoIterator<Item = &'a [u32]>) -> Self {
        let mut starts = vec![0];
        let mut items = Vec::new();
        for list in lists {
            items.extend_from_slice(list);
            starts.push(as_number(items.len()));
        }
        Self { starts: starts.into(), items: items.into() }
    }

    /// `count` lists of what `pairs` puts into them.
    pub(super) fn from_pairs(count: usize, pairs: &[(u32, u32)]) -> Self {
        let mut starts = vec![0_u32; count + 1];
        for (list, _) in pairs {
            starts[*list as usize + 1] += 1;
        }
        for list in 0..count {
            starts[list + 1] += starts[list];
        }
        let mut next = starts.clone();
        let mut items = vec![0; pairs.len()];
        for (list, item) in pairs {
            let place = &mut next[*list as usize];
            items[*place as usize] = *item;
            *place += 1;
        }
        Self { starts: starts.into(), items: items.into() }
    }
}

/// Stretches of numbers that follow each other, by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranges {
    /// Where a stretch begins; one more than there are stretches, unless there is none.
    starts: Box<[u32]>,
}

impl Ranges {
    pub(super) fn get(&self, stretch: usize) -> Range<u32> {
        match (self.starts.get(stretch), self.starts.get(stretch + 1)) {
            (Some(start), Some(end)) => *start..*end,
            _ => 0..0,
        }
    }
}

impl Lists {
    /// Numbers the items anew, in the order of the lists, behind those that are in `order` already.
    pub(super) fn renumbered(self, order: &mut Vec<u32>) -> Ranges {
        let first = as_number(order.len());
        order.extend_from_slice(&self.items);
        Ranges { starts: self.starts.iter().map(|start| first + start).collect() }
    }
}

/// A count as a number of this structure. No organisation's conditions come near the limit.
pub(super) fn as_number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
