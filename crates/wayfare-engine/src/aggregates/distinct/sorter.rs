//! Sorting hashes in a time that grows as their number does.

/// Hashes with the same leading bits, on average: so few are sorted quickly.
const ALIKE: usize = 8;
/// Leading bits that are looked at: the ends of all that are alike stay in the second cache.
const BITS_MAX: u32 = 16;
/// Fewer hashes are only compared.
const HASHES_MIN: usize = 512;

/// Sorts hashes by their leading bits, which are spread evenly, and then the few that are alike by
/// comparing them. It keeps its memory.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    /// For each value of the leading bits where the next hash with it goes.
    ends: Vec<u32>,
    /// The hashes by leading bits.
    room: Vec<u64>,
}

impl Sorter {
    /// Bytes that it takes.
    pub(super) const fn bytes(&self) -> usize {
        self.ends.capacity() * size_of::<u32>() + self.room.capacity() * size_of::<u64>()
    }

    /// Sorts hashes and removes repetitions.
    pub(super) fn sort(&mut self, hashes: &mut Vec<u64>) {
        if hashes.len() < HASHES_MIN || u32::try_from(hashes.len()).is_err() {
            hashes.sort_unstable();
            hashes.dedup();
            return;
        }
        let bits = (hashes.len() / ALIKE).ilog2().min(BITS_MAX);
        self.spread(hashes, bits);
        hashes.clear();
        let mut start = 0;
        for end in &self.ends {
            let alike = self.room.get_mut(start..*end as usize).unwrap_or_default();
            alike.sort_unstable();
            for hash in alike {
                if hashes.last() != Some(hash) {
                    hashes.push(*hash);
                }
            }
            start = *end as usize;
        }
    }

    /// Puts the hashes into the room, by their leading bits. The ends are then where those with each
    /// value end.
    fn spread(&mut self, hashes: &[u64], bits: u32) {
        let value = |hash: u64| (hash >> (u64::BITS - bits)) as usize;
        self.ends.clear();
        self.ends.resize((1 << bits) + 1, 0);
        for hash in hashes {
            if let Some(count) = self.ends.get_mut(value(*hash) + 1) {
                *count += 1;
            }
        }
        let mut before = 0;
        for end in &mut self.ends {
            before += *end;
            *end = before;
        }
        if self.room.len() < hashes.len() {
            self.room.resize(hashes.len(), 0);
        }
        for hash in hashes {
            if let Some(end) = self.ends.get_mut(value(*hash)) {
                if let Some(place) = self.room.get_mut(*end as usize) {
                    *place = *hash;
                }
                *end += 1;
            }
        }
    }
}
