"""The check groups that more than one SDK generation runs.

Each takes the generation under test; what an SDK cannot do itself, the generation does by raw HTTP.
"""

import uuid
from datetime import datetime, timedelta, timezone

import journey
from journey import counts, matches, segment_body, web_event


def login(generation):
    """The SDK's own login, and what a wrong secret gets."""
    suite = generation.suite
    with suite.group("login"):
        generation.login()
        suite.true("access token", len(generation.client.access_token) > 20)
        other = generation.sdk.ApiClient()
        wrong = generation.failure(
            other.get_client_credentials_token, generation.server.client_id, "not:the:secret"
        )
        suite.equal("status for a wrong secret", wrong[0], 401)


def action_targets(generation, patch):
    """List, get and (where the SDK has it) patch. At least one target has to exist."""
    suite, api = generation.suite, generation.journey
    target = None
    with suite.group("action targets: every field, page by page"):
        full_target(generation)
    with suite.group("action targets: list and get"):
        page = generation.wire(api.get_journey_actiontargets(page_number=1, page_size=1))
        suite.true("there is an action target", page["total"] >= 1, page)
        suite.equal("pageSize", page["pageSize"], 1)
        suite.equal("pageNumber", page["pageNumber"], 1)
        suite.equal("pageCount", page["pageCount"], page["total"])
        suite.equal("entities", len(page["entities"]), 1)
        suite.contains("selfUri", page["selfUri"], "/api/v2/journey/actiontargets")
        last = generation.wire(
            api.get_journey_actiontargets(page_number=page["pageCount"], page_size=1)
        )
        suite.equal("nextUri of the last page", last.get("nextUri"), None)
        target = page["entities"][0]
        suite.equal(
            "selfUri of a target", target["selfUri"], f"/api/v2/journey/actiontargets/{target['id']}"
        )
        suite.true("name", bool(target["name"]), target)
        suite.contains("states", ("active", "inactive", "deleted"), target["state"])
        suite.true("createdDate", "createdDate" in target, target)
        again = generation.wire(api.get_journey_actiontarget(target["id"]))
        suite.equal("the target by its id", again, target)
        unknown = generation.failure(api.get_journey_actiontarget, str(uuid.uuid4()))
        suite.refused("an unknown target", unknown, 404, "not.found")
    if patch and target is not None:
        patch_action_target(generation, target)


def patch_action_target(generation, target):
    """Changes name and service level, then puts both back."""
    suite, api = generation.suite, generation.journey
    with suite.group("action targets: patch"):
        change = {
            "name": generation.name("target"),
            "serviceLevel": {"percentage": 0.8, "durationMs": 1000},
        }
        if "short_abandon_threshold" in generation.sdk.PatchActionTarget().attribute_map:
            change["shortAbandonThreshold"] = 7
        # What is read-only is left aside: clients send back what they have read.
        given = {**change, "id": target["id"], "selfUri": target["selfUri"]}
        body = generation.model("PatchActionTarget", given)
        changed = generation.wire(api.patch_journey_actiontarget(target["id"], body=body))
        try:
            suite.holds("the answer", changed, change)
            again = generation.wire(api.get_journey_actiontarget(target["id"]))
            suite.equal("the target by its id", again, changed)
        finally:
            back = {key: target[key] for key in change if key in target}
            api.patch_journey_actiontarget(
                target["id"], body=generation.model("PatchActionTarget", back)
            )
        again = generation.wire(api.get_journey_actiontarget(target["id"]))
        suite.equal("the name, put back", again["name"], target["name"])


