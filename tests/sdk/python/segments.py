"""Segments from creation to deletion, for the generations whose SDK knows them (2021 and today)."""

import re
import uuid

import checks
import journey
from journey import segment_body

OPERATORS = [
    "containsAll",
    "containsAny",
    "notContainsAll",
    "notContainsAny",
    "equal",
    "notEqual",
    "greaterThan",
    "greaterThanOrEqual",
    "lessThan",
    "lessThanOrEqual",
    "startsWith",
    "endsWith",
]


class SegmentsBySdk(journey.Generation):
    """A generation whose SDK has the operations on segments."""

    #: The SDK's model of the body that creates a segment.
    request_model = "JourneySegment"

    def create_segment(self, body):
        """Creates a segment with the SDK and remembers it for the tidying at the end."""
        model = self.model(self.request_model, body)
        answer = self.wire(self.journey.post_journey_segments(body=model))
        self.segments_made.append(answer["id"])
        return answer

    def get_segment(self, segment_id):
        """Reads a segment with the SDK."""
        return self.wire(self.journey.get_journey_segment(segment_id))

    def list_segments(self, **options):
        """One page of segments, with the SDK."""
        return self.wire(self.journey.get_journey_segments(**options))

    def patch_segment(self, segment_id, change):
        """Changes a segment with the SDK. Models of 2021 drop nulls, so these go as a dictionary."""
        as_given = None in change.values() and not hasattr(self.sdk, "ApiNullValue")
        body = change if as_given else self.model("PatchSegment", change)
        return self.wire(self.journey.patch_journey_segment(segment_id, body=body))

    def delete_segment(self, segment_id):
        """Deletes a segment with the SDK."""
        self.journey.delete_journey_segment(segment_id)


def full_body(generation):
    """Every field a client of 2021 can give, none of them at its default."""
    visit = {
        "key": "device.category",
        "values": ["desktop", "tablet"],
        "shouldIgnoreCase": True,
        "operator": "notEqual",
        "entityType": "visit",
    }
    campaign = {
        "key": "mktCampaign.source",
        "values": ["news letter", "partner"],
        "shouldIgnoreCase": False,
        "operator": "containsAny",
        "entityType": "visit",
    }
    viewed = {
        "key": "page.url",
        "values": ["https://www.example.com/é/?a=1&b=2"],
        "shouldIgnoreCase": True,
        "operator": "startsWith",
    }
    bought = {
        "key": "attributes.price.value",
        "values": ["100.5"],
        "shouldIgnoreCase": False,
        "operator": "greaterThanOrEqual",
    }
    web = {"streamType": "Web", "sessionType": "web"}
    return {
        "displayName": generation.name("Everything \u2014 \u00e9"),
        "description": "Of those who looked often & bought \"dear\" things",
        "isActive": False,
        "color": "#1A2B3C",
        "shouldDisplayToAgent": False,
        "context": {"patterns": [{"criteria": [visit, campaign]}, {"criteria": [visit]}]},
        "journey": {
            "patterns": [
                {"criteria": [viewed], "count": 3, "eventName": "page_viewed", **web},
                {"criteria": [bought, viewed], "count": 1, **web},
            ]
        },
    }


def create_and_get(generation, more):
    """Every field comes back as it went, and the server's own fields are there."""
    suite = generation.suite
    with suite.group("segments: every field there and back"):
        body = {**full_body(generation), **more}
        made = generation.create_segment(body)
        suite.equal("status of create", generation.status(), 201)
        suite.holds("segment", made, body)
        suite.equal("version", made["version"], 1)
        suite.equal("selfUri", made["selfUri"], f"/api/v2/journey/segments/{made['id']}")
        suite.equal("modifiedDate", made["modifiedDate"], made["createdDate"])
        suite.equal("the segment by its id", generation.get_segment(made["id"]), made)
        suite.equal("status of get", generation.status(), 200)
    with suite.group("segments: defaults"):
        made = generation.create_segment({"displayName": generation.name("bare")})
        suite.holds("segment", made, {"isActive": True, "version": 1, "scope": "Session"})
        suite.true("color", re.fullmatch("#[0-9A-Fa-f]{6}", made["color"]), made["color"])
        suite.true("shouldDisplayToAgent", isinstance(made["shouldDisplayToAgent"], bool), made)
        suite.equal("context", made["context"], {"patterns": []})
        suite.equal("journey", made["journey"], {"patterns": []})
        suite.equal("description", made.get("description"), None)
        criterion = {"key": "page.title", "values": [generation.name("no such page")]}
        pattern = {"criteria": [criterion], "count": 1, "streamType": "Web", "sessionType": "web"}
        body = {"displayName": generation.name("plain"), "journey": {"patterns": [pattern]}}
        made = generation.create_segment(body)
        got = made["journey"]["patterns"][0]["criteria"][0]
        suite.holds("criterion", got, {"operator": "equal", "shouldIgnoreCase": False})


