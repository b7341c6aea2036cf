"""Drives a server with PureCloudPlatformClientV2 102.0.0 (2020): segment assignments."""

import sys
import urllib.parse
import uuid

import PureCloudPlatformClientV2 as P

import checks
import contract_coverage
import journey
from journey import segment_body, texts, web_event


class Sdk102(journey.Generation):
    """Reads and changes assignments with the SDK; segments and events are raw HTTP."""

    def assignments(self, of, *ids, **filters):
        """A page of assignments, with the SDK."""
        read = {
            "sessions": self.journey.get_journey_session_segments,
            "customers": self.journey.get_journey_customer_customer_id_segments,
            "externalcontacts": self.journey.get_journey_externalcontact_segments,
        }
        return self.wire(read[of](*ids, **filters))

    def update(self, contact_id, segments, state):
        """Assigns or unassigns segments for a contact; returns the status."""
        updates = [{"segmentId": segment_id, "state": state} for segment_id in segments]
        body = self.value("list[SegmentAssignmentsUpdate]", updates)
        self.journey.post_journey_externalcontact_segments(contact_id, body=body)
        return self.status()


def assign_and_unassign(generation):
    """A contact that nobody has seen before gets segments, keeps them and loses them."""
    suite = generation.suite
    with suite.group("assignments: assign and unassign for an external contact"):
        contact = str(uuid.uuid4())
        made = [
            generation.create_segment({"displayName": generation.name(scope), "scope": scope})
            for scope in ("Customer", "Session")
        ]
        ids = [segment["id"] for segment in made]
        suite.equal("status of assign", generation.update(contact, ids, "Assigned"), 204)
        suite.equal("body of assign", generation.client.last_response.data, "")
        entities = generation.assignments("externalcontacts", contact)["entities"]
        suite.equal("assigned", sorted(of(entities)), sorted(ids))
        for segment in made:
            entity = next(each for each in entities if each["segment"]["id"] == segment["id"])
            checks.check_assignment(suite, segment["scope"], entity, segment)
            suite.equal("externalContact.id", entity["externalContact"]["id"], contact)
            suite.equal("session", entity.get("session"), None)
        suite.equal("status, once more", generation.update(contact, ids[:1], "Assigned"), 204)
        entities = generation.assignments("externalcontacts", contact)["entities"]
        suite.equal("assigned once", sorted(of(entities)), sorted(ids))

        suite.equal("status of unassign", generation.update(contact, ids[:1], "Unassigned"), 204)
        suite.equal("body of unassign", generation.client.last_response.data, "")
        by_state = {}
        for state in ("Assigned", "Unassigned"):
            page = generation.assignments("externalcontacts", contact, assignment_state=state)
            by_state[state] = page["entities"]
        suite.equal("still assigned", of(by_state["Assigned"]), ids[1:])
        suite.equal("no longer assigned", of(by_state["Unassigned"]), ids[:1])
        suite.equal("state", by_state["Unassigned"][0]["state"], "Unassigned")
        suite.true("dateUnassigned", "dateUnassigned" in by_state["Unassigned"][0], by_state)
        both = generation.assignments("externalcontacts", contact)["entities"]
        suite.equal("both states without a filter", sorted(of(both)), sorted(ids))
        generation.update(contact, ids[:1], "Assigned")
        entities = generation.assignments("externalcontacts", contact, assignment_state="Assigned")
        suite.equal("assigned again", sorted(of(entities["entities"])), sorted(ids))


def of(entities):
    """The segments of assignments."""
    return [entity["segment"]["id"] for entity in entities]


