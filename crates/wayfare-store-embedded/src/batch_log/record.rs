//! Records of the log: a head of fixed length, then the batch.

/// What a record begins with.
const MAGIC: u32 = u32::from_le_bytes(*b"WfBt");
/// The form of the batches that are written.
const FORMAT: u32 = 1;
/// Bytes of a head.
const HEAD_BYTES: usize = 32;
/// Records begin at multiples of this.
const ALIGNMENT: usize = 8;

/// A record that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'b> {
    /// The number of the batch.
    pub(super) sequence: u64,
    /// The batch.
    pub(super) batch: &'b [u8],
}

/// Writes a record. `salt` is that of the database: records of another are nobody's.
pub(super) fn write(sequence: u64, salt: u64, batch: &[u8]) -> Vec<u8> {
    let length = u32::try_from(batch.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEAD_BYTES + batch.len() + ALIGNMENT);
    bytes.extend(MAGIC.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(length.to_le_bytes());
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend(sequence.to_le_bytes());
    bytes.extend(salt.to_le_bytes());
    bytes.extend(batch);
    let checksum = crc32fast::hash(&bytes[8..]);
    bytes[4..8].copy_from_slice(&checksum.to_le_bytes());
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    bytes
}

/// Reads the records from the beginning of a file, up to where one is not whole, is of another
/// database, or does not follow its predecessor: what is left of an earlier use of the file.
pub(super) fn read(mut bytes: &[u8], salt: u64) -> Vec<Record<'_>> {
    let mut records: Vec<Record<'_>> = Vec::new();
    while let Some((record, rest)) = first(bytes, salt) {
        if records.last().is_some_and(|last| last.sequence + 1 != record.sequence) {
            break;
        }
        records.push(record);
        bytes = rest;
    }
    records
}

fn first(bytes: &[u8], salt: u64) -> Option<(Record<'_>, &[u8])> {
    let head = bytes.first_chunk::<HEAD_BYTES>()?;
    let word = |place: usize| {
        let word = head[place..].first_chunk::<4>()?;
        Some(u32::from_le_bytes(*word))
    };
    let long = |place: usize| {
        let long = head[place..].first_chunk::<8>()?;
        Some(u64::from_le_bytes(*long))
    };
    let end = HEAD_BYTES.checked_add(usize::try_from(word(8)?).ok()?)?;
    let is_ours = word(0)? == MAGIC && word(12)? == FORMAT && long(24)? == salt;
    if !is_ours || crc32fast::hash(bytes.get(8..end)?) != word(4)? {
        return None;
    }
    let record = Record { sequence: long(16)?, batch: bytes.get(HEAD_BYTES..end)? };
    Some((record, bytes.get(end.next_multiple_of(ALIGNMENT)..).unwrap_or_default()))
}