def sent_back(generation):
    """A client may send the whole segment that it read: what is read-only is left aside."""
    suite = generation.suite
    with suite.group("segments: a whole segment is sent back"):
        made = generation.create_segment({**full_body(generation), "scope": "Customer"})
        name = generation.name("copy")
        copy = generation.create_segment({**made, "displayName": name, "version": 7})
        suite.true("the copy has an id of its own", copy["id"] != made["id"], copy)
        own = ("id", "selfUri", "createdDate", "modifiedDate")
        same = {key: value for key, value in made.items() if key not in own}
        suite.holds("copy", copy, {**same, "displayName": name, "version": 1})
        read = generation.get_segment(made["id"])
        whole = {key: value for key, value in read.items() if key != "scope"}
        changed = generation.patch_segment(made["id"], {**whole, "description": "sent back"})
        kept = {key: value for key, value in read.items() if key != "modifiedDate"}
        suite.holds("change", changed, {**kept, "description": "sent back", "version": 2})


def operators(generation):
    """All twelve are accepted and kept in their order; any other word is refused by name."""
    suite = generation.suite
    with suite.group("segments: operators"):
        criteria = [
            {
                "key": "attributes.price.value",
                "values": ["7"],
                "shouldIgnoreCase": False,
                "operator": operator,
            }
            for operator in OPERATORS
        ]
        body = segment_body(generation.name("operators"), "product_added", "x", "y")
        body["journey"]["patterns"][0]["criteria"] = criteria
        visitor = [
            {**criterion, "key": "browser.version", "entityType": "visit"} for criterion in criteria
        ]
        body["context"] = {"patterns": [{"criteria": visitor}]}
        made = generation.create_segment(body)
        for place in ("journey", "context"):
            got = [criterion["operator"] for criterion in made[place]["patterns"][0]["criteria"]]
            suite.equal(f"operators of {place}", got, OPERATORS)
        criteria[3]["operator"] = "resembles"
        failure = generation.failure(generation.journey.post_journey_segments, body=body)
        suite.refused("an unknown operator", failure, 400, "invalid.value", "resembles")


def paging(generation):
    """Page by page, sorted, by activity; names of this run only are looked at."""
    suite = generation.suite
    with suite.group("segments: list, sorted and by activity"):
        colors = {"B": "#111111", "D": "#222222", "A": "#222222", "C": "#111111"}
        for letter, color in colors.items():
            name = generation.name(f"listed {letter}")
            body = {"displayName": name, "color": color, "isActive": letter != "D"}
            generation.create_segment(body)
        for sort_by, letters in [
            ("displayName", "ABCD"),
            ("-displayName", "DCBA"),
            ("color,-displayName", "CBDA"),
            ("-color,displayName", "ADBC"),
        ]:
            found = [segment["displayName"][-1] for segment in listed(generation, sort_by=sort_by)]
            suite.equal(f"sortBy {sort_by}", "".join(found), letters)
        dates = [segment["createdDate"] for segment in listed(generation, sort_by="-createdDate")]
        suite.equal("sortBy -createdDate", dates, sorted(dates, reverse=True))
        for is_active, letters in [(True, "ABC"), (False, "D")]:
            found = listed(generation, is_active=is_active, sort_by="displayName")
            got = "".join(segment["displayName"][-1] for segment in found)
            suite.equal(f"isActive {is_active}", got, letters)
    with suite.group("segments: pages"):
        pages(generation)


