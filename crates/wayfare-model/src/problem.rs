//! What can be wrong with a request, in the contract's words (domain, 6.1 and 6.2).
//!
//! A problem knows its code but not its HTTP status: the one table from code to status is in the
//! HTTP room.

use std::fmt;

use crate::limits::FAULTS_MAX;

/// The kind of a problem. Each has one code of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// Malformed request.
    BadRequest,
    /// A value is not legal for its field.
    InvalidValue,
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
    pub const ALL: [Self; 22] = [
        Self::BadRequest,
        Self::InvalidValue,
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
    /// The same as a template.
    pub template: Option<Template>,
}

/// A message as a template with named parameters, for clients that word it themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The text, with the parameters' names in braces.
    pub text: &'static str,
    /// The parameters.
    pub parameters: Vec<(&'static str, String)>,
}

impl Template {
    /// The message: the text with the parameters put in.
    #[must_use]
    pub fn message(&self) -> String {
        let mut message = String::new();
        let mut rest = self.text;
        while let Some((before, after)) = rest.split_once('{') {
            message.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let known = self.parameters.iter().find(|(known, _)| *known == name);
            message.push_str(known.map_or(name, |(_, value)| value.as_str()));
            rest = after;
        }
        message.push_str(rest);
        message
    }
}

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Its name, for instance `segments`.
    pub key: &'static str,
    /// How many there may be.
    pub value: u64,
}

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// What is wrong, for the client to read: names the field and the value.
    pub message: String,
    /// The kind and id of the thing it is about.
    pub entity: Option<Box<(&'static str, String)>>,
    /// All faults of a body, each with its place.
    pub faults: Vec<Fault>,
    /// Seconds after which to try again.
    pub retry_after_s: Option<u32>,
    /// The message as a template.
    pub template: Option<Box<Template>>,
    /// The limit that was reached.
    pub limit: Option<Box<Limit>>,
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
            template: None,
            limit: None,
        }
    }

    /// A problem whose message is a template.
    #[must_use]
    pub fn from_template(kind: ProblemKind, template: Template) -> Self {
        let message = template.message();
        Self { template: Some(Box::new(template)), ..Self::new(kind, message) }
    }

    /// There are as many things of a kind as there may be.
    #[must_use]
    pub fn limit_exceeded(key: &'static str, value: usize) -> Self {
        let parameters = vec![("limit", value.to_string()), ("key", key.to_owned())];
        let template = Template { text: "the limit of {limit} {key} is reached", parameters };
        let limit = Some(Box::new(Limit { key, value: value as u64 }));
        Self { limit, ..Self::from_template(ProblemKind::LimitExceeded, template) }
    }

    /// There is no `entity` with this `id`.
    #[must_use]
    pub fn not_found(entity: &'static str, id: impl fmt::Display) -> Self {
        let id = id.to_string();
        let parameters = vec![("entityName", entity.to_owned()), ("entityId", id.clone())];
        let template = Template { text: "{entityName} '{entityId}' was not found", parameters };
        let about = Some(Box::new((entity, id)));
        Self { entity: about, ..Self::from_template(ProblemKind::NotFound, template) }
    }

    /// The same, told to be at a place of the body.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.faults.push(Fault::new(self.kind, field, self.message.clone()));
        self
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

    /// All faults of a body as one problem, up to [`FAULTS_MAX`]. The first one gives kind and
    /// message.
    #[must_use]
    pub fn from_faults(mut faults: Vec<Fault>) -> Self {
        let (kind, message) = match faults.as_slice() {
            [] => (ProblemKind::BadRequest, "the request is malformed".to_owned()),
            [only] => (only.kind, only.message.clone()),
            [first, rest @ ..] => {
                (first.kind, format!("{} (and {} more, see details)", first.message, rest.len()))
            }
        };
        let template = match faults.as_slice() {
            [only] => only.template.clone().map(Box::new),
            _ => None,
        };
        faults.truncate(FAULTS_MAX);
        Self { faults, template, ..Self::new(kind, message) }
    }
}

