//! Attributes and traits that come with events.

use std::fmt;
use std::str::FromStr;

/// The declared type of an attribute's value. On the wire the value is always text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeType {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A decimal number.
    Number,
    /// `true` or `false`.
    Boolean,
}

impl AttributeType {
    /// The names of the contract (`dataType`).
    pub const ALL: [Self; 4] = [Self::Text, Self::Integer, Self::Number, Self::Boolean];

    /// The name of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }
}

impl fmt::Display for AttributeType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for AttributeType {
    type Err = ();

    /// Letters of any case: the SDK page and the notification enum disagree on it (domain, 2.6).
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| text.eq_ignore_ascii_case(kind.as_str())).ok_or(())
    }
}

/// An attribute or trait: a type and the text of the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The declared type.
    pub data_type: AttributeType,
    /// The value as text, as it is matched.
    pub value: String,
}
