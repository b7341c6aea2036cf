// Generated from contract/ by `cargo xtask codegen`. Do not edit.

//! The closed sets of words that the contract knows, one enum each.
//!
//! Reading is exact: letter case counts. A word of one SDK generation is a word of all.

use serde::{Deserialize, Serialize};

/// A word that is not in its vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown value `{value}`, allowed are {}", allowed.join(", "))]
pub struct UnknownWord {
    /// What was given.
    pub value: String,
    /// The whole vocabulary.
    pub allowed: &'static [&'static str],
}

/// An enum of words with their spelling on the wire.
macro_rules! vocabulary {
    ($(#[$page:meta])* $name:ident { $($variant:ident = $word:literal,)+ }) => {
        $(#[$page])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum $name {
            $(
                #[doc = concat!("`", $word, "`.")]
                #[serde(rename = $word)]
                $variant,
            )+
        }

        impl $name {
            /// Every word, as spelled on the wire.
            pub const ALL: &'static [&'static str] = &[$($word,)+];

            /// The word as spelled on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(value: &str) -> Result<Self, UnknownWord> {
                match value {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { value: value.to_owned(), allowed: Self::ALL }),
                }
            }
        }
    };
}

vocabulary! {
    /// Values of `ActionTarget.state`.
    ActionTargetState {
        Active = "active",
        Inactive = "inactive",
        Deleted = "deleted",
    }
}

vocabulary! {
    /// Values of `JourneyAggregateQueryPredicate.dimension`.
    AggregateDimension {
        JourneyActionId = "journeyActionId",
        JourneyActionMapId = "journeyActionMapId",
        JourneyActionMapVersion = "journeyActionMapVersion",
        JourneyActionMediaType = "journeyActionMediaType",
        JourneyActionTemplateId = "journeyActionTemplateId",
        JourneyCustomerId = "journeyCustomerId",
        JourneyCustomerIdType = "journeyCustomerIdType",
        JourneyDeviceCategory = "journeyDeviceCategory",
        JourneyDeviceType = "journeyDeviceType",
        JourneyOutcomeId = "journeyOutcomeId",
        JourneySegmentId = "journeySegmentId",
        JourneySegmentScope = "journeySegmentScope",
        JourneySessionSegmentId = "journeySessionSegmentId",
        JourneySessionType = "journeySessionType",
        TouchpointActionMapId = "touchpointActionMapId",
        ContainsAllCondition = "containsAllCondition",
        ContainsAnyCondition = "containsAnyCondition",
        EndsWithCondition = "endsWithCondition",
        EqualCondition = "equalCondition",
        JourneyActionTargetId = "journeyActionTargetId",
        JourneyBlockingActionMapId = "journeyBlockingActionMapId",
        JourneyBlockingEmergencyScheduleGroupId = "journeyBlockingEmergencyScheduleGroupId",
        JourneyBlockingReason = "journeyBlockingReason",
        JourneyBlockingScheduleGroupId = "journeyBlockingScheduleGroupId",
        JourneyFrequencyCapReason = "journeyFrequencyCapReason",
        JourneyIpGeolocationCountry = "journeyIpGeolocationCountry",
        JourneySegmentAssignmentState = "journeySegmentAssignmentState",
        JourneySessionId = "journeySessionId",
        NotContainsAllCondition = "notContainsAllCondition",
        NotContainsAnyCondition = "notContainsAnyCondition",
        NotEqualCondition = "notEqualCondition",
        StartsWithCondition = "startsWithCondition",
        TouchpointAgentId = "touchpointAgentId",
        TouchpointAttributionScope = "touchpointAttributionScope",
        TouchpointChannelMessageType = "touchpointChannelMessageType",
        TouchpointChannelPlatform = "touchpointChannelPlatform",
        TouchpointChannelType = "touchpointChannelType",
        TouchpointConversationId = "touchpointConversationId",
        TouchpointInteractionType = "touchpointInteractionType",
        TouchpointQueueId = "touchpointQueueId",
        TouchpointRequestedRouting = "touchpointRequestedRouting",
        TouchpointUsedRouting = "touchpointUsedRouting",
        TouchpointWrapupCode = "touchpointWrapupCode",
    }
}

vocabulary! {
    /// Values of `JourneyAggregateQueryClause.type`, `JourneyAggregateQueryFilter.type`.
    AggregateFilterType {
        And = "and",
        Or = "or",
    }
}