def lists(generation):
    """One person with two cookies: pages, scopes and states, by contact, customer and session."""
    suite = generation.suite
    with suite.group("assignments: one person with two cookies"):
        event_name = generation.name("order_completed")
        matched = generation.create_segment(
            segment_body(generation.name("buyers"), event_name, "plan", "gold", scope="Session")
        )
        email = f"{generation.run}.first+last@example.com"
        visitors = [str(uuid.uuid4()) for _ in range(2)]
        for visitor in visitors:
            event = web_event(visitor, event_name, {"plan": "gold"}, traits=texts({"email": email}))
            generation.send_web_event(event)
        found = [
            generation.assignments("customers", "cookie", visitor)["entities"] for visitor in visitors
        ]
        suite.equal("assignments of each cookie", [len(each) for each in found], [1, 1])
        contacts = {each[0]["externalContact"]["id"] for each in found}
        suite.equal("contacts", len(contacts), 1)
        contact = contacts.pop()
        page = generation.assignments("externalcontacts", contact)
        cookies = sorted(entity["customerId"] for entity in page["entities"])
        suite.equal("customers of the contact", cookies, sorted(visitors))
        by_email = generation.assignments("customers", "email", email)
        suite.contains("selfUri by e-mail", urllib.parse.unquote(by_email["selfUri"]), email)
        suite.equal("assignments by e-mail", by_email["entities"], page["entities"])
    with suite.group("assignments: pages of two"):
        named = [
            generation.create_segment(
                {"displayName": generation.name(f"tier {number}"), "scope": "Customer"}
            )["id"]
            for number in range(5)
        ]
        generation.update(contact, named, "Assigned")
        pages = walk(generation, "externalcontacts", contact)
        suite.equal("sizes", [len(page) for page in pages], [2, 2, 2, 1])
        walked = [entity for page in pages for entity in page]
        whole = generation.assignments("externalcontacts", contact)["entities"]
        suite.equal("pages together", walked, whole)
        suite.equal("each once", len({entity["id"] for entity in walked}), 7)
        pages = walk(generation, "externalcontacts", contact, segment_scope="Customer")
        suite.equal("sizes with a filter", [len(page) for page in pages], [2, 2, 1])
        walked = [entity for page in pages for entity in page]
        suite.equal("pages together with a filter", sorted(of(walked)), sorted(named))
    with suite.group("assignments: scopes and states"):
        scopes(generation, contact, visitors[0], matched, named)


def scopes(generation, contact, visitor, matched, named):
    """Filters one by one and both together."""
    suite = generation.suite

    def sizes(of_what, *ids):
        filters = [
            {},
            {"segment_scope": "Session"},
            {"segment_scope": "Customer"},
            {"assignment_state": "Assigned"},
            {"assignment_state": "Unassigned"},
            {"segment_scope": "Customer", "assignment_state": "Unassigned"},
        ]
        pages = [generation.assignments(of_what, *ids, **each) for each in filters]
        return [len(page["entities"]) for page in pages]

    suite.equal("of the contact", sizes("externalcontacts", contact), [7, 2, 5, 7, 0, 0])
    generation.update(contact, named[:2], "Unassigned")
    suite.equal("after unassigning two", sizes("externalcontacts", contact), [7, 2, 5, 5, 2, 2])
    page = generation.assignments("customers", "cookie", visitor, segment_scope="Session")
    session_id = page["entities"][0]["session"]["id"]
    suite.equal("segments of the customer", of(page["entities"]), [matched["id"]])
    suite.equal("of the session", sizes("sessions", session_id), [1, 1, 0, 1, 0, 0])


def walk(generation, of_what, *ids, **filters):
    """All pages of two, each next one by the `after` of nextUri."""
    suite, pages, after = generation.suite, [], {}
    while True:
        page = generation.assignments(of_what, *ids, page_size="2", **after, **filters)
        suite.contains("selfUri", page["selfUri"], f"/{of_what}/{'/'.join(ids)}/segments")
        pages.append(page["entities"])
        if page.get("nextUri") is None:
            return pages
        suite.true("pages end", len(pages) < 20, page["nextUri"])
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(page["nextUri"]).query)
        suite.equal("pageSize in nextUri", query["pageSize"], ["2"])
        after = {"after": query["after"][0]}


def pages_of_all(generation):
    """A customer's and a session's assignments come in pages too."""
    suite = generation.suite
    with suite.group("assignments: pages of a customer and of a session"):
        event_name, visitor = generation.name("paged"), str(uuid.uuid4())
        for number in range(3):
            name = generation.name(f"page {number}")
            generation.create_segment(segment_body(name, event_name, "plan", "gold"))
        event = web_event(visitor, event_name, {"plan": "gold"})
        session_id = generation.send_web_event(event)["session"]["id"]
        for what in (("sessions", session_id), ("customers", "cookie", visitor)):
            whole = generation.assignments(*what)["entities"]
            pages = walk(generation, *what, segment_scope="Session", assignment_state="Assigned")
            suite.equal(f"sizes of {what[0]}", [len(page) for page in pages], [2, 1])
            walked = [entity for page in pages for entity in page]
            suite.equal(f"pages of {what[0]} together", walked, whole)


