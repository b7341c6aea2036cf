"""Aggregates jobs with the SDK of today: submitted, awaited, read page by page, deleted."""

import time

import journey

WAIT_S = 30


def ended(generation, job_id):
    """The status of a job once it has ended."""
    end = time.monotonic() + WAIT_S
    while True:
        read = generation.analytics.get_analytics_journeys_aggregates_job
        status = generation.wire(read(job_id))
        if status["state"] not in ("QUEUED", "PENDING"):
            return status
        if time.monotonic() > end:
            raise journey.CheckFailed(f"a job that has not ended in {WAIT_S} s: {status}")


def groups_by_page(generation, job_id):
    """The groups of a job's results, a list a page."""
    read = generation.analytics.get_analytics_journeys_aggregates_job_results
    page = generation.wire(read(job_id))
    pages = [page["results"]]
    while "cursor" in page:
        page = generation.wire(read(job_id, cursor=page["cursor"]))
        pages.append(page["results"])
    return pages


def aggregates_jobs(generation):
    """What a job answers is what the query answers."""
    suite, analytics = generation.suite, generation.analytics
    query = {
        "interval": journey.interval_around_now(),
        "metrics": ["nJourneySessions"],
        "groupBy": ["journeySessionId"],
    }
    with suite.group("aggregates jobs: submitted, read in pages, deleted"):
        body = generation.model("JourneyAsyncAggregationQuery", {**query, "pageSize": 2})
        job_id = generation.wire(analytics.post_analytics_journeys_aggregates_jobs(body))["jobId"]
        status = ended(generation, job_id)
        suite.equal("state", status["state"], "FULFILLED")
        dates = [status[f"{step}Date"] for step in ("submission", "completion", "expiration")]
        suite.equal("dates in order", dates, sorted(dates))
        pages = groups_by_page(generation, job_id)
        full = [len(page) for page in pages[:-1]]
        suite.equal("full pages", full, [2] * len(full))
        at_once = generation.aggregates(query)["results"]
        suite.equal("groups", [group for page in pages for group in page], at_once)
        analytics.delete_analytics_journeys_aggregates_job(job_id)
        failure = generation.failure(analytics.get_analytics_journeys_aggregates_job, job_id)
        suite.equal("status after the deletion", failure[0], 404)
    with suite.group("aggregates jobs: what is refused"):
        body = generation.model("JourneyAsyncAggregationQuery", {**query, "metrics": ["nNone"]})
        failure = generation.failure(analytics.post_analytics_journeys_aggregates_jobs, body)
        suite.equal("status", failure[0], 400)
        suite.equal("code", failure[1]["code"], "invalid.value")