def full_target(generation):
    """A target with all there is to it, and the pages on both sides of another."""
    suite, api = generation.suite, generation.journey
    body = {
        "name": generation.name("full"),
        "userData": [{"key": "queueId", "value": str(uuid.uuid4())}],
        "supportedMediaTypes": ["webchat", "callback"],
        "state": "inactive",
        "description": "for \"dear\" customers",
        "serviceLevel": {"percentage": 0.25, "durationMs": 20000},
        "shortAbandonThreshold": 5,
    }
    made = generation.create_target(body)
    known = generation.sdk.ActionTarget().attribute_map.values()
    target = generation.wire(api.get_journey_actiontarget(made["id"]))
    suite.holds("target", target, {key: body[key] for key in body if key in known})
    suite.true("modifiedDate", "modifiedDate" in target, target)
    number, found = 1, []
    while True:
        page = generation.wire(api.get_journey_actiontargets(page_number=number, page_size=1))
        found += page["entities"]
        last, count = f"pageNumber={page['pageCount']}&", page["pageCount"]
        suite.contains("firstUri", page["firstUri"] + "&", "pageNumber=1&")
        suite.contains("lastUri", page["lastUri"] + "&", last)
        before, after = page.get("previousUri"), page.get("nextUri")
        suite.equal("previousUri is given", before is not None, number > 1)
        suite.equal("nextUri is given", after is not None, number < count)
        if number >= count:
            break
        number += 1
    suite.equal("each once", len({each["id"] for each in found}), page["total"])
    suite.contains("targets", found, target)


def check_assignment(suite, what, entity, segment, visitor=None, session_id=None):
    """The parts of one assignment that holds."""
    suite.true(f"{what}: id", bool(entity.get("id")), entity)
    suite.holds(
        what,
        entity,
        {
            "state": "Assigned",
            "dateUnassigned": None,
            "segment": {
                "id": segment["id"],
                "scope": segment["scope"],
                "version": segment["version"],
                "selfUri": f"/api/v2/journey/segments/{segment['id']}",
            },
        },
    )
    for key in ("dateAssigned", "dateModified"):
        age = datetime.now(timezone.utc) - journey.parsed(entity[key])
        suite.true(f"{what}: {key} is now", abs(age) < timedelta(minutes=5), entity[key])
    contact = entity["externalContact"]
    suite.true(f"{what}: externalContact.id", bool(uuid.UUID(contact["id"])), contact)
    suite.contains(f"{what}: externalContact.selfUri", contact["selfUri"], contact["id"])
    if visitor is not None:
        suite.holds(what, entity, {"customerId": visitor, "customerIdType": "cookie"})
    if session_id is not None:
        self_uri = f"/api/v2/journey/sessions/{session_id}"
        session = {"id": session_id, "type": "web", "selfUri": self_uri}
        suite.holds(what, entity, {"session": session})


def assigned(generation, segment_id):
    """How many times a segment was assigned, whatever became of it."""
    query = {
        "interval": journey.interval_around_now(),
        "metrics": ["nJourneySegmentsAssigned"],
        "groupBy": ["journeySegmentId"],
        "filter": {"type": "and", "predicates": [matches("journeySegmentId", segment_id)]},
    }
    answer = generation.aggregates(query)
    return counts(answer, "nJourneySegmentsAssigned", "journeySegmentId").get(segment_id, 0)


