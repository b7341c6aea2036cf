"""External contacts in today's API: segments with partial success, sessions, events of a session."""

import uuid

from journey import segment_body, web_event

WEB_EVENT = "com.genesys.journey.WebEvent"
ASSIGNMENT = "com.genesys.journey.SegmentAssignmentEvent"


def update(generation, contact_id, assign=(), unassign=()):
    """Assigns and unassigns with the SDK; gives what could not be processed."""
    wire = {
        "assign": {"segments": [{"id": segment_id} for segment_id in assign]},
        "unassign": {"segments": [{"id": segment_id} for segment_id in unassign]},
    }
    body = generation.model("UpdateSegmentAssignmentRequest", wire)
    post = generation.contacts.post_externalcontacts_contact_journey_segments
    return generation.wire(post(contact_id, body=body))["unprocessedItems"]


def held(generation, contact_id, **options):
    """The segments that a contact is in, with the SDK."""
    get = generation.contacts.get_externalcontacts_contact_journey_segments
    entities = generation.wire(get(contact_id, **options))["entities"]
    return [entity["segment"]["id"] for entity in entities]


def segments(generation):
    """Assigned, renewed, taken back; what is unknown comes back."""
    suite = generation.suite
    with suite.group("contacts: segments"):
        bodies = [
            segment_body(generation.name(name), generation.name("never"), "a", "b")
            for name in ("member", "guest")
        ]
        member = generation.create_segment({**bodies[0], "assignmentExpirationDays": 1})["id"]
        guest = generation.create_segment(bodies[1])["id"]
        contact_id, unknown = str(uuid.uuid4()), str(uuid.uuid4())
        left = update(generation, contact_id, [member, guest])
        suite.equal("nothing is left", left["count"], 0)
        suite.equal("held", sorted(held(generation, contact_id)), sorted([member, guest]))
        get = generation.contacts.get_externalcontacts_contact_journey_segments
        entities = generation.wire(get(contact_id, include_merged=True, limit=500))["entities"]
        one = next(entity for entity in entities if entity["segment"]["id"] == member)
        suite.true("dateForUnassignment", bool(one.get("dateForUnassignment")), one)
        suite.equal("externalContact", one["externalContact"]["id"], contact_id)

        left = update(generation, contact_id, [member, unknown], [guest])
        suite.equal("count of what is left", left["count"], 1)
        suite.equal("what is left", left["assign"]["segments"], [{"id": unknown}])
        suite.equal("held after the change", held(generation, contact_id), [member])
        suite.equal("a limit", len(held(generation, contact_id, limit=1)), 1)
        many = generation.failure(update, generation, contact_id, [member] * 11)
        suite.refused("eleven segments", many, 400, "constraint.validation", "assign.segments")
        stranger = generation.failure(held, generation, unknown)
        suite.refused("an unknown contact", stranger, 404, "not.found", unknown)


def sessions_and_events(generation):
    """A contact's session, page by page, and what happened in it."""
    suite = generation.suite
    with suite.group("contacts: sessions and their events"):
        event_name = generation.name("plan_kept")
        body = segment_body(generation.name("kept"), event_name, "plan", "gold")
        segment_id = generation.create_segment(body)["id"]
        visitor = str(uuid.uuid4())
        generation.send_web_event(web_event(visitor, "page_viewed", {"plan": "none"}))
        sent = generation.send_web_event(web_event(visitor, event_name, {"plan": "gold"}))
        session_id = sent["session"]["id"]
        contact_id = generation.session(session_id)["externalContact"]["id"]
        get = generation.contacts.get_externalcontacts_contact_journey_sessions
        page = generation.wire(get(contact_id, page_size="1", include_merged=False))
        suite.equal("sessions", [one["id"] for one in page["entities"]], [session_id])
        suite.equal("nextUri", page.get("nextUri"), None)

        events = generation.journey.get_journey_session_events
        page = generation.wire(events(session_id))
        types = [one["eventType"] for one in page["entities"]]
        suite.equal("types of events", types, [WEB_EVENT, WEB_EVENT, ASSIGNMENT])
        assigned = page["entities"][2]["segmentAssignmentEvent"]["segment"]["id"]
        suite.equal("the segment assigned", assigned, segment_id)
        web = page["entities"][0]["webEvent"]
        shown = sorted(one["webEvent"]["eventName"] for one in page["entities"][:2])
        suite.equal("events", shown, sorted(["page_viewed", event_name]))
        suite.holds("web event", web, {"totalEventCount": 2, "totalPageviewCount": 1})
        first = generation.wire(events(session_id, page_size="2", event_type=WEB_EVENT))
        suite.equal("web events", len(first["entities"]), 2)
        suite.equal("no more web events", first.get("nextUri"), None)
        first = generation.wire(events(session_id, page_size="2"))
        after = first["nextUri"].split("after=")[1]
        rest = generation.wire(events(session_id, page_size="2", after=after))
        suite.equal("the last page", rest["entities"], page["entities"][2:])
        foreign = generation.failure(get, contact_id, after=after)
        suite.refused("a cursor of another list", foreign, 400, "bad.request", "after")
