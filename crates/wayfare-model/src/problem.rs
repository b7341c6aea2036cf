//! What can be wrong with a request, in the contract's words (domain, 6.1 and 6.2).
//!
//! A problem knows its code but not its HTTP status: the one table from code to status is in the
//! HTTP room.

use std::fmt;

/// The kind of a problem. Each has one code of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// Malformed request.
    BadRequest,
    /// A value is not legal for its field.
    InvalidValue,
    /// A property the object does not have.
    InvalidProperty,
    /// A query parameter's value is bad.
    InvalidQueryParamValue,
    /// Not an ISO-8601 date.
    InvalidDate,
    /// A rule on the content is broken.
    ConstraintValidation,
    /// The answer would be larger than its limit.
    ResponseTooLarge,
    /// The body's stream was not finished.
    ClientFailedRequest,
    /// No token.
    AuthenticationRequired,
    /// A token, or client id and secret, that is not valid.
    BadCredentials,
    /// The caller has none of the permissions that would do.
    MissingAnyPermissions,
    /// There is no such thing, or it belongs to somebody else.
    NotFound,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// The request took too long to arrive.
    ClientTimeout,
    /// Somebody else changed the thing meanwhile.
    RequestConflict,
    /// The number of such things is at its limit.
    LimitExceeded,
    /// The body is larger than its limit.
    RequestTooLarge,
    /// The body's `Content-Type` is not JSON.
    UnsupportedMediaType,
    /// Understood, but it cannot be applied.
    UnprocessableEntity,
    /// Too many requests; try again later.
    TooManyRequests,
    /// A fault of the server.
    Internal,
    /// The server cannot do it now.
    ServiceUnavailable,
    /// The server took too long.
    RequestTimeout,
}

impl ProblemKind {
    /// All kinds.
    pub const ALL: [Self; 23] = [
        Self::BadRequest,
        Self::InvalidValue,
        Self::InvalidProperty,
        Self::InvalidQueryParamValue,
        Self::InvalidDate,
        Self::ConstraintValidation,
        Self::ResponseTooLarge,
        Self::ClientFailedRequest,
        Self::AuthenticationRequired,
        Self::BadCredentials,
        Self::MissingAnyPermissions,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::ClientTimeout,
        Self::RequestConflict,
        Self::LimitExceeded,
        Self::RequestTooLarge,
        Self::UnsupportedMediaType,
        Self::UnprocessableEntity,
        Self::TooManyRequests,
        Self::Internal,
        Self::ServiceUnavailable,
        Self::RequestTimeout,
    ];

    /// The code of the contract.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "bad.request",
            Self::InvalidValue => "invalid.value",
            Self::InvalidProperty => "invalid.property",
            Self::InvalidQueryParamValue => "invalid.query.param.value",
            Self::InvalidDate => "invalid.date",
            Self::ConstraintValidation => "constraint.validation",
            Self::ResponseTooLarge => "response.entity.too.large",
            Self::ClientFailedRequest => "client.failed.request",
            Self::AuthenticationRequired => "authentication.required",
            Self::BadCredentials => "bad.credentials",
            Self::MissingAnyPermissions => "missing.any.permissions",
            Self::NotFound => "not.found",
            Self::MethodNotAllowed => "method.not.allowed",
            Self::ClientTimeout => "client.timeout",
            Self::RequestConflict => "request.conflict",
            Self::LimitExceeded => "limit.exceeded",
            Self::RequestTooLarge => "request.entity.too.large",
            Self::UnsupportedMediaType => "unsupported.media.type",
            Self::UnprocessableEntity => "unprocessable.entity",
            Self::TooManyRequests => "too.many.requests.retry.after",
            Self::Internal => "internal.server.error",
            Self::ServiceUnavailable => "service.unavailable",
            Self::RequestTimeout => "request.timeout",
        }
    }
}

/// One fault of a body: which field, which value, what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its kind.
    pub kind: ProblemKind,
    /// The field's path, for instance `journey.patterns[1].criteria[0].operator`.
    pub field: String,
    /// What is wrong, naming the value and what is allowed.
    pub message: String,
}

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// What is wrong, for the client to read: names the field and the value.
    pub message: String,
    /// The kind and id of the thing it is about.
    pub entity: Option<(&'static str, String)>,
    /// All faults of a body, each with its place.
    pub faults: Vec<Fault>,
    /// Seconds after which to try again.
    pub retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem of a kind, with what is wrong.
    #[must_use]
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            entity: None,
            faults: Vec::new(),
            retry_after_s: None,
        }
    }

    /// There is no `entity` with this `id`.
    #[must_use]
    pub fn not_found(entity: &'static str, id: impl fmt::Display) -> Self {
        let id = id.to_string();
        Self {
            entity: Some((entity, id.clone())),
            ..Self::new(ProblemKind::NotFound, format!("{entity} '{id}' was not found"))
        }
    }

    /// One value is not legal for its field.
    #[must_use]
    pub fn invalid_value(
        field: impl Into<String>,
        value: impl fmt::Display,
        allowed: impl fmt::Display,
    ) -> Self {
        Self::from_faults(vec![Fault::invalid_value(field, value, allowed)])
    }

    /// All faults of a body as one problem. The first one gives kind and message.
    #[must_use]
    pub fn from_faults(faults: Vec<Fault>) -> Self {
        let (kind, message) = match faults.as_slice() {
            [] => (ProblemKind::BadRequest, "the request is malformed".to_owned()),
            [only] => (only.kind, only.message.clone()),
            [first, rest @ ..] => {
                (first.kind, format!("{} (and {} more, see details)", first.message, rest.len()))
            }
        };
        Self { faults, ..Self::new(kind, message) }
    }
}

impl Fault {
    /// A fault of a kind in a field.
    #[must_use]
    pub fn new(kind: ProblemKind, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, field: field.into(), message: message.into() }
    }

    /// A value that is not legal for its field, in the contract's template.
    #[must_use]
    pub fn invalid_value(
        field: impl Into<String>,
        value: impl fmt::Display,
        allowed: impl fmt::Display,
    ) -> Self {
        let field = field.into();
        let message = format!(
            "value [{value}] is not valid for field [{field}]; allowable values are: {allowed}"
        );
        Self::new(ProblemKind::InvalidValue, field, message)
    }

    /// A required field that is missing.
    #[must_use]
    pub fn missing(field: impl Into<String>) -> Self {
        let field = field.into();
        let message = format!("field [{field}] is required");
        Self::new(ProblemKind::ConstraintValidation, field, message)
    }

    /// A `null` in a field of a patch that cannot be cleared.
    #[must_use]
    pub fn not_null(field: impl Into<String>) -> Self {
        Self::constraint(field, "cannot be null; leave it out to keep what is stored")
    }

    /// A rule on a field is broken: `rule` ends the sentence that begins with the field's name.
    #[must_use]
    pub fn constraint(field: impl Into<String>, rule: impl fmt::Display) -> Self {
        let field = field.into();
        let message = format!("field [{field}] {rule}");
        Self::new(ProblemKind::ConstraintValidation, field, message)
    }
}
