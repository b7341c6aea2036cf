//! The contract files as they are: operations and models of one SDK generation each.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

/// SDK release numbers, oldest first. Their order decides which generation is "newer".
pub(crate) const GENERATIONS: [u16; 3] = [102, 108, 269];

/// One contract file.
pub(crate) struct Contract {
    pub(crate) generation: u16,
    pub(crate) operations: Vec<Operation>,
    pub(crate) models: Vec<Model>,
}

#[derive(Deserialize)]
pub(crate) struct Operation {
    #[serde(rename = "operation")]
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) permissions_any_of: Vec<String>,
    pub(crate) parameters: Vec<Parameter>,
    /// A type, or `empty`.
    pub(crate) response: String,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    #[serde(rename = "in")]
    pub(crate) place: String,
    #[serde(rename = "type")]
    pub(crate) value_type: String,
    pub(crate) required: bool,
}

pub(crate) struct Model {
    pub(crate) name: String,
    /// In the order of the file.
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    pub(crate) wire_name: String,
    pub(crate) value_type: Type,
    /// The values the SDK knows; empty when it does not check.
    pub(crate) values: Vec<String>,
}

/// A type in the notation of the contract files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Integer,
    Float,
    Boolean,
    DateTime,
    Any,
    List(Box<Type>),
    Dictionary(Box<Type>),
    Model(String),
}

impl Type {
    pub(crate) fn parse(text: &str) -> Result<Type> {
        let inside = |prefix: &str, suffix: &str| {
            text.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix))
        };
        if let Some(item) = inside("list[", "]") {
            return Ok(Type::List(Box::new(Type::parse(item)?)));
        }
        if let Some(item) = inside("dict(str, ", ")") {
            return Ok(Type::Dictionary(Box::new(Type::parse(item)?)));
        }
        Ok(match text {
            "str" => Type::Text,
            "int" => Type::Integer,
            "float" => Type::Float,
            "bool" => Type::Boolean,
            "datetime" => Type::DateTime,
            "object" => Type::Any,
            name if name.starts_with(|first: char| first.is_ascii_uppercase())
                && name.chars().all(|letter| letter.is_ascii_alphanumeric()) =>
            {
                Type::Model(name.to_owned())
            }
            _ => bail!("unknown type `{text}`"),
        })
    }

    /// The model this type is made of, if any.
    pub(crate) fn model(&self) -> Option<&str> {
        match self {
            Type::Model(name) => Some(name),
            Type::List(item) | Type::Dictionary(item) => item.model(),
            _ => None,
        }
    }
}

/// Reads the files of all generations, oldest first.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<Contract>> {
    GENERATIONS
        .iter()
        .map(|&generation| {
            let path = folder.join(format!("sdk-{generation}.json"));
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            parse(generation, &text).with_context(|| format!("cannot use {}", path.display()))
        })
        .collect()
}

#[derive(Deserialize)]
struct Document {
    operations: Vec<Operation>,
    /// `serde_json` keeps the order of the file, which the generated fields follow.
    models: Map<String, Value>,
}

#[derive(Deserialize)]
struct FieldDescription {
    #[serde(rename = "type")]
    value_type: String,
    #[serde(default, rename = "enum")]
    values: Vec<String>,
}

pub(super) fn parse(generation: u16, text: &str) -> Result<Contract> {
    let document: Document = serde_json::from_str(text)?;
    let mut models = Vec::new();
    for (name, fields) in document.models {
        let descriptions: Map<String, Value> =
            serde_json::from_value(fields).with_context(|| format!("model {name}"))?;
        let mut fields = Vec::new();
        for (wire_name, description) in descriptions {
            let place = || format!("field {name}.{wire_name}");
            let description: FieldDescription =
                serde_json::from_value(description).with_context(place)?;
            let value_type = Type::parse(&description.value_type).with_context(place)?;
            fields.push(Field { wire_name, value_type, values: description.values });
        }
        models.push(Model { name, fields });
    }
    Ok(Contract { generation, operations: document.operations, models })
}
