//! Reading a fact file: its footer and its dictionaries are looked at when it is opened, its rows
//! stay where they are.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow_buffer::{Buffer, ScalarBuffer};
use arrow_ipc::{MetadataVersion, root_as_footer};
use wayfare_engine::aggregates::columns::{
    BadBlock, Bits, Block, Codes, Column, Dictionary, Values,
};
use wayfare_model::fact::{Dimension, Metric};

use super::FactKey;
use super::body::{Body, message};
use super::map::map;
use super::problem::Problem;
use super::schema::{Coded, Columns, EntryType, Role, Width, columns};

/// The last bytes of every file of Arrow IPC; the length of the footer stands before them.
const MAGIC: &[u8; 6] = b"ARROW1";

/// An open fact file.
#[derive(Debug)]
pub(crate) struct FactFile {
    metrics: Vec<Metric>,
    entries: BTreeMap<i64, Entries>,
    batches: Vec<Batch>,
}

/// The entries of a dictionary.
#[derive(Debug)]
enum Entries {
    Texts { offsets: ScalarBuffer<i32>, bytes: Buffer },
    Uuids(Buffer),
    Numbers(ScalarBuffer<f64>),
}

/// Codes in the type they have in the file.
#[derive(Debug)]
enum Keys {
    U8(ScalarBuffer<u8>),
    U16(ScalarBuffer<u16>),
    U32(ScalarBuffer<u32>),
}

/// A record batch.
#[derive(Debug, Default)]
struct Batch {
    emitted: Option<ScalarBuffer<i64>>,
    happened: Option<ScalarBuffer<i64>>,
    metric: Option<ScalarBuffer<u8>>,
    value: Option<BatchValues>,
    ids: Option<Buffer>,
    columns: Vec<(Dimension, BatchColumn)>,
}

#[derive(Debug)]
enum BatchValues {
    Plain { values: ScalarBuffer<f64>, validity: Option<Buffer> },
    Coded(BatchColumn),
}

#[derive(Debug)]
struct BatchColumn {
    keys: Keys,
    validity: Option<Buffer>,
    offsets: Option<ScalarBuffer<i32>>,
    dictionary: i64,
}

