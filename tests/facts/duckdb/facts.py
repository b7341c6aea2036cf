"""Random facts, the same for the same seed, in the schema of `wayfare facts import`."""

import random
from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet as pq

COUNTERS = [
    "nJourneySessions", "nJourneySegmentsAssigned", "nJourneyOutcomesAchieved", "nJourneyOutcomesAttributed",
    "nJourneyActionsBlocked", "nWebActionsAbandoned", "nWebActionsAccepted", "nWebActionsEngaged", "nWebActionsErrored",
    "nWebActionsFrequencyCapReached", "nWebActionsIgnored", "nWebActionsOffered", "nWebActionsOfferedOutsideSchedule",
    "nWebActionsQualified", "nWebActionsQualifiedOutsideSchedule", "nWebActionsRejected", "nWebActionsStarted",
    "nWebActionsTimedout",
]
OBSERVATIONS = ["oJourneyOutcomeValue", "oJourneyOutcomeTouchpointValue"]
DISTINCT = {"nDistinctJourneySessions": "journeySessionId", "nDistinctJourneyActions": "journeyActionId"}
MULTI_VALUED = [
    "journeySessionSegmentId", "containsAllCondition", "containsAnyCondition", "endsWithCondition", "equalCondition",
    "notContainsAllCondition", "notContainsAnyCondition", "notEqualCondition", "startsWithCondition",
]
SINGLE = [
    "journeyActionId", "journeyActionMapId", "journeyActionMapVersion", "journeyActionMediaType", "journeyActionTargetId",
    "journeyActionTemplateId", "journeyBlockingActionMapId", "journeyBlockingEmergencyScheduleGroupId",
    "journeyBlockingReason", "journeyBlockingScheduleGroupId", "journeyCustomerId", "journeyCustomerIdType",
    "journeyDeviceCategory", "journeyDeviceType", "journeyFrequencyCapReason", "journeyIpGeolocationCountry",
    "journeyOutcomeId", "journeySegmentAssignmentState", "journeySegmentId", "journeySegmentScope", "journeySessionId",
    "journeySessionType", "touchpointActionMapId", "touchpointAgentId", "touchpointAttributionScope",
    "touchpointChannelMessageType", "touchpointChannelPlatform", "touchpointChannelType", "touchpointConversationId",
    "touchpointInteractionType", "touchpointQueueId", "touchpointRequestedRouting", "touchpointUsedRouting",
    "touchpointWrapupCode",
]
# A change of clocks in Europe lies in the middle, another one in America.
START, END = datetime(2025, 2, 20, tzinfo=timezone.utc), datetime(2025, 4, 20, tzinfo=timezone.utc)
TEXTS = ["a", "b", "B", "ä", "a,b", "", "x'y\"z", "日本", "0", "c d"]


def words(dimension, chance):
    """The values that a dimension may have: few or many, odd texts or UUIDs."""
    if dimension == "journeySegmentAssignmentState":
        return ["Assigned", "Unassigned"]
    if dimension.endswith("Id"):
        many = 400 if dimension in ("journeySessionId", "journeyActionId") else chance.choice([3, 20])
        return [f"{chance.getrandbits(128):032x}" for _ in range(many)]
    return [text for text in TEXTS if text][: chance.randint(2, 9)]


def uuid_text(word):
    """32 hexadecimal digits as a UUID."""
    return "-".join((word[:8], word[8:12], word[12:16], word[16:20], word[20:]))


def generate(seed, rows):
    """A table of facts, and the values of each dimension."""
    chance = random.Random(seed)
    vocabulary = {}
    for dimension in SINGLE + MULTI_VALUED:
        known = words(dimension, chance)
        vocabulary[dimension] = [uuid_text(word) if len(word) == 32 else word for word in known]
    density = {dimension: chance.choice([0.0, 0.1, 0.6, 0.95, 1.0]) for dimension in vocabulary}
    density["journeySessionId"] = 0.9
    span_ms = int((END - START) / timedelta(milliseconds=1))
    columns = {name: [] for name in ["emitted", "happened", "metric", "value", *vocabulary]}
    metrics = COUNTERS + 3 * OBSERVATIONS + 4 * ["nJourneySegmentsAssigned", "nJourneySessions"]
    for _ in range(rows):
        emitted = START + timedelta(milliseconds=chance.randrange(span_ms))
        metric = chance.choice(metrics)
        columns["emitted"].append(emitted)
        columns["happened"].append(emitted - timedelta(seconds=chance.choice([0, 0, 1, 3_600, 400_000])))
        columns["metric"].append(metric)
        has_value = metric in OBSERVATIONS and chance.random() < 0.9
        columns["value"].append(round(chance.gauss(10, 30), 2) if has_value else None)
        for dimension, known in vocabulary.items():
            columns[dimension].append(values_of(dimension, metric, known, density[dimension], chance))
    return pa.table({name: pa.array(column, column_type(name)) for name, column in columns.items()}), vocabulary


def values_of(dimension, metric, known, density, chance):
    """What a fact has in a dimension: nothing, one value, or a list where there may be several."""
    if dimension == "journeySegmentAssignmentState":
        return chance.choice(known) if metric == "nJourneySegmentsAssigned" else None
    if chance.random() >= density:
        return None
    if dimension in MULTI_VALUED:
        return chance.sample(known, chance.randint(1, min(3, len(known))))
    return chance.choice(known)


def column_type(name):
    """The type of a column in the schema of the import."""
    if name in ("emitted", "happened"):
        return pa.timestamp("ms", "UTC")
    if name == "value":
        return pa.float64()
    return pa.list_(pa.string()) if name in MULTI_VALUED else pa.string()


def write(table, path):
    """Writes facts as Parquet."""
    pq.write_table(table, path)
