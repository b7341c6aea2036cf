//! What the contract does not decide: which operations we serve, where a model lives, how a set
//! of values is called. All of it is data; a new issue adds lines here and runs the generator.

/// Operations whose models are generated. Every operation of the generations 102 and 108 must be
/// here (a test sees to it); of 269 those that the product answers.
pub(crate) const SERVED_OPERATIONS: &[&str] = &[
    // segments
    "get_journey_segments",
    "post_journey_segments",
    "get_journey_segment",
    "patch_journey_segment",
    "delete_journey_segment",
    // assignments
    "get_journey_session_segments",
    "get_journey_customer_customer_id_segments",
    "get_journey_externalcontact_segments",
    "post_journey_externalcontact_segments",
    "get_externalcontacts_contact_journey_segments",
    "post_externalcontacts_contact_journey_segments",
    // sessions
    "get_externalcontacts_contact_journey_sessions",
    "get_journey_session",
    // events
    "get_journey_session_events",
    "post_journey_deployment_appevents",
    "post_journey_deployment_webevents",
    // targets
    "get_journey_actiontargets",
    "get_journey_actiontarget",
    "patch_journey_actiontarget",
    // aggregates
    "post_analytics_journeys_aggregates_query",
    "post_analytics_journeys_aggregates_jobs",
    "get_analytics_journeys_aggregates_job",
    "delete_analytics_journeys_aggregates_job",
    "get_analytics_journeys_aggregates_job_results",
];

/// A file of the wire folder: its name, its page, and its models in reading order.
pub(crate) struct WireFile {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) models: &'static [&'static str],
}

/// Where each model lives. A reachable model without a place, and a place without a reachable
/// model, fail the generator.
pub(crate) const WIRE_FILES: &[WireFile] = &[
    WireFile {
        name: "segments",
        about: "Segments: the definition, its conditions, and the bodies that create and change it.",
        models: &[
            "JourneySegment",
            "SegmentListing",
            "Context",
            "ContextPattern",
            "EntityTypeCriteria",
            "Journey",
            "JourneyPattern",
            "Criteria",
            "ExternalSegment",
            "JourneySegmentRequest",
            "RequestContext",
            "RequestContextPattern",
            "RequestEntityTypeCriteria",
            "RequestJourney",
            "RequestJourneyPattern",
            "RequestCriteria",
            "RequestExternalSegment",
            "PatchSegment",
            "PatchContext",
            "PatchContextPattern",
            "PatchEntityTypeCriteria",
            "PatchJourney",
            "PatchJourneyPattern",
            "PatchCriteria",
            "PatchExternalSegment",
        ],
    },
    WireFile {
        name: "assignments",
        about: "Segment assignments: who is in which segment, and the bodies that assign by hand.",
        models: &[
            "SegmentAssignment",
            "SegmentAssignmentListing",
            "SegmentAssignmentSegment",
            "SegmentAssignmentSession",
            "SegmentAssignmentsUpdate",
            "UpdateSegmentAssignmentRequest",
            "UpdateSegmentAssignmentResponse",
            "UnprocessedSegmentAssignments",
            "SegmentAssignments",
            "SegmentForAssignment",
            "SegmentUnassignments",
            "SegmentForUnassignment",
        ],
    },
    WireFile {
        name: "sessions",
        about: "Sessions: what a visitor did in one visit, and the listing of a contact's sessions.",
        models: &[
            "Session",
            "SessionListing",
            "SessionLastEvent",
            "SessionSegmentAssignment",
            "AssignedSegment",
            "OutcomeAchievement",
            "AchievedOutcome",
            "ConnectedQueue",
            "ConnectedUser",
            "ConversationChannel",
            "ConversationUserDisposition",
            "CustomEventAttributeList",
            "JourneyCaseAssociation",
        ],
    },
    WireFile {
        name: "events",
        about: "Events: what trackers send, what they get back, and a session's events as read later.",
        models: &[
            "WebEventRequest",
            "WebEventResponse",
            "WebEventResponseSession",
            "AppEventRequest",
            "AppEventResponse",
            "AppEventResponseSession",
            "CustomEventAttribute",
            "Event",
            "EventListing",
            "EventSession",
            "WebEvent",
            "AppEvent",
            "SegmentAssignmentEvent",
            "OutcomeAchievedEvent",
            "OutcomeAchievedEventOutcome",
            "WebActionEvent",
            "EventAction",
            "ActionEventActionMap",
        ],
    },
    WireFile {
        name: "visitor",
        about: "The visitor's surroundings, as events and sessions describe them: page, device, place.",
        models: &[
            "RequestPage",
            "ResponsePage",
            "JourneyPage",
            "Referrer",
            "JourneyCampaign",
            "JourneyGeolocation",
            "Browser",
            "WebEventBrowser",
            "Device",
            "RequestDevice",
            "WebEventDevice",
            "JourneyApp",
            "SdkLibrary",
            "NetworkConnectivity",
        ],
    },
    WireFile {
        name: "targets",
        about: "Action targets: where web actions route to.",
        models: &[
            "ActionTarget",
            "ActionTargetListing",
            "PatchActionTarget",
            "ServiceLevel",
            "KeyValue",
        ],
    },
    WireFile {
        name: "aggregates",
        about: "Aggregates: the query, its answer, and the jobs that answer later.",
        models: &[
            "JourneyAggregationQuery",
            "JourneyAggregateQueryFilter",
            "JourneyAggregateQueryClause",
            "JourneyAggregateQueryPredicate",
            "NumericRange",
            "JourneyAggregationView",
            "AggregationRange",
            "JourneyAggregateQueryResponse",
            "JourneyAggregateDataContainer",
            "StatisticalResponse",
            "AggregateMetricData",
            "AggregateViewData",
            "StatisticalSummary",
            "JourneyAsyncAggregationQuery",
            "JourneyAsyncAggregateQueryResponse",
            "AsyncQueryResponse",
            "AsyncQueryStatus",
        ],
    },
    WireFile {
        name: "references",
        about: "References to other entities, used by several nouns.",
        models: &["AddressableEntityRef"],
    },
];

