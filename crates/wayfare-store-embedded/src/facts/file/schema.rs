//! What a file's schema says of its columns.

use std::collections::BTreeMap;

use arrow_ipc::{Field, Footer, Type};
use wayfare_model::fact::Dimension;

use super::layout::{EMITTED, FORMAT, FORMAT_KEY, HAPPENED, ID, METRIC, VALUE};
use super::problem::Problem;

/// How wide codes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    U8,
    U16,
    U32,
}

/// What the entries of a dictionary are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryType {
    Texts,
    Uuids,
    Numbers,
}

/// Codes and their dictionary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coded {
    pub(super) width: Width,
    pub(super) dictionary: i64,
}

/// A column of the file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    Emitted,
    Happened,
    Metric(Coded),
    PlainValue,
    CodedValue(Coded),
    Id,
    Dimension { dimension: Dimension, coded: Coded, is_list: bool },
}

/// The columns of a file in their order, and what its dictionaries hold.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) roles: Vec<Role>,
    pub(super) dictionaries: BTreeMap<i64, EntryType>,
}

/// Reads the schema of a file.
pub(super) fn columns(footer: &Footer<'_>) -> Result<Columns, Problem> {
    let schema = footer.schema().ok_or("it has no schema")?;
    let metadata = schema.custom_metadata().into_iter().flatten();
    let format = metadata.filter(|pair| pair.key() == Some(FORMAT_KEY)).find_map(|it| it.value());
    if format != Some(FORMAT) {
        let found = format.unwrap_or("none");
        return Err(format!("its format is {found}, this program reads {FORMAT}").into());
    }
    let mut columns = Columns::default();
    for field in schema.fields().into_iter().flatten() {
        let role = columns.role(&field)?;
        columns.roles.push(role);
    }
    Ok(columns)
}

impl Columns {
    fn role(&mut self, field: &Field<'_>) -> Result<Role, Problem> {
        let name = field.name().unwrap_or_default();
        let unexpected =
            || Problem::from(format!("column {name} has the type {:?}", field.type_type()));
        let is_coded = field.dictionary().is_some();
        let role = match (name, field.type_type()) {
            (EMITTED, Type::Timestamp) if !is_coded => Role::Emitted,
            (HAPPENED, Type::Timestamp) if !is_coded => Role::Happened,
            (ID, Type::FixedSizeBinary) if !is_coded && is_key(field) => Role::Id,
            (METRIC, Type::Utf8) if is_coded => Role::Metric(self.coded(field)?),
            (VALUE, Type::FloatingPoint) if is_coded => Role::CodedValue(self.coded(field)?),
            (VALUE, Type::FloatingPoint) => Role::PlainValue,
            (name, kind) => {
                let dimension = name.parse::<Dimension>();
                let dimension = dimension.map_err(|()| format!("column {name} is not known"))?;
                let is_list = kind == Type::List;
                let item = if is_list {
                    let items = field.children();
                    items.filter(|items| items.len() == 1).map(|items| items.get(0))
                } else {
                    Some(*field)
                };
                let item = item.filter(|item| item.dictionary().is_some());
                let coded = self.coded(&item.ok_or_else(unexpected)?)?;
                Role::Dimension { dimension, coded, is_list }
            }
        };
        match role {
            Role::Metric(coded) if coded.width != Width::U8 => Err(unexpected()),
            role => Ok(role),
        }
    }

    fn coded(&mut self, field: &Field<'_>) -> Result<Coded, Problem> {
        let name = field.name().unwrap_or_default();
        let encoding = field.dictionary().ok_or_else(|| format!("column {name} has no codes"))?;
        let index = encoding.indexType().filter(|index| !index.is_signed());
        let width = match index.map(|index| index.bitWidth()) {
            Some(8) => Width::U8,
            Some(16) => Width::U16,
            Some(32) => Width::U32,
            _ => return Err(format!("the codes of column {name} have an unknown type").into()),
        };
        let entries = match field.type_type() {
            Type::Utf8 => EntryType::Texts,
            Type::FixedSizeBinary if is_key(field) => EntryType::Uuids,
            Type::FloatingPoint if name == VALUE => EntryType::Numbers,
            other => return Err(format!("column {name} has values of type {other:?}").into()),
        };
        if self.dictionaries.insert(encoding.id(), entries).is_some() {
            return Err(format!("column {name} shares its dictionary").into());
        }
        Ok(Coded { width, dictionary: encoding.id() })
    }
}

/// Whether a field's values are 16 bytes each.
fn is_key(field: &Field<'_>) -> bool {
    field.type_as_fixed_size_binary().is_some_and(|kind| kind.byteWidth() == 16)
}