vocabulary! {
    /// Values of `JourneyAggregateQueryPredicate.operator`.
    AggregatePredicateOperator {
        Matches = "matches",
        Exists = "exists",
        NotExists = "notExists",
    }
}

vocabulary! {
    /// Values of `JourneyAggregateQueryPredicate.type`.
    AggregatePredicateType {
        Dimension = "dimension",
        Property = "property",
        Metric = "metric",
    }
}

vocabulary! {
    /// Values of `JourneyAggregationView.function`.
    AggregateViewFunction {
        RangeBound = "rangeBound",
    }
}

vocabulary! {
    /// Values of `JourneyAggregationView.target`.
    AggregateViewTarget {
        NJourneyOutcomesAchieved = "nJourneyOutcomesAchieved",
        NJourneyOutcomesAttributed = "nJourneyOutcomesAttributed",
        NJourneySegmentsAssigned = "nJourneySegmentsAssigned",
        NJourneySessions = "nJourneySessions",
        NWebActionsAbandoned = "nWebActionsAbandoned",
        NWebActionsAccepted = "nWebActionsAccepted",
        NWebActionsEngaged = "nWebActionsEngaged",
        NWebActionsErrored = "nWebActionsErrored",
        NWebActionsIgnored = "nWebActionsIgnored",
        NWebActionsOffered = "nWebActionsOffered",
        NWebActionsQualified = "nWebActionsQualified",
        NWebActionsQualifiedOutsideSchedule = "nWebActionsQualifiedOutsideSchedule",
        NWebActionsRejected = "nWebActionsRejected",
        NWebActionsStarted = "nWebActionsStarted",
        NWebActionsTimedout = "nWebActionsTimedout",
        NWebActionsFrequencyCapReached = "nWebActionsFrequencyCapReached",
        NWebActionsOfferedOutsideSchedule = "nWebActionsOfferedOutsideSchedule",
        NDistinctJourneyActions = "nDistinctJourneyActions",
        NDistinctJourneySessions = "nDistinctJourneySessions",
        NJourneyActionsBlocked = "nJourneyActionsBlocked",
        OJourneyOutcomeTouchpointValue = "oJourneyOutcomeTouchpointValue",
        OJourneyOutcomeValue = "oJourneyOutcomeValue",
    }
}

vocabulary! {
    /// Values of `JourneyAggregationQuery.alternateTimeDimension`, `JourneyAsyncAggregationQuery.alternateTimeDimension`.
    AlternateTimeDimension {
        EventTime = "eventTime",
    }
}

vocabulary! {
    /// Values of `AsyncQueryStatus.state`.
    AsyncQueryState {
        Queued = "QUEUED",
        Pending = "PENDING",
        Failed = "FAILED",
        Cancelled = "CANCELLED",
        Fulfilled = "FULFILLED",
        Expired = "EXPIRED",
    }
}

vocabulary! {
    /// Values of `ConversationChannel.messageType`.
    ConversationChannelMessageType {
        Unknown = "Unknown",
        Sms = "Sms",
        Twitter = "Twitter",
        Facebook = "Facebook",
        Line = "Line",
        WhatsApp = "WhatsApp",
        WebMessaging = "WebMessaging",
        Open = "Open",
        Instagram = "Instagram",
        Apple = "Apple",
    }
}

vocabulary! {
    /// Values of `ConversationChannel.type`.
    ConversationChannelType {
        Unknown = "Unknown",
        Call = "Call",
        Callback = "Callback",
        Email = "Email",
        GenericObject = "GenericObject",
        Messaging = "Messaging",
        Social = "Social",
        Webchat = "Webchat",
        Voice = "Voice",
        Chat = "Chat",
        Cobrowse = "Cobrowse",
        Video = "Video",
        Screenshare = "Screenshare",
        Message = "Message",
        InternalMessage = "InternalMessage",
    }
}

vocabulary! {
    /// Values of `Criteria.operator`, `EntityTypeCriteria.operator`, `PatchCriteria.operator`, `PatchEntityTypeCriteria.operator`, `RequestCriteria.operator`, `RequestEntityTypeCriteria.operator`.
    CriteriaOperator {
        ContainsAll = "containsAll",
        ContainsAny = "containsAny",
        NotContainsAll = "notContainsAll",
        NotContainsAny = "notContainsAny",
        Equal = "equal",
        NotEqual = "notEqual",
        GreaterThan = "greaterThan",
        GreaterThanOrEqual = "greaterThanOrEqual",
        LessThan = "lessThan",
        LessThanOrEqual = "lessThanOrEqual",
        StartsWith = "startsWith",
        EndsWith = "endsWith",
    }
}