/// Names for sets of values where model and field put together read badly. Fields with an equal
/// set of values share one vocabulary; without a line here it is called after the first of them.
pub(crate) const VOCABULARY_NAMES: &[(&str, &str, &str)] = &[
    ("EntityTypeCriteria", "entityType", "EntityType"),
    ("JourneyPattern", "streamType", "StreamType"),
    ("JourneySegment", "scope", "SegmentScope"),
    ("AsyncQueryStatus", "state", "AsyncQueryState"),
    ("JourneyAggregateQueryFilter", "type", "AggregateFilterType"),
    ("JourneyAggregateQueryPredicate", "type", "AggregatePredicateType"),
    ("JourneyAggregateQueryPredicate", "dimension", "AggregateDimension"),
    ("JourneyAggregateQueryPredicate", "operator", "AggregatePredicateOperator"),
    ("JourneyAggregationQuery", "alternateTimeDimension", "AlternateTimeDimension"),
    ("JourneyAggregationView", "target", "AggregateViewTarget"),
    ("JourneyAggregationView", "function", "AggregateViewFunction"),
];

/// Fields of patch bodies where an explicit `null` is told from an absent field: `Patch<T>`. Absent
/// keeps what is stored; whether `null` clears it or is refused is the domain's to say. In every
/// other field `null` and absent are the same.
pub(crate) const PATCH_FIELDS: &[(&str, &str)] = &[
    ("PatchSegment", "isActive"),
    ("PatchSegment", "displayName"),
    ("PatchSegment", "version"),
    ("PatchSegment", "description"),
    ("PatchSegment", "color"),
    ("PatchSegment", "shouldDisplayToAgent"),
    ("PatchSegment", "context"),
    ("PatchSegment", "journey"),
    ("PatchSegment", "assignmentExpirationDays"),
    ("PatchSegment", "externalSegment"),
    ("PatchExternalSegment", "name"),
    ("PatchActionTarget", "name"),
    ("PatchActionTarget", "serviceLevel"),
    ("PatchActionTarget", "shortAbandonThreshold"),
];

/// Fields that no generation has and that are ours: an SDK that does not know them neither sends nor
/// gets them.
pub(crate) const OWN_FIELDS: &[(&[&str], &str, &str)] = &[
    (&["Journey", "RequestJourney", "PatchJourney"], "ordered", "bool"),
    (&["JourneyPattern", "RequestJourneyPattern", "PatchJourneyPattern"], "withinSeconds", "int"),
];

/// Models that only requests use, although older generations list read-only fields in them.
pub(crate) const BODY_MODELS: &[&str] =
    &["JourneySegmentRequest", "PatchSegment", "PatchActionTarget"];

/// The read-only fields left out of [`BODY_MODELS`]: a server ignores them in a request, whatever
/// they hold.
pub(crate) const READ_ONLY_FIELDS: &[&str] = &["id", "selfUri", "createdDate", "modifiedDate"];
