//! Which rows of a chunk are in, as one byte per row: what a compiler makes wide instructions of.

/// Rows that are looked at together: their masks and keys stay in the nearest cache.
pub(super) const CHUNK: usize = 2_048;

/// How many rows are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// All; the mask is not filled.
    All,
    /// None; the mask is not filled.
    None,
    /// Those with a 1 in the mask; the others have a 0.
    Some,
}

/// A mask of as many bytes as the chunk has rows.
pub(super) type Mask = Vec<u8>;

/// Masks that wait to be used again.
#[derive(Debug, Default)]
pub(super) struct Masks(Vec<Mask>);

impl Masks {
    pub(super) fn take(&mut self, rows: usize) -> Mask {
        let mut mask = self.0.pop().unwrap_or_default();
        mask.resize(rows, 0);
        mask
    }

    pub(super) fn give(&mut self, mask: Mask) {
        self.0.push(mask);
    }
}

pub(super) fn and(mask: &mut [u8], other: &[u8]) {
    for (byte, other) in mask.iter_mut().zip(other) {
        *byte &= other;
    }
}

pub(super) fn or(mask: &mut [u8], other: &[u8]) {
    for (byte, other) in mask.iter_mut().zip(other) {
        *byte |= other;
    }
}

/// Leaves in what is in both.
pub(super) fn both(one: Rows, mask: &mut Mask, other: Rows, other_mask: &Mask) -> Rows {
    match (one, other) {
        (Rows::None, _) | (_, Rows::None) => Rows::None,
        (one, Rows::All) => one,
        (Rows::All, Rows::Some) => {
            mask.clone_from(other_mask);
            Rows::Some
        }
        (Rows::Some, Rows::Some) => {
            and(mask, other_mask);
            Rows::Some
        }
    }
}

/// Takes in what is in one of them.
pub(super) fn either(one: Rows, mask: &mut Mask, other: Rows, other_mask: &Mask) -> Rows {
    match (one, other) {
        (Rows::All, _) | (_, Rows::All) => Rows::All,
        (one, Rows::None) => one,
        (Rows::None, Rows::Some) => {
            mask.clone_from(other_mask);
            Rows::Some
        }
        (Rows::Some, Rows::Some) => {
            or(mask, other_mask);
            Rows::Some
        }
    }
}

/// How many rows are in.
pub(super) fn count(mask: &[u8]) -> usize {
    // Sums of 255 bytes fit into a byte: most of the work is sixteen rows at a time.
    mask.chunks(255 * 16)
        .map(|part| {
            let (lanes, rest) = part.as_chunks::<16>();
            let mut sums = [0_u8; 16];
            for lane in lanes {
                for (sum, byte) in sums.iter_mut().zip(lane) {
                    *sum += byte;
                }
            }
            sums.iter().chain(rest).map(|byte| usize::from(*byte)).sum::<usize>()
        })
        .sum()
}

/// What is in, now that the mask is known.
pub(super) fn settle(rows: Rows, mask: &[u8]) -> Rows {
    match rows {
        Rows::Some => match count(mask) {
            0 => Rows::None,
            all if all == mask.len() => Rows::All,
            _ => Rows::Some,
        },
        known => known,
    }
}

/// The indices of the rows that are in.
pub(super) fn compress(mask: &[u8], indices: &mut Vec<u16>) {
    indices.resize(mask.len() + 8, 0);
    let mut found = 0;
    let (words, rest) = mask.as_chunks::<8>();
    for (start, word) in (0_u16..).step_by(8).zip(words) {
        // The product has the lowest bits of the eight bytes, side by side, in its highest byte.
        let bits = u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        let offsets = &OFFSETS[(bits & 0xff) as usize];
        // Eight indices are written at once; those behind the ones that are in are written over.
        if let Some(places) =
            indices.get_mut(found..found + 8).and_then(|p| p.first_chunk_mut::<8>())
        {
            for (place, offset) in places.iter_mut().zip(offsets) {
                *place = start + *offset;
            }
        }
        // The highest byte of this product is the sum of the eight: not every processor has an
        // instruction that counts bits.
        found += (u64::from_le_bytes(*word).wrapping_mul(0x0101_0101_0101_0101) >> 56) as usize;
    }
    for (index, byte) in (words.len() * 8..).zip(rest) {
        if let Some(place) = indices.get_mut(found) {
            *place = index as u16;
        }
        found += usize::from(*byte);
    }
    indices.truncate(found);
}

