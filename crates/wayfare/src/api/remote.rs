//! The API of a server, over HTTP.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use ureq::Agent;
use ureq::http::{self, header};
use ureq::tls::{RootCerts, TlsConfig};
use url::{Host, Url};

use super::{Answer, ApiError, Events, Request, error};
use crate::config::SECRET_VARIABLE;

/// The variable that holds a client's id.
const ID_VARIABLE: &str = "WAYFARE_CLIENT_ID";
/// Time a connection may take.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// Time an answer may take: an import of the most and largest lines on a slow disk.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(300);
/// Bytes of an answer: an import that rejects all its lines stays below.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes of a body that is sent without asking. A server that refuses a request before it reads its
/// body closes the connection, and whoever is still sending would not see why.
const UNASKED_BYTES_MAX: usize = 16 * 1024;

/// A client's id and secret.
pub(crate) struct Credentials {
    /// The id.
    pub(crate) id: String,
    /// The secret.
    pub(crate) secret: String,
}

impl Credentials {
    /// Those of the environment.
    ///
    /// # Errors
    /// When one is not set.
    pub(crate) fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
        url: &str,
    ) -> anyhow::Result<Self> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let ask = || {
            format!(
                "the server at {url} wants to know who asks: set {ID_VARIABLE} and \
                 {SECRET_VARIABLE}; its first start printed those of an administrator"
            )
        };
        let id = set(ID_VARIABLE).with_context(ask)?;
        let secret = set(SECRET_VARIABLE).with_context(ask)?;
        Ok(Self { id, secret })
    }
}

/// A server.
pub(crate) struct Remote {
    url: String,
    credentials: Credentials,
    agent: Agent,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
}

impl Remote {
    /// A server at an address. Nothing is asked of it yet.
    ///
    /// # Errors
    /// When the address is none of the web.
    pub(crate) fn new(url: &str, credentials: Credentials) -> anyhow::Result<Self> {
        let example = "give one like http://127.0.0.1:8080";
        let parsed = Url::parse(url)
            .with_context(|| format!("[{url}] is not the address of a server; {example}"))?;
        let is_web = matches!(parsed.scheme(), "http" | "https");
        ensure!(is_web, "[{url}] begins with neither http:// nor https://; {example}");
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(tls)
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .timeout_recv_response(Some(ANSWER_TIME_MAX))
            .user_agent(concat!("wayfare/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&parsed) {
            // A proxy cannot reach this machine.
            config = config.proxy(None);
        }
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            credentials,
            agent: config.build().new_agent(),
        })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn token(&self) -> Result<String, ApiError> {
        let Credentials { id, secret } = &self.credentials;
        let basic = STANDARD.encode(format!("{id}:{secret}"));
        let request = Request {
            method: "POST",
            path: "/oauth/token".to_owned(),
            content_type: "application/x-www-form-urlencoded",
            body: Some("grant_type=client_credentials".into()),
        };
        let answer = self.exchange(&request, format!("Basic {basic}")).await?;
        let answer = self.accepted(answer)?;
        match serde_json::from_slice::<TokenAnswer>(&answer.body) {
            Ok(token) => Ok(token.access_token),
            Err(error) => {
                Err(ApiError::Foreign { url: self.url.clone(), detail: error.to_string() })
            }
        }
    }

    pub(super) async fn send(&self, request: &Request, token: &str) -> Result<Answer, ApiError> {
        self.exchange(request, format!("Bearer {token}")).await
    }

