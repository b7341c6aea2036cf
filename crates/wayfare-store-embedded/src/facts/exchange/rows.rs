//! A batch of another program, checked.

use std::fmt;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Float32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use wayfare_engine::aggregates::columns::{BadBlock, Bits, Block, Entry, Values};
use wayfare_engine::aggregates::is_stored;
use wayfare_model::fact::{Dimension, Metric};

use super::column::OwnColumn;

/// The names of columns that are no dimensions.
const EMITTED: &str = "emitted";
const HAPPENED: &str = "happened";
const METRIC: &str = "metric";
const VALUE: &str = "value";
/// Facts that are imported have no ids; those that Wayfare exported say theirs.
const ID: &str = "id";

/// What is wrong with a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The column's name, once it is known.
    pub(super) column: String,
    /// The row within the batch.
    pub(super) row: Option<usize>,
    /// What it must be.
    pub(super) rule: String,
}

impl Fault {
    /// A whole column is wrong.
    pub(super) fn whole(rule: impl fmt::Display) -> Self {
        Self { column: String::new(), row: None, rule: rule.to_string() }
    }

    fn at(row: usize, rule: impl fmt::Display) -> Self {
        Self { row: Some(row), ..Self::whole(rule) }
    }

    fn of(self, column: &str) -> Self {
        Self { column: column.to_owned(), ..self }
    }
}

/// Facts of a batch.
#[derive(Debug)]
pub(super) struct Rows {
    emitted: Vec<i64>,
    happened: Option<Vec<i64>>,
    metric_codes: Vec<u8>,
    values: Vec<f64>,
    has_value: Vec<u8>,
    columns: Vec<(Dimension, OwnColumn)>,
}

impl Rows {
    /// Reads a batch.
    pub(super) fn read(batch: &RecordBatch) -> Result<Self, Fault> {
        let mut rows = Self {
            emitted: Vec::new(),
            happened: None,
            metric_codes: Vec::new(),
            values: Vec::new(),
            has_value: Vec::new(),
            columns: Vec::new(),
        };
        let schema = batch.schema();
        for required in [EMITTED, METRIC] {
            if batch.column_by_name(required).is_none() {
                return Err(Fault::whole("is missing").of(required));
            }
        }
        for (field, array) in schema.fields().iter().zip(batch.columns()) {
            rows.read_column(field.name(), array).map_err(|fault| fault.of(field.name()))?;
        }
        Ok(rows)
    }

    fn read_column(&mut self, name: &str, array: &ArrayRef) -> Result<(), Fault> {
        match name {
            EMITTED => self.emitted = moments(array)?,
            HAPPENED => self.happened = Some(moments(array)?),
            METRIC => self.metric_codes = metrics(array)?,
            VALUE => {
                let values = numbers(array)?;
                self.has_value = vec![0; values.len().div_ceil(8)];
                for (row, value) in values.iter().enumerate() {
                    let Some(value) = value else { continue };
                    if !value.is_finite() {
                        return Err(Fault::at(row, format!("must be finite, but is {value}")));
                    }
                    if let Some(byte) = self.has_value.get_mut(row / 8) {
                        *byte |= 1 << (row % 8);
                    }
                }
                self.values = values.iter().map(Option::unwrap_or_default).collect();
            }
            ID => {}
            _ => {
                let dimension = name.parse::<Dimension>();
                let dimension = dimension.map_err(|()| {
                    Fault::whole("is no dimension, nor emitted, happened, metric or value")
                })?;
                let column = OwnColumn::read(array)?;
                if let Some(row) = column.first_row(<[u8]>::is_empty) {
                    return Err(Fault::at(
                        row,
                        "must not be empty; a fact without a value has null",
                    ));
                }
                self.columns.push((dimension, column));
            }
        }
        Ok(())
    }

    /// How many facts.
    pub(super) fn len(&self) -> usize {
        self.emitted.len()
    }

    /// The facts as a block.
    pub(super) fn block(&self) -> Result<Block<'_>, BadBlock> {
        let mut block = Block::new(&self.emitted, Metric::ALL, &self.metric_codes)?;
        if let Some(happened) = &self.happened {
            block = block.with_happened(happened)?;
        }
        if !self.values.is_empty() {
            let validity = Bits::new(&self.has_value, 0, self.values.len());
            block = block.with_values(Values::Plain { values: &self.values, validity })?;
        }
        for (dimension, column) in &self.columns {
            block = block.with_column(*dimension, column.column())?;
        }
        Ok(block)
    }
}

