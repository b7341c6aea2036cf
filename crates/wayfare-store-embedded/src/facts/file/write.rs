//! Writing a fact file.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, Schema};

use super::arrays::{Gathering, field, gatherings, happened};
use super::layout::{BATCH_ROWS, FORMAT, FORMAT_KEY};
use super::{Place, Source};

/// The earliest and the latest moment of some facts, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) min: i64,
    pub(crate) max: i64,
}

impl Bounds {
    fn of(moments: impl Iterator<Item = i64>) -> Option<Self> {
        moments.fold(None, |bounds, moment| {
            let Self { min, max } = bounds.unwrap_or(Self { min: moment, max: moment });
            Some(Self { min: min.min(moment), max: max.max(moment) })
        })
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) rows: u64,
    pub(crate) emitted: Bounds,
    pub(crate) happened: Bounds,
    pub(crate) bytes: u64,
    /// CRC-32 of all bytes.
    pub(crate) checksum: u32,
}

/// Writes facts in an order to a file. Nothing is written when there are none.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(
    file: impl Write,
    sources: &[Source<'_>],
    order: &[Place],
) -> io::Result<Option<Written>> {
    let emitted = Bounds::of(order.iter().map(|place| place.emitted));
    let happened = Bounds::of(order.iter().map(|place| happened(sources, *place)));
    let (Some(emitted), Some(happened)) = (emitted, happened) else { return Ok(None) };
    let mut out = Counted { file, bytes: 0, checksum: crc32fast::Hasher::new() };
    write_batches(BufWriter::with_capacity(1 << 20, &mut out), sources, order).map_err(
        |error| match error {
            ArrowError::IoError(_, error) => error,
            other => io::Error::other(other),
        },
    )?;
    let rows = order.len() as u64;
    let (bytes, checksum) = (out.bytes, out.checksum.finalize());
    Ok(Some(Written { rows, emitted, happened, bytes, checksum }))
}

fn write_batches(
    out: impl Write,
    sources: &[Source<'_>],
    order: &[Place],
) -> Result<(), ArrowError> {
    let gatherings = gatherings(sources, order);
    let mut writer: Option<FileWriter<_>> = None;
    let mut out = Some(out);
    for places in order.chunks(BATCH_ROWS) {
        let columns = (gatherings.iter())
            .map(|gathering: &Gathering| gathering.gather(sources, places))
            .collect::<Result<Vec<(&str, ArrayRef)>, _>>()?;
        let schema = writer.as_ref().map_or_else(|| schema(&columns), |it| Arc::clone(it.schema()));
        let columns = columns.into_iter().map(|(_, array)| array).collect();
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
        if let Some(out) = out.take() {
            writer = Some(FileWriter::try_new(out, &schema)?);
        }
        if let Some(writer) = &mut writer {
            writer.write(&batch)?;
        }
    }
    writer.map_or(Ok(()), |mut writer| {
        writer.finish()?;
        writer.flush()
    })
}

fn schema(columns: &[(&str, ArrayRef)]) -> Arc<Schema> {
    let fields: Vec<_> = columns.iter().map(|(name, array)| field(name, array)).collect();
    let metadata = HashMap::from([(FORMAT_KEY.to_owned(), FORMAT.to_owned())]);
    Arc::new(Schema::new_with_metadata(fields, metadata))
}

/// Counts and sums up what is written.
struct Counted<W> {
    file: W,
    bytes: u64,
    checksum: crc32fast::Hasher,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        self.checksum.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