    /// Opens a live feed, behind a place if there is one.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn events(&self, path: &str, last: Option<&str>) -> Result<Events, ApiError> {
        let token = self.token().await?;
        let mut builder = http::Request::builder()
            .method("GET")
            .uri(format!("{}{path}", self.url))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::ACCEPT, "text/event-stream");
        if let Some(last) = last {
            builder = builder.header("last-event-id", last);
        }
        let agent = self.agent.clone();
        let opening = tokio::task::spawn_blocking(move || agent.run(builder.body(())?));
        let opened = opening.await.map_err(|error| ApiError::Broken(error.to_string()))?;
        let response = opened.map_err(|error| self.unreachable(error))?;
        if !response.status().is_success() {
            let answer = read(response).map_err(|error| self.unreachable(error))?;
            return Err(self.refused(answer));
        }
        Events::read(response.into_body().into_reader())
    }

    /// Why an answer is none that was wanted.
    fn refused(&self, answer: Answer) -> ApiError {
        let detail = format!("it answered with status {}", answer.status);
        let foreign = ApiError::Foreign { url: self.url.clone(), detail };
        self.accepted(answer).err().unwrap_or(foreign)
    }

    pub(super) fn accepted(&self, answer: Answer) -> Result<Answer, ApiError> {
        error::accepted(answer, &self.url)
    }

    async fn exchange(&self, request: &Request, authorization: String) -> Result<Answer, ApiError> {
        let mut builder = http::Request::builder()
            .method(request.method)
            .uri(format!("{}{}", self.url, request.path))
            .header(header::AUTHORIZATION, authorization)
            .header(header::CONTENT_TYPE, request.content_type);
        let body = request.body.clone();
        if body.as_ref().is_some_and(|body| body.len() > UNASKED_BYTES_MAX) {
            builder = builder.header(header::EXPECT, "100-continue");
        }
        let agent = self.agent.clone();
        let blocking = tokio::task::spawn_blocking(move || match body {
            Some(body) => read(agent.run(builder.body(&*body)?)?),
            None => read(agent.run(builder.body(())?)?),
        });
        match blocking.await {
            Ok(exchanged) => exchanged.map_err(|error| self.unreachable(error)),
            Err(error) => Err(ApiError::Broken(error.to_string())),
        }
    }

    fn unreachable(&self, error: ureq::Error) -> ApiError {
        let reason = match error {
            ureq::Error::Io(error) => error.to_string(),
            ureq::Error::HostNotFound => "no such host is known".to_owned(),
            ureq::Error::Timeout(what) => format!("it took too long ({what})"),
            other => other.to_string(),
        };
        ApiError::Unreachable { url: self.url.clone(), reason }
    }
}

fn read(mut response: http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let retry_after_s = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
    Ok(Answer { status, retry_after_s, body })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials { id: "id".to_owned(), secret: "secret".to_owned() }
    }

    fn refusal(url: &str) -> String {
        format!("{:#}", Remote::new(url, credentials()).err().unwrap())
    }

    #[test]
    fn an_address_is_one_of_the_web() {
        let server = Remote::new("http://127.0.0.1:8080/", credentials()).unwrap();
        assert_eq!(server.url(), "http://127.0.0.1:8080");
        assert!(refusal("ftp://127.0.0.1").contains("neither http:// nor https://"));
        assert!(refusal("127.0.0.1:8080").contains("give one like http://127.0.0.1:8080"));
    }

    #[test]
    fn credentials_come_from_the_environment_and_an_empty_one_is_none() {
        let variable = |name: &str| match name {
            ID_VARIABLE => Some("id".to_owned()),
            _ => Some(String::new()),
        };
        let error = Credentials::from_environment(variable, "http://here").err().unwrap();
        assert!(error.to_string().contains("set WAYFARE_CLIENT_ID and WAYFARE_CLIENT_SECRET"));
        let found =
            Credentials::from_environment(|name| Some(name.to_owned()), "http://here").unwrap();
        assert_eq!((found.id.as_str(), found.secret.as_str()), (ID_VARIABLE, SECRET_VARIABLE));
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        let check = |url: &str, expected| {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        };
        check("http://127.0.0.1:1", true);
        check("http://localhost:1", true);
        check("http://[::1]:1", true);
        check("http://example.com", false);
    }
}