/// The indices of the rows that have a code, or any if none is wanted, and whose bit is set. `eight`
/// gives the bits of eight rows from one on.
///
/// A function of its own, not part of whoever calls it: there the eight places were once written one by one,
/// and counting beside adding up took a tenth longer.
#[inline(never)]
pub(super) fn compress_bits(
    codes: &[u8],
    wanted: Option<u8>,
    eight: impl Fn(usize) -> u8,
    indices: &mut Vec<u16>,
) {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    indices.resize(codes.len() + 8, 0);
    let mut found = 0;
    let (words, rest) = codes.as_chunks::<8>();
    let pattern = u64::from_le_bytes([wanted.unwrap_or_default(); 8]);
    for (start, word) in (0_usize..).step_by(8).zip(words) {
        let differs = u64::from_le_bytes(*word) ^ pattern;
        // The lowest bit of each byte that does not differ.
        let equal = !((differs & LOW).wrapping_add(LOW) | differs | LOW) >> 7;
        let equal = (equal.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8;
        let bits = eight(start) & if wanted.is_some() { equal } else { u8::MAX };
        let offsets = &OFFSETS[usize::from(bits)];
        if let Some(places) =
            indices.get_mut(found..found + 8).and_then(|p| p.first_chunk_mut::<8>())
        {
            *places = offsets.map(|offset| start as u16 + offset);
        }
        found += usize::from(COUNTS[usize::from(bits)]);
    }
    let start = words.len() * 8;
    let bits = eight(start);
    for (index, code) in rest.iter().enumerate() {
        if let Some(place) = indices.get_mut(found) {
            *place = (start + index) as u16;
        }
        let is_in = wanted.is_none_or(|wanted| wanted == *code) && bits >> index & 1 == 1;
        found += usize::from(is_in);
    }
    indices.truncate(found);
}

/// For each byte how many of its bits are set: not every processor has an instruction for that.
static COUNTS: [u8; 256] = {
    let mut counts = [0; 256];
    let mut byte: usize = 0;
    while byte < 256 {
        counts[byte] = byte.count_ones() as u8;
        byte += 1;
    }
    counts
};

/// For each byte which of its bits are set, the lowest first.
static OFFSETS: [[u16; 8]; 256] = {
    let mut offsets = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut found): (u16, usize) = (0, 0);
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                offsets[byte][found] = bit;
                found += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    offsets
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bits::Bits;
    use super::{compress, compress_bits};

    proptest! {
        #[test]
        fn rows_of_a_code_with_a_bit_are_found(
            rows in prop::collection::vec((0..4_u8, any::<bool>()), 0..200),
            before in 0..20_usize,
            wanted in prop::option::of(0..4_u8),
        ) {
            let codes: Vec<u8> = rows.iter().map(|row| row.0 * 85).collect();
            let wanted = wanted.map(|code| code * 85);
            let mut bytes = vec![0_u8; (before + rows.len()).div_ceil(8)];
            for (bit, _) in (before..).zip(&rows).filter(|(_, row)| row.1) {
                bytes[bit / 8] |= 1 << (bit % 8);
            }
            let bits = Bits::new(&bytes, before / 2, before - before / 2 + rows.len());
            let bits = bits.expect("enough bytes");
            let is_in = |(code, is_set): &(u8, bool)| {
                *is_set && wanted.is_none_or(|wanted| wanted == code * 85)
            };
            let mask: Vec<u8> = rows.iter().map(|row| u8::from(is_in(row))).collect();
            let expected: Vec<u16> =
                (0..).zip(&mask).filter(|(_, is_in)| **is_in == 1).map(|row| row.0).collect();
            let mut found = Vec::new();
            compress(&mask, &mut found);
            prop_assert_eq!(&found, &expected);
            let eight = |row| bits.eight(before - before / 2 + row);
            compress_bits(&codes, wanted, eight, &mut found);
            prop_assert_eq!(&found, &expected);
        }
    }
}