/// Reads moments: timestamps of any unit, in UTC.
fn moments(array: &ArrayRef) -> Result<Vec<i64>, Fault> {
    let DataType::Timestamp(unit, zone) = array.data_type() else {
        let found = array.data_type();
        return Err(Fault::whole(format!("must be a timestamp in UTC, but is {found}")));
    };
    match zone.as_deref() {
        Some("UTC" | "utc" | "Z" | "+00:00" | "Etc/UTC") => {}
        Some(zone) => {
            return Err(Fault::whole(format!("must be in UTC, but is in the time zone {zone}")));
        }
        None => return Err(Fault::whole("must say that it is in UTC, but has no time zone")),
    }
    if let Some(row) = (0..array.len()).find(|row| array.is_null(*row)) {
        return Err(Fault::at(row, "must not be null"));
    }
    Ok(match unit {
        TimeUnit::Second => {
            let seconds = array.as_primitive::<TimestampSecondType>().values();
            seconds.iter().map(|moment| moment.saturating_mul(1_000)).collect()
        }
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values().to_vec(),
        TimeUnit::Microsecond => {
            let moments = array.as_primitive::<TimestampMicrosecondType>().values();
            moments.iter().map(|moment| moment.div_euclid(1_000)).collect()
        }
        TimeUnit::Nanosecond => {
            let moments = array.as_primitive::<TimestampNanosecondType>().values();
            moments.iter().map(|moment| moment.div_euclid(1_000_000)).collect()
        }
    })
}

/// Reads the metrics, as places in [`Metric::ALL`].
fn metrics(array: &ArrayRef) -> Result<Vec<u8>, Fault> {
    let column = OwnColumn::read(array)?;
    let known = |name: &[u8]| {
        let metric = std::str::from_utf8(name).ok()?.parse::<Metric>().ok()?;
        is_stored(metric).then_some(metric)
    };
    let name_of = |row| {
        let column = column.column();
        let entry = column.codes_of(row).next().and_then(|code| column.dictionary.get(code));
        entry.map(|entry| entry.text().into_owned()).unwrap_or_default()
    };
    if let Some(row) = column.first_row(|name| known(name).is_none()) {
        let rule = format!("must be a metric that facts have, but is '{}'", name_of(row));
        return Err(Fault::at(row, rule));
    }
    if let Some(row) = column.first_absent() {
        return Err(Fault::at(row, "must not be null"));
    }
    let column = column.column();
    let codes: Vec<u8> = (0..column.dictionary.len() as u32)
        .map(|code| match column.dictionary.get(code) {
            Some(Entry::Text(name)) => known(name).map_or(u8::MAX, |metric| metric as u8),
            _ => u8::MAX,
        })
        .collect();
    let metric = |row| {
        let code = column.codes_of(row).next()?;
        codes.get(code as usize).copied()
    };
    Ok((0..column.rows()).map(|row| metric(row).unwrap_or(u8::MAX)).collect())
}

/// Reads numbers.
fn numbers(array: &ArrayRef) -> Result<Float64Array, Fault> {
    Ok(match array.data_type() {
        DataType::Float64 => array.as_primitive::<Float64Type>().clone(),
        DataType::Float32 => array.as_primitive::<Float32Type>().unary(f64::from),
        DataType::Int32 => array.as_primitive::<Int32Type>().unary(f64::from),
        DataType::Int64 => array.as_primitive::<Int64Type>().unary(|number| number as f64),
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            let values = numbers(dictionary.values())?;
            if values.is_empty() {
                return Ok(Float64Array::new_null(array.len()));
            }
            let keys = dictionary.normalized_keys();
            (keys.into_iter().enumerate())
                .map(|(row, key)| {
                    (array.is_valid(row) && values.is_valid(key)).then(|| values.value(key))
                })
                .collect()
        }
        other => return Err(Fault::whole(format!("must be a number, but is {other}"))),
    })
}
