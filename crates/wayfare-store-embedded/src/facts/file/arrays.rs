//! Columns of the file as Arrow has them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, PrimitiveBuilder};
use arrow_array::types::{ArrowDictionaryKeyType, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, ArrowNativeTypeOp, DictionaryArray, FixedSizeBinaryArray, Float64Array,
    ListArray, PrimitiveArray, StringArray, TimestampMillisecondArray,
};
use arrow_buffer::{ArrowNativeType as _, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field};
use foldhash::fast::FixedState;
use wayfare_model::fact::Metric;

use super::layout::{EMITTED, HAPPENED, ID, ITEM, METRIC, VALUE, VALUES_CODED_MAX};
use super::unify::{Unified, Values};
use super::{FactKey, Place, Source};

/// The time zone of moments.
const UTC: &str = "UTC";

/// A column of the file: what it is called, and how its rows are gathered.
pub(super) enum Gathering {
    Emitted,
    Happened,
    Metric { code_of: HashMap<Metric, u8, FixedState>, names: ArrayRef },
    PlainValue,
    CodedValue { code_of: HashMap<u64, u16, FixedState>, values: ArrayRef },
    Id,
    Dimension { unified: Unified, values: ArrayRef },
}

/// The columns that a file of these facts has.
pub(super) fn gatherings(sources: &[Source<'_>], order: &[Place]) -> Vec<Gathering> {
    let mut gatherings = vec![Gathering::Emitted];
    if order.iter().any(|place| happened(sources, *place) != place.emitted) {
        gatherings.push(Gathering::Happened);
    }
    gatherings.push(metrics(sources, order));
    gatherings.extend(values(sources, order));
    if sources.iter().any(|source| !source.ids.is_empty()) {
        gatherings.push(Gathering::Id);
    }
    for dimension in wayfare_model::fact::Dimension::ALL {
        if let Some(unified) = Unified::new(*dimension, sources, order) {
            let values: ArrayRef = match &unified.values {
                Values::Texts(texts) => Arc::new(StringArray::from_iter_values(texts)),
                Values::Uuids(uuids) => Arc::new(keys(uuids.iter().copied())),
            };
            gatherings.push(Gathering::Dimension { unified, values });
        }
    }
    gatherings
}

pub(super) fn happened(sources: &[Source<'_>], place: Place) -> i64 {
    let happened = sources.get(place.source as usize).and_then(|source| source.block.happened());
    happened.and_then(|all| all.get(place.row as usize)).copied().unwrap_or(place.emitted)
}

fn metric(sources: &[Source<'_>], place: Place) -> Option<Metric> {
    sources.get(place.source as usize)?.block.metric(place.row as usize)
}

fn value(sources: &[Source<'_>], place: Place) -> Option<f64> {
    sources.get(place.source as usize)?.block.value(place.row as usize)
}

fn metrics(sources: &[Source<'_>], order: &[Place]) -> Gathering {
    let mut code_of = HashMap::with_hasher(FixedState::default());
    let mut names = Vec::new();
    for metric in order.iter().filter_map(|place| metric(sources, *place)) {
        code_of.entry(metric).or_insert_with(|| {
            names.push(metric.as_str());
            (names.len() - 1) as u8
        });
    }
    Gathering::Metric { code_of, names: Arc::new(StringArray::from_iter_values(names)) }
}

/// Values are written as codes when that takes less room.
fn values(sources: &[Source<'_>], order: &[Place]) -> Option<Gathering> {
    let mut code_of = HashMap::with_hasher(FixedState::default());
    let mut different = Vec::new();
    let mut is_coded = true;
    let mut is_any = false;
    for value in order.iter().filter_map(|place| value(sources, *place)) {
        is_any = true;
        if code_of.len() == VALUES_CODED_MAX && !code_of.contains_key(&value.to_bits()) {
            is_coded = false;
            break;
        }
        code_of.entry(value.to_bits()).or_insert_with(|| {
            different.push(value);
            (different.len() - 1) as u16
        });
    }
    // Two bytes a row and eight a value, against eight a row.
    if is_coded && different.len() * 8 + order.len() * 2 < order.len() * 8 {
        let values = Arc::new(Float64Array::from(different));
        return is_any.then_some(Gathering::CodedValue { code_of, values });
    }
    is_any.then_some(Gathering::PlainValue)
}

/// Calls a function with the narrowest type of codes for a number of values.
macro_rules! narrowest {
    ($len:expr, $gather:ident($($argument:expr),*)) => {
        match $len {
            0..=0x100 => $gather::<UInt8Type>($($argument),*),
            0x101..=0x1_0000 => $gather::<UInt16Type>($($argument),*),
            _ => $gather::<UInt32Type>($($argument),*),
        }
    };
}

impl Gathering {
    /// The column's name and the values of some facts.
    pub(super) fn gather(
        &self,
        sources: &[Source<'_>],
        places: &[Place],
    ) -> Result<(&'static str, ArrayRef), ArrowError> {
        Ok(match self {
            Self::Emitted => (EMITTED, moments(places.iter().map(|place| place.emitted))),
            Self::Happened => {
                (HAPPENED, moments(places.iter().map(|place| happened(sources, *place))))
            }
            Self::Metric { code_of, names } => {
                let code = |place: &Place| code_of.get(&metric(sources, *place)?).copied();
                (METRIC, coded::<UInt8Type>(places.iter().map(code), names)?)
            }
            Self::PlainValue => {
                let values = places.iter().map(|place| value(sources, *place));
                (VALUE, Arc::new(Float64Array::from_iter(values)))
            }
            Self::CodedValue { code_of, values } => {
                let code = |place: &Place| code_of.get(&value(sources, *place)?.to_bits()).copied();
                let codes = places.iter().map(code);
                if values.len() <= 0x100 {
                    let codes = codes.map(|code| code.map(|code| code as u8));
                    (VALUE, coded::<UInt8Type>(codes, values)?)
                } else {
                    (VALUE, coded::<UInt16Type>(codes, values)?)
                }
            }
            Self::Id => {
                let id = |place: &Place| {
                    let ids =
                        sources.get(place.source as usize).map_or(&[][..], |source| source.ids);
                    ids.get(place.row as usize).copied().unwrap_or_default()
                };
                (ID, Arc::new(keys(places.iter().map(id))))
            }
            Self::Dimension { unified, values } => {
                let name = unified.dimension.as_str();
                let array = if unified.is_list {
                    narrowest!(unified.len(), lists(unified, values, sources, places))?
                } else {
                    narrowest!(unified.len(), singles(unified, values, sources, places))?
                };
                (name, array)
            }
        })
    }
}

fn moments(moments: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMillisecondArray::from_iter_values(moments).with_timezone(UTC))
}

fn keys(keys: impl ExactSizeIterator<Item = FactKey>) -> FixedSizeBinaryArray {
    let mut builder = FixedSizeBinaryBuilder::with_capacity(keys.len(), 16);
    for key in keys {
        // Every key is of the builder's length.
        let _appended = builder.append_value(key);
    }
    builder.finish()
}

fn coded<K: ArrowDictionaryKeyType>(
    codes: impl Iterator<Item = Option<K::Native>>,
    values: &ArrayRef,
) -> Result<ArrayRef, ArrowError> {
    let mut builder = PrimitiveBuilder::<K>::with_capacity(codes.size_hint().0);
    for code in codes {
        builder.append_option(code);
    }
    Ok(Arc::new(DictionaryArray::try_new(builder.finish(), Arc::clone(values))?))
}

fn singles<K: ArrowDictionaryKeyType>(
    unified: &Unified,
    values: &ArrayRef,
    sources: &[Source<'_>],
    places: &[Place],
) -> Result<ArrayRef, ArrowError> {
    let code = |place: &Place| {
        let code = unified.codes_of(sources, *place).next()?;
        K::Native::from_usize(code as usize)
    };
    coded::<K>(places.iter().map(code), values)
}

fn lists<K: ArrowDictionaryKeyType>(
    unified: &Unified,
    values: &ArrayRef,
    sources: &[Source<'_>],
    places: &[Place],
) -> Result<ArrayRef, ArrowError> {
    let mut codes = Vec::with_capacity(places.len());
    let mut offsets = Vec::with_capacity(places.len() + 1);
    offsets.push(0_i32);
    for place in places {
        let start = codes.len();
        for code in unified.codes_of(sources, *place) {
            let code = K::Native::from_usize(code as usize).unwrap_or(K::Native::ZERO);
            if !codes.get(start..).unwrap_or_default().contains(&code) {
                codes.push(code);
            }
        }
        let end = i32::try_from(codes.len());
        offsets.push(end.map_err(|_| ArrowError::OffsetOverflowError(codes.len()))?);
    }
    let keys = PrimitiveArray::<K>::new(ScalarBuffer::from(codes), None);
    let values = DictionaryArray::try_new(keys, Arc::clone(values))?;
    let field = Arc::new(Field::new(ITEM, values.data_type().clone(), false));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(Arc::new(ListArray::try_new(field, offsets, Arc::new(values), None)?))
}

/// The schema's field of a column: what no fact lacks is said to be there.
pub(super) fn field(name: &str, array: &ArrayRef) -> Field {
    let is_always_there = [EMITTED, HAPPENED, METRIC, ID].contains(&name)
        || matches!(array.data_type(), DataType::List(_));
    Field::new(name, array.data_type().clone(), !is_always_there)
}
