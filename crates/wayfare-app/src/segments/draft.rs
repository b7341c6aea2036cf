//! Conditions as a client wrote them: the three families of wire shapes, made one.

use wayfare_model::wire;

/// A criterion of either kind.
pub(super) struct Criterion {
    pub(super) key: Option<String>,
    pub(super) values: Option<Vec<String>>,
    pub(super) should_ignore_case: Option<bool>,
    pub(super) operator: Option<String>,
    /// Of context criteria only.
    pub(super) entity_type: Option<String>,
}

/// A context pattern.
pub(super) struct ContextPattern {
    pub(super) criteria: Option<Vec<Criterion>>,
}

/// A journey pattern.
pub(super) struct JourneyPattern {
    pub(super) criteria: Option<Vec<Criterion>>,
    pub(super) count: Option<i64>,
    pub(super) stream_type: Option<String>,
    pub(super) session_type: Option<String>,
    pub(super) event_name: Option<String>,
    pub(super) within_seconds: Option<i64>,
}

/// The context patterns. An absent list is an empty one.
#[derive(Default)]
pub(super) struct Context(pub(super) Vec<ContextPattern>);

/// The journey patterns. An absent list is an empty one.
#[derive(Default)]
pub(super) struct Journey {
    pub(super) patterns: Vec<JourneyPattern>,
    pub(super) ordered: bool,
}

macro_rules! conversions {
    ($($context:ident, $context_pattern:ident, $context_criterion:ident,
       $journey:ident, $journey_pattern:ident, $journey_criterion:ident;)*) => {$(
        impl From<wire::$context_criterion> for Criterion {
            fn from(wire: wire::$context_criterion) -> Self {
                Self {
                    key: wire.key,
                    values: wire.values,
                    should_ignore_case: wire.should_ignore_case,
                    operator: wire.operator,
                    entity_type: wire.entity_type,
                }
            }
        }

        impl From<wire::$journey_criterion> for Criterion {
            fn from(wire: wire::$journey_criterion) -> Self {
                Self {
                    key: wire.key,
                    values: wire.values,
                    should_ignore_case: wire.should_ignore_case,
                    operator: wire.operator,
                    entity_type: None,
                }
            }
        }

        impl From<wire::$context> for Context {
            fn from(wire: wire::$context) -> Self {
                let pattern = |pattern: wire::$context_pattern| ContextPattern {
                    criteria: pattern.criteria.map(each),
                };
                Self(wire.patterns.unwrap_or_default().into_iter().map(pattern).collect())
            }
        }

        impl From<wire::$journey> for Journey {
            fn from(wire: wire::$journey) -> Self {
                let pattern = |pattern: wire::$journey_pattern| JourneyPattern {
                    criteria: pattern.criteria.map(each),
                    count: pattern.count,
                    stream_type: pattern.stream_type,
                    session_type: pattern.session_type,
                    event_name: pattern.event_name,
                    within_seconds: pattern.within_seconds,
                };
                let patterns = wire.patterns.unwrap_or_default();
                Self {
                    patterns: patterns.into_iter().map(pattern).collect(),
                    ordered: wire.ordered.unwrap_or(false),
                }
            }
        }
    )*};
}

fn each<T: Into<Criterion>>(criteria: Vec<T>) -> Vec<Criterion> {
    criteria.into_iter().map(Into::into).collect()
}

conversions! {
    RequestContext, RequestContextPattern, RequestEntityTypeCriteria,
        RequestJourney, RequestJourneyPattern, RequestCriteria;
    PatchContext, PatchContextPattern, PatchEntityTypeCriteria,
        PatchJourney, PatchJourneyPattern, PatchCriteria;
}
