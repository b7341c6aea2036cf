'use strict';
// The check groups that more than one SDK generation runs.

const { randomUUID } = require('node:crypto');

const { counts, matches, segmentBody, webEvent } = require('./journey.js');
const time = require('./time.js');

const NOBODY = '00000000-0000-4000-8000-000000000000';

/** List, get and patch. At least one target has to exist. */
async function actionTargets(generation, hasThreshold = true) {
  const { suite, journey } = generation;
  const everyField = 'action targets: every field, page by page';
  await suite.group(everyField, () => fullTarget(generation));
  const target = await suite.group('action targets: list and get', async () => {
    const list = (opts) => generation.body(journey.getJourneyActiontargets(opts));
    const page = await list({ pageNumber: 1, pageSize: 1 });
    suite.true('there is an action target', page.total >= 1, page);
    suite.holds('page', page, { pageSize: 1, pageNumber: 1, pageCount: page.total });
    suite.equal('entities', page.entities.length, 1);
    suite.contains('selfUri', page.selfUri, '/api/v2/journey/actiontargets');
    const last = await list({ pageNumber: page.pageCount, pageSize: 1 });
    suite.equal('nextUri of the last page', last.nextUri, undefined);
    const [first] = page.entities;
    suite.equal('selfUri of a target', first.selfUri, `/api/v2/journey/actiontargets/${first.id}`);
    suite.true('name', Boolean(first.name), first);
    suite.contains('states', ['active', 'inactive', 'deleted'], first.state);
    suite.true('createdDate', Date.parse(first.createdDate) <= Date.now(), first);
    const again = await generation.body(journey.getJourneyActiontarget(first.id));
    suite.equal('the target by its id', again, first);
    const unknown = await generation.failure(() => journey.getJourneyActiontarget(randomUUID()));
    suite.refused('an unknown target', unknown, 404, 'not.found');
    return first;
  });
  if (target) {
    const patch = () => patchActionTarget(generation, target, hasThreshold);
    await suite.group('action targets: patch', patch);
  }
}

/** A target with all there is to it, and the pages on both sides of another. */
async function fullTarget(generation) {
  const { suite, journey } = generation;
  const body = {
    name: generation.name('full'),
    userData: [{ key: 'queueId', value: randomUUID() }],
    supportedMediaTypes: ['webchat', 'callback'],
    state: 'inactive',
    description: 'for "dear" customers',
    serviceLevel: { percentage: 0.25, durationMs: 20000 },
    shortAbandonThreshold: 5,
  };
  const made = await generation.createTarget(body);
  const target = await generation.body(journey.getJourneyActiontarget(made.id));
  suite.holds('target', target, body);
  suite.true('modifiedDate', Date.parse(target.modifiedDate) <= Date.now(), target);
  const found = [];
  let page;
  for (let pageNumber = 1; !page || pageNumber <= page.pageCount; pageNumber += 1) {
    page = await generation.body(journey.getJourneyActiontargets({ pageNumber, pageSize: 1 }));
    found.push(...page.entities);
    suite.contains('firstUri', `${page.firstUri}&`, 'pageNumber=1&');
    suite.contains('lastUri', `${page.lastUri}&`, `pageNumber=${page.pageCount}&`);
    suite.equal('previousUri is given', page.previousUri !== undefined, pageNumber > 1);
    suite.equal('nextUri is given', page.nextUri !== undefined, pageNumber < page.pageCount);
  }
  suite.equal('each once', new Set(found.map(({ id }) => id)).size, page.total);
  suite.equal('the target in the list', found.find(({ id }) => id === made.id), target);
}

/** Changes name and service level, then puts both back. */
async function patchActionTarget(generation, target, hasThreshold) {
  const { suite, journey } = generation;
  const change = {
    name: generation.name('target'),
    serviceLevel: { percentage: 0.8, durationMs: 1000 },
    ...(hasThreshold ? { shortAbandonThreshold: 7 } : {}),
  };
  const patch = (body) => generation.body(journey.patchJourneyActiontarget(target.id, { body }));
  const read = () => generation.body(journey.getJourneyActiontarget(target.id));
  // What is read-only is left aside: clients send back what they have read.
  const changed = await patch({ ...change, id: target.id, selfUri: target.selfUri });
  try {
    suite.holds('the answer', changed, change);
    suite.equal('the target by its id', await read(), changed);
  } finally {
    await patch({ name: target.name, serviceLevel: target.serviceLevel });
  }
  suite.equal('the name, put back', (await read()).name, target.name);
}

