//! One bit per row.

use std::ops::Range;

/// A borrowed bitmap in the order of Arrow: bit `i` is bit `i % 8`, counted from the lowest, of byte
/// `i / 8`.
#[derive(Debug, Clone, Copy)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    offset: usize,
    len: usize,
}

impl<'a> Bits<'a> {
    /// `len` bits of `bytes`, beginning at bit `offset`; none when there are not so many.
    #[must_use]
    pub fn new(bytes: &'a [u8], offset: usize, len: usize) -> Option<Self> {
        let end = offset.checked_add(len)?;
        (end.div_ceil(8) <= bytes.len()).then_some(Self { bytes, offset, len })
    }

    /// How many bits.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bit at `index`; not set behind the end.
    #[must_use]
    pub fn get(&self, index: usize) -> bool {
        let bit = self.offset + index;
        index < self.len && self.bytes.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
    }
}

impl Bits<'_> {
    /// Eight bits from `start` on, the first the lowest. What is behind the end may be anything.
    #[inline]
    pub(super) fn eight(&self, start: usize) -> u8 {
        let (first, shift) = ((self.offset + start) / 8, (self.offset + start) % 8);
        let byte = |index: usize| u16::from(self.bytes.get(index).copied().unwrap_or_default());
        ((byte(first) | byte(first + 1) << 8) >> shift) as u8
    }

    /// Whether one of some bits is set.
    pub(super) fn any(&self, bits: Range<usize>) -> bool {
        bits.clone().step_by(8).any(|start| {
            let behind = 8_usize.saturating_sub(bits.end - start);
            self.eight(start) & (u8::MAX >> behind) != 0
        })
    }

    /// Writes the bits from `start` on as bytes, 0 or 1.
    pub(super) fn expand(&self, start: usize, mask: &mut [u8]) {
        let bit = self.offset + start;
        let (first, shift) = (bit / 8, bit % 8);
        let byte = |index: usize| u16::from(self.bytes.get(index).copied().unwrap_or_default());
        for (index, eight) in (first..).zip(mask.chunks_mut(8)) {
            let bits = (byte(index) | byte(index + 1) << 8) >> shift;
            let expanded = &EXPANDED[usize::from(bits as u8)];
            match eight.first_chunk_mut::<8>() {
                Some(eight) => *eight = *expanded,
                None => eight.copy_from_slice(expanded.get(..eight.len()).unwrap_or_default()),
            }
        }
    }
}

/// For each byte its bits as bytes.
static EXPANDED: [[u8; 8]; 256] = {
    let mut expanded = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            expanded[byte][bit] = (byte >> bit & 1) as u8;
            bit += 1;
        }
        byte += 1;
    }
    expanded
};
