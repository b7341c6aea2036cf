//! A field of a PATCH body: absent, null, or a value.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::problem::Fault;

/// What a PATCH says of one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// The field is not in the body: keep what is stored.
    #[default]
    Absent,
    /// The field is `null`: clear it.
    Null,
    /// The field has a value: store it.
    Value(T),
}

impl<T> Patch<T> {
    /// Applies the change to a field that may be empty.
    pub fn apply_to_option(self, field: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *field = None,
            Self::Value(value) => *field = Some(value),
        }
    }

    /// The value of a field that cannot be cleared: `null` is a fault of `field`.
    pub fn not_null(self, field: &str, faults: &mut Vec<Fault>) -> Option<T> {
        match self {
            Self::Absent => None,
            Self::Null => {
                faults.push(Fault::not_null(field));
                None
            }
            Self::Value(value) => Some(value),
        }
    }

    /// Whether the field is to be left out of a body.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    /// Needs `#[serde(default)]` on the field: serde calls this only for fields that are there.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    /// Needs `#[serde(skip_serializing_if = "Patch::is_absent")]` on the field.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}
