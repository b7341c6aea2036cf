//! Facts as blocks of every form that columns may have.

use std::collections::BTreeSet;

use uuid::Uuid;
use wayfare_model::fact::{Dimension, Fact, Metric};

use super::numbers::Numbers;
use crate::aggregates::columns::{Bits, Block, Codes, Column, Dictionary, Values};

/// The columns of a block.
pub(super) struct Columns {
    emitted: Vec<i64>,
    happened: Option<Vec<i64>>,
    is_sorted: bool,
    metrics: Vec<Metric>,
    metric_codes: Vec<u8>,
    values: Vec<f64>,
    /// When the values lie as codes.
    value_codes: Option<(Stored, Vec<f64>)>,
    has_value: Bitmap,
    dead: Option<Bitmap>,
    columns: Vec<(Dimension, Lists)>,
}

struct Lists {
    codes: Stored,
    validity: Option<Bitmap>,
    offsets: Option<Vec<i32>>,
    texts: (Vec<i32>, Vec<u8>),
    uuids: Option<Vec<[u8; 16]>>,
}

enum Stored {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
}

struct Bitmap {
    bytes: Vec<u8>,
    offset: usize,
    len: usize,
}

impl Bitmap {
    fn new(bits: &[bool], numbers: &mut Numbers) -> Self {
        let offset = numbers.below(20);
        let mut bytes = vec![0_u8; (offset + bits.len()).div_ceil(8)];
        // What lies before and behind must not matter.
        bytes.fill_with(|| numbers.next() as u8);
        for (index, bit) in bits.iter().enumerate() {
            let at = offset + index;
            bytes[at / 8] = bytes[at / 8] & !(1 << (at % 8)) | u8::from(*bit) << (at % 8);
        }
        Self { bytes, offset, len: bits.len() }
    }

    fn bits(&self) -> Bits<'_> {
        Bits::new(&self.bytes, self.offset, self.len).expect("long enough")
    }
}

impl Stored {
    fn new(codes: &[u32], entries: usize, numbers: &mut Numbers) -> Self {
        match numbers.below(3) {
            0 if entries <= 1 << 8 => Self::U8(codes.iter().map(|code| *code as u8).collect()),
            0 | 1 if entries <= 1 << 16 => Self::U16(codes.iter().map(|c| *c as u16).collect()),
            _ => Self::U32(codes.to_vec()),
        }
    }

    fn codes(&self) -> Codes<'_> {
        match self {
            Self::U8(codes) => Codes::U8(codes),
            Self::U16(codes) => Codes::U16(codes),
            Self::U32(codes) => Codes::U32(codes),
        }
    }
}

impl Lists {
    fn new(facts: &[Fact], dimension: Dimension, numbers: &mut Numbers) -> Self {
        let values = |fact: &Fact| fact.dimensions.get(&dimension).cloned().unwrap_or_default();
        let mut entries: BTreeSet<String> = facts.iter().flat_map(values).collect();
        if numbers.one_in(3) {
            entries.extend((0..numbers.below(300)).map(|number| format!("unused {number}")));
        }
        let entries: Vec<_> = entries.into_iter().collect();
        let entries = numbers.some(&entries, entries.len());
        let mut codes = Vec::new();
        let mut offsets = vec![0];
        let is_single = facts.iter().all(|fact| values(fact).len() < 2) && !numbers.one_in(4);
        for fact in facts {
            let of_fact = values(fact);
            let mut found: Vec<_> = (of_fact.iter())
                .map(|value| entries.iter().position(|entry| entry == value).unwrap() as u32)
                .collect();
            if is_single && found.is_empty() {
                found.push(numbers.below(entries.len()) as u32);
            }
            codes.extend(found);
            offsets.push(codes.len() as i32);
        }
        let has_value: Vec<_> = facts.iter().map(|fact| !values(fact).is_empty()).collect();
        let is_full = has_value.iter().all(|has_value| *has_value);
        let is_said = (is_single && !is_full) || numbers.one_in(2);
        let canonical =
            |text: &String| Uuid::parse_str(text).ok().filter(|u| u.to_string() == *text);
        let uuids: Option<Vec<_>> =
            entries.iter().map(|text| canonical(text).map(Uuid::into_bytes)).collect();
        let ends = entries.iter().scan(0, |end, text| {
            *end += text.len() as i32;
            Some(*end)
        });
        Self {
            codes: Stored::new(&codes, entries.len(), numbers),
            validity: is_said.then(|| Bitmap::new(&has_value, numbers)),
            offsets: (!is_single).then_some(offsets),
            texts: (std::iter::once(0).chain(ends).collect(), entries.concat().into_bytes()),
            uuids,
        }
    }

