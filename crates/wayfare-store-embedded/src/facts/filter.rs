//! Which files may have a fact: a Bloom filter of the ids in each.

use fastbloom::BloomFilter;
use uuid::Uuid;

use super::file::FactKey;

/// The share of ids that a filter takes for its own though they are not: it takes 19 bits an id, and
/// every such id costs a row until the file is merged.
const FALSE_POSITIVES: f64 = 0.0001;
/// A filter of ids.
#[derive(Debug)]
pub(crate) struct IdFilter(BloomFilter);

impl IdFilter {
    /// A filter that knows some ids.
    pub(crate) fn of(ids: impl ExactSizeIterator<Item = FactKey>) -> Self {
        let mut filter = BloomFilter::with_false_pos(FALSE_POSITIVES).expected_items(ids.len());
        for id in ids {
            filter.insert_hash(hash(&id));
        }
        Self(filter)
    }

    /// Whether it may know an id; it does know all that were put in.
    pub(crate) fn may_have(&self, id: Uuid) -> bool {
        self.0.contains_hash(hash(id.as_bytes()))
    }

    /// The filter as bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let hashes = self.0.num_hashes().to_le_bytes();
        hashes.into_iter().chain(self.0.iter().flat_map(u64::to_le_bytes)).collect()
    }

    /// A filter from its bytes; nothing when they are none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (hashes, words) = bytes.split_first_chunk::<4>()?;
        let (words, []) = words.as_chunks::<8>() else { return None };
        if words.is_empty() {
            return None;
        }
        let words = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        Some(Self(BloomFilter::from_vec(words).hashes(u32::from_le_bytes(*hashes))))
    }
}

/// An id is made by hashing already, but for its moment. Filters are stored, so this stays as it is.
fn hash(id: &FactKey) -> u64 {
    let number = u128::from_le_bytes(*id);
    number as u64 ^ ((number >> 64) as u64).rotate_left(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> FactKey {
        Uuid::new_v5(&Uuid::nil(), &number.to_le_bytes()).into_bytes()
    }

    /// As sessions have them that begin one after the other.
    fn id_with_moment(number: u32) -> FactKey {
        let ids = wayfare_model::id::IdSource::new(Uuid::nil());
        let began = wayfare_model::time::Moment::from_ms(1_795_000_000_000 + i64::from(number));
        ids.derive_at(began, "fact", &[&number.to_le_bytes()]).into_bytes()
    }

    #[test]
    fn a_filter_knows_its_ids_and_few_others_also_after_it_was_stored() {
        let check = |id: fn(u32) -> FactKey, checksum: u32| {
            let known: Vec<FactKey> = (0..10_000).map(id).collect();
            let filter = IdFilter::of(known.iter().copied());
            let stored = IdFilter::from_bytes(&filter.to_bytes()).unwrap();
            for filter in [&filter, &stored] {
                assert!(known.iter().all(|id| filter.may_have(Uuid::from_bytes(*id))));
                let others = (10_000..60_000).filter(|n| filter.may_have(Uuid::from_bytes(id(*n))));
                assert!(others.count() < 20);
            }
            // Stored filters depend on it.
            assert_eq!(crc32fast::hash(&filter.to_bytes()), checksum);
        };
        check(id, 0xe7a3_7ca0);
        check(id_with_moment, 0x623d_8cd5);
    }

    #[test]
    fn bytes_that_are_no_filter_are_refused() {
        for length in [0, 3, 4, 11, 13] {
            assert!(IdFilter::from_bytes(&vec![1; length]).is_none(), "{length}");
        }
    }
}
