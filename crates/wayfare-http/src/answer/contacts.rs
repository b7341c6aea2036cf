//! External contacts (our own).

use serde::Serialize;
use wayfare_app::contacts::KnownContact;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::id::ContactId;
use wayfare_model::wire::AddressableEntityRef;

/// A contact: who it is now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactAnswer {
    id: String,
    created_date: String,
    /// The contact it stands for now; absent when that is itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<AddressableEntityRef>,
    /// What leads to it now, of all contacts that are one with it.
    identifiers: Vec<IdentifierAnswer>,
    /// The other contacts that are one with it now.
    merged_contacts: Vec<MergedContact>,
    /// Contacts that it was merged with by mistake.
    kept_apart_from: Vec<AddressableEntityRef>,
    self_uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IdentifierAnswer {
    #[serde(rename = "type")]
    id_type: String,
    value: String,
    /// The contact that it belongs to by itself, and goes back to when the merge is undone.
    belongs_to: AddressableEntityRef,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MergedContact {
    id: String,
    created_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<AddressableEntityRef>,
    self_uri: String,
}

/// A contact.
pub(crate) fn contact(known: &KnownContact) -> ContactAnswer {
    let KnownContact { contact, present, identifiers, merged } = known;
    let others = std::iter::once(present).chain(merged).filter(|other| other.id != contact.id);
    ContactAnswer {
        id: contact.id.to_string(),
        created_date: contact.created.to_string(),
        merged_into: (present.id != contact.id).then(|| reference(present.id)),
        identifiers: identifiers.iter().map(identifier).collect(),
        merged_contacts: others.map(merged_contact).collect(),
        kept_apart_from: contact.kept_apart.iter().copied().map(reference).collect(),
        self_uri: uri(contact.id),
    }
}

fn identifier(known: &Identifier) -> IdentifierAnswer {
    IdentifierAnswer {
        id_type: known.customer.id_type.clone(),
        value: known.customer.id.clone(),
        belongs_to: reference(known.home),
    }
}

fn merged_contact(other: &Contact) -> MergedContact {
    MergedContact {
        id: other.id.to_string(),
        created_date: other.created.to_string(),
        merged_into: other.merged_into.map(reference),
        self_uri: uri(other.id),
    }
}

fn reference(id: ContactId) -> AddressableEntityRef {
    AddressableEntityRef { id: Some(id.to_string()), self_uri: Some(uri(id)) }
}

fn uri(id: ContactId) -> String {
    format!("/api/wayfare/v1/contacts/{id}")
}
