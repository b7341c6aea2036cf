//! OAuth clients.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::Url;
use wayfare_model::id::{ClientId, OrganisationId};
use wayfare_model::limits::{REDIRECT_CHARACTERS_MAX, REDIRECT_URIS_MAX};
use wayfare_model::organisation::{Client, Grant};
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_store::documents::Kind;

use super::failures::Whose;
pub use super::permissions::OWN_PERMISSIONS;
use super::{Caller, documents, permissions};
use crate::app::App;
use crate::error::Result;
use crate::paging::read_all;

/// Random bytes of a secret or token.
const SECRET_BYTES: usize = 32;

/// A new secret: 256 random bits as text.
pub(crate) fn new_secret(app: &App) -> String {
    let mut bytes = [0; SECRET_BYTES];
    app.entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 of a secret. Secrets and tokens are random, so that no slower hash is needed.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// A client that somebody wants.
#[derive(Debug, Clone, Default)]
pub struct NewClient {
    /// A name for people.
    pub name: String,
    /// Its own permissions; those with client credentials need one at least.
    pub permissions: Vec<String>,
    /// `client_credentials`, `code`, `token`; absent means client credentials only.
    pub grants: Option<Vec<String>>,
    /// Where browsers may be sent; clients through which people sign in need one at least.
    pub redirect_uris: Vec<String>,
}

impl App {
    /// Makes a client. Its secret is given once.
    ///
    /// # Errors
    /// Faults of any field.
    pub async fn create_client(
        &self,
        caller: &Caller,
        wanted: &NewClient,
    ) -> Result<(Client, String)> {
        let (grants, faults) = read(caller, wanted);
        if !faults.is_empty() {
            return Err(Problem::from_faults(faults).into());
        }
        let secret = new_secret(self);
        let client = Client {
            id: ClientId::from_uuid(self.entropy.uuid()),
            name: wanted.name.clone(),
            secret_hash: hash(&secret),
            permissions: wanted.permissions.iter().cloned().collect(),
            grants,
            redirect_uris: wanted.redirect_uris.clone(),
            created: self.now(),
        };
        let document = documents::client_document(&client)?;
        self.stores.documents.insert(caller.organisation, Kind::Client, document).await?;
        Ok((client, secret))
    }

    /// The clients of the caller's organisation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_clients(&self, caller: &Caller) -> Result<Vec<Client>> {
        let all = read_all(&*self.stores.documents, caller.organisation, Kind::Client).await?;
        let mut clients = all.iter().map(documents::client).collect::<Result<Vec<_>, _>>()?;
        clients.sort_by_key(|client| (client.created, client.id));
        Ok(clients)
    }

    /// Revokes a client: its tokens are of no use from now on.
    ///
    /// # Errors
    /// Not found.
    pub async fn revoke_client(&self, caller: &Caller, id: &str) -> Result<()> {
        let not_found = || Problem::not_found("client", id);
        let client: ClientId = id.parse().map_err(|_| not_found())?;
        let removed =
            self.stores.documents.remove(caller.organisation, Kind::Client, client.as_uuid()).await;
        match removed {
            Err(wayfare_store::Error::NotFound) => return Err(not_found().into()),
            other => other?,
        }
        self.tokens.forget(|caller| caller.client == client);
        Ok(())
    }

    /// The client with this id and secret, and its organisation. Failures in a row slow it down, those of
    /// each address apart: an id is known to many, and none of them may shut the client out.
    ///
    /// # Errors
    /// [`ProblemKind::BadCredentials`], the same for an unknown client and for a wrong secret;
    /// [`ProblemKind::TooManyRequests`].
    pub(super) async fn prove_client(
        &self,
        client_id: &str,
        secret: &str,
        address: Option<&str>,
    ) -> Result<(OrganisationId, Client)> {
        let whose = Whose::of(b"client", client_id, address);
        self.access.client_failures.may_try(whose, self.now())?;
        let known = self.find_client(client_id).await?;
        // An unknown client costs the same comparison as a wrong secret.
        let expected = known.as_ref().map_or([0; 32], |(_, client)| client.secret_hash);
        let is_right = |secret: &str| bool::from(hash(secret).ct_eq(&expected));
        let is_right = is_right(secret) || form_decoded(secret).is_some_and(|it| is_right(&it));
        let Some(proven) = known.filter(|_| is_right) else {
            self.access.client_failures.failed(whose, self.now());
            let message = "client id or secret is not valid";
            return Err(Problem::new(ProblemKind::BadCredentials, message).into());
        };
        self.access.client_failures.succeeded(whose);
        Ok(proven)
    }

    /// The client with this id, and its organisation.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn find_client(
        &self,
        client_id: &str,
    ) -> Result<Option<(OrganisationId, Client)>> {
        let Ok(id) = client_id.parse::<ClientId>() else { return Ok(None) };
        let located = self.stores.documents.locate(Kind::Client, id.as_uuid()).await?;
        let Some((organisation, document)) = located else { return Ok(None) };
        Ok(Some((organisation, documents::client(&document)?)))
    }
}

