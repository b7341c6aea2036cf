//! Writing texts and numbers of which an answer has hundreds of thousands.
//!
//! What is copied in lengths that are known when this is compiled costs a fraction of a copy of any
//! length: texts are written in blocks, and what is too much is written over by what comes next.
//! Numbers are made in a register: bytes that are stored one by one cannot be read together at once.

use serde::Serialize;

/// Bytes that are copied at once.
const BLOCK: usize = 32;
/// The longest number: `-2.2250738585072014e-308`.
const DIGITS: usize = 24;
/// Below it a count has no more than eight digits.
const SHORT_COUNT_MAX: u64 = 100_000_000;
/// Below it hundredths are no more than eight characters with their point. They are exact as floating
/// point, and no other number of as few digits is as near.
const SHORT_HUNDREDTHS_MAX: u64 = 10_000_000;

/// Room that is written to from its beginning on. What it has no room for is lost: whoever writes knows
/// how much room is needed.
pub(super) struct Page<'a> {
    room: &'a mut [u8],
    at: usize,
}

impl<'a> Page<'a> {
    pub(super) const fn new(room: &'a mut [u8]) -> Self {
        Self { room, at: 0 }
    }

    /// Bytes that were written.
    #[inline]
    pub(super) const fn len(&self) -> usize {
        self.at
    }

    /// Bytes that there is room for.
    #[inline]
    pub(super) const fn left(&self) -> usize {
        self.room.len().saturating_sub(self.at)
    }

    /// Writes a text of any length.
    #[inline]
    pub(super) fn text(&mut self, text: &[u8]) {
        let end = self.at + text.len();
        if let Some(room) = self.room.get_mut(self.at..end) {
            room.copy_from_slice(text);
        }
        self.at = end;
    }

    /// Writes the first bytes of a block.
    #[inline]
    pub(super) fn block<const N: usize>(&mut self, block: &[u8; N], len: usize) {
        let room = self.room.get_mut(self.at..).and_then(|room| room.first_chunk_mut::<N>());
        if let Some(room) = room {
            *room = *block;
        }
        self.at += len;
    }
}

/// A text that is written often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    blocks: Vec<[u8; BLOCK]>,
    len: usize,
}

impl Stamp {
    pub(super) fn new(text: &str) -> Self {
        let blocks = text.as_bytes().chunks(BLOCK).map(|part| {
            let mut block = [0; BLOCK];
            block.iter_mut().zip(part).for_each(|(byte, text)| *byte = *text);
            block
        });
        Self { blocks: blocks.collect(), len: text.len() }
    }

    /// The room that writing it needs.
    pub(super) const fn bytes(&self) -> usize {
        self.blocks.len() * BLOCK
    }

    #[inline]
    pub(super) fn write(&self, page: &mut Page<'_>) {
        let end = page.at + self.len;
        for block in &self.blocks {
            page.block(block, BLOCK);
        }
        page.at = end;
    }

    /// Writes so many of its first bytes.
    #[inline]
    pub(super) fn write_first(&self, len: usize, page: &mut Page<'_>) {
        let end = page.at + len.min(self.len);
        for block in &self.blocks {
            page.block(block, BLOCK);
        }
        page.at = end;
    }

    /// Writes what is behind so many bytes, up to a number of them.
    #[inline]
    pub(super) fn write_between(&self, start: usize, end: usize, page: &mut Page<'_>) {
        let text = self.blocks.as_flattened().get(start..end.min(self.len));
        page.text(text.unwrap_or_default());
    }
}

/// A number as JSON.
#[derive(Debug, Clone, Copy)]
pub(super) enum Digits {
    /// Up to eight characters, the first in the lowest byte.
    Short(u64, usize),
    /// Any.
    Long([u8; DIGITS], usize),
}

impl Digits {
    /// The room that writing one needs.
    pub(super) const BYTES: usize = DIGITS;

    #[inline]
    pub(super) fn of_count(count: u64) -> Self {
        if count >= SHORT_COUNT_MAX {
            return Self::of(count);
        }
        let (text, len) = digits(count);
        Self::Short(text, len)
    }

    /// The shortest number that is read as this one again.
    #[inline]
    pub(super) fn of_value(value: f64) -> Self {
        // Nearly all values have two decimals at most. The cast ends at the largest number.
        let hundredths = (value * 100.0 + 0.5) as u64;
        let is_exact = hundredths as f64 / 100.0 == value && value.is_sign_positive();
        if !is_exact || hundredths >= SHORT_HUNDREDTHS_MAX {
            return Self::of(value);
        }
        let (whole, len) = digits(hundredths / 100);
        let [point, tens, ones] = DECIMALS[(hundredths % 100) as usize];
        let decimals = u64::from(u32::from_le_bytes([point, tens, ones, 0]));
        Self::Short(whole | decimals << (8 * len), len + 2 + usize::from(ones != 0))
    }