impl FactFile {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Problem`] when it cannot be read or is no fact file.
    pub(crate) fn open(path: &Path) -> Result<Self, Problem> {
        Self::read(map(&File::open(path)?)?)
    }

    pub(super) fn read(content: Buffer) -> Result<Self, Problem> {
        let footer = footer_of(&content)?;
        let footer = root_as_footer(&footer).map_err(|error| format!("its footer: {error}"))?;
        if footer.version() != MetadataVersion::V5 {
            return Err(format!("its version is {:?}", footer.version()).into());
        }
        let columns = columns(&footer)?;
        let mut entries = BTreeMap::new();
        for block in footer.dictionaries().into_iter().flatten() {
            let (id, read) = message(&content, block, |_, id, body| {
                let id = id.ok_or("a dictionary is a batch")?;
                let kind = columns.dictionaries.get(&id).ok_or("a dictionary is of no column")?;
                Ok((id, Entries::read(*kind, body)?))
            })?;
            entries.insert(id, read);
        }
        let batches = (footer.recordBatches().into_iter().flatten())
            .map(|block| {
                message(&content, block, |batch, id, body| match id {
                    None => Batch::read(&columns, usize::try_from(batch.length())?, body),
                    Some(_) => Err("a batch is a dictionary".into()),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(missing) = columns.dictionaries.keys().find(|id| !entries.contains_key(id)) {
            return Err(format!("dictionary {missing} is missing").into());
        }
        let metrics = metrics(&columns, &entries)?;
        Ok(Self { metrics, entries, batches })
    }

    /// How many blocks its facts make.
    pub(crate) fn blocks(&self) -> usize {
        self.batches.len()
    }

    /// How many facts there are.
    pub(crate) fn rows(&self) -> u64 {
        self.batches.iter().map(|batch| batch.rows() as u64).sum()
    }

    /// How many facts a block has.
    pub(crate) fn block_rows(&self, index: usize) -> usize {
        self.batches.get(index).map_or(0, Batch::rows)
    }

    /// The ids of the facts of a block; none when they have none.
    pub(crate) fn ids(&self, index: usize) -> &[FactKey] {
        let ids = self.batches.get(index).and_then(|batch| batch.ids.as_ref());
        ids.map_or(&[], |ids| ids.as_chunks().0)
    }

    /// A block of facts.
    ///
    /// # Errors
    /// [`BadBlock`] when its columns do not fit together.
    pub(crate) fn block(&self, index: usize) -> Result<Block<'_>, BadBlock> {
        let Some(batch) = self.batches.get(index) else { return Block::new(&[], &[], &[]) };
        let emitted = batch.emitted.as_deref().unwrap_or_default();
        let metric = batch.metric.as_deref().unwrap_or_default();
        let rows = emitted.len();
        let mut block = Block::new(emitted, &self.metrics, metric)?.sorted_by_emitted();
        if let Some(happened) = &batch.happened {
            block = block.with_happened(happened)?;
        }
        match &batch.value {
            Some(BatchValues::Plain { values, validity }) => {
                let validity = bits(validity.as_ref(), rows);
                block = block.with_values(Values::Plain { values, validity })?;
            }
            Some(BatchValues::Coded(column)) => {
                let dictionary = match self.entries.get(&column.dictionary) {
                    Some(Entries::Numbers(numbers)) => &numbers[..],
                    _ => &[],
                };
                let (codes, validity) = (column.keys.codes(), bits(column.validity.as_ref(), rows));
                block = block.with_values(Values::Coded { codes, dictionary, validity })?;
            }
            None => {}
        }
        for (dimension, column) in &batch.columns {
            block = block.with_column(*dimension, self.column(column, rows))?;
        }
        Ok(block)
    }

    fn column<'f>(&'f self, column: &'f BatchColumn, rows: usize) -> Column<'f> {
        let dictionary = match self.entries.get(&column.dictionary) {
            Some(Entries::Texts { offsets, bytes }) => Dictionary::Texts { offsets, bytes },
            Some(Entries::Uuids(bytes)) => Dictionary::Uuids(bytes.as_chunks().0),
            Some(Entries::Numbers(_)) | None => Dictionary::Uuids(&[]),
        };
        Column {
            codes: column.keys.codes(),
            validity: bits(column.validity.as_ref(), rows),
            offsets: column.offsets.as_deref(),
            dictionary,
        }
    }
}

fn bits(validity: Option<&Buffer>, rows: usize) -> Option<Bits<'_>> {
    validity.and_then(|bytes| Bits::new(bytes, 0, rows))
}

fn footer_of(content: &Buffer) -> Result<Buffer, Problem> {
    let truncated = "it ends too early";
    let (rest, magic) = content.split_last_chunk::<6>().ok_or(truncated)?;
    if magic != MAGIC {
        return Err("it does not end as a file of Arrow IPC".into());
    }
    let (rest, length) = rest.split_last_chunk::<4>().ok_or(truncated)?;
    let length = usize::try_from(i32::from_le_bytes(*length))?;
    let start = rest.len().checked_sub(length).ok_or(truncated)?;
    Ok(content.slice_with_length(start, length))
}

fn metrics(columns: &Columns, entries: &BTreeMap<i64, Entries>) -> Result<Vec<Metric>, Problem> {
    let coded = columns.roles.iter().find_map(|role| match role {
        Role::Metric(coded) => Some(coded),
        _ => None,
    });
    let dictionary = coded.and_then(|coded| entries.get(&coded.dictionary));
    let Some(Entries::Texts { offsets, bytes }) = dictionary else {
        return Err("column metric is missing".into());
    };
    let dictionary = Dictionary::Texts { offsets, bytes };
    (0..dictionary.len())
        .map(|code| {
            let entry = dictionary.get(u32::try_from(code)?).ok_or("a metric has no name")?;
            let name = entry.text();
            name.parse().map_err(|()| format!("metric '{name}' is not known").into())
        })
        .collect()
}

impl Entries {
    /// Reads a dictionary and checks its entries.
    fn read(kind: EntryType, body: &mut Body) -> Result<Self, Problem> {
        let (length, validity) = body.array(None)?;
        if validity.is_some() {
            return Err("a dictionary has an absent entry".into());
        }
        Ok(match kind {
            EntryType::Numbers => Self::Numbers(body.scalars(length)?),
            EntryType::Uuids => {
                let bytes = body.buffer()?;
                let needed = length.checked_mul(16).filter(|needed| *needed <= bytes.len());
                let needed = needed.ok_or("a dictionary of ids is too short")?;
                Self::Uuids(bytes.slice_with_length(0, needed))
            }
            EntryType::Texts => {
                let offsets = body.scalars::<i32>(length.saturating_add(1))?;
                let bytes = body.buffer()?;
                let end = offsets.last().copied().unwrap_or_default();
                let is_ascending = offsets.first() == Some(&0) && offsets.is_sorted();
                if !is_ascending || usize::try_from(end)? > bytes.len() {
                    return Err("the texts of a dictionary lie beyond its end".into());
                }
                if std::str::from_utf8(&bytes).is_err() {
                    return Err("a text of a dictionary is no UTF-8".into());
                }
                Self::Texts { offsets, bytes }
            }
        })
    }
}

impl Keys {
    fn read(width: Width, count: usize, body: &mut Body) -> Result<Self, Problem> {
        Ok(match width {
            Width::U8 => Self::U8(body.scalars(count)?),
            Width::U16 => Self::U16(body.scalars(count)?),
            Width::U32 => Self::U32(body.scalars(count)?),
        })
    }

    fn codes(&self) -> Codes<'_> {
        match self {
            Self::U8(keys) => Codes::U8(keys),
            Self::U16(keys) => Codes::U16(keys),
            Self::U32(keys) => Codes::U32(keys),
        }
    }
}

impl BatchColumn {
    fn read(coded: Coded, rows: usize, body: &mut Body) -> Result<Self, Problem> {
        let (_, validity) = body.array(Some(rows))?;
        let keys = Keys::read(coded.width, rows, body)?;
        Ok(Self { keys, validity, offsets: None, dictionary: coded.dictionary })
    }

    fn read_lists(coded: Coded, rows: usize, body: &mut Body) -> Result<Self, Problem> {
        let (_, validity) = body.array(Some(rows))?;
        let offsets = body.scalars::<i32>(rows.saturating_add(1))?;
        let (items, no_items) = body.array(None)?;
        if no_items.is_some() {
            return Err("a list has an absent value".into());
        }
        let keys = Keys::read(coded.width, items, body)?;
        Ok(Self { keys, validity, offsets: Some(offsets), dictionary: coded.dictionary })
    }
}

impl Batch {
    fn read(columns: &Columns, rows: usize, body: &mut Body) -> Result<Self, Problem> {
        let mut batch = Self::default();
        for role in &columns.roles {
            match *role {
                Role::Emitted => batch.emitted = Some(moments(rows, body)?),
                Role::Happened => batch.happened = Some(moments(rows, body)?),
                Role::Metric(_) => {
                    body.array(Some(rows))?;
                    batch.metric = Some(body.scalars(rows)?);
                }
                Role::PlainValue => {
                    let (_, validity) = body.array(Some(rows))?;
                    let values = body.scalars(rows)?;
                    batch.value = Some(BatchValues::Plain { values, validity });
                }
                Role::CodedValue(coded) => {
                    let column = BatchColumn::read(coded, rows, body)?;
                    batch.value = Some(BatchValues::Coded(column));
                }
                Role::Id => {
                    body.array(Some(rows))?;
                    let ids = body.buffer()?;
                    let length = rows.checked_mul(16).filter(|length| *length <= ids.len());
                    let length = length.ok_or("column id is too short")?;
                    batch.ids = Some(ids.slice_with_length(0, length));
                }
                Role::Dimension { dimension, coded, is_list } => {
                    let read = if is_list { BatchColumn::read_lists } else { BatchColumn::read };
                    batch.columns.push((dimension, read(coded, rows, body)?));
                }
            }
        }
        if batch.emitted.is_none() || batch.metric.is_none() {
            return Err("column emitted or metric is missing".into());
        }
        Ok(batch)
    }

    fn rows(&self) -> usize {
        self.emitted.as_ref().map_or(0, |emitted| emitted.len())
    }
}

fn moments(rows: usize, body: &mut Body) -> Result<ScalarBuffer<i64>, Problem> {
    body.array(Some(rows))?;
    body.scalars(rows)
}