/// A secret as it is when a client that follows RFC 6749, 2.3.1, sent it encoded; nothing when it cannot
/// have been.
fn form_decoded(secret: &str) -> Option<String> {
    let is_encoded = secret.contains(['%', '+']) && !secret.contains(['&', '=']);
    let mut pairs = url::form_urlencoded::parse(secret.as_bytes()).filter(|_| is_encoded);
    pairs.next().map(|(name, _)| name.into_owned())
}

fn read(caller: &Caller, wanted: &NewClient) -> (BTreeSet<Grant>, Vec<Fault>) {
    let mut faults = permissions::name_faults(&wanted.name);
    let mut grants = BTreeSet::from([Grant::ClientCredentials]);
    if let Some(words) = &wanted.grants {
        grants.clear();
        for (place, word) in words.iter().enumerate() {
            match word.parse::<Grant>() {
                Ok(grant) => drop(grants.insert(grant)),
                Err(_) => {
                    let field = format!("grants[{place}]");
                    faults.push(Fault::invalid_value(
                        field,
                        word,
                        "client_credentials, code, token",
                    ));
                }
            }
        }
        if words.is_empty() {
            faults.push(Fault::constraint("grants", "must hold one grant at least"));
        }
    }
    let least = usize::from(grants.contains(&Grant::ClientCredentials));
    faults.extend(permissions::faults(caller, &wanted.permissions, least));
    let is_of_people = grants.iter().any(|grant| grant.is_of_a_person());
    faults.extend(redirect_faults(&wanted.redirect_uris, is_of_people));
    (grants, faults)
}

fn redirect_faults(uris: &[String], is_of_people: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    if is_of_people && uris.is_empty() {
        let rule = "must hold one place at least for the grants code and token";
        faults.push(Fault::constraint("redirectUris", rule));
    }
    if uris.len() > REDIRECT_URIS_MAX {
        let rule = format!("must hold {REDIRECT_URIS_MAX} places at most");
        faults.push(Fault::constraint("redirectUris", rule));
    }
    for (place, uri) in uris.iter().enumerate() {
        if !is_redirect_uri(uri) {
            let field = format!("redirectUris[{place}]");
            let allowed = "an absolute http or https URL without a fragment or user name";
            faults.push(Fault::invalid_value(field, uri, allowed));
        }
    }
    faults
}

/// RFC 6749, 3.1.2: absolute, without a fragment. Other schemes could be scripts.
fn is_redirect_uri(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_short = text.len() <= REDIRECT_CHARACTERS_MAX;
    let Ok(url) = Url::parse(text) else { return false };
    is_plain
        && is_short
        && matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn caller() -> Caller {
        Caller {
            organisation: OrganisationId::from_uuid(Uuid::nil()),
            client: ClientId::from_uuid(Uuid::nil()),
            person: None,
            token: Uuid::nil(),
            permissions: ["journey:*:*".to_owned()].into(),
        }
    }

    #[test]
    fn redirects_go_to_web_addresses_only() {
        let check = |uri, expected| assert_eq!(is_redirect_uri(uri), expected, "{uri}");
        check("https://app.example.com/callback", true);
        check("http://localhost:3000/", true);
        check("http://localhost:3000", true);
        check("https://app.example.com/callback?step=2", true);
        check("https://app.example.com/#part", false);
        check("https://ann:secret@app.example.com/", false);
        check("/callback", false);
        check("javascript:alert(1)", false);
        check("data:text/html,x", false);
        check("https://app.example.com/\r\nx", false);
        check("https://app.example.com/ü", false);
        check("", false);
    }

    #[test]
    fn what_a_client_needs_depends_on_its_grants() {
        let check =
            |permissions: &[&str], grants: Option<&[&str]>, uris: &[&str], expected: &[&str]| {
                let texts =
                    |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
                let wanted = NewClient {
                    name: "n".to_owned(),
                    permissions: texts(permissions),
                    grants: grants.map(texts),
                    redirect_uris: texts(uris),
                };
                let (_, faults) = read(&caller(), &wanted);
                let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
                assert_eq!(fields, expected, "{wanted:?}");
            };
        let view = "journey:segment:view";
        check(&[view], None, &[], &[]);
        check(&[], None, &[], &["permissions"]);
        check(&["analytics:*:*"], None, &[], &["permissions"]);
        check(&[], Some(&["code"]), &["https://a.b/"], &[]);
        check(&[], Some(&["token"]), &[], &["redirectUris"]);
        check(&[view], Some(&["code", "client_credentials"]), &["https://a.b/"], &[]);
        check(&[], Some(&["code", "password"]), &["https://a.b/"], &["grants[1]"]);
        check(&[], Some(&[]), &[], &["grants"]);
        check(&[], Some(&["code"]), &["https://a.b/", "x"], &["redirectUris[1]"]);
    }
}
