//! What a client asks a browser to bring (`/oauth/authorize`; RFC 6749, 4.1 and 4.2, RFC 7636).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::REDIRECT_CHARACTERS_MAX;
use wayfare_model::organisation::{Client, Grant};

use crate::app::App;
use crate::error::Error;

/// The parameters of an authorization request that we know, as they came. Others are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// `client_id`.
    pub client_id: String,
    /// `redirect_uri`.
    pub redirect_uri: String,
    /// `response_type`: `code` or `token`.
    pub response_type: String,
    /// `state`: the client's own, given back as it is.
    pub state: Option<String>,
    /// `code_challenge` (RFC 7636).
    pub code_challenge: Option<String>,
    /// `code_challenge_method`: `S256`.
    pub code_challenge_method: Option<String>,
}

/// A request that may be granted to whoever signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    pub(super) organisation: OrganisationId,
    /// The client that asks.
    pub client: Client,
    pub(super) grant: Grant,
    pub(super) destination: Destination,
    /// The SHA-256 of the verifier, in base64url.
    pub(super) challenge: Option<String>,
}

/// Where a browser is sent with the outcome. Made only of a place the client has registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    pub(super) uri: String,
    grant: Grant,
    state: Option<String>,
}

impl Destination {
    /// The place with these parameters and the client's state: behind `#` for a token, which must
    /// not reach a server's log, and behind `?` for a code.
    #[must_use]
    pub fn with(&self, parameters: &[(&str, &str)]) -> String {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(parameters);
        if let Some(state) = &self.state {
            text.append_pair("state", state);
        }
        // Fragments are read without turning plus signs into blanks.
        let text = text.finish().replace('+', "%20");
        let mark = match self.grant {
            Grant::Token => '#',
            _ if self.uri.contains('?') => '&',
            _ => '?',
        };
        format!("{}{mark}{text}", self.uri)
    }

    /// Scheme, host and port, as a content security policy names them.
    #[must_use]
    pub fn origin(&self) -> String {
        Url::parse(&self.uri)
            .map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
    }
}

