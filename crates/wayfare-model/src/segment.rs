//! Segments: named conditions on the visitor and on what the visitor did.

use std::fmt;
use std::str::FromStr;

use crate::event::Stream;
use crate::id::SegmentId;
use crate::time::Moment;

/// How long a membership lasts (design, 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Looks at the events of one session and ends with it.
    Session,
    /// Counts over all sessions of the customer and survives them.
    Customer,
}

impl Scope {
    /// Both scopes.
    pub const ALL: [Self; 2] = [Self::Session, Self::Customer];

    /// The name of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "Session",
            Self::Customer => "Customer",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|scope| text.eq_ignore_ascii_case(scope.as_str())).ok_or(())
    }
}

/// How a criterion compares (contract: `operator`; meaning: domain, 1.6 and U3 to U7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// Every value is contained in the field.
    ContainsAll,
    /// Some value is contained in the field.
    ContainsAny,
    /// Not [`Operator::ContainsAll`].
    NotContainsAll,
    /// Not [`Operator::ContainsAny`].
    NotContainsAny,
    /// The field is one of the values.
    Equal,
    /// Not [`Operator::Equal`].
    NotEqual,
    /// The field's leading number is greater.
    GreaterThan,
    /// The field's leading number is greater or equal.
    GreaterThanOrEqual,
    /// The field's leading number is smaller.
    LessThan,
    /// The field's leading number is smaller or equal.
    LessThanOrEqual,
    /// The field begins with one of the values.
    StartsWith,
    /// The field ends with one of the values.
    EndsWith,
}

impl Operator {
    /// All twelve, in the order of the contract.
    pub const ALL: [Self; 12] = [
        Self::ContainsAll,
        Self::ContainsAny,
        Self::NotContainsAll,
        Self::NotContainsAny,
        Self::Equal,
        Self::NotEqual,
        Self::GreaterThan,
        Self::GreaterThanOrEqual,
        Self::LessThan,
        Self::LessThanOrEqual,
        Self::StartsWith,
        Self::EndsWith,
    ];

    /// The name of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContainsAll => "containsAll",
            Self::ContainsAny => "containsAny",
            Self::NotContainsAll => "notContainsAll",
            Self::NotContainsAny => "notContainsAny",
            Self::Equal => "equal",
            Self::NotEqual => "notEqual",
            Self::GreaterThan => "greaterThan",
            Self::GreaterThanOrEqual => "greaterThanOrEqual",
            Self::LessThan => "lessThan",
            Self::LessThanOrEqual => "lessThanOrEqual",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
        }
    }

    /// Whether it compares numbers.
    #[must_use]
    pub const fn is_numeric(self) -> bool {
        matches!(
            self,
            Self::GreaterThan | Self::GreaterThanOrEqual | Self::LessThan | Self::LessThanOrEqual
        )
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Operator {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|operator| text == operator.as_str()).ok_or(())
    }
}

/// One comparison of one field with one or more values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// The field: a key of the contract, for instance `page.url` or `attributes.price.value`.
    pub key: String,
    /// At least one value.
    pub values: Vec<String>,
    /// Whether letters of both cases are the same.
    pub should_ignore_case: bool,
    /// How they are compared.
    pub operator: Operator,
}

/// Criteria on the visitor that must all hold at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContextPattern {
    /// All must hold.
    pub criteria: Vec<Criterion>,
}

/// Criteria on one event, and how many such events there must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyPattern {
    /// All must hold on one and the same event.
    pub criteria: Vec<Criterion>,
    /// How many distinct events must satisfy the criteria; 0 when none may (`never`).
    pub count: u32,
    /// Seconds within which the pattern must hold: in order, since the pattern before it held or the
    /// session began; otherwise since the session began. Without limit, when absent.
    pub within_seconds: Option<u32>,
    /// The stream whose events are looked at.
    pub stream: Stream,
    /// The type of session whose events are looked at.
    pub session_type: String,
    /// The event that is looked at; any, when absent.
    pub event_name: Option<String>,
}

/// Where a segment that comes from outside has its origin (contract: `externalSegment`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalSegment {
    /// Its id there.
    pub id: String,
    /// Its name there.
    pub name: String,
    /// The system: `AdobeExperiencePlatform` or `Custom`.
    pub source: Option<String>,
}

/// What decides whether a segment matches. All patterns, context and journey, must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// On the visitor.
    pub context: Vec<ContextPattern>,
    /// On what the visitor did.
    pub journey: Vec<JourneyPattern>,
    /// Whether the journey patterns must hold one after another, in the order of the list.
    pub ordered: bool,
}

impl Conditions {
    /// Whether there is no pattern at all: such a segment is stored, but never matched (U12).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.context.is_empty() && self.journey.is_empty()
    }

    /// Whether the moments of the events matter, and not only how many there are.
    #[must_use]
    pub fn are_timed(&self) -> bool {
        !self.journey.is_empty()
            && (self.ordered
                || self
                    .journey
                    .iter()
                    .any(|pattern| pattern.count == 0 || pattern.within_seconds.is_some()))
    }
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its id.
    pub id: SegmentId,
    /// Its name, 1 to 128 characters. Not unique.
    pub display_name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is matched.
    pub is_active: bool,
    /// Counts accepted changes, from 1.
    pub version: u32,
    /// The version at which the conditions or the scope last changed. Counts of events under way
    /// belong to it, so that a new name or colour does not lose them.
    pub conditions_version: u32,
    /// `#` and six hexadecimal digits.
    pub color: String,
    /// Session or customer; fixed at creation.
    pub scope: Scope,
    /// Whether agents see it.
    pub should_display_to_agent: bool,
    /// What decides.
    pub conditions: Conditions,
    /// Its origin outside.
    pub external_segment: Option<ExternalSegment>,
    /// Days from assignment to automatic unassignment, 0 or more; never, when absent.
    pub assignment_expiration_days: Option<u32>,
    /// When it was created.
    pub created: Moment,
    /// When it was last changed.
    pub modified: Moment,
}
