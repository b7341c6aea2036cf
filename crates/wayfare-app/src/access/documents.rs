//! The stored form of access: JSON documents, versioned by the names of their fields.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::id::{ClientId, DeploymentId, OrganisationId, RoleId, UserId};
use wayfare_model::organisation::{
    Client, Deployment, Grant, Organisation, Person, Role, Token, User,
};
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
    /// Clients of before there were other grants have client credentials only.
    #[serde(default = "client_credentials_only")]
    grants: Vec<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    created_ms: i64,
}

fn client_credentials_only() -> Vec<String> {
    vec![Grant::ClientCredentials.as_str().to_owned()]
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredUser {
    name: String,
    password: String,
    password_set_ms: i64,
    roles: Vec<Uuid>,
    created_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredUserName {
    user: Uuid,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredRole {
    name: String,
    permissions: Vec<String>,
    created_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredToken {
    sha256: String,
    client: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sign_in: Option<Uuid>,
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
        grants: client.grants.iter().map(|grant| grant.as_str().to_owned()).collect(),
        redirect_uris: client.redirect_uris.clone(),
        created_ms: client.created.as_ms(),
    };
    document(client.id.as_uuid(), client.created, None, &stored)
}

pub(super) fn client(document: &Document) -> Result<Client> {
    let stored: StoredClient = body("client", document)?;
    let grants = stored.grants.iter().map(|grant| {
        grant
            .parse::<Grant>()
            .map_err(|error| Error::Corrupt { context: format!("client {}: {error}", document.id) })
    });
    Ok(Client {
        id: ClientId::from_uuid(document.id),
        name: stored.name,
        secret_hash: unhex("client", document, &stored.secret_sha256)?,
        permissions: stored.permissions.into_iter().collect(),
        grants: grants.collect::<Result<_>>()?,
        redirect_uris: stored.redirect_uris,
        created: Moment::from_ms(stored.created_ms),
    })
}

/// Documents that hold a password's hash expire in the year 9999: what expires leaves no history,
/// and a password that was changed must not be found anywhere.
const NEVER_IN_HISTORY: Moment = Moment::from_ms(253_402_300_799_999);

pub(super) fn user_document(user: &User, written: Moment, version: u32) -> Result<Document> {
    let stored = StoredUser {
        name: user.name.clone(),
        password: user.password_hash.clone(),
        password_set_ms: user.password_set.as_ms(),
        roles: user.roles.iter().map(|role| role.as_uuid()).collect(),
        created_ms: user.created.as_ms(),
    };
    let made = document(user.id.as_uuid(), written, Some(NEVER_IN_HISTORY), &stored)?;
    Ok(Document { version, ..made })
}

pub(super) fn user(document: &Document) -> Result<User> {
    let stored: StoredUser = body("user", document)?;
    Ok(User {
        id: UserId::from_uuid(document.id),
        name: stored.name,
        password_hash: stored.password,
        password_set: Moment::from_ms(stored.password_set_ms),
        roles: stored.roles.into_iter().map(RoleId::from_uuid).collect(),
        created: Moment::from_ms(stored.created_ms),
    })
}

/// The document that keeps a name from being given twice.
pub(super) fn user_name_document(user: &User) -> Result<Document> {
    let stored = StoredUserName { user: user.id.as_uuid() };
    document(user_name_document_id(&user.name), user.created, Some(NEVER_IN_HISTORY), &stored)
}

/// The id of a name's document.
pub(super) fn user_name_document_id(name: &str) -> Uuid {
    half(&super::clients::hash(name))
}

/// Whose name it is.
pub(super) fn user_of_name(document: &Document) -> Result<UserId> {
    let stored: StoredUserName = body("user name", document)?;
    Ok(UserId::from_uuid(stored.user))
}

pub(super) fn role_document(role: &Role) -> Result<Document> {
    let stored = StoredRole {
        name: role.name.clone(),
        permissions: role.permissions.iter().cloned().collect(),
        created_ms: role.created.as_ms(),
    };
    document(role.id.as_uuid(), role.created, None, &stored)
}

pub(super) fn role(document: &Document) -> Result<Role> {
    let stored: StoredRole = body("role", document)?;
    Ok(Role {
        id: RoleId::from_uuid(document.id),
        name: stored.name,
        permissions: stored.permissions.into_iter().collect(),
        created: Moment::from_ms(stored.created_ms),
    })
}

fn half(hash: &[u8; 32]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Uuid::from_bytes(bytes)
}

/// The id of the document of a secret: the first half of its hash. Where the document holds the
/// whole hash, that is compared afterwards.
pub(super) fn secret_document_id(hash: &[u8; 32]) -> Uuid {
    half(hash)
}

pub(super) fn token_document(token: &Token) -> Result<Document> {
    let stored = StoredToken {
        sha256: hex(&token.hash),
        client: token.client.as_uuid(),
        user: token.person.map(|person| person.user.as_uuid()),
        sign_in: token.person.map(|person| person.sign_in),
        expires_ms: token.expires.as_ms(),
    };
    document(secret_document_id(&token.hash), token.issued, Some(token.expires), &stored)
}

pub(super) fn token(document: &Document) -> Result<Token> {
    let stored: StoredToken = body("token", document)?;
    Ok(Token {
        hash: unhex("token", document, &stored.sha256)?,
        client: ClientId::from_uuid(stored.client),
        person: stored
            .user
            .zip(stored.sign_in)
            .map(|(user, sign_in)| Person { user: UserId::from_uuid(user), sign_in }),
        issued: document.written,
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

pub(super) fn document<T: Serialize>(
    id: Uuid,
    written: Moment,
    expires: Option<Moment>,
    stored: &T,
) -> Result<Document> {
    let body = serde_json::to_string(stored)
        .map_err(|error| Error::Corrupt { context: format!("document {id}: {error}") })?;
    Ok(Document { id, version: 1, written, expires, body })
}

pub(super) fn body<'a, T: Deserialize<'a>>(kind: &str, document: &'a Document) -> Result<T> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_of_before_there_were_grants_has_client_credentials_only() {
        let body = format!(
            r#"{{"name":"old","secretSha256":"{}","permissions":["*"],"createdMs":5}}"#,
            "ab".repeat(32)
        );
        let document = Document {
            id: Uuid::nil(),
            version: 1,
            written: Moment::from_ms(5),
            expires: None,
            body,
        };
        let read = client(&document).unwrap();
        assert_eq!(read.grants, [Grant::ClientCredentials].into());
        assert_eq!(read.redirect_uris, Vec::<String>::new());
        assert_eq!(client(&client_document(&read).unwrap()).unwrap(), read);
    }

    #[test]
    fn a_token_of_before_there_were_users_is_a_clients_own() {
        let body = format!(
            r#"{{"sha256":"{}","client":"{}","expiresMs":9}}"#,
            "cd".repeat(32),
            Uuid::nil()
        );
        let document = Document {
            id: Uuid::nil(),
            version: 1,
            written: Moment::from_ms(5),
            expires: None,
            body,
        };
        let read = token(&document).unwrap();
        assert_eq!(read.person, None);
        assert_eq!(token(&token_document(&read).unwrap()).unwrap(), read);
    }

    #[test]
    fn users_and_roles_are_read_as_they_were_written() {
        let read = User {
            id: UserId::from_uuid(Uuid::from_u128(1)),
            name: "ann@example.com".to_owned(),
            password_hash: "$argon2id$".to_owned(),
            password_set: Moment::from_ms(7),
            roles: [RoleId::from_uuid(Uuid::from_u128(2))].into(),
            created: Moment::from_ms(5),
        };
        let document = user_document(&read, Moment::from_ms(7), 3).unwrap();
        assert_eq!(user(&document).unwrap(), read);
        assert_eq!((document.version, document.written), (3, Moment::from_ms(7)));
        assert!(document.expires.is_some(), "a password's hash is kept in no history");
        assert_eq!(user_of_name(&user_name_document(&read).unwrap()).unwrap(), read.id);
        let read = Role {
            id: RoleId::from_uuid(Uuid::from_u128(2)),
            name: "analyst".to_owned(),
            permissions: ["journey:*:view".to_owned()].into(),
            created: Moment::from_ms(5),
        };
        assert_eq!(role(&role_document(&read).unwrap()).unwrap(), read);
    }
}
