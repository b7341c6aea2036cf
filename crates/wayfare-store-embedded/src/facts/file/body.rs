//! The buffers of a message of Arrow IPC, one after the other.

use arrow_buffer::{ArrowNativeType, Buffer, ScalarBuffer};
use arrow_ipc::{Block, MessageHeader, RecordBatch, root_as_message};

use super::problem::Problem;

/// Marks the beginning of a message.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// Gives the part of a buffer that a block of the footer names: metadata and body.
fn parts(file: &Buffer, block: &Block) -> Result<(Buffer, Buffer), Problem> {
    let start = usize::try_from(block.offset())?;
    let metadata = usize::try_from(block.metaDataLength())?;
    let body = usize::try_from(block.bodyLength())?;
    let middle = start.checked_add(metadata).ok_or("a block is too long")?;
    let end = middle.checked_add(body).filter(|end| *end <= file.len());
    end.ok_or("a block lies beyond the end")?;
    Ok((file.slice_with_length(start, metadata), file.slice_with_length(middle, body)))
}

/// A message's kind and header, and the body's buffers.
pub(super) fn message<T>(
    file: &Buffer,
    block: &Block,
    read: impl FnOnce(RecordBatch<'_>, Option<i64>, &mut Body) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let (metadata, body) = parts(file, block)?;
    let header = metadata.strip_prefix(&CONTINUATION).ok_or("a block does not begin a message")?;
    let flat = header.get(4..).ok_or("a message is too short")?;
    let message = root_as_message(flat).map_err(|error| format!("a message: {error}"))?;
    let (batch, dictionary) = match message.header_type() {
        MessageHeader::RecordBatch => {
            (message.header_as_record_batch().ok_or("a message has no batch")?, None)
        }
        MessageHeader::DictionaryBatch => {
            let header = message.header_as_dictionary_batch().ok_or("a message has no batch")?;
            if header.isDelta() {
                return Err("a dictionary comes in pieces".into());
            }
            (header.data().ok_or("a dictionary has no data")?, Some(header.id()))
        }
        other => return Err(format!("a message is a {other:?}").into()),
    };
    if batch.compression().is_some() {
        return Err("it is compressed".into());
    }
    let nodes = batch.nodes().ok_or("a batch has no nodes")?;
    let buffers = batch.buffers().ok_or("a batch has no buffers")?;
    let nodes: Vec<_> = nodes.iter().map(|node| (node.length(), node.null_count())).collect();
    let buffers: Vec<_> = buffers.iter().map(|part| (part.offset(), part.length())).collect();
    let mut body = Body { body, nodes: nodes.into_iter(), buffers: buffers.into_iter() };
    read(batch, dictionary, &mut body)
}

/// What is left of a body.
pub(super) struct Body {
    body: Buffer,
    nodes: std::vec::IntoIter<(i64, i64)>,
    buffers: std::vec::IntoIter<(i64, i64)>,
}

impl Body {
    /// The next array's length, which has to be this if it is known, and its validity, if some are
    /// absent.
    pub(super) fn array(
        &mut self,
        expected: Option<usize>,
    ) -> Result<(usize, Option<Buffer>), Problem> {
        let (length, null_count) = self.nodes.next().ok_or("an array is missing")?;
        let length = usize::try_from(length)?;
        if expected.is_some_and(|expected| expected != length) {
            return Err(format!("an array has {length} rows, the batch others").into());
        }
        let validity = self.buffer()?;
        if null_count == 0 {
            return Ok((length, None));
        }
        if validity.len() < length.div_ceil(8) {
            return Err("the validity of an array is too short".into());
        }
        Ok((length, Some(validity)))
    }

    /// The next buffer.
    pub(super) fn buffer(&mut self) -> Result<Buffer, Problem> {
        let (offset, length) = self.buffers.next().ok_or("a buffer is missing")?;
        let (offset, length) = (usize::try_from(offset)?, usize::try_from(length)?);
        if offset.checked_add(length).is_none_or(|end| end > self.body.len()) {
            return Err("a buffer lies beyond its message".into());
        }
        Ok(self.body.slice_with_length(offset, length))
    }

    /// The next buffer, as so many numbers.
    pub(super) fn scalars<T: ArrowNativeType>(
        &mut self,
        count: usize,
    ) -> Result<ScalarBuffer<T>, Problem> {
        let buffer = self.buffer()?;
        let bytes = count.checked_mul(size_of::<T>()).ok_or("an array is too long")?;
        if buffer.len() < bytes {
            return Err(format!("an array of {count} rows has only {} bytes", buffer.len()).into());
        }
        if buffer.as_ptr().align_offset(align_of::<T>()) != 0 {
            return Err("an array is not aligned".into());
        }
        Ok(ScalarBuffer::new(buffer, 0, count))
    }
}
