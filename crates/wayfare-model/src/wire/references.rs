// Generated from contract/ by `cargo xtask codegen`. Do not edit.

//! References to other entities, used by several nouns.

use serde::{Deserialize, Serialize};

/// `AddressableEntityRef` (SDK 102, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressableEntityRef {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}