    fn column(&self) -> Column<'_> {
        let (offsets, bytes) = &self.texts;
        Column {
            codes: self.codes.codes(),
            validity: self.validity.as_ref().map(Bitmap::bits),
            offsets: self.offsets.as_deref(),
            dictionary: match &self.uuids {
                Some(uuids) => Dictionary::Uuids(uuids),
                None => Dictionary::Texts { offsets, bytes },
            },
        }
    }
}

impl Columns {
    /// The facts as columns of some form, and which of them are alive.
    pub(super) fn new(mut facts: Vec<Fact>, numbers: &mut Numbers) -> (Self, Vec<Fact>) {
        let is_sorted = numbers.one_in(2);
        if is_sorted {
            facts.sort_by_key(|fact| fact.emitted);
        }
        let metrics: BTreeSet<Metric> = facts.iter().map(|fact| fact.metric).collect();
        let metrics: Vec<_> = metrics.into_iter().collect();
        let metrics = numbers.some(&metrics, metrics.len());
        let metric_code = |fact: &Fact| metrics.iter().position(|m| *m == fact.metric).unwrap();
        let has_value: Vec<_> = facts.iter().map(|fact| fact.value.is_some()).collect();
        let values: Vec<_> = facts.iter().map(|f| f.value.unwrap_or(f64::NAN)).collect();
        let value_codes = numbers.one_in(2).then(|| {
            let mut entries: Vec<f64> = facts.iter().filter_map(|fact| fact.value).collect();
            entries.push(7.0);
            entries.sort_by(f64::total_cmp);
            entries.dedup();
            let code = |fact: &Fact| {
                let value = fact.value.unwrap_or(7.0);
                entries.iter().position(|entry| *entry == value).unwrap() as u32
            };
            let codes: Vec<_> = facts.iter().map(code).collect();
            (Stored::new(&codes, entries.len(), numbers), entries)
        });
        let dead: Vec<bool> = facts.iter().map(|_| numbers.one_in(6)).collect();
        let has_dead = numbers.one_in(2);
        let dimensions: BTreeSet<Dimension> =
            facts.iter().flat_map(|fact| fact.dimensions.keys().copied()).collect();
        let happened = facts.iter().any(|fact| fact.happened != fact.emitted);
        let columns = Self {
            emitted: facts.iter().map(|fact| fact.emitted.as_ms()).collect(),
            happened: happened.then(|| facts.iter().map(|f| f.happened.as_ms()).collect()),
            is_sorted,
            metric_codes: facts.iter().map(|fact| metric_code(fact) as u8).collect(),
            metrics,
            values,
            value_codes,
            has_value: Bitmap::new(&has_value, numbers),
            dead: has_dead.then(|| Bitmap::new(&dead, numbers)),
            columns: (dimensions.into_iter())
                .map(|dimension| (dimension, Lists::new(&facts, dimension, numbers)))
                .collect(),
        };
        let is_alive = |(_, dead): &(Fact, bool)| !(has_dead && *dead);
        let alive = facts.into_iter().zip(dead).filter(is_alive).map(|(fact, _)| fact).collect();
        (columns, alive)
    }

    pub(super) fn block(&self) -> Block<'_> {
        let mut block =
            Block::new(&self.emitted, &self.metrics, &self.metric_codes).expect("lengths");
        if self.is_sorted {
            block = block.sorted_by_emitted();
        }
        if let Some(happened) = &self.happened {
            block = block.with_happened(happened).expect("lengths");
        }
        let validity = Some(self.has_value.bits());
        let values = match &self.value_codes {
            Some((codes, dictionary)) => {
                Values::Coded { codes: codes.codes(), dictionary, validity }
            }
            None => Values::Plain { values: &self.values, validity },
        };
        block = block.with_values(values).expect("lengths");
        if let Some(dead) = &self.dead {
            block = block.with_dead(dead.bits()).expect("lengths");
        }
        for (dimension, lists) in &self.columns {
            block = block.with_column(*dimension, lists.column()).expect("lengths");
        }
        block
    }
}
