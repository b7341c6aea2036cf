"""Drives a server with PureCloudPlatformClientV2 108.0.0 (2021): segments, targets, aggregates."""

import sys

import PureCloudPlatformClientV2 as P

import checks
import contract_coverage
import journey
import segments


def the_word_none(generation):
    """This SDK sends a None given for a parameter as the word: refused or left aside, no fault."""
    suite = generation.suite
    with suite.group("segments: the word None in a query"):
        try:
            generation.list_segments(sort_by=None, page_size=1)
            status = generation.status()
        except P.rest.ApiException as error:
            status = error.status
        suite.contains("status", (200, 400), status)


def main():
    """Runs all groups; the exit code is 1 when a check did not hold."""
    suite = journey.Suite(108)
    coverage = contract_coverage.Coverage(P, 108)
    generation = segments.SegmentsBySdk(P, journey.Server(), suite)
    checks.login(generation)
    try:
        segments.create_and_get(generation, {"scope": "Customer"})
        segments.sent_back(generation)
        segments.operators(generation)
        segments.paging(generation)
        the_word_none(generation)
        segments.patching(generation, {"description": "to be cleared"})
        segments.deletion(generation)
        segments.bodies(generation)
        checks.action_targets(generation, patch=True)
        loop = checks.live_loop(generation)
        if loop:
            segments.membership(generation, loop)
        checks.aggregates(generation, by_session=False)
        checks.no_token(generation)
        coverage.check(suite)
    finally:
        generation.tidy()
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