def live_loop(generation):
    """A segment, events, and at once what they led to: nothing here waits or asks twice."""
    suite = generation.suite
    with suite.group("live loop: create, send, read, count"):
        event_name = generation.name("plan_chosen")
        segment = generation.create_segment(
            segment_body(generation.name("gold"), event_name, "plan", "gold")
        )
        before = assigned(generation, segment["id"])
        suite.equal("count before", before, 0)
        visitor, other = str(uuid.uuid4()), str(uuid.uuid4())
        first = generation.send_web_event(web_event(visitor, event_name, {"plan": "silver"}))
        session_id = first["session"]["id"]
        generation.send_web_event(web_event(visitor, "page_viewed", {"plan": "gold"}))
        generation.send_web_event(web_event(other, event_name, {"plan": "Gold"}))
        page = generation.assignments("sessions", session_id)
        suite.equal("assignments after the others", page["entities"], [])
        suite.equal("count after the others", assigned(generation, segment["id"]), before)

        match = generation.send_web_event(web_event(visitor, event_name, {"plan": "gold"}))
        suite.equal("session of the matching event", match["session"]["id"], session_id)
        page = generation.assignments("sessions", session_id)
        suite.equal("assignments of the session", len(page["entities"]), 1)
        suite.equal("nextUri", page.get("nextUri"), None)
        self_uri = f"/api/v2/journey/sessions/{session_id}/segments"
        suite.contains("selfUri", page["selfUri"], self_uri)
        entity = page["entities"][0]
        check_assignment(suite, "assignment", entity, segment, visitor, session_id)
        suite.equal("count after the match", assigned(generation, segment["id"]), before + 1)
        by_customer = generation.assignments("customers", "cookie", visitor)["entities"]
        suite.equal("assignments of the customer", by_customer, [entity])
        contact_id = entity["externalContact"]["id"]
        by_contact = generation.assignments("externalcontacts", contact_id)["entities"]
        suite.equal("assignments of the contact", by_contact, [entity])
        by_other = generation.assignments("customers", "cookie", other)["entities"]
        suite.equal("assignments of the other visitor", by_other, [])

        again = {"plan": "gold", "again": "yes"}
        generation.send_web_event(web_event(visitor, event_name, again))
        page = generation.assignments("sessions", session_id)
        suite.equal("assignments after a second match", len(page["entities"]), 1)
        suite.equal("count after a second match", assigned(generation, segment["id"]), before + 1)
        generation.send_web_event(web_event(other, event_name, {"plan": "gold"}))
        after = assigned(generation, segment["id"])
        suite.equal("count after the other visitor's match", after, before + 2)
        return segment, visitor, session_id


def aggregates(generation, by_session):
    """Metrics, grouping, filters, views, buckets. `by_session`: today's dimensions, not 2020's."""
    suite = generation.suite
    interval = journey.interval_around_now()
    with suite.group("aggregates: fixtures"):
        event_name = generation.name("aggregated")
        one = generation.create_segment(segment_body("one", event_name, "one", "yes"))["id"]
        two = generation.create_segment(segment_body("two", event_name, "two", "yes"))["id"]
        visitors = [str(uuid.uuid4()) for _ in range(2)]
        since = datetime.now(timezone.utc)
        both, single = {"one": "yes", "two": "yes"}, {"one": "yes"}
        sessions = [
            generation.send_web_event(web_event(visitor, event_name, values))["session"]["id"]
            for visitor, values in zip(visitors, (both, single))
        ]
        until = datetime.now(timezone.utc)
        ours = (
            [matches("journeySessionId", session) for session in sessions]
            if by_session
            else [matches("journeyCustomerId", visitor) for visitor in visitors]
        )
        segments = [matches("journeySegmentId", segment_id) for segment_id in (one, two)]
        suite.true("two sessions", len(set(sessions)) == 2, sessions)
    with suite.group("aggregates: metrics, grouping, filters"):
        grouped(generation, interval, ours, segments, one, two, by_session)
    with suite.group("aggregates: views, event time, no data"):
        viewed(generation, interval, segments, one, two)
    with suite.group("aggregates: sessions by their segments"):
        multivalued(generation, interval, ours, one, two)
    with suite.group("aggregates: days in London across a change of clocks"):
        days_in_london(generation, matches("journeySegmentId", one), one, since, until)
    with suite.group("aggregates: what is refused"):
        refused_queries(generation, interval)


