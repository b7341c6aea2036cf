'use strict';
// Aggregates jobs with the SDK of today: submitted, awaited, read page by page, deleted.

const { intervalAroundNow } = require('./time.js');

const WAIT_MS = 30_000;

/** The status of a job once it has ended. */
async function ended(generation, jobId) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const status = await generation.body(generation.analytics.getAnalyticsJourneysAggregatesJob(jobId));
    if (!['QUEUED', 'PENDING'].includes(status.state)) return status;
    if (Date.now() > end) throw new Error(`a job that has not ended: ${JSON.stringify(status)}`);
  }
}

/** The groups of a job's results, a list a page. */
async function groupsByPage(generation, jobId) {
  const read = (options) =>
    generation.body(generation.analytics.getAnalyticsJourneysAggregatesJobResults(jobId, options));
  let page = await read({});
  const pages = [page.results];
  while (page.cursor) {
    page = await read({ cursor: page.cursor });
    pages.push(page.results);
  }
  return pages;
}

/** What a job answers is what the query answers. */
async function aggregatesJobs(generation) {
  const { suite, analytics } = generation;
  const query = {
    interval: intervalAroundNow(),
    metrics: ['nJourneySessions'],
    groupBy: ['journeySessionId'],
  };
  await suite.group('aggregates jobs: submitted, read in pages, deleted', async () => {
    const body = { ...query, pageSize: 2 };
    const { jobId } = await generation.body(analytics.postAnalyticsJourneysAggregatesJobs(body));
    const status = await ended(generation, jobId);
    suite.equal('state', status.state, 'FULFILLED');
    const pages = await groupsByPage(generation, jobId);
    const full = pages.slice(0, -1).map((page) => page.length);
    suite.equal('full pages', full, full.map(() => 2));
    const atOnce = await generation.aggregates(query);
    suite.equal('groups', pages.flat(), atOnce.results);
    await generation.body(analytics.deleteAnalyticsJourneysAggregatesJob(jobId));
    const failure = await generation.failure(() => analytics.getAnalyticsJourneysAggregatesJob(jobId));
    suite.equal('status after the deletion', failure.status, 404);
  });
}

module.exports = { aggregatesJobs };