/** The parts of one assignment that holds. */
function checkAssignment(suite, what, entity, segment, visitor, sessionId) {
  suite.true(`${what}: id`, Boolean(entity.id), entity);
  suite.holds(what, entity, {
    state: 'Assigned',
    dateUnassigned: undefined,
    segment: {
      id: segment.id,
      scope: segment.scope,
      version: segment.version,
      selfUri: `/api/v2/journey/segments/${segment.id}`,
    },
  });
  for (const key of ['dateAssigned', 'dateModified']) {
    const age = Math.abs(Date.now() - Date.parse(entity[key]));
    suite.true(`${what}: ${key} is now`, age < 5 * 60 * 1000, entity[key]);
    suite.true(`${what}: ${key} is in UTC`, entity[key].endsWith('Z'), entity[key]);
  }
  const contact = entity.externalContact;
  suite.true(`${what}: externalContact.id`, /^[0-9a-f-]{36}$/.test(contact.id), contact);
  suite.contains(`${what}: externalContact.selfUri`, contact.selfUri, contact.id);
  if (visitor) {
    suite.holds(what, entity, { customerId: visitor, customerIdType: 'cookie' });
  }
  if (sessionId) {
    const selfUri = `/api/v2/journey/sessions/${sessionId}`;
    suite.holds(what, entity, { session: { id: sessionId, type: 'web', selfUri } });
  }
}

/** How many times a segment was assigned, whatever became of it. */
async function assigned(generation, segmentId) {
  const answer = await generation.aggregates({
    interval: time.intervalAroundNow(),
    metrics: ['nJourneySegmentsAssigned'],
    groupBy: ['journeySegmentId'],
    filter: { type: 'and', predicates: [matches('journeySegmentId', segmentId)] },
  });
  return counts(answer, 'nJourneySegmentsAssigned', 'journeySegmentId')[segmentId] || 0;
}

/** A segment, events, and at once what they led to: nothing here waits or asks twice. */
function liveLoop(generation) {
  const { suite } = generation;
  return suite.group('live loop: create, send, read, count', async () => {
    const eventName = generation.name('plan_chosen');
    const segment = await generation.createSegment(
      segmentBody(generation.name('gold'), eventName, 'plan', 'gold'),
    );
    const count = () => assigned(generation, segment.id);
    const send = (who, ...rest) => generation.sendWebEvent(webEvent(who, ...rest));
    const listed = async (...what) => (await generation.assignments(...what)).entities;
    const before = await count();
    suite.equal('count before', before, 0);
    const [visitor, other] = [randomUUID(), randomUUID()];
    const sessionId = (await send(visitor, eventName, { plan: 'silver' })).session.id;
    await send(visitor, 'page_viewed', { plan: 'gold' });
    await send(other, eventName, { plan: 'Gold' });
    suite.equal('assignments after the others', await listed('sessions', sessionId), []);
    suite.equal('count after events that do not match', await count(), before);

    const match = await send(visitor, eventName, { plan: 'gold' });
    suite.equal('session of the matching event', match.session.id, sessionId);
    const page = await generation.assignments('sessions', sessionId);
    suite.equal('assignments of the session', page.entities.length, 1);
    suite.equal('nextUri', page.nextUri, undefined);
    suite.contains('selfUri', page.selfUri, `/api/v2/journey/sessions/${sessionId}/segments`);
    const [entity] = page.entities;
    checkAssignment(suite, 'assignment', entity, segment, visitor, sessionId);
    suite.equal('count after the match', await count(), before + 1);
    const contactId = entity.externalContact.id;
    suite.equal('of the customer', await listed('customers', 'cookie', visitor), [entity]);
    suite.equal('of the contact', await listed('externalcontacts', contactId), [entity]);
    suite.equal('of the other visitor', await listed('customers', 'cookie', other), []);

    await send(visitor, eventName, { plan: 'gold', again: 'yes' });
    suite.equal('after a second match', (await listed('sessions', sessionId)).length, 1);
    suite.equal('count after a second match', await count(), before + 1);
    await send(other, eventName, { plan: 'gold' });
    suite.equal("count after the other visitor's match", await count(), before + 2);
    return { segment, visitor, sessionId };
  });
}