def over_sessions(generation):
    """Scope Customer counts over a visitor's sessions, scope Session within one."""
    suite = generation.suite
    with suite.group("assignments: scope Customer counts over sessions"):
        event_name, visitor, made = generation.name("seen"), str(uuid.uuid4()), {}
        for scope in ("Session", "Customer"):
            body = segment_body(generation.name(scope), event_name, "plan", "gold", scope=scope)
            body["journey"]["patterns"][0]["count"] = 2
            made[scope] = generation.create_segment(body)
        sessions, found = set(), []
        for source in ("first", "second"):
            page = {"url": f"https://www.example.com/?utm_source={source}", "title": "Home"}
            event = web_event(visitor, event_name, {"plan": "gold"}, page=page)
            sessions.add(generation.send_web_event(event)["session"]["id"])
            found.append(generation.assignments("customers", "cookie", visitor)["entities"])
        suite.equal("sessions", len(sessions), 2)
        suite.equal("after one session", found[0], [])
        suite.equal("after two", of(found[1]), [made["Customer"]["id"]])
        checks.check_assignment(suite, "assignment", found[1][0], made["Customer"], visitor)


def refused_assignments(generation):
    """What cannot be listed or assigned."""
    suite, api = generation.suite, generation.journey
    contact = str(uuid.uuid4())
    with suite.group("assignments: what is refused"):
        unknown = [{"segmentId": str(uuid.uuid4()), "state": "Assigned"}]
        failure = generation.failure(api.post_journey_externalcontact_segments, contact, body=unknown)
        suite.refused("an unknown segment", failure, 404, "not.found", unknown[0]["segmentId"])
        made = generation.create_segment({"displayName": generation.name("refused")})["id"]
        wrong = [{"segmentId": made, "state": "Perhaps"}]
        failure = generation.failure(api.post_journey_externalcontact_segments, contact, body=wrong)
        suite.refused("an unknown state", failure, 400, "invalid.value", "Perhaps")
        single = {"segmentId": made, "state": "Assigned"}
        failure = generation.failure(api.post_journey_externalcontact_segments, contact, body=single)
        suite.refused("an object for an array", failure, 400, None)
        many = [single] * 101
        failure = generation.failure(api.post_journey_externalcontact_segments, contact, body=many)
        suite.refused("101 items", failure, 400, None, "100")
        read = api.get_journey_externalcontact_segments
        for what, filters, named in [
            ("a cursor that is none", {"after": "%%%"}, None),
            ("an unknown scope", {"segment_scope": "Family"}, "Family"),
            ("an unknown state", {"assignment_state": "Perhaps"}, "Perhaps"),
            ("pages of 201", {"page_size": "201"}, "201"),
        ]:
            failure = generation.failure(read, contact, **filters)
            suite.refused(what, failure, 400, None, named)
        failure = generation.failure(api.get_journey_session_segments, str(uuid.uuid4()))
        suite.refused("an unknown session", failure, 404, "not.found")
        failure = generation.failure(read, str(uuid.uuid4()))
        suite.refused("a contact that nobody named", failure, 404, "not.found")
        # This SDK leaves the slash of an id as it is; the rest is percent-encoded.
        customer = "a b/c@d+e?x#y%\u00e9"
        read = api.get_journey_customer_customer_id_segments
        failure = generation.failure(read, "crm", customer)
        suite.refused("an unknown customer", failure, 404, "not.found", customer)


def main():
    """Runs all groups; the exit code is 1 when a check did not hold."""
    suite = journey.Suite(102)
    coverage = contract_coverage.Coverage(P, 102)
    generation = Sdk102(P, journey.Server(), suite)
    checks.login(generation)
    try:
        checks.action_targets(generation, patch=True)
        assign_and_unassign(generation)
        lists(generation)
        pages_of_all(generation)
        over_sessions(generation)
        refused_assignments(generation)
        checks.live_loop(generation)
        checks.aggregates(generation, by_session=False)
        checks.no_token(generation)
        coverage.check(suite)
    finally:
        generation.tidy()
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