    #[cold]
    fn of(number: impl Serialize) -> Self {
        let mut bytes = [0; DIGITS];
        let mut left = bytes.as_mut_slice();
        // No number is longer.
        drop(serde_json::to_writer(&mut left, &number));
        let len = DIGITS - left.len();
        Self::Long(bytes, len)
    }

    #[inline]
    pub(super) fn write(&self, page: &mut Page<'_>) {
        match self {
            Self::Short(text, len) => page.block(&text.to_le_bytes(), *len),
            Self::Long(bytes, len) => page.block(bytes, *len),
        }
    }
}

/// The digits of a number of at most eight of them, the first in the lowest byte, and how many: all
/// are made at once and without branches, since how many there are is not foreseeable.
#[inline]
const fn digits(number: u64) -> (u64, usize) {
    // Two numbers of four digits, then four of two, then eight of one, side by side. Products with
    // what follows the point of 1 / 100 and 1 / 10 are large enough to be exact.
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | (fours - hundreds * 100) << 16;
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = tens | (twos - tens * 10) << 8;
    // The last digit is written even if it is 0.
    let zeros = (ones | 1 << 56).trailing_zeros() / 8;
    ((ones | 0x3030_3030_3030_3030) >> (8 * zeros), 8 - zeros as usize)
}

/// For each number of hundredths its decimals with their point; the last byte is 0 if there is one
/// decimal.
static DECIMALS: [[u8; 3]; 100] = {
    let mut decimals = [[b'.', b'0', 0]; 100];
    let mut number = 0;
    while number < 100 {
        let ones = number as u8 % 10;
        decimals[number][1] = b'0' + number as u8 / 10;
        decimals[number][2] = if ones == 0 { 0 } else { b'0' + ones };
        number += 1;
    }
    decimals
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Digits, Page, Stamp};

    fn written(digits: Digits) -> String {
        let mut json = vec![b'x'; 2 * Digits::BYTES];
        let mut page = Page::new(&mut json);
        digits.write(&mut page);
        let len = page.len();
        json.truncate(len);
        String::from_utf8(json).expect("digits")
    }

    fn check(value: f64) {
        let expected = serde_json::to_string(&value).expect("json");
        assert_eq!(written(Digits::of_value(value)), expected, "{value:e}");
    }

    #[test]
    fn values_at_the_edges() {
        let largest = [
            99_999.99,
            100_000.0,
            1e5 - 0.005,
            1e13,
            9_999_999_999_999.99,
            1e15,
            1e16,
            1e17,
            1e300,
            f64::MAX,
        ];
        let smallest = [0.0, -0.0, 0.01, 0.005, 0.009_999_999, 1e-5, f64::MIN_POSITIVE, 5e-324];
        let others = [0.1 + 0.2, 1.0, 10.0, 1.1, 1.01, 12.5, f64::NAN, f64::INFINITY];
        for value in largest.into_iter().chain(smallest).chain(others) {
            check(value);
            check(-value);
        }
    }

    #[test]
    fn counts_at_the_edges() {
        let tens = (0..20).map(|zeros| 10_u64.pow(zeros));
        for count in tens.flat_map(|ten| [ten - 1, ten, ten + 1]).chain([u64::MAX]) {
            assert_eq!(written(Digits::of_count(count)), count.to_string());
        }
    }

    proptest! {
        #[test]
        fn values_are_written_as_by_serde(bits in any::<u64>(), hundredths in 0..2_000_000_000_000_000_u64) {
            check(f64::from_bits(bits));
            check(hundredths as f64 / 100.0);
            check((hundredths % 1_000_000) as f64 / 100.0);
            check((hundredths % 1_000_000) as f64 / 1000.0);
        }

        #[test]
        fn counts_are_written_as_by_serde(count in 0..200_000_000_u64, shift in 0..28_u32) {
            prop_assert_eq!(written(Digits::of_count(count >> shift)), (count >> shift).to_string());
        }

        #[test]
        fn stamps_are_written_whole(text in ".{0,80}", before in ".{0,5}") {
            let stamp = Stamp::new(&text);
            let mut json = vec![b'x'; before.len() + stamp.bytes()];
            let mut page = Page::new(&mut json);
            page.text(before.as_bytes());
            stamp.write(&mut page);
            let len = page.len();
            json.truncate(len);
            prop_assert_eq!(String::from_utf8(json).expect("text"), format!("{before}{text}"));
        }
    }
}
