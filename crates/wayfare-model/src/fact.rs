//! Facts: what aggregates count. One closed model for all metrics and dimensions.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::id::FactId;
use crate::time::Moment;

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each name is the contract's own")]
        pub enum $name { $($variant,)* }

        impl $name {
            /// All of them, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name of the contract.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($text => Ok(Self::$variant),)* _ => Err(()) }
            }
        }
    };
}

vocabulary! {
    /// A metric of the journey aggregates (domain, 5.1). `n*` count, `o*` also carry a value.
    Metric {
        JourneySessions = "nJourneySessions",
        JourneySegmentsAssigned = "nJourneySegmentsAssigned",
        JourneyOutcomesAchieved = "nJourneyOutcomesAchieved",
        JourneyOutcomesAttributed = "nJourneyOutcomesAttributed",
        JourneyActionsBlocked = "nJourneyActionsBlocked",
        WebActionsAbandoned = "nWebActionsAbandoned",
        WebActionsAccepted = "nWebActionsAccepted",
        WebActionsEngaged = "nWebActionsEngaged",
        WebActionsErrored = "nWebActionsErrored",
        WebActionsFrequencyCapReached = "nWebActionsFrequencyCapReached",
        WebActionsIgnored = "nWebActionsIgnored",
        WebActionsOffered = "nWebActionsOffered",
        WebActionsOfferedOutsideSchedule = "nWebActionsOfferedOutsideSchedule",
        WebActionsQualified = "nWebActionsQualified",
        WebActionsQualifiedOutsideSchedule = "nWebActionsQualifiedOutsideSchedule",
        WebActionsRejected = "nWebActionsRejected",
        WebActionsStarted = "nWebActionsStarted",
        WebActionsTimedout = "nWebActionsTimedout",
        DistinctJourneyActions = "nDistinctJourneyActions",
        DistinctJourneySessions = "nDistinctJourneySessions",
        JourneyOutcomeValue = "oJourneyOutcomeValue",
        JourneyOutcomeTouchpointValue = "oJourneyOutcomeTouchpointValue",
    }
}

vocabulary! {
    /// A dimension of the journey aggregates (domain, 5.2), the removed ones of 2020-21 too.
    Dimension {
        ContainsAllCondition = "containsAllCondition",
        ContainsAnyCondition = "containsAnyCondition",
        EndsWithCondition = "endsWithCondition",
        EqualCondition = "equalCondition",
        NotContainsAllCondition = "notContainsAllCondition",
        NotContainsAnyCondition = "notContainsAnyCondition",
        NotEqualCondition = "notEqualCondition",
        StartsWithCondition = "startsWithCondition",
        JourneyActionId = "journeyActionId",
        JourneyActionMapId = "journeyActionMapId",
        JourneyActionMapVersion = "journeyActionMapVersion",
        JourneyActionMediaType = "journeyActionMediaType",
        JourneyActionTargetId = "journeyActionTargetId",
        JourneyActionTemplateId = "journeyActionTemplateId",
        JourneyBlockingActionMapId = "journeyBlockingActionMapId",
        JourneyBlockingEmergencyScheduleGroupId = "journeyBlockingEmergencyScheduleGroupId",
        JourneyBlockingReason = "journeyBlockingReason",
        JourneyBlockingScheduleGroupId = "journeyBlockingScheduleGroupId",
        JourneyCustomerId = "journeyCustomerId",
        JourneyCustomerIdType = "journeyCustomerIdType",
        JourneyDeviceCategory = "journeyDeviceCategory",
        JourneyDeviceType = "journeyDeviceType",
        JourneyFrequencyCapReason = "journeyFrequencyCapReason",
        JourneyIpGeolocationCountry = "journeyIpGeolocationCountry",
        JourneyOutcomeId = "journeyOutcomeId",
        JourneySegmentAssignmentState = "journeySegmentAssignmentState",
        JourneySegmentId = "journeySegmentId",
        JourneySegmentScope = "journeySegmentScope",
        JourneySessionId = "journeySessionId",
        JourneySessionSegmentId = "journeySessionSegmentId",
        JourneySessionType = "journeySessionType",
        TouchpointActionMapId = "touchpointActionMapId",
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

/// Something that happened and is counted.
///
/// A fact is written under its id: writing it again replaces it. The fact of a session stays open
/// while the session goes on, since segments join it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Its id.
    pub id: FactId,
    /// The metric it counts for.
    pub metric: Metric,
    /// When it was emitted: the bucket it falls in.
    pub emitted: Moment,
    /// When it happened: the bucket under `alternateTimeDimension: eventTime`.
    pub happened: Moment,
    /// The value, for `o*` metrics.
    pub value: Option<f64>,
    /// Values by dimension; several only in multi-valued dimensions, none of them empty.
    pub dimensions: BTreeMap<Dimension, Vec<String>>,
}
