//! Finding the cell of a key, and the keys that were seen.

/// No cell yet.
pub(super) const NONE: u32 = u32::MAX;

/// Multiplies by an odd number without a pattern and folds the halves: all bits of the key reach the
/// low bits.
const fn spread(key: u64) -> usize {
    let product = (key ^ 0x9E37_79B9_7F4A_7C15) as u128 * 0xD6E8_FEB8_6659_FD93_u128;
    ((product >> 64) ^ product) as usize
}

/// The hash of a few numbers.
pub(super) fn hash_of(numbers: &[u32]) -> usize {
    numbers.iter().fold(0, |hash, number| spread(hash as u64 ^ u64::from(*number)))
}

/// An index of items that are kept elsewhere, by their hash. Open addressing, at most half full.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    entries: Vec<u32>,
    len: usize,
}

impl Index {
    /// Bytes that it takes.
    pub(super) const fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<u32>()
    }

    /// The item of a hash that `is_it`; none when it is not there.
    pub(super) fn find(&self, hash: usize, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.entries.len().wrapping_sub(1);
        let mut at = hash & mask;
        while let Some(item) = self.entries.get(at).copied().filter(|item| *item != NONE) {
            if is_it(item) {
                return Some(item);
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// Inserts an item that is not there. `hash` tells those of the others when the index grows.
    pub(super) fn insert(&mut self, item: u32, hash: impl Fn(u32) -> usize) {
        if self.entries.len() < (self.len + 1) * 2 {
            let size = (self.entries.len() * 2).max(64);
            let old = std::mem::replace(&mut self.entries, vec![NONE; size]);
            for item in old.into_iter().filter(|item| *item != NONE) {
                self.place(item, hash(item));
            }
        }
        self.place(item, hash(item));
        self.len += 1;
    }

    fn place(&mut self, item: u32, hash: usize) {
        let mask = self.entries.len().wrapping_sub(1);
        let mut at = hash & mask;
        while let Some(entry) = self.entries.get_mut(at) {
            if *entry == NONE {
                *entry = item;
                return;
            }
            at = (at + 1) & mask;
        }
    }
}

/// A hash table from 64-bit keys to numbers below [`NONE`]. Open addressing, at most half full.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyTable {
    entries: Vec<(u64, u32)>,
    len: usize,
}

impl KeyTable {
    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that it takes.
    pub(super) const fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<(u64, u32)>()
    }

    /// The number of a key, made by `create` when it is new.
    #[inline]
    pub(super) fn get_or_try_insert<E>(
        &mut self,
        key: u64,
        create: impl FnOnce() -> Result<u32, E>,
    ) -> Result<u32, E> {
        let mask = self.entries.len().wrapping_sub(1);
        let mut at = spread(key) & mask;
        while let Some((found, number)) = self.entries.get(at) {
            if *number == NONE {
                break;
            }
            if *found == key {
                return Ok(*number);
            }
            at = (at + 1) & mask;
        }
        let number = create()?;
        self.insert(key, number);
        Ok(number)
    }

    /// Inserts a key that is not there.
    fn insert(&mut self, key: u64, number: u32) {
        if self.entries.len() < (self.len + 1) * 2 {
            let size = (self.entries.len() * 2).max(64);
            let old = std::mem::replace(&mut self.entries, vec![(0, NONE); size]);
            for (key, number) in old.into_iter().filter(|(_, number)| *number != NONE) {
                self.place(key, number);
            }
        }
        self.place(key, number);
        self.len += 1;
    }

    fn place(&mut self, key: u64, number: u32) {
        let mask = self.entries.len().wrapping_sub(1);
        let mut at = spread(key) & mask;
        while let Some(entry) = self.entries.get_mut(at) {
            if entry.1 == NONE {
                *entry = (key, number);
                return;
            }
            at = (at + 1) & mask;
        }
    }
}

/// A set of 64-bit keys, none of which is `u64::MAX`.
#[derive(Debug, Clone, Default)]
pub(super) struct KeySet {
    entries: Vec<u64>,
    len: usize,
}

impl KeySet {
    const FREE: u64 = u64::MAX;

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Bytes that it takes.
    pub(super) const fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<u64>()
    }

    pub(super) fn clear(&mut self) {
        if self.len > 0 {
            self.entries.fill(Self::FREE);
            self.len = 0;
        }
    }

    /// Inserts a key. Tells whether it is new.
    #[inline]
    pub(super) fn insert(&mut self, key: u64) -> bool {
        if self.entries.len() < (self.len + 1) * 2 {
            self.grow();
        }
        let mask = self.entries.len().wrapping_sub(1);
        let mut at = spread(key) & mask;
        while let Some(entry) = self.entries.get_mut(at) {
            if *entry == key {
                return false;
            }
            if *entry == Self::FREE {
                *entry = key;
                self.len += 1;
                return true;
            }
            at = (at + 1) & mask;
        }
        false
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.entries.len() * 2).max(256);
        let old = std::mem::replace(&mut self.entries, vec![Self::FREE; size]);
        self.len = 0;
        for key in old.into_iter().filter(|key| *key != Self::FREE) {
            self.insert(key);
        }
    }
}
