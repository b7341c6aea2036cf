"""Events and sessions with the SDK of today."""

import uuid
from datetime import datetime, timedelta, timezone

import journey
from journey import segment_body, texts, web_event

PAGE_URL = (
    "https://www.example.com/shop/shoes%20and%20boots?size=9&utm_source=partner&utm_medium=newsletter"
    "&utm_campaign=winter%20sale&utm_term=boots&utm_content=left#reviews"
)
REFERRER_URL = "https://www.google.com/search?q=warm+boots"


def web_events(generation):
    """The whole answer to a web event, what the next one adds, and how a telephone is seen."""
    suite = generation.suite
    visitor, session = str(uuid.uuid4()), None
    with suite.group("web events: the whole answer"):
        session = whole_answer(generation, visitor)
    with suite.group("web events: the next one, a repeated one, a new campaign"):
        suite.true("there is a session", session, session)
        event = web_event(visitor, "product_added", {"plan": "silver"})
        following = generation.send_web_event(event)["session"]
        suite.holds("session", following, {"id": session["id"], "eventCount": 2, "pageviewCount": 1})
        repeated = generation.send_web_event(event)["session"]
        suite.holds("session after a repetition", repeated, {"id": session["id"], "eventCount": 2})
        page = {"url": "https://www.example.com/?utm_source=elsewhere", "title": "Home"}
        other = generation.send_web_event(web_event(visitor, "page_viewed", page=page))["session"]
        suite.true("a new campaign opens a session", other["id"] != session["id"], other)
        suite.equal("events of that session", other["eventCount"], 1)
    with suite.group("web events: a telephone, a link within the site"):
        event = web_event(
            str(uuid.uuid4()),
            "page_viewed",
            userAgentString=journey.TELEPHONE_SAFARI,
            referrerUrl="https://www.example.com/",
        )
        answer = generation.send_web_event(event)
        device = {"category": "mobile", "type": "iPhone", "osFamily": "iOS", "isMobile": True}
        expected = {"device": device, "referrer": {"medium": "internal"}, "mktCampaign": None}
        suite.holds("answer", answer, expected)


def whole_answer(generation, visitor):
    """Every part of the answer to a visitor's first event; returns its session."""
    suite = generation.suite
    event = web_event(
        visitor,
        "page_viewed",
        {"plan": "gold"},
        page={"url": PAGE_URL, "title": "Boots", "keywords": "boots,shoes", "lang": "en"},
        referrerUrl=REFERRER_URL,
        searchQuery="warm boots",
        externalId="shop-1",
        traits=texts({"givenName": "Ada"}),
    )
    event["attributes"]["price"] = {"dataType": "number", "value": "99.5"}
    answer = generation.send_web_event(event)
    suite.equal("status", generation.status(), 200)
    expected = {
        "customerId": visitor,
        "customerIdType": "cookie",
        "eventName": "page_viewed",
        "userAgentString": event["userAgentString"],
        "searchQuery": "warm boots",
        "externalId": "shop-1",
        "attributes": event["attributes"],
        "traits": event["traits"],
        "page": {
            **event["page"],
            "hostname": "www.example.com",
            "domain": "example.com",
            "pathname": "/shop/shoes%20and%20boots",
            "queryString": PAGE_URL.split("?")[1].split("#")[0],
            "fragment": "reviews",
        },
        "mktCampaign": {
            "source": "partner",
            "medium": "newsletter",
            "name": "winter sale",
            "term": "boots",
            "content": "left",
        },
        "referrer": {"url": REFERRER_URL, "hostname": "www.google.com", "medium": "search"},
        "browser": {"family": "Chrome"},
        "device": {"category": "desktop", "osFamily": "Windows", "isMobile": False},
        "session": {"eventCount": 1, "pageviewCount": 1, "durationInSeconds": 0},
    }
    suite.holds("answer", answer, expected)
    suite.contains("browser.version", answer["browser"]["version"], "120")
    created = journey.parsed(event["createdDate"])
    suite.equal("createdDate", journey.parsed(answer["createdDate"]), created)
    session = answer["session"]
    suite.equal("session.createdDate", journey.parsed(session["createdDate"]), created)
    self_uri = f"/api/v2/journey/sessions/{session['id']}"
    suite.equal("session.selfUri", session["selfUri"], self_uri)
    return session


def refused_events(generation):
    """Events that are refused, each by name."""
    suite = generation.suite
    send = generation.journey.post_journey_deployment_webevents
    deployment = generation.server.deployment_id
    with suite.group("web events: what is refused"):
        good = web_event(str(uuid.uuid4()), "page_viewed")
        old = journey.moment(datetime.now(timezone.utc) - timedelta(minutes=61))
        for what, change, named in [
            ("an event of an hour ago", {"createdDate": old}, "createdDate"),
            ("a date that is none", {"createdDate": "yesterday"}, "yesterday"),
            ("a name with a blank", {"eventName": "page viewed"}, "page viewed"),
            ("a visitor that is no UUID", {"customerCookieId": "somebody"}, "somebody"),
            ("no page", {"page": None}, "page"),
        ]:
            failure = generation.failure(send, deployment, body={**good, **change})
            suite.refused(what, failure, 400, None, named)
        session_began = journey.parsed(good["createdDate"])
        generation.send_web_event(good)
        late = {**good, "createdDate": journey.moment(session_began - timedelta(seconds=10))}
        failure = generation.failure(send, deployment, body=late)
        suite.refused("an event before its session", failure, 422, "unprocessable.entity")
        failure = generation.failure(send, str(uuid.uuid4()), body=good)
        suite.refused("an unknown deployment", failure, 404, "not.found")


