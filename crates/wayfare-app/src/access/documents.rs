//! The stored form of access: JSON documents, versioned by the names of their fields.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::id::{ClientId, DeploymentId, OrganisationId};
use wayfare_model::organisation::{Client, Deployment, Organisation, Token};
use wayfare_model::time::Moment;
use wayfare_store::documents::Document;
use wayfare_store::{Error, Result};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredOrganisation {
    name: String,
    seed: Uuid,
    created_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredClient {
    name: String,
    secret_sha256: String,
    permissions: Vec<String>,
    created_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredToken {
    sha256: String,
    client: Uuid,
    expires_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredDeployment {
    name: String,
    created_ms: i64,
}

pub(super) fn organisation_document(organisation: &Organisation) -> Result<Document> {
    let stored = StoredOrganisation {
        name: organisation.name.clone(),
        seed: organisation.seed,
        created_ms: organisation.created.as_ms(),
    };
    document(organisation.id.as_uuid(), organisation.created, None, &stored)
}

pub(super) fn organisation(id: OrganisationId, document: &Document) -> Result<Organisation> {
    let stored: StoredOrganisation = body("organisation", document)?;
    Ok(Organisation {
        id,
        name: stored.name,
        seed: stored.seed,
        created: Moment::from_ms(stored.created_ms),
    })
}

pub(super) fn client_document(client: &Client) -> Result<Document> {
    let stored = StoredClient {
        name: client.name.clone(),
        secret_sha256: hex(&client.secret_hash),
        permissions: client.permissions.iter().cloned().collect(),
        created_ms: client.created.as_ms(),
    };
    document(client.id.as_uuid(), client.created, None, &stored)
}

pub(super) fn client(document: &Document) -> Result<Client> {
    let stored: StoredClient = body("client", document)?;
    Ok(Client {
        id: ClientId::from_uuid(document.id),
        name: stored.name,
        secret_hash: unhex("client", document, &stored.secret_sha256)?,
        permissions: stored.permissions.into_iter().collect(),
        created: Moment::from_ms(stored.created_ms),
    })
}

/// The id of a token's document: the first half of its hash. The whole hash is compared afterwards.
pub(super) fn token_document_id(hash: &[u8; 32]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Uuid::from_bytes(bytes)
}

pub(super) fn token_document(token: &Token, written: Moment) -> Result<Document> {
    let stored = StoredToken {
        sha256: hex(&token.hash),
        client: token.client.as_uuid(),
        expires_ms: token.expires.as_ms(),
    };
    document(token_document_id(&token.hash), written, Some(token.expires), &stored)
}

pub(super) fn token(document: &Document) -> Result<Token> {
    let stored: StoredToken = body("token", document)?;
    Ok(Token {
        hash: unhex("token", document, &stored.sha256)?,
        client: ClientId::from_uuid(stored.client),
        expires: Moment::from_ms(stored.expires_ms),
    })
}

pub(super) fn deployment_document(deployment: &Deployment) -> Result<Document> {
    let stored =
        StoredDeployment { name: deployment.name.clone(), created_ms: deployment.created.as_ms() };
    document(deployment.id.as_uuid(), deployment.created, None, &stored)
}

pub(super) fn deployment(document: &Document) -> Result<Deployment> {
    let stored: StoredDeployment = body("deployment", document)?;
    Ok(Deployment {
        id: DeploymentId::from_uuid(document.id),
        name: stored.name,
        created: Moment::from_ms(stored.created_ms),
    })
}

fn document<T: Serialize>(
    id: Uuid,
    written: Moment,
    expires: Option<Moment>,
    stored: &T,
) -> Result<Document> {
    let body = serde_json::to_string(stored)
        .map_err(|error| Error::Corrupt { context: format!("document {id}: {error}") })?;
    Ok(Document { id, version: 1, written, expires, body })
}

fn body<'a, T: Deserialize<'a>>(kind: &str, document: &'a Document) -> Result<T> {
    serde_json::from_str(&document.body)
        .map_err(|error| Error::Corrupt { context: format!("{kind} {}: {error}", document.id) })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(kind: &str, document: &Document, text: &str) -> Result<[u8; 32]> {
    let damaged =
        || Error::Corrupt { context: format!("{kind} {}: the hash is damaged", document.id) };
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return Err(damaged());
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        let digits = text.get(place * 2..place * 2 + 2).ok_or_else(damaged)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| damaged())?;
    }
    Ok(bytes)
}