/// Why a request is not granted.
#[derive(Debug)]
pub enum Refusal {
    /// The browser must not be sent anywhere: a person reads why.
    Shown(String),
    /// The client is told: a code of RFC 6749, 4.1.2.1, and a description.
    Told(Destination, &'static str, String),
    /// The use case failed.
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Authorization {
    /// Where the browser is sent with the outcome.
    #[must_use]
    pub fn destination(&self) -> &Destination {
        &self.destination
    }
}

impl App {
    /// Reads an authorization request.
    ///
    /// # Errors
    /// [`Refusal::Shown`] until the client and its place are known good, [`Refusal::Told`] after.
    pub async fn read_authorization(
        &self,
        request: &AuthorizationRequest,
    ) -> Result<Authorization, Refusal> {
        let found = self.find_client(&request.client_id).await?;
        let Some((organisation, client)) = found else {
            return Err(Refusal::Shown("the client is not known: check client_id".to_owned()));
        };
        if !client.redirect_uris.contains(&request.redirect_uri) {
            let why =
                "the place to return to is not registered with the client: check redirect_uri";
            return Err(Refusal::Shown(why.to_owned()));
        }
        read(organisation, client, request)
    }
}

fn read(
    organisation: OrganisationId,
    client: Client,
    request: &AuthorizationRequest,
) -> Result<Authorization, Refusal> {
    let asked = match request.response_type.as_str() {
        "token" => Some(Grant::Token),
        "code" => Some(Grant::Code),
        _ => None,
    };
    let state = request.state.clone();
    let is_long = state.as_ref().is_some_and(|state| state.len() > REDIRECT_CHARACTERS_MAX);
    let destination = Destination {
        uri: request.redirect_uri.clone(),
        // What nobody understands is answered in the query, as for a code.
        grant: asked.unwrap_or(Grant::Code),
        state: state.filter(|_| !is_long),
    };
    let told = |code, why: &str| Err(Refusal::Told(destination.clone(), code, why.to_owned()));
    let Some(grant) = asked else {
        return told("unsupported_response_type", "response_type must be code or token");
    };
    if is_long {
        return told("invalid_request", "state is too long");
    }
    if !client.grants.contains(&grant) {
        return told("unauthorized_client", "the client does not have this grant");
    }
    let challenge = request.code_challenge.clone().filter(|_| grant == Grant::Code);
    if let Some(challenge) = &challenge {
        if request.code_challenge_method.as_deref() != Some("S256") {
            return told("invalid_request", "code_challenge_method must be S256");
        }
        let bytes = URL_SAFE_NO_PAD.decode(challenge).ok();
        if bytes.is_none_or(|bytes| bytes.len() != 32) {
            return told("invalid_request", "code_challenge must be a SHA-256 in base64url");
        }
    }
    Ok(Authorization { organisation, client, grant, destination, challenge })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use wayfare_model::id::ClientId;
    use wayfare_model::time::Moment;

    use super::*;

    /// The example of RFC 7636, appendix B.
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn client(grants: &[Grant]) -> Client {
        Client {
            id: ClientId::from_uuid(Uuid::nil()),
            name: "n".to_owned(),
            secret_hash: [0; 32],
            permissions: [].into(),
            grants: grants.iter().copied().collect(),
            redirect_uris: vec!["https://app.test/back".to_owned()],
            created: Moment::from_ms(0),
        }
    }

    fn request(response_type: &str, challenge: Option<(&str, &str)>) -> AuthorizationRequest {
        AuthorizationRequest {
            redirect_uri: "https://app.test/back".to_owned(),
            response_type: response_type.to_owned(),
            state: Some("s&t=a+b é#".to_owned()),
            code_challenge: challenge.map(|(challenge, _)| challenge.to_owned()),
            code_challenge_method: challenge.map(|(_, method)| method.to_owned()),
            ..AuthorizationRequest::default()
        }
    }

    #[test]
    fn what_may_be_granted_and_what_the_client_is_told() {
        let both = &[Grant::Code, Grant::Token][..];
        let check = |grants: &[Grant], response_type, challenge, expected: &str| {
            let organisation = OrganisationId::from_uuid(Uuid::nil());
            let outcome = read(organisation, client(grants), &request(response_type, challenge));
            let told = match outcome {
                Ok(_) => "granted",
                Err(Refusal::Told(destination, code, _)) => {
                    let place = destination.with(&[("error", code)]);
                    let state = "&state=s%26t%3Da%2Bb%20%C3%A9%23";
                    assert!(place.ends_with(&format!("error={code}{state}")), "{place}");
                    code
                }
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(told, expected, "{response_type} {challenge:?}");
        };
        check(both, "token", None, "granted");
        check(both, "code", None, "granted");
        check(both, "code", Some((CHALLENGE, "S256")), "granted");
        check(both, "code", Some((CHALLENGE, "plain")), "invalid_request");
        check(both, "code", Some((CHALLENGE, "")), "invalid_request");
        check(both, "code", Some(("short", "S256")), "invalid_request");
        check(both, "id_token", None, "unsupported_response_type");
        check(both, "", None, "unsupported_response_type");
        check(&[Grant::Token], "code", None, "unauthorized_client");
        check(&[Grant::Code], "token", None, "unauthorized_client");
        check(&[Grant::ClientCredentials], "token", None, "unauthorized_client");
    }

    #[test]
    fn the_outcome_goes_into_the_fragment_or_the_query() {
        let check = |uri: &str, grant, expected: &str| {
            let destination =
                Destination { uri: uri.to_owned(), grant, state: Some("x".to_owned()) };
            assert_eq!(destination.with(&[("a", "b")]), expected);
        };
        check("https://a.test/", Grant::Token, "https://a.test/#a=b&state=x");
        check("https://a.test/?q=1", Grant::Token, "https://a.test/?q=1#a=b&state=x");
        check("https://a.test/", Grant::Code, "https://a.test/?a=b&state=x");
        check("https://a.test/?q=1", Grant::Code, "https://a.test/?q=1&a=b&state=x");
    }

    #[test]
    fn a_state_that_is_too_long_is_not_given_back() {
        let mut long = request("token", None);
        long.state = Some("x".repeat(REDIRECT_CHARACTERS_MAX + 1));
        let organisation = OrganisationId::from_uuid(Uuid::nil());
        let refused = read(organisation, client(&[Grant::Token]), &long).unwrap_err();
        let Refusal::Told(destination, "invalid_request", _) = refused else { panic!() };
        assert_eq!(destination.with(&[]), "https://app.test/back#");
    }
}
