//! A client of the API, over any transport.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::answer::{Answer, RawAnswer};

/// A request as it goes out.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The method, in capitals.
    pub(crate) method: String,
    /// The path and query, as they stand in the request line.
    pub(crate) path: String,
    /// The headers.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A request without headers and body.
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// With one header more.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

/// Takes requests to a server.
pub(crate) trait Transport: Sync {
    /// The answer to a request, unless the server is gone.
    fn send(&self, request: &Request) -> std::io::Result<RawAnswer>;
}

/// A client of one server, with or without a token.
#[derive(Clone)]
pub(crate) struct TestClient<'server> {
    transport: &'server dyn Transport,
    token: Option<String>,
}

impl<'server> TestClient<'server> {
    /// A client without a token.
    pub(crate) fn anonymous(transport: &'server dyn Transport) -> Self {
        Self { transport, token: None }
    }

    /// A client that has fetched its token.
    pub(crate) fn log_in(transport: &'server dyn Transport, id: &str, secret: &str) -> Self {
        let anonymous = Self::anonymous(transport);
        let answer = anonymous.token_by_basic(id, secret).with(200);
        anonymous.with_token(answer["access_token"].as_str().expect("a token"))
    }

    /// This client with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { transport: self.transport, token: Some(token.to_owned()) }
    }

    /// The token.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Asks for a token as the SDKs do.
    pub(crate) fn token_by_basic(&self, id: &str, secret: &str) -> Answer {
        let credentials = STANDARD.encode(format!("{id}:{secret}"));
        let request = Request::new("POST", "/oauth/token")
            .header("authorization", &format!("Basic {credentials}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        self.send_as_it_is(&request)
    }

    /// Sends a request with the client's token.
    pub(crate) fn send(&self, request: Request) -> Answer {
        let request = match &self.token {
            Some(token) => request.header("authorization", &format!("Bearer {token}")),
            None => request,
        };
        self.send_as_it_is(&request)
    }

    /// Sends a request without adding anything.
    pub(crate) fn send_as_it_is(&self, request: &Request) -> Answer {
        let asked = format!("{} {}", request.method, request.path);
        let raw = self.transport.send(request);
        raw.unwrap_or_else(|error| panic!("{asked}: {error}")).checked(&asked)
    }

    /// Sends a text as JSON.
    pub(crate) fn send_text(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::new(method, path).header("content-type", "application/json");
        self.send(request.body(body))
    }

    /// GET, with the headers that the Python SDKs send.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(Request::new("GET", path).header("content-type", "application/json"))
    }

    /// POST of JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send_text("POST", path, &body.to_string())
    }

    /// PATCH with JSON.
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send_text("PATCH", path, &body.to_string())
    }

    /// DELETE.
    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send(Request::new("DELETE", path))
    }
}