/** Metrics, grouping, filters, views, buckets. `bySession`: today's dimensions, not 2020's. */
async function aggregates(generation, bySession) {
  const { suite } = generation;
  const fixtures = await suite.group('aggregates: fixtures', async () => {
    const eventName = generation.name('aggregated');
    const one = (await generation.createSegment(segmentBody('one', eventName, 'one', 'yes'))).id;
    const two = (await generation.createSegment(segmentBody('two', eventName, 'two', 'yes'))).id;
    const visitors = [randomUUID(), randomUUID()];
    const since = Date.now();
    const sessions = [];
    for (const values of [{ one: 'yes', two: 'yes' }, { one: 'yes' }]) {
      const event = webEvent(visitors[sessions.length], eventName, values);
      sessions.push((await generation.sendWebEvent(event)).session.id);
    }
    suite.equal('two sessions', new Set(sessions).size, 2);
    const ours = bySession
      ? sessions.map((id) => matches('journeySessionId', id))
      : visitors.map((id) => matches('journeyCustomerId', id));
    return { one, two, ours, since, until: Date.now() };
  });
  if (!fixtures) {
    return;
  }
  const run = (name, checks) =>
    suite.group(`aggregates: ${name}`, () => checks(generation, fixtures));
  await run('metrics, grouping, filters', grouped);
  await run('sessions by their segments', multivalued);
  await run('days in London across a change of clocks', daysInLondon);
  await run('what is refused', refusedQueries);
}

/** Counts by segment under every form of filter. */
async function grouped(generation, { one, two, ours }) {
  const { suite } = generation;
  const interval = time.intervalAroundNow();
  const segments = [matches('journeySegmentId', one), matches('journeySegmentId', two)];
  const query = {
    interval,
    metrics: ['nJourneySegmentsAssigned'],
    groupBy: ['journeySegmentId'],
    filter: { type: 'or', predicates: segments },
  };
  const ask = (change) => generation.aggregates({ ...query, ...change });
  const bySegment = (answer) => counts(answer, 'nJourneySegmentsAssigned', 'journeySegmentId');
  let answer = await ask({});
  suite.equal('assignments by segment', bySegment(answer), { [one]: 2, [two]: 1 });
  for (const result of answer.results) {
    suite.equal('buckets without granularity', result.data.length, 1);
    suite.equal('bucket', instants(result.data[0].interval), instants(interval));
  }
  const filter = {
    type: 'and',
    clauses: [{ type: 'or', predicates: segments }],
    predicates: [matches('journeySegmentId', two), matches('journeySessionType', 'web')],
  };
  suite.equal('a clause and predicates', bySegment(await ask({ filter })), { [two]: 1 });
  answer = await ask({ groupBy: ['journeySegmentId', 'journeySessionType'] });
  const groups = answer.results.map((result) => result.group);
  groups.sort((a, b) => (a.journeySegmentId < b.journeySegmentId ? -1 : 1));
  const expected = [one, two].sort();
  suite.equal(
    'groups of two dimensions',
    groups.map((group) => [group.journeySegmentId, group.journeySessionType]),
    expected.map((id) => [id, 'web']),
  );

  const mixed = {
    metrics: ['nJourneySessions', 'nJourneySegmentsAssigned'],
    filter: { type: 'or', predicates: ours },
  };
  answer = await ask({ ...mixed, groupBy: undefined });
  suite.equal('sessions, ungrouped', counts(answer, 'nJourneySessions'), { '': 2 });
  answer = await ask(mixed);
  const without = counts(answer, 'nJourneySessions', 'journeySegmentId');
  suite.equal('sessions in the group without the dimension', without, { '': 2 });
  const view = {
    target: 'nJourneySegmentsAssigned',
    name: generation.name('view'),
    function: 'rangeBound',
    range: { gte: 1, lt: 2 },
  };
  answer = await ask({ views: [view] });
  const views = answer.results.map((result) => {
    const [shown] = result.data[0].views;
    return [result.group.journeySegmentId, shown.name, shown.stats.count];
  });
  const named = [[one, view.name, 2], [two, view.name, 1]];
  suite.equal('views', views.sort(), named.sort());
  for (const [range, expected] of [
    [{ gt: 0, lte: 1 }, { [one]: 2, [two]: 1 }],
    [{ gte: 1, lt: 2 }, { [one]: 2, [two]: 1 }],
    [{ gt: 1, lte: 2 }, {}],
    [{ gte: 0, lt: 1 }, {}],
  ]) {
    const clauses = [{ type: 'or', predicates: segments }];
    const narrowed = { type: 'and', clauses, predicates: [{ type: 'metric', range }] };
    const found = bySegment(await ask({ filter: narrowed }));
    suite.equal(`values in ${JSON.stringify(range)}`, found, expected);
  }
  answer = await ask({ alternateTimeDimension: 'eventTime' });
  suite.equal('by event time', bySegment(answer), { [one]: 2, [two]: 1 });
  const nobody = { type: 'and', predicates: [matches('journeySegmentId', NOBODY)] };
  suite.equal('results without data', (await ask({ filter: nobody })).results, []);
}

/** The two moments of an interval. */
function instants(interval) {
  return interval.split('/').map((text) => Date.parse(text));
}

