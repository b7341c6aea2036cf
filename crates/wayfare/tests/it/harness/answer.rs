//! An answer, and what every answer must be like.

use std::collections::BTreeMap;

use serde_json::Value;

/// An answer as it came.
#[derive(Debug, Clone)]
pub(crate) struct RawAnswer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The headers by name in lower case; of a repeated one the last.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// An answer that is as every answer must be (domain, 6.1 and 6.4; sdk-wire, 4).
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The headers by name in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body; [`Value::Null`] when there is none.
    pub(crate) json: Value,
}

impl RawAnswer {
    /// Checks what must hold of every answer. `asked` is for the message.
    pub(crate) fn checked(self, asked: &str) -> Answer {
        let Self { status, headers, body } = self;
        let text = String::from_utf8_lossy(&body);
        let about = format!("{asked} answered {status} {text}");
        let correlation = headers.get("inin-correlation-id").map_or("", String::as_str);
        assert!(uuid::Uuid::parse_str(correlation).is_ok(), "no correlation id: {about}");
        assert!(headers["cache-control"].contains("no-store"), "may be cached: {about}");
        if body.is_empty() {
            assert!(status < 400, "an error without a body: {about}");
            return Answer { status, headers, json: Value::Null };
        }
        assert_ne!(status, 204, "204 with a body: {about}");
        if headers["content-type"] == "text/event-stream" {
            return Answer { status, json: Value::String(text.into_owned()), headers };
        }
        assert_eq!(headers["content-type"], "application/json", "{about}");
        let json: Value = serde_json::from_slice(&body).unwrap_or_else(|error| {
            panic!("no JSON ({error}): {about}");
        });
        match status {
            200..300 => assert!(!has_null(&json), "null: {about}"),
            400..600 => check_error(status, correlation, &json, &about),
            _ => panic!("an odd status: {about}"),
        }
        Answer { status, headers, json }
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.iter().any(has_null),
        Value::Object(fields) => fields.values().any(has_null),
        _ => false,
    }
}

fn check_error(status: u16, correlation: &str, json: &Value, about: &str) {
    assert_eq!(json["status"], status, "the status of the body: {about}");
    assert_eq!(json["contextId"], correlation, "the contextId: {about}");
    for field in ["message", "code"] {
        assert!(json[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {about}");
    }
    assert_eq!(json["errors"], Value::Array(Vec::new()), "{about}");
    let details = json["details"].as_array().unwrap_or_else(|| panic!("details: {about}"));
    for detail in details {
        for field in ["errorCode", "fieldName", "message"] {
            assert!(detail[field].is_string(), "details.{field}: {about}");
        }
    }
}

impl Answer {
    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn with(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.json);
        self.json
    }

    /// The message of an error with this status and code.
    #[track_caller]
    pub(crate) fn error(self, status: u16, code: &str) -> String {
        assert_eq!(
            (self.status, self.json["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.json
        );
        self.json["message"].as_str().unwrap_or_default().to_owned()
    }

    /// The faults of an error as `code field`, one a line, in their order.
    #[track_caller]
    pub(crate) fn faults(&self) -> String {
        let details = self.json["details"].as_array().expect("an error");
        let line = |detail: &Value| {
            format!("{} {}\n", text(&detail["errorCode"]), text(&detail["fieldName"]))
        };
        details.iter().map(line).collect()
    }
}

/// A text field; empty when it is none.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
