//! Customers and attributes within bodies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wayfare_model::attribute;
use wayfare_model::customer::CustomerKey;

use super::mirror::words;

/// A customer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Customer {
    #[serde(rename = "type")]
    id_type: String,
    id: String,
}

impl From<CustomerKey> for Customer {
    fn from(model: CustomerKey) -> Self {
        Self { id_type: model.id_type, id: model.id }
    }
}

impl From<Customer> for CustomerKey {
    fn from(stored: Customer) -> Self {
        Self { id_type: stored.id_type, id: stored.id }
    }
}

words! {
    /// The declared type of an attribute's value.
    AttributeType = attribute::AttributeType {
        Text = "text",
        Integer = "integer",
        Number = "number",
        Boolean = "boolean",
    }
}

/// An attribute.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Attribute {
    #[serde(rename = "type")]
    data_type: AttributeType,
    value: String,
}

/// Attributes by name.
pub(crate) type Attributes = BTreeMap<String, Attribute>;

/// Attributes as they are stored.
pub(crate) fn write_attributes(model: BTreeMap<String, attribute::Attribute>) -> Attributes {
    let write = |attribute: attribute::Attribute| Attribute {
        data_type: attribute.data_type.into(),
        value: attribute.value,
    };
    model.into_iter().map(|(name, attribute)| (name, write(attribute))).collect()
}

/// Attributes as the model knows them.
pub(crate) fn read_attributes(stored: Attributes) -> BTreeMap<String, attribute::Attribute> {
    let read = |attribute: Attribute| attribute::Attribute {
        data_type: attribute.data_type.into(),
        value: attribute.value,
    };
    stored.into_iter().map(|(name, attribute)| (name, read(attribute))).collect()
}
