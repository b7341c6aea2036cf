//! Reading a file of Arrow or Parquet, batch by batch.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_ipc::reader::FileReader;
use arrow_schema::ArrowError;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Rows that are read at once from a Parquet file.
const BATCH_ROWS: usize = 1 << 18;
/// The first bytes of the two formats.
const ARROW: &[u8] = b"ARROW1";
const PARQUET: &[u8] = b"PAR1";

/// The batches of a file.
pub(super) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// Opens a file of either format.
///
/// # Errors
/// When it cannot be read, or is neither.
pub(super) fn open(path: &Path) -> Result<Batches, ArrowError> {
    let mut file = File::open(path)?;
    let mut begin = [0; 6];
    file.read_exact(&mut begin).map_err(|_| neither())?;
    file.rewind()?;
    if begin == ARROW {
        return Ok(Box::new(FileReader::try_new_buffered(file, None)?));
    }
    if begin.starts_with(PARQUET) {
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)?;
        return Ok(Box::new(reader.with_batch_size(BATCH_ROWS).build()?));
    }
    Err(neither())
}

fn neither() -> ArrowError {
    ArrowError::ParseError("it is neither an Arrow file nor a Parquet file".to_owned())
}
