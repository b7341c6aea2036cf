//! Bodies: JSON of a known shape, or raw bytes, each within a limit and a time.

use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use wayfare_model::limits::{
    BODY_BYTES_MAX, FORM_BYTES_MAX, FORM_FIELDS_MAX, IMPORT_BODY_BYTES_MAX,
};
use wayfare_model::objects::{self, Objects};
use wayfare_model::operation::Operation as _;
use wayfare_model::problem::{Fault, Problem, ProblemKind};

use crate::Http;
use crate::api::{oauth, oauth_sign_in};
use crate::operations::{Import, ImportActionTargets};
use crate::problem::Failure;

/// Time a body may take to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(60);

/// A JSON body, at most [`bytes_max`] of its path.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Http> for JsonBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Http) -> Result<Self, Failure> {
        require_json(request.headers())?;
        let bytes = read(request).await?;
        Ok(Self(parse(&bytes)?))
    }
}

/// A body as it is, at most [`bytes_max`] of its path.
pub(crate) struct RawBody(pub(crate) Bytes);

impl FromRequest<Http> for RawBody {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Http) -> Result<Self, Failure> {
        Ok(Self(read(request).await?))
    }
}

/// Names of fields that forms have; what else a form holds is passed over.
const FORM_FIELDS: [&str; 9] = [
    "grant_type",
    "client_id",
    "client_secret",
    "code",
    "redirect_uri",
    "code_verifier",
    "name",
    "password",
    "form_token",
];

/// The known fields of a form, at most [`bytes_max`] of its path.
pub(crate) struct FormBody(Vec<(&'static str, String)>);

impl FormBody {
    /// The first value under a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest<Http> for FormBody {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Http) -> Result<Self, Failure> {
        let bytes = read(request).await?;
        let mut fields = Vec::new();
        for (place, (name, value)) in form_urlencoded::parse(&bytes).enumerate() {
            if place == FORM_FIELDS_MAX {
                let message = format!("the form has more than {FORM_FIELDS_MAX} fields");
                return Err(Problem::new(ProblemKind::BadRequest, message).into());
            }
            if let Some(known) = FORM_FIELDS.iter().find(|known| **known == name) {
                fields.push((*known, value.into_owned()));
            }
        }
        Ok(Self(fields))
    }
}

/// Bytes that the body of a request to a path may have: so many are kept free for it while it is under
/// way, and no more of it are read.
#[must_use]
pub fn bytes_max(path: &str) -> usize {
    match path {
        Import::PATH | ImportActionTargets::PATH => IMPORT_BODY_BYTES_MAX,
        oauth::PATH | oauth_sign_in::PATH => FORM_BYTES_MAX,
        _ => BODY_BYTES_MAX,
    }
}

async fn read(request: Request) -> Result<Bytes, Problem> {
    let bytes_max = bytes_max(request.uri().path());
    let too_large = || {
        let message = format!("the body has more than {bytes_max} bytes");
        Problem::new(ProblemKind::RequestTooLarge, message)
    };
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_TIME_MAX, to_bytes(request.into_body(), bytes_max)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_long(&error) => Err(too_large()),
        Ok(Err(error)) => Err(Problem::new(
            ProblemKind::ClientFailedRequest,
            format!("the body did not arrive whole: {error}"),
        )),
        Err(_) => {
            let seconds = BODY_TIME_MAX.as_secs();
            let message = format!("the body did not arrive within {seconds} seconds");
            Err(Problem::new(ProblemKind::ClientTimeout, message))
        }
    }
}

/// Whether the limit was reached, and not the connection lost.
fn is_too_long(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || essence.ends_with("+json") {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::UnsupportedMediaType,
        format!("content type [{text}] is not supported; send application/json"),
    ))
}

/// Reads a body of JSON. Only when that fails is it read once more, slower, to tell the place.
///
/// # Errors
/// [`ProblemKind::InvalidValue`] naming the field whose value has another type;
/// [`ProblemKind::BadRequest`] for what is no JSON.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::new(ProblemKind::BadRequest, "the request needs a body"));
    }
    if let Ok(value) = objects::from_slice(bytes) {
        return Ok(value);
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(Objects(&mut reader)) {
        Err(error) => {
            let path = match error.path().to_string() {
                // A field may have an empty name.
                path if path.is_empty() => "\"\"".to_owned(),
                path => path,
            };
            let cause = error.into_inner();
            let message = format!("the body is not valid at [{path}]: {cause}");
            let kind = match cause.classify() {
                serde_json::error::Category::Data => ProblemKind::InvalidValue,
                _ => ProblemKind::BadRequest,
            };
            Err(Problem::from_faults(vec![Fault::new(kind, path, message)]))
        }
        Ok(_) => Err(Problem::new(
            ProblemKind::BadRequest,
            "the body has something behind its JSON value",
        )),
    }
}