def pages(generation):
    """Pages of two against one of four, the last one and the one after it."""
    suite = generation.suite

    def page(number, size):
        return generation.list_segments(page_number=number, page_size=size, sort_by="createdDate")

    four, first, second = page(1, 4), page(1, 2), page(2, 2)
    total = first["total"]
    suite.true("total", total >= 4, total)
    suite.holds("page", first, {"pageSize": 2, "pageNumber": 1, "pageCount": (total + 1) // 2})
    ids = [segment["id"] for segment in first["entities"] + second["entities"]]
    suite.equal("two pages of two", ids, [segment["id"] for segment in four["entities"]])
    start = "/api/v2/journey/segments?"
    for key, number in [("selfUri", 2), ("firstUri", 1), ("previousUri", 1)]:
        suite.true(f"{key} is relative", second[key].startswith(start), second[key])
        suite.contains(key, second[key], f"pageNumber={number}")
        suite.contains(key, second[key], "pageSize=2")
    suite.contains("nextUri", first["nextUri"], "pageNumber=2")
    suite.contains("lastUri", first["lastUri"], f"pageNumber={first['pageCount']}")
    last = page(first["pageCount"], 2)
    suite.equal("entities of the last page", len(last["entities"]), 2 - total % 2)
    suite.equal("nextUri of the last page", last.get("nextUri"), None)
    suite.equal("entities after it", page(first["pageCount"] + 1, 2)["entities"], [])
    default = generation.list_segments()
    suite.holds("page by default", default, {"pageSize": 25, "pageNumber": 1})
    too_large = generation.failure(generation.journey.get_journey_segments, page_size=100000)
    suite.refused("pageSize 100000", too_large, 400, "invalid.query.param.value", "100000")


def listed(generation, **options):
    """This run's listed segments, in the order in which they come."""
    number, found, prefix = 1, [], generation.name("listed ")
    while True:
        page = generation.list_segments(page_number=number, page_size=200, **options)
        found += [entity for entity in page["entities"] if entity["displayName"].startswith(prefix)]
        if number >= page["pageCount"]:
            return found
        number += 1


def patching(generation, clear):
    """Versions, replaced lists, cleared fields; `clear` maps what null clears to a value."""
    suite, cleared = generation.suite, None
    with suite.group("segments: patch"):
        body = segment_body(generation.name("patched"), "order_completed", "kind", "new", **clear)
        made = generation.create_segment(body)
        patch = {"displayName": generation.name("renamed"), "version": 1, "color": "#ABCDEF"}
        changed = generation.patch_segment(made["id"], patch)
        suite.equal("status", generation.status(), 200)
        suite.holds("the answer", changed, {**patch, "version": 2})
        suite.equal("what was not named", changed["journey"], made["journey"])
        before, after = (journey.parsed(each["modifiedDate"]) for each in (made, changed))
        suite.true("modifiedDate does not go back", after >= before, (before, after))
        suite.equal("createdDate", changed["createdDate"], made["createdDate"])
        suite.equal("the segment by its id", generation.get_segment(made["id"]), changed)

        pattern = {**made["journey"]["patterns"][0], "count": 2, "eventName": "order_sent"}
        changed = generation.patch_segment(made["id"], {"journey": {"patterns": [pattern]}})
        suite.equal("version without one in the body", changed["version"], 3)
        suite.equal("patterns are replaced", changed["journey"]["patterns"], [pattern])
        same = generation.patch_segment(made["id"], {"color": "#ABCDEF", "version": 3})
        suite.equal("version when nothing changes", same["version"], 3)

        generation.patch_segment(made["id"], {**dict.fromkeys(clear), "version": 3})
        cleared = generation.get_segment(made["id"])
        suite.equal("version after null", cleared["version"], 4)
        for key in clear:
            suite.equal(f"{key} after null", cleared.get(key), None)
        suite.equal("displayName after null elsewhere", cleared["displayName"], patch["displayName"])
    with suite.group("segments: patch of a stale version"):
        suite.true("there is a segment to patch", cleared, cleared)
        change = {"version": 2, "color": "#000000"}
        stale = generation.failure(generation.patch_segment, made["id"], change)
        suite.refused(
            "a stale version", stale, 409, "request.conflict", "does not match the current version"
        )
        suite.equal("the segment afterwards", generation.get_segment(made["id"]), cleared)


def deletion(generation):
    """204, then 404 for every way to ask."""
    suite, api = generation.suite, generation.journey
    with suite.group("segments: delete"):
        made = generation.create_segment({"displayName": generation.name("short-lived")})
        generation.delete_segment(made["id"])
        suite.equal("status", generation.status(), 204)
        gone = generation.failure(api.get_journey_segment, made["id"])
        suite.refused("get", gone, 404, "not.found", made["id"])
        again = generation.failure(api.delete_journey_segment, made["id"])
        suite.refused("delete", again, 404, "not.found")
        patch = generation.failure(generation.patch_segment, made["id"], {"color": "#000000"})
        suite.refused("patch", patch, 404, "not.found")


def membership(generation, loop):
    """What editing, switching off and deleting do to those who are in a segment already."""
    suite = generation.suite
    segment, visitor, session_id = loop
    event_name = segment["journey"]["patterns"][0]["eventName"]

    def states(who):
        entities = generation.assignments("customers", "cookie", who)["entities"]
        return [(entity["state"], entity["segment"]["version"]) for entity in entities]

    def send(who):
        generation.send_web_event(journey.web_event(who, event_name, {"plan": "gold"}))

    with suite.group("segments: members when a segment changes"):
        generation.patch_segment(segment["id"], {"description": "changed", "version": 1})
        later, never = str(uuid.uuid4()), str(uuid.uuid4())
        send(later)
        suite.equal("version of those assigned before", states(visitor), [("Assigned", 1)])
        suite.equal("version of those assigned after", states(later), [("Assigned", 2)])
        generation.patch_segment(segment["id"], {"isActive": False})
        send(never)
        suite.equal("nobody joins an inactive segment", states(never), [])
        suite.equal("members stay in it", states(visitor), [("Assigned", 1)])
        counted = checks.assigned(generation, segment["id"])
        generation.delete_segment(segment["id"])
        suite.equal("deletion unassigns", states(visitor), [("Unassigned", 1)])
        entity = generation.assignments("sessions", session_id)["entities"][0]
        suite.true("dateUnassigned", bool(entity.get("dateUnassigned")), entity)
        again = checks.assigned(generation, segment["id"])
        suite.equal("history keeps its count", again, counted)


def bodies(generation):
    """Bodies that are refused, each with what is wrong in it."""
    suite, api = generation.suite, generation.journey
    with suite.group("errors: bodies of segments"):
        good = segment_body(generation.name("never made"), "order_completed", "a", "b")
        stranger = {"key": "browser.family", "values": ["Firefox"]}

        def changed(**change):
            pattern = {**good["journey"]["patterns"][0], **change}
            return {**good, "journey": {"patterns": [pattern]}}

        for what, body, named in [
            ("no displayName", {"isActive": True}, "displayName"),
            ("a colour that is none", {**good, "color": "reddish"}, "reddish"),
            ("a negative count", changed(count=-1), "-1"),
            ("no count", changed(count=None), "count"),
            (
                "no entityType",
                {**good, "context": {"patterns": [{"criteria": [stranger]}]}},
                "entityType",
            ),
            ("an unknown stream", changed(streamType="Telegraph"), "Telegraph"),
            ("an array", [good], None),
        ]:
            failure = generation.failure(api.post_journey_segments, body=body)
            suite.refused(what, failure, 400, None, named)
        nothing = generation.failure(api.post_journey_segments)
        suite.refused("no body", nothing, 400, None)
        unknown = str(uuid.uuid4())
        failure = generation.failure(api.get_journey_segment, unknown)
        suite.refused("an unknown segment", failure, 404, "not.found", unknown)
        failure = generation.failure(api.get_journey_segment, "not-an-id")
        suite.contains("status for an id that is none", (400, 404), failure[0])