def app_events(generation):
    """The whole answer to an app event, and a segment of the App stream."""
    suite = generation.suite
    with suite.group("app events: the whole answer"):
        visitor, event_name = str(uuid.uuid4()), generation.name("cart_opened")
        body = segment_body(generation.name("app"), event_name, "plan", "gold")
        body["journey"]["patterns"][0].update(streamType="App", sessionType="app")
        segment = generation.create_segment(body)
        event = {
            "customerCookieId": visitor,
            "eventName": "screen_viewed",
            "screenName": "Home",
            "createdDate": journey.now(),
            "app": {
                "name": "Shop",
                "namespace": "com.example.shop",
                "version": "2.1",
                "buildNumber": "77",
            },
            "device": {
                "category": "mobile",
                "type": "Pixel 8",
                "isMobile": True,
                "screenHeight": 2400,
                "screenWidth": 1080,
                "osFamily": "Android",
                "osVersion": "14",
                "manufacturer": "Google",
            },
            "sdkLibrary": {"name": "mobile-sdk", "version": "1.0"},
            "networkConnectivity": {"carrier": "Carrier", "wifiEnabled": True},
            "searchQuery": "boots",
            "attributes": texts({"plan": "gold"}),
            "externalId": "app-1",
        }
        answer = generation.send_app_event(event)
        suite.equal("status", generation.status(), 200)
        same = {key: event[key] for key in event if key not in ("customerCookieId", "createdDate")}
        suite.holds("answer", answer, {**same, "customerId": visitor, "customerIdType": "cookie"})
        suite.true("id", bool(answer.get("id")), answer)
        suite.holds("session", answer["session"], {"eventCount": 1, "screenviewCount": 1})
        later = {**event, "eventName": event_name, "createdDate": journey.now()}
        session = generation.send_app_event(later)["session"]
        expected = {"id": answer["session"]["id"], "eventCount": 2, "screenviewCount": 1}
        suite.holds("session after the next event", session, expected)
        shown = generation.session(session["id"])
        suite.holds("session", shown, {"type": "app", "eventCount": 2, "lastScreen": "Home"})
        ids = [each["segment"]["id"] for each in shown["segmentAssignments"]]
        suite.equal("segments of the session", ids, [segment["id"]])


def session(generation, loop):
    """A session shows what its events said, and the same assignments as the listing."""
    suite = generation.suite
    segment, visitor, session_id = loop
    with suite.group("sessions: what one shows"):
        shown = generation.session(session_id)
        expected = {
            "id": session_id,
            "type": "web",
            "customerId": visitor,
            "customerIdType": "cookie",
            "selfUri": f"/api/v2/journey/sessions/{session_id}",
            "eventCount": 4,
            "pageviewCount": 1,
            "userAgentString": journey.DESKTOP_CHROME,
            "attributes": texts({"plan": "gold", "again": "yes"}),
            "browser": {"family": "Chrome"},
            "device": {"category": "desktop"},
            "lastEvent": {"eventName": segment["journey"]["patterns"][0]["eventName"]},
            "lastPage": {"url": "https://www.example.com/plans", "title": "Plans"},
            "endedDate": None,
        }
        suite.holds("session", shown, expected)
        listed = generation.assignments("sessions", session_id)["entities"]
        contact = listed[0]["externalContact"]["id"]
        suite.equal("externalContact", shown["externalContact"]["id"], contact)
        assigned = shown["segmentAssignments"]
        ids = [each["segment"]["id"] for each in assigned]
        suite.equal("segments", ids, [each["segment"]["id"] for each in listed])
        self_uri = f"/api/v2/journey/segments/{segment['id']}"
        suite.equal("selfUri of the segment", assigned[0]["segment"]["selfUri"], self_uri)
        dates = [assigned[0]["assignedDate"], listed[0]["dateAssigned"]]
        suite.equal("assignedDate", *(journey.parsed(each) for each in dates))
        unknown = str(uuid.uuid4())
        failure = generation.failure(generation.journey.get_journey_session, unknown)
        suite.refused("an unknown session", failure, 404, "not.found", unknown)


def counted(generation):
    """A pattern that needs two events, with a condition on the visitor beside it."""
    suite = generation.suite
    with suite.group("sessions: a counted pattern and a condition on the visitor"):
        event_name = generation.name("product_added")
        body = segment_body(generation.name("twice"), event_name, "plan", "gold")
        body["journey"]["patterns"][0]["count"] = 2
        criterion = {
            "key": "device.category",
            "values": ["DESKTOP"],
            "shouldIgnoreCase": True,
            "operator": "equal",
            "entityType": "visit",
        }
        body["context"] = {"patterns": [{"criteria": [criterion]}]}
        generation.create_segment(body)
        for agent, expected in [
            (journey.DESKTOP_CHROME, [0, 1, 1]),
            (journey.TELEPHONE_SAFARI, [0, 0, 0]),
        ]:
            visitor, found = str(uuid.uuid4()), []
            for serial in range(3):
                attributes = {"plan": "gold", "serial": str(serial)}
                event = web_event(visitor, event_name, attributes, userAgentString=agent)
                session_id = generation.send_web_event(event)["session"]["id"]
                found.append(len(generation.session(session_id).get("segmentAssignments") or []))
            suite.equal(f"assignments after each event, {agent[:22]}", found, expected)
