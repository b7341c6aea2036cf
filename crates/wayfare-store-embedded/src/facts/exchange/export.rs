//! Exporting facts: those of an interval go into a Parquet file, in the order they were emitted.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use wayfare_model::fact::Dimension;
use wayfare_model::id::OrganisationId;
use wayfare_model::time::Moment;
use wayfare_store::Error;

use crate::database::Database;
use crate::facts::file::{Place, Source, in_order};
use crate::facts::live::Snapshot;
use crate::facts::shelf::Dead;
use crate::facts::ship::impossible;

/// Rows that are written at once.
const BATCH_ROWS: usize = 1 << 16;
/// Rows that are put in order at once: 16 bytes each.
const SLICE_ROWS: usize = 1 << 22;
/// The time zone of moments.
const UTC: &str = "UTC";

/// Facts emitted from a moment, inclusive, to another, exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The first moment.
    pub from: Moment,
    /// The moment behind the last one.
    pub to: Moment,
}

impl Database {
    /// Exports facts to a new Parquet file; gives how many. `progress` is called with the number of
    /// rows that are done.
    pub(crate) async fn export_facts(
        &self,
        organisation: OrganisationId,
        interval: Interval,
        file: File,
        progress: Arc<dyn Fn(u64) + Send + Sync>,
    ) -> Result<u64, Error> {
        self.flush().await?;
        let snapshot = self.live().snapshot(organisation);
        self.work(move || export(&snapshot, interval, file, &*progress)).await
    }
}

fn export(
    snapshot: &Snapshot,
    interval: Interval,
    file: File,
    progress: &dyn Fn(u64),
) -> Result<u64, Error> {
    let (from, to) = (interval.from.as_ms(), interval.to.as_ms());
    let files: Vec<_> = (snapshot.files.iter())
        .filter(|live| {
            let emitted = live.file.entry().written.emitted;
            emitted.max >= from && emitted.min < to
        })
        .collect();
    files.iter().try_for_each(|live| live.file.check_content())?;
    let dead = (files.iter())
        .map(|live| live.file.dead(&live.superseded))
        .collect::<Result<Vec<Arc<Dead>>, Error>>()?;
    let mut sources = Vec::new();
    for (live, dead) in files.iter().zip(&dead) {
        for index in 0..live.file.facts()?.blocks() {
            sources.push(Source { block: live.file.block(index, dead)?, ids: &[] });
        }
    }
    for chunk in &snapshot.tail {
        sources.push(Source { block: chunk.block().map_err(impossible)?, ids: &[] });
    }
    write(&sources, from, to, file, progress).map_err(|error| Error::Unavailable {
        context: "writing a Parquet file".to_owned(),
        source: Box::new(error),
    })
}

fn write(
    sources: &[Source<'_>],
    from: i64,
    to: i64,
    file: File,
    progress: &dyn Fn(u64),
) -> Result<u64, ParquetError> {
    let columns = columns(sources);
    let schema = Arc::new(schema(&columns));
    let level = ZstdLevel::try_new(1)?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?;
    let mut done = 0;
    for (from, to) in slices(sources, from, to) {
        let order = in_order(sources, |place| (from..to).contains(&place.emitted));
        for places in order.chunks(BATCH_ROWS) {
            writer.write(&batch(&schema, &columns, sources, places)?)?;
            done += places.len() as u64;
            progress(done);
        }
    }
    let file = writer.into_inner()?;
    file.sync_all()?;
    Ok(done)
}

/// Cuts an interval into pieces with few enough facts each.
fn slices(sources: &[Source<'_>], from: i64, to: i64) -> Vec<(i64, i64)> {
    let count = |from: i64, to: i64| -> usize {
        let within = |source: &Source<'_>| {
            source.block.emitted().iter().filter(|emitted| (from..to).contains(emitted)).count()
        };
        sources.iter().map(within).sum()
    };
    let mut waiting = vec![(from, to)];
    let mut slices = Vec::new();
    while let Some((from, to)) = waiting.pop() {
        let middle = from.midpoint(to);
        if middle == from || count(from, to) <= SLICE_ROWS {
            slices.push((from, to));
        } else {
            waiting.extend([(middle, to), (from, middle)]);
        }
    }
    slices
}

/// The dimensions that some fact has, and whether one has several values of it.
fn columns(sources: &[Source<'_>]) -> BTreeMap<Dimension, bool> {
    let mut columns = BTreeMap::new();
    for dimension in Dimension::ALL {
        for column in sources.iter().filter_map(|source| source.block.column(*dimension)) {
            *columns.entry(*dimension).or_default() |= column.offsets.is_some();
        }
    }
    columns
}

fn schema(columns: &BTreeMap<Dimension, bool>) -> Schema {
    let moment = DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into()));
    let mut fields = vec![
        Field::new("emitted", moment.clone(), false),
        Field::new("happened", moment, false),
        Field::new("metric", DataType::Utf8, false),
        Field::new("value", DataType::Float64, true),
    ];
    fields.extend(columns.iter().map(|(dimension, is_list)| {
        let item = Arc::new(Field::new("item", DataType::Utf8, true));
        let kind = if *is_list { DataType::List(item) } else { DataType::Utf8 };
        Field::new(dimension.as_str(), kind, true)
    }));
    Schema::new(fields)
}

fn batch(
    schema: &Arc<Schema>,
    columns: &BTreeMap<Dimension, bool>,
    sources: &[Source<'_>],
    places: &[Place],
) -> Result<RecordBatch, ArrowError> {
    let source = |place: &Place| sources.get(place.source as usize);
    let emitted = places.iter().map(|place| place.emitted);
    let happened = places.iter().map(|place| {
        let happened = source(place).and_then(|source| source.block.happened());
        happened.and_then(|all| all.get(place.row as usize)).copied().unwrap_or(place.emitted)
    });
    let metric = places.iter().map(|place| {
        let metric = source(place).and_then(|source| source.block.metric(place.row as usize));
        metric.map_or("", wayfare_model::fact::Metric::as_str)
    });
    let value = places.iter().map(|place| source(place)?.block.value(place.row as usize));
    let mut arrays: Vec<ArrayRef> = vec![
        Arc::new(TimestampMillisecondArray::from_iter_values(emitted).with_timezone(UTC)),
        Arc::new(TimestampMillisecondArray::from_iter_values(happened).with_timezone(UTC)),
        Arc::new(StringArray::from_iter_values(metric)),
        Arc::new(Float64Array::from_iter(value)),
    ];
    for (dimension, is_list) in columns {
        let texts = |place: Place| {
            let column = source(&place).and_then(|source| source.block.column(*dimension));
            column.into_iter().flat_map(move |column| {
                let codes = column.codes_of(place.row as usize);
                codes.filter_map(|code| column.dictionary.get(code))
            })
        };
        if *is_list {
            let mut lists = ListBuilder::new(StringBuilder::new());
            for place in places {
                texts(*place).for_each(|entry| lists.values().append_value(entry.text()));
                lists.append(true);
            }
            arrays.push(Arc::new(lists.finish()));
        } else {
            let mut singles = StringBuilder::new();
            for place in places {
                singles.append_option(texts(*place).next().map(|entry| entry.text()));
            }
            arrays.push(Arc::new(singles.finish()));
        }
    }
    RecordBatch::try_new(Arc::clone(schema), arrays)
}
