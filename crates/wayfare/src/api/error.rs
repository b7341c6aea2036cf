//! Why a call failed, in one line that says what to do next.

use std::time::Duration;

use serde::Deserialize;

use super::Answer;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// Nobody answers there.
    #[error("cannot reach {url}: {reason}; is the server running? start it with: wayfare serve")]
    Unreachable {
        /// The server's address.
        url: String,
        /// What the network says.
        reason: String,
    },
    /// Somebody answers, but not in the words of this API.
    #[error(
        "{url} does not answer like a wayfare server: {detail}; \
         check the address that --url, WAYFARE_URL or the data directory gives"
    )]
    Foreign {
        /// The server's address.
        url: String,
        /// What was wrong.
        detail: String,
    },
    /// The request was refused.
    #[error("{message}{hint}")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// What the server says.
        message: String,
        /// What to do about it, behind a semicolon; or nothing.
        hint: &'static str,
        /// After which time it may be tried again.
        retry_after: Option<Duration>,
    },
    /// This program failed.
    #[error("the request failed: {0}")]
    Broken(String),
}

/// What to do about a status.
fn hint(status: u16) -> &'static str {
    match status {
        401 => {
            "; set WAYFARE_CLIENT_ID and WAYFARE_CLIENT_SECRET to a client that this server knows"
        }
        403 => {
            "; set WAYFARE_CLIENT_ID and WAYFARE_CLIENT_SECRET to a client that has it, \
             or make one with: wayfare client create NAME --permission PERMISSION"
        }
        429 | 503 => "; try again in a moment",
        _ => "",
    }
}

/// The contract's error body, as far as it is told.
#[derive(Deserialize)]
struct ErrorBody {
    message: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    message: String,
}

/// Gives an answer back that is none of an error.
pub(super) fn accepted(answer: Answer, url: &str) -> Result<Answer, ApiError> {
    let status = answer.status;
    if (200..300).contains(&status) {
        return Ok(answer);
    }
    let Ok(body) = serde_json::from_slice::<ErrorBody>(&answer.body) else {
        let detail = format!("it answered with status {status}");
        return Err(ApiError::Foreign { url: url.to_owned(), detail });
    };
    let details: Vec<&str> = body
        .details
        .iter()
        .map(|detail| detail.message.as_str())
        .filter(|text| !text.is_empty())
        .collect();
    let message = if details.len() > 1 { details.join("; ") } else { body.message };
    Err(ApiError::Refused {
        status,
        message,
        hint: hint(status),
        retry_after: answer.retry_after_s.map(Duration::from_secs),
    })
}

impl ApiError {
    /// After which time the same request may do better, if it may at all.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { status: 429 | 503, retry_after, .. } => {
                Some(retry_after.unwrap_or(RETRY_AFTER_DEFAULT))
            }
            _ => None,
        }
    }
}

/// How long to wait when the server does not say.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> ApiError {
        let answer = Answer { status, retry_after_s: None, body: body.as_bytes().to_vec() };
        accepted(answer, "http://here").err().unwrap()
    }

    #[test]
    fn an_error_says_what_is_wrong_and_what_to_do() {
        let body = r#"{"message":"no","code":"bad.credentials","status":401,"details":[]}"#;
        assert_eq!(
            refused(401, body).to_string(),
            "no; set WAYFARE_CLIENT_ID and WAYFARE_CLIENT_SECRET to a client that this server knows"
        );
        let body = r#"{"message":"a (and 1 more, see details)",
            "details":[{"message":"a"},{"message":"b"}]}"#;
        assert_eq!(refused(400, body).to_string(), "a; b");
    }

    #[test]
    fn an_answer_of_another_program_is_told_as_such() {
        let text = refused(404, "<html>").to_string();
        assert!(text.contains("http://here does not answer like a wayfare server"), "{text}");
        assert!(text.contains("status 404"), "{text}");
    }

    #[test]
    fn only_a_busy_server_is_asked_again() {
        let body = r#"{"message":"busy"}"#;
        assert_eq!(refused(429, body).retry_after(), Some(RETRY_AFTER_DEFAULT));
        assert_eq!(refused(503, body).retry_after(), Some(RETRY_AFTER_DEFAULT));
        assert_eq!(refused(500, body).retry_after(), None);
        let answer = Answer { status: 429, retry_after_s: Some(7), body: body.into() };
        let error = accepted(answer, "http://here").err().unwrap();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    }
}