/** A session with two segments: once in each group, or once under both names. */
async function multivalued(generation, { one, two, ours }) {
  const { suite } = generation;
  const query = {
    interval: time.intervalAroundNow(),
    metrics: ['nJourneySessions'],
    groupBy: ['journeySessionSegmentId'],
    filter: { type: 'or', predicates: ours },
  };
  const ask = async (more) =>
    counts(
      await generation.aggregates({ ...query, ...more }),
      'nJourneySessions',
      'journeySessionSegmentId',
    );
  let found = await ask({});
  suite.equal('sessions of segment one', found[one], 2);
  suite.equal('sessions of segment two', found[two], 1);
  found = await ask({ flattenMultivaluedDimensions: true });
  const total = Object.values(found).reduce((sum, count) => sum + count, 0);
  suite.equal('flattened: sessions in all', total, 2);
  const joined = Object.keys(found).map((names) => names.split(','));
  suite.equal('flattened: names ascend', joined, joined.map((names) => [...names].sort()));
  const kept = joined.map((names) => names.filter((name) => name === one || name === two));
  const bySize = (a, b) => a.length - b.length;
  suite.equal('flattened: groups', kept.sort(bySize), [[one], [one, two].sort()]);
}

/** Days begin at London's midnight on both sides of a change of clocks. */
async function daysInLondon(generation, { one, since, until }) {
  const { suite } = generation;
  const today = time.dayInLondon(until);
  const first = time.lastChangeOfClocks(today) - 2 * time.DAY;
  const start = time.midnightInLondon(first);
  const end = time.midnightInLondon(today + 2 * time.DAY);
  suite.true('the clocks change in between', (end - start) % time.DAY !== 0, [start, end]);
  const answer = await generation.aggregates({
    interval: `${time.moment(start)}/${time.moment(end)}`,
    granularity: 'P1D',
    timeZone: 'Europe/London',
    metrics: ['nJourneySegmentsAssigned'],
    groupBy: ['journeySegmentId'],
    filter: { type: 'and', predicates: [matches('journeySegmentId', one)] },
  });
  const found = counts(answer, 'nJourneySegmentsAssigned', 'journeySegmentId');
  suite.equal('assignments', found, { [one]: 2 });
  const expected = [since, until].map((at) => {
    const day = time.dayInLondon(at);
    return `${time.midnightInLondon(day)}/${time.midnightInLondon(day + time.DAY)}`;
  });
  for (const bucket of answer.results[0].data) {
    suite.contains('days of the events', expected, instants(bucket.interval).join('/'));
  }
}

/** Queries with something wrong in them; the message says what. */
async function refusedQueries(generation) {
  const { suite, analytics } = generation;
  const interval = time.intervalAroundNow();
  const [start, end] = interval.split('/');
  const turned = `${end}/${start}`;
  const good = { interval, metrics: ['nJourneySessions'] };
  for (const [what, query, code, named] of [
    ['an unknown metric', { ...good, metrics: ['nElephants'] }, 'invalid.value', 'nElephants'],
    ['an unknown dimension', { ...good, groupBy: ['mood'] }, 'invalid.value', 'mood'],
    ['a date that is none', { ...good, interval: `${start}/soon` }, 'invalid.date', 'soon'],
    ['an interval that is none', { ...good, interval: 'yesterday' }, null, 'yesterday'],
    ['an interval turned round', { ...good, interval: turned }, null, undefined],
    ['an unknown time zone', { ...good, timeZone: 'Mars/Olympus' }, null, 'Mars/Olympus'],
    ['no metrics', { interval }, null, 'metrics'],
  ]) {
    const call = () => analytics.postAnalyticsJourneysAggregatesQuery(query);
    suite.refused(what, await generation.failure(call), 400, code, named);
  }
}

/** Without a token and with a wrong one, before the body is looked at. */
function noToken(generation) {
  const { suite, sdk } = generation;
  return suite.group('errors: no token, a wrong token', async () => {
    const stranger = generation.stranger();
    const api = new sdk.AnalyticsApi(stranger);
    const call = () =>
      api.postAnalyticsJourneysAggregatesQuery({ interval: 'this is looked at later' });
    const failure = await generation.failure(call);
    suite.refused('no token', failure, 401, 'authentication.required');
    stranger.setAccessToken('not-a-token');
    const wrong = await generation.failure(call);
    suite.refused('a wrong token', wrong, 401, 'bad.credentials');
    suite.true('the token is not told', !JSON.stringify(wrong.body).includes('not-a-token'), wrong);
  });
}

module.exports = { actionTargets, aggregates, assigned, checkAssignment, liveLoop, noToken };