vocabulary! {
    /// Values of `Device.category`, `RequestDevice.category`, `WebEventDevice.category`.
    DeviceCategory {
        Desktop = "desktop",
        Mobile = "mobile",
        Tablet = "tablet",
        Other = "other",
    }
}

vocabulary! {
    /// Values of `EntityTypeCriteria.entityType`, `PatchEntityTypeCriteria.entityType`, `RequestEntityTypeCriteria.entityType`.
    EntityType {
        Visit = "visit",
    }
}

vocabulary! {
    /// Values of `EventAction.mediaType`.
    EventActionMediaType {
        WebMessagingOffer = "webMessagingOffer",
        ContentOffer = "contentOffer",
        IntegrationAction = "integrationAction",
        ArchitectFlow = "architectFlow",
        OpenAction = "openAction",
    }
}

vocabulary! {
    /// Values of `EventAction.state`.
    EventActionState {
        Accepted = "accepted",
        Rejected = "rejected",
        Timedout = "timedout",
        Errored = "errored",
        Ignored = "ignored",
        Qualified = "qualified",
        Offered = "offered",
        Started = "started",
        Engaged = "engaged",
        QualifiedOutsideSchedule = "qualifiedOutsideSchedule",
        OfferedOutsideSchedule = "offeredOutsideSchedule",
        Abandoned = "abandoned",
        Completed = "completed",
        FrequencyCapReached = "frequencyCapReached",
    }
}

vocabulary! {
    /// Values of `ExternalSegment.source`, `RequestExternalSegment.source`.
    ExternalSegmentSource {
        AdobeExperiencePlatform = "AdobeExperiencePlatform",
        Custom = "Custom",
    }
}

vocabulary! {
    /// Values of `Referrer.medium`.
    ReferrerMedium {
        Internal = "internal",
        Search = "search",
        Social = "social",
        Email = "email",
        Unknown = "unknown",
        Paid = "paid",
    }
}

vocabulary! {
    /// Values of `SegmentAssignment.state`, `SegmentAssignmentsUpdate.state`.
    SegmentAssignmentState {
        Assigned = "Assigned",
        Unassigned = "Unassigned",
    }
}

vocabulary! {
    /// Values of `JourneySegment.scope`, `JourneySegmentRequest.scope`, `SegmentAssignmentSegment.scope`.
    SegmentScope {
        Session = "Session",
        Customer = "Customer",
    }
}

vocabulary! {
    /// Values of `Session.caseStatus`.
    SessionCaseStatus {
        Unknown = "Unknown",
        Open = "Open",
        InProgress = "InProgress",
        Terminated = "Terminated",
        Closed = "Closed",
    }
}

vocabulary! {
    /// Values of `Session.lastAcdOutcome`.
    SessionLastAcdOutcome {
        Unknown = "Unknown",
        Abandon = "Abandon",
        Answered = "Answered",
        FlowOut = "FlowOut",
    }
}

vocabulary! {
    /// Values of `Session.lastUserDisconnectType`.
    SessionLastUserDisconnectType {
        Unknown = "Unknown",
        Endpoint = "Endpoint",
        Client = "Client",
        System = "System",
        Transfer = "Transfer",
        Error = "Error",
        Peer = "Peer",
        Other = "Other",
        Spam = "Spam",
        Timeout = "Timeout",
        TransportFailure = "TransportFailure",
        ConferenceTransfer = "ConferenceTransfer",
        ConsultTransfer = "ConsultTransfer",
        ForwardTransfer = "ForwardTransfer",
        NoAnswerTransfer = "NoAnswerTransfer",
        NotAvailableTransfer = "NotAvailableTransfer",
        Uncallable = "Uncallable",
        DoNotDisturbEndpoint = "DoNotDisturbEndpoint",
        DoNotDisturbTransfer = "DoNotDisturbTransfer",
        SessionExpired = "SessionExpired",
        Takeover = "Takeover",
    }
}

vocabulary! {
    /// Values of `Session.originatingDirection`.
    SessionOriginatingDirection {
        Unknown = "Unknown",
        Inbound = "Inbound",
        Outbound = "Outbound",
    }
}

vocabulary! {
    /// Values of `JourneyPattern.streamType`, `PatchJourneyPattern.streamType`, `RequestJourneyPattern.streamType`.
    StreamType {
        Web = "Web",
        Custom = "Custom",
        Conversation = "Conversation",
        App = "App",
    }
}