def grouped(generation, interval, ours, segments, one, two, by_session):
    """Counts by segment under every form of filter."""
    suite = generation.suite
    query = {
        "interval": interval,
        "metrics": ["nJourneySegmentsAssigned"],
        "groupBy": ["journeySegmentId"],
        "filter": {"type": "or", "predicates": segments},
    }
    answer = generation.aggregates(query)
    found = counts(answer, "nJourneySegmentsAssigned", "journeySegmentId")
    suite.equal("assignments by segment", found, {one: 2, two: 1})
    for result in answer["results"]:
        suite.equal("buckets without granularity", len(result["data"]), 1)
        got = [journey.parsed(text) for text in result["data"][0]["interval"].split("/")]
        suite.equal("bucket", got, [journey.parsed(text) for text in interval.split("/")])

    narrowed = {
        "type": "and",
        "clauses": [{"type": "or", "predicates": segments}],
        "predicates": [matches("journeySegmentId", two), matches("journeySessionType", "web")],
    }
    answer = generation.aggregates({**query, "filter": narrowed})
    found = counts(answer, "nJourneySegmentsAssigned", "journeySegmentId")
    suite.equal("a clause and predicates", found, {two: 1})
    answer = generation.aggregates({**query, "groupBy": ["journeySegmentId", "journeySessionType"]})
    groups = sorted(sorted(result["group"].items()) for result in answer["results"])
    expected = [
        [("journeySegmentId", segment_id), ("journeySessionType", "web")]
        for segment_id in sorted((one, two))
    ]
    suite.equal("groups of two dimensions", groups, expected)

    mixed = {
        "interval": interval,
        "metrics": ["nJourneySessions", "nJourneySegmentsAssigned"],
        "filter": {"type": "or", "predicates": ours},
    }
    answer = generation.aggregates(mixed)
    suite.equal("sessions, ungrouped", counts(answer, "nJourneySessions"), {None: 2})
    if not by_session:
        suite.equal(
            "assignments, ungrouped", counts(answer, "nJourneySegmentsAssigned"), {None: 3}
        )
    answer = generation.aggregates({**mixed, "groupBy": ["journeySegmentId"]})
    found = counts(answer, "nJourneySessions", "journeySegmentId")
    suite.equal("sessions in the group without the dimension", found, {None: 2})

    without = {"type": "dimension", "dimension": "journeySegmentId", "operator": "notExists"}
    only = {
        "type": "and",
        "clauses": [{"type": "or", "predicates": ours}],
        "predicates": [without],
    }
    answer = generation.aggregates({**mixed, "filter": only})
    suite.equal("notExists: sessions", counts(answer, "nJourneySessions"), {None: 2})
    suite.equal("notExists: assignments", counts(answer, "nJourneySegmentsAssigned"), {})


def viewed(generation, interval, segments, one, two):
    """Views, the other time dimension, and an answer without data."""
    suite = generation.suite
    query = {
        "interval": interval,
        "metrics": ["nJourneySegmentsAssigned"],
        "groupBy": ["journeySegmentId"],
        "filter": {"type": "or", "predicates": segments},
    }
    view = {
        "target": "nJourneySegmentsAssigned",
        "name": generation.name("view"),
        "function": "rangeBound",
        "range": {"gte": 1, "lt": 2},
    }
    answer = generation.aggregates({**query, "views": [view]})
    views = [
        (result["group"]["journeySegmentId"], shown["name"], shown["stats"]["count"])
        for result in answer["results"]
        for shown in result["data"][0]["views"]
    ]
    expected = sorted([(one, view["name"], 2), (two, view["name"], 1)])
    suite.equal("views", sorted(views), expected)
    for bounds, expected in [
        ({"gt": 0, "lte": 1}, {one: 2, two: 1}),
        ({"gte": 1, "lt": 2}, {one: 2, two: 1}),
        ({"gt": 1, "lte": 2}, {}),
        ({"gte": 0, "lt": 1}, {}),
    ]:
        narrowed = {
            "type": "and",
            "clauses": [{"type": "or", "predicates": segments}],
            "predicates": [{"type": "metric", "range": bounds}],
        }
        answer = generation.aggregates({**query, "filter": narrowed})
        found = counts(answer, "nJourneySegmentsAssigned", "journeySegmentId")
        suite.equal(f"values in {bounds}", found, expected)
    answer = generation.aggregates({**query, "alternateTimeDimension": "eventTime"})
    found = counts(answer, "nJourneySegmentsAssigned", "journeySegmentId")
    suite.equal("by event time", found, {one: 2, two: 1})
    nobody = matches("journeySegmentId", str(uuid.uuid4()))
    answer = generation.aggregates({**query, "filter": {"type": "and", "predicates": [nobody]}})
    suite.equal("results without data", answer["results"], [])