impl Fault {
    /// A fault of a kind in a field.
    #[must_use]
    pub fn new(kind: ProblemKind, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, field: field.into(), message: message.into(), template: None }
    }

    /// A fault whose message is a template; the field is its first parameter.
    fn from_template(
        kind: ProblemKind,
        field: String,
        text: &'static str,
        more: Vec<(&'static str, String)>,
    ) -> Self {
        let mut parameters = vec![("field", field.clone())];
        parameters.extend(more);
        let template = Template { text, parameters };
        Self { kind, field, message: template.message(), template: Some(template) }
    }

    /// The same fault of an object that lies in a field of another one.
    #[must_use]
    pub fn within(mut self, parent: &str) -> Self {
        self.field = format!("{parent}.{}", self.field);
        if let Some(template) = &mut self.template {
            for (name, value) in &mut template.parameters {
                if *name == "field" {
                    value.clone_from(&self.field);
                }
            }
            self.message = template.message();
        }
        self
    }

    /// A value that is not legal for its field, in the contract's template.
    #[must_use]
    pub fn invalid_value(
        field: impl Into<String>,
        value: impl fmt::Display,
        allowed: impl fmt::Display,
    ) -> Self {
        let text = "value [{value}] is not valid for field [{field}]; \
                    allowable values are: {allowed}";
        let value = shortened(value.to_string());
        let more = vec![("value", value), ("allowed", allowed.to_string())];
        Self::from_template(ProblemKind::InvalidValue, field.into(), text, more)
    }

    /// A required field that is missing.
    #[must_use]
    pub fn missing(field: impl Into<String>) -> Self {
        let text = "field [{field}] is required";
        Self::from_template(ProblemKind::ConstraintValidation, field.into(), text, Vec::new())
    }

    /// A `null` in a field of a patch that cannot be cleared.
    #[must_use]
    pub fn not_null(field: impl Into<String>) -> Self {
        Self::constraint(field, "cannot be null; leave it out to keep what is stored")
    }

    /// A rule on a field is broken: `rule` ends the sentence that begins with the field's name.
    #[must_use]
    pub fn constraint(field: impl Into<String>, rule: impl fmt::Display) -> Self {
        let text = "field [{field}] {rule}";
        let more = vec![("rule", rule.to_string())];
        Self::from_template(ProblemKind::ConstraintValidation, field.into(), text, more)
    }
}

/// Characters of a client's value that a message repeats.
const REPEATED_CHARACTERS_MAX: usize = 200;

/// A value as a message repeats it: nobody reads a megabyte of their own text again.
fn shortened(value: String) -> String {
    match value.char_indices().nth(REPEATED_CHARACTERS_MAX) {
        None => value,
        Some((end, _)) => format!("{}...", &value[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_gives_the_message_it_had_before() {
        let fault = Fault::invalid_value("color", "red", "# and six hexadecimal digits");
        assert_eq!(
            fault.message,
            "value [red] is not valid for field [color]; allowable values are: \
             # and six hexadecimal digits"
        );
        assert_eq!(Fault::missing("a.b").message, "field [a.b] is required");
        let within = Fault::missing("b").within("a");
        assert_eq!(within, Fault::missing("a.b"));
        assert_eq!(Fault::constraint("a", "is {odd}").message, "field [a] is {odd}");
        assert_eq!(Problem::not_found("segment", "{x}").message, "segment '{x}' was not found");
        let problem = Problem::limit_exceeded("segments", 5);
        assert_eq!(problem.message, "the limit of 5 segments is reached");
        assert_eq!(problem.limit, Some(Box::new(Limit { key: "segments", value: 5 })));
    }

    #[test]
    fn a_long_value_is_not_repeated_whole() {
        let fault = Fault::invalid_value("f", "é".repeat(300), "x");
        assert!(fault.message.contains(&format!("[{}...]", "é".repeat(200))), "{}", fault.message);
    }
}
