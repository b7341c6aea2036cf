//! Facts kept as columns in memory.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use wayfare_model::fact::{Dimension, Fact, Metric};

use super::bits::Bits;
use super::block::{BadBlock, Block, Values};
use super::column::{Codes, Column};
use super::dictionary::Dictionary;

/// More facts or longer texts than columns with 32-bit offsets hold: some two billion values or
/// bytes of one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the columns are full")]
pub struct TooManyFacts;

/// Facts as columns that grow: facts are appended, and marked dead when they are replaced.
///
/// The ids of facts are not kept here: [`push`](Self::push) tells the row.
#[derive(Debug, Clone, Default)]
pub struct FactColumns {
    emitted: Vec<i64>,
    happened: Vec<i64>,
    is_unsorted: bool,
    happened_differs: bool,
    metric_codes: Vec<u8>,
    values: Vec<f64>,
    has_value: GrowingBits,
    dead: GrowingBits,
    dead_rows: usize,
    columns: BTreeMap<Dimension, GrowingColumn>,
}

impl FactColumns {
    /// No facts yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many facts were appended, the dead ones too.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.emitted.len()
    }

    /// How many of them are dead.
    #[must_use]
    pub const fn dead_rows(&self) -> usize {
        self.dead_rows
    }

    /// Appends a fact and tells its row.
    ///
    /// # Errors
    /// [`TooManyFacts`]; nothing is appended then.
    pub fn push(&mut self, fact: &Fact) -> Result<usize, TooManyFacts> {
        let row = self.rows();
        for (dimension, values) in &fact.dimensions {
            let full = self.columns.get(dimension).is_some_and(|column| !column.has_room(values));
            if full || row >= i32::MAX as usize {
                return Err(TooManyFacts);
            }
        }
        for (dimension, values) in &fact.dimensions {
            if !values.is_empty() {
                self.columns.entry(*dimension).or_default().push(row, values);
            }
        }
        let emitted = fact.emitted.as_ms();
        self.is_unsorted |= self.emitted.last().is_some_and(|last| *last > emitted);
        self.happened_differs |= fact.happened != fact.emitted;
        self.emitted.push(emitted);
        self.happened.push(fact.happened.as_ms());
        self.metric_codes.push(fact.metric as u8);
        self.values.push(fact.value.unwrap_or_default());
        self.has_value.push(fact.value.is_some());
        self.dead.push(false);
        for column in self.columns.values_mut() {
            column.fill(row + 1);
        }
        Ok(row)
    }

    /// Marks the fact of a row as dead. Tells whether there is one that was not.
    pub fn kill(&mut self, row: usize) -> bool {
        let is_new = self.dead.set(row);
        self.dead_rows += usize::from(is_new);
        is_new
    }

    /// The facts as a block.
    ///
    /// # Errors
    /// [`BadBlock`] never: the columns are of equal length.
    pub fn block(&self) -> Result<Block<'_>, BadBlock> {
        let mut block = Block::new(&self.emitted, Metric::ALL, &self.metric_codes)?;
        if !self.is_unsorted {
            block = block.sorted_by_emitted();
        }
        if self.happened_differs {
            block = block.with_happened(&self.happened)?;
        }
        if self.dead_rows > 0
            && let Some(dead) = self.dead.bits()
        {
            block = block.with_dead(dead)?;
        }
        let validity = self.has_value.bits();
        block = block.with_values(Values::Plain { values: &self.values, validity })?;
        for (dimension, column) in &self.columns {
            block = block.with_column(*dimension, column.column())?;
        }
        Ok(block)
    }
}

/// A bitmap that grows.
#[derive(Debug, Clone, Default)]
struct GrowingBits {
    bytes: Vec<u8>,
    len: usize,
}

impl GrowingBits {
    fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        self.len += 1;
        if bit {
            self.set(self.len - 1);
        }
    }

    /// Sets a bit. Tells whether it is there and was not set.
    fn set(&mut self, index: usize) -> bool {
        let mask = 1_u8 << (index % 8);
        match self.bytes.get_mut(index / 8) {
            Some(byte) if index < self.len && *byte & mask == 0 => {
                *byte |= mask;
                true
            }
            _ => false,
        }
    }

    fn bits(&self) -> Option<Bits<'_>> {
        Bits::new(&self.bytes, 0, self.len)
    }
}

/// A column that grows. It has one value per row until a fact with several comes, and a list per row
/// from then on.
#[derive(Debug, Clone)]
struct GrowingColumn {
    codes: Vec<u32>,
    /// While single-valued: which rows have a value.
    validity: GrowingBits,
    /// When multi-valued: where the list of each row begins, and where the last one ends.
    offsets: Option<Vec<i32>>,
    text_offsets: Vec<i32>,
    text_bytes: Vec<u8>,
    code_of: HashMap<Box<str>, u32, FixedState>,
}

impl Default for GrowingColumn {
    fn default() -> Self {
        Self {
            codes: Vec::new(),
            validity: GrowingBits::default(),
            offsets: None,
            text_offsets: vec![0],
            text_bytes: Vec::new(),
            code_of: HashMap::default(),
        }
    }
}

impl GrowingColumn {
    fn has_room(&self, values: &[String]) -> bool {
        let bytes: usize = values.iter().map(String::len).sum();
        self.codes.len() + values.len() < i32::MAX as usize
            && self.text_bytes.len() + bytes < i32::MAX as usize
    }

    /// Adds rows without a value until there are `rows`.
    fn fill(&mut self, rows: usize) {
        if let Some(offsets) = &mut self.offsets {
            let end = offsets.last().copied().unwrap_or_default();
            offsets.resize(rows + 1, end);
        } else {
            self.codes.resize(rows, 0);
            while self.validity.len < rows {
                self.validity.push(false);
            }
        }
    }

    /// Adds the values of a row; rows before it that are missing have none.
    fn push(&mut self, row: usize, values: &[String]) {
        self.fill(row);
        if values.len() > 1 && self.offsets.is_none() {
            self.become_lists();
        }
        for value in values {
            let code = self.code(value);
            self.codes.push(code);
        }
        match &mut self.offsets {
            Some(offsets) => offsets.push(self.codes.len() as i32),
            None => self.validity.push(true),
        }
    }

    fn become_lists(&mut self) {
        let Some(validity) = self.validity.bits() else { return };
        let mut offsets = vec![0];
        let mut codes = Vec::new();
        for (row, code) in self.codes.iter().enumerate() {
            codes.extend(validity.get(row).then_some(*code));
            offsets.push(codes.len() as i32);
        }
        self.codes = codes;
        self.offsets = Some(offsets);
    }

    fn code(&mut self, value: &str) -> u32 {
        if let Some(code) = self.code_of.get(value) {
            return *code;
        }
        let code = self.code_of.len() as u32;
        self.code_of.insert(value.into(), code);
        self.text_bytes.extend_from_slice(value.as_bytes());
        self.text_offsets.push(self.text_bytes.len() as i32);
        code
    }

    fn column(&self) -> Column<'_> {
        Column {
            codes: Codes::U32(&self.codes),
            validity: if self.offsets.is_none() { self.validity.bits() } else { None },
            offsets: self.offsets.as_deref(),
            dictionary: Dictionary::Texts { offsets: &self.text_offsets, bytes: &self.text_bytes },
        }
    }
}
