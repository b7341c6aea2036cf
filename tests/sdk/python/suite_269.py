"""Drives a server with PureCloudPlatformClientV2 269.0.0 (today): segments, events, sessions."""

import os
import sys
import traceback

import PureCloudPlatformClientV2 as P

import checks
import contacts
import events
import jobs
import journey
import segments


class Sdk269(segments.SegmentsBySdk):
    """All with the SDK, but the listings of 2020, which it no longer has."""

    request_model = "JourneySegmentRequest"

    def __init__(self, sdk, server, suite):
        super().__init__(sdk, server, suite)
        self.contacts = sdk.ExternalContactsApi(self.client)

    def send_web_event(self, body):
        """Sends a web event with the SDK, without a token."""
        model = self.model("WebEventRequest", body)
        send = self.journey.post_journey_deployment_webevents
        return self.wire(send(self.server.deployment_id, body=model))

    def send_app_event(self, body):
        """Sends an app event with the SDK, without a token."""
        model = self.model("AppEventRequest", body)
        send = self.journey.post_journey_deployment_appevents
        return self.wire(send(self.server.deployment_id, body=model))

    def session(self, session_id):
        """Reads a session with the SDK."""
        return self.wire(self.journey.get_journey_session(session_id))


EXTERNAL = {
    "externalSegment": {"id": "aep-17", "name": "Loyal", "source": "AdobeExperiencePlatform"},
    "assignmentExpirationDays": 30,
}


def external_segments(generation):
    """Only the name of an external segment can be changed."""
    suite = generation.suite
    with suite.group("segments: external segment"):
        made = generation.create_segment({"displayName": generation.name("external"), **EXTERNAL})
        suite.holds("segment", made, EXTERNAL)
        change = {"externalSegment": {"name": "Most loyal"}, "assignmentExpirationDays": 0}
        changed = generation.patch_segment(made["id"], {**change, "version": 1})
        external = {**EXTERNAL["externalSegment"], "name": "Most loyal"}
        expected = {"version": 2, "externalSegment": external, "assignmentExpirationDays": 0}
        suite.holds("after the change", changed, expected)


def found_segments(generation):
    """By ids, and by a part of a field's text in any case."""
    suite = generation.suite
    with suite.group("segments: by ids and by text"):
        made = [
            generation.create_segment({"displayName": generation.name(f"Sought {number}")})["id"]
            for number in range(3)
        ]
        page = generation.list_segments(segment_ids=made[:2])
        suite.equal("by ids", sorted(each["id"] for each in page["entities"]), sorted(made[:2]))
        page = generation.list_segments(
            query_fields=["displayName"], query_value=generation.name("sOUGHT")
        )
        suite.equal("by text", sorted(each["id"] for each in page["entities"]), sorted(made))
        suite.equal("total", page["total"], 3)


def main():
    """Runs all groups; the exit code is 1 when a check did not hold."""
    suite = journey.Suite(269)
    generation = Sdk269(P, journey.Server(), suite)
    checks.login(generation)
    try:
        segments.create_and_get(generation, EXTERNAL)
        segments.operators(generation)
        segments.paging(generation)
        found_segments(generation)
        segments.patching(generation, {"description": "to be cleared", **EXTERNAL})
        external_segments(generation)
        segments.deletion(generation)
        segments.bodies(generation)
        checks.action_targets(generation, patch=False)
        events.web_events(generation)
        events.refused_events(generation)
        events.app_events(generation)
        loop = checks.live_loop(generation)
        if loop:
            events.session(generation, loop)
            segments.membership(generation, loop)
        contacts.segments(generation)
        contacts.sessions_and_events(generation)
        events.counted(generation)
        checks.aggregates(generation, by_session=True)
        jobs.aggregates_jobs(generation)
        checks.no_token(generation)
    finally:
        generation.tidy()
    return suite.end()


if __name__ == "__main__":
    code = 1
    try:
        code = main()
    except SystemExit as end:
        print(end, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the SDK leaves threads that would keep the process