def multivalued(generation, interval, ours, one, two):
    """A session with two segments: once in each group, or once under both names."""
    suite = generation.suite
    query = {
        "interval": interval,
        "metrics": ["nJourneySessions"],
        "groupBy": ["journeySessionSegmentId"],
        "filter": {"type": "or", "predicates": ours},
    }
    found = counts(generation.aggregates(query), "nJourneySessions", "journeySessionSegmentId")
    suite.equal("sessions of segment one", found.get(one), 2)
    suite.equal("sessions of segment two", found.get(two), 1)
    flat = {**query, "flattenMultivaluedDimensions": True}
    found = counts(generation.aggregates(flat), "nJourneySessions", "journeySessionSegmentId")
    suite.equal("flattened: sessions in all", sum(found.values()), 2)
    joined = [names.split(",") for names in found]
    suite.equal("flattened: names ascend", joined, [sorted(names) for names in joined])
    kept = sorted(sorted({one, two} & set(names)) for names in joined)
    suite.equal("flattened: groups", kept, sorted([sorted([one, two]), [one]]))


def days_in_london(generation, predicate, segment_id, since, until):
    """Days begin at London's midnight on both sides of a change of clocks."""
    suite = generation.suite
    today = journey.day_in_london(until)
    first = journey.last_change_of_clocks(today) - timedelta(days=2)
    start = journey.midnight_in_london(first)
    end = journey.midnight_in_london(today + timedelta(days=2))
    suite.true("the clocks change in between", (end - start) % timedelta(days=1), (start, end))
    answer = generation.aggregates(
        {
            "interval": f"{journey.moment(start)}/{journey.moment(end)}",
            "granularity": "P1D",
            "timeZone": "Europe/London",
            "metrics": ["nJourneySegmentsAssigned"],
            "groupBy": ["journeySegmentId"],
            "filter": {"type": "and", "predicates": [predicate]},
        }
    )
    found = counts(answer, "nJourneySegmentsAssigned", "journeySegmentId")
    suite.equal("assignments", found, {segment_id: 2})
    days = {journey.day_in_london(at) for at in (since, until)}
    expected = [
        (journey.midnight_in_london(day), journey.midnight_in_london(day + timedelta(days=1)))
        for day in sorted(days)
    ]
    for bucket in answer["results"][0]["data"]:
        got = tuple(journey.parsed(text) for text in bucket["interval"].split("/"))
        suite.contains("days of the events", expected, got)


def refused_queries(generation, interval):
    """Queries with something wrong in them; the message says what."""
    suite = generation.suite
    start, end = interval.split("/")
    good = {"interval": interval, "metrics": ["nJourneySessions"]}
    wrong = [
        ("an unknown metric", {**good, "metrics": ["nElephants"]}, "invalid.value", "nElephants"),
        ("an unknown dimension", {**good, "groupBy": ["mood"]}, "invalid.value", "mood"),
        ("a date that is none", {**good, "interval": f"{start}/soon"}, "invalid.date", "soon"),
        ("an interval that is none", {**good, "interval": "yesterday"}, None, "yesterday"),
        ("an interval turned round", {**good, "interval": f"{end}/{start}"}, None, None),
        ("an unknown time zone", {**good, "timeZone": "Mars/Olympus"}, None, "Mars/Olympus"),
        ("no metrics", {"interval": interval}, None, "metrics"),
    ]
    for what, query, code, named in wrong:
        body = generation.model("JourneyAggregationQuery", query)
        failure = generation.failure(
            generation.analytics.post_analytics_journeys_aggregates_query, body
        )
        suite.refused(what, failure, 400, code, named)


def no_token(generation):
    """Without a token and with a wrong one, before the body is looked at."""
    suite = generation.suite
    with suite.group("errors: no token, a wrong token"):
        stranger = generation.sdk.ApiClient()
        query = {"interval": "this is looked at later"}
        api = generation.sdk.AnalyticsApi(stranger)
        failure = generation.failure(api.post_analytics_journeys_aggregates_query, query)
        suite.refused("no token", failure, 401, "authentication.required")
        stranger.access_token = "not-a-token"
        failure = generation.failure(api.post_analytics_journeys_aggregates_query, query)
        suite.refused("a wrong token", failure, 401, "bad.credentials")
        suite.true("the token is not told", "not-a-token" not in str(failure[1]), failure)
