'use strict';
// Segments from creation to deletion, for the generations whose SDK knows them (2021 and today).

const { randomUUID } = require('node:crypto');

const { assigned } = require('./checks.js');
const { Generation, segmentBody, webEvent } = require('./journey.js');

const OPERATORS = [
  'containsAll',
  'containsAny',
  'notContainsAll',
  'notContainsAny',
  'equal',
  'notEqual',
  'greaterThan',
  'greaterThanOrEqual',
  'lessThan',
  'lessThanOrEqual',
  'startsWith',
  'endsWith',
];

/** A generation whose SDK has the operations on segments. */
class SegmentsBySdk extends Generation {
  /** Creates a segment with the SDK and remembers it for the tidying at the end. */
  async createSegment(body) {
    const answer = await this.body(this.journey.postJourneySegments({ body }));
    this.segmentsMade.push(answer.id);
    return answer;
  }

  /** Reads a segment with the SDK. */
  async getSegment(id) {
    return this.body(this.journey.getJourneySegment(id));
  }

  /** One page of segments, with the SDK. */
  async listSegments(opts) {
    return this.body(this.journey.getJourneySegments(opts));
  }

  /** Changes a segment with the SDK. */
  async patchSegment(id, body) {
    return this.body(this.journey.patchJourneySegment(id, { body }));
  }

  /** Deletes a segment with the SDK. */
  async deleteSegment(id) {
    await this.body(this.journey.deleteJourneySegment(id));
  }

  /** Whether the SDK loses a `false` given for a query parameter. */
  get falseIsLost() {
    return false;
  }
}

/** Every field a client of 2021 can give, none of them at its default. */
function fullBody(generation) {
  const visit = {
    key: 'device.category',
    values: ['desktop', 'tablet'],
    shouldIgnoreCase: true,
    operator: 'notEqual',
    entityType: 'visit',
  };
  const campaign = {
    key: 'mktCampaign.source',
    values: ['news letter', 'partner'],
    shouldIgnoreCase: false,
    operator: 'containsAny',
    entityType: 'visit',
  };
  const viewed = {
    key: 'page.url',
    values: ['https://www.example.com/é/?a=1&b=2'],
    shouldIgnoreCase: true,
    operator: 'startsWith',
  };
  const bought = {
    key: 'attributes.price.value',
    values: ['100.5'],
    shouldIgnoreCase: false,
    operator: 'greaterThanOrEqual',
  };
  const web = { streamType: 'Web', sessionType: 'web' };
  return {
    displayName: generation.name('Everything \u2014 \u00e9'),
    description: 'Of those who looked often & bought "dear" things',
    isActive: false,
    color: '#1A2B3C',
    shouldDisplayToAgent: false,
    context: { patterns: [{ criteria: [visit, campaign] }, { criteria: [visit] }] },
    journey: {
      patterns: [
        { criteria: [viewed], count: 3, eventName: 'page_viewed', ...web },
        { criteria: [bought, viewed], count: 1, ...web },
      ],
    },
  };
}

/** Every field comes back as it went, and the server's own fields are there. */
async function createAndGet(generation, more) {
  const { suite } = generation;
  await suite.group('segments: every field there and back', async () => {
    const body = { ...fullBody(generation), ...more };
    const made = await generation.createSegment(body);
    suite.equal('status of create', generation.status, 201);
    suite.holds('segment', made, body);
    suite.equal('version', made.version, 1);
    suite.equal('selfUri', made.selfUri, `/api/v2/journey/segments/${made.id}`);
    suite.equal('modifiedDate', made.modifiedDate, made.createdDate);
    suite.true('createdDate', Date.parse(made.createdDate) <= Date.now(), made.createdDate);
    suite.equal('the segment by its id', await generation.getSegment(made.id), made);
    suite.equal('status of get', generation.status, 200);
  });
  await suite.group('segments: defaults', async () => {
    const made = await generation.createSegment({ displayName: generation.name('bare') });
    suite.holds('segment', made, { isActive: true, version: 1, scope: 'Session' });
    suite.true('color', /^#[0-9A-Fa-f]{6}$/.test(made.color), made.color);
    suite.equal('shouldDisplayToAgent', typeof made.shouldDisplayToAgent, 'boolean');
    suite.equal('context', made.context, { patterns: [] });
    suite.equal('journey', made.journey, { patterns: [] });
    const nulls = Object.keys(made).filter((key) => made[key] === null);
    suite.equal('fields that are null', nulls, []);
    const criterion = { key: 'page.title', values: [generation.name('no such page')] };
    const pattern = { criteria: [criterion], count: 1, streamType: 'Web', sessionType: 'web' };
    const body = { displayName: generation.name('plain'), journey: { patterns: [pattern] } };
    const [got] = (await generation.createSegment(body)).journey.patterns[0].criteria;
    suite.holds('criterion', got, { operator: 'equal', shouldIgnoreCase: false });
  });
}

/** A client may send the whole segment that it read: what is read-only is left aside. */
function sentBack(generation) {
  const { suite } = generation;
  return suite.group('segments: a whole segment is sent back', async () => {
    const made = await generation.createSegment({ ...fullBody(generation), scope: 'Customer' });
    const change = { displayName: generation.name('copy'), version: 7 };
    const copy = await generation.createSegment({ ...made, ...change });
    suite.true('the copy has an id of its own', copy.id !== made.id, copy);
    const { id, selfUri, createdDate, modifiedDate, ...same } = made;
    suite.holds('copy', copy, { ...same, displayName: change.displayName, version: 1 });
    const { scope, ...whole } = await generation.getSegment(id);
    const description = 'sent back';
    const changed = await generation.patchSegment(id, { ...whole, description });
    suite.holds('change', changed, { ...same, id, selfUri, createdDate, description, version: 2 });
    suite.true('modifiedDate', Date.parse(changed.modifiedDate) >= Date.parse(modifiedDate), changed);
    suite.equal('scope', changed.scope, scope);
  });
}

/** All twelve are accepted and kept in their order; any other word is refused by name. */
function operators(generation) {
  const { suite, journey } = generation;
  return suite.group('segments: operators', async () => {
    const criteria = OPERATORS.map((operator) => ({
      key: 'attributes.price.value',
      values: ['7'],
      shouldIgnoreCase: false,
      operator,
    }));
    const body = segmentBody(generation.name('operators'), 'product_added', 'x', 'y');
    body.journey.patterns[0].criteria = criteria;
    const visit = { key: 'browser.version', entityType: 'visit' };
    body.context.patterns = [{ criteria: criteria.map((each) => ({ ...each, ...visit })) }];
    const made = await generation.createSegment(body);
    for (const place of ['journey', 'context']) {
      const got = made[place].patterns[0].criteria.map((criterion) => criterion.operator);
      suite.equal(`operators of ${place}`, got, OPERATORS);
    }
    criteria[3].operator = 'resembles';
    const failure = await generation.failure(() => journey.postJourneySegments({ body }));
    suite.refused('an unknown operator', failure, 400, 'invalid.value', 'resembles');
  });
}

/** Page by page, sorted, by activity; names of this run only are looked at. */
async function paging(generation) {
  const { suite } = generation;
  await suite.group('segments: list, sorted and by activity', async () => {
    const colors = { B: '#111111', D: '#222222', A: '#222222', C: '#111111' };
    for (const [letter, color] of Object.entries(colors)) {
      const displayName = generation.name(`listed ${letter}`);
      await generation.createSegment({ displayName, color, isActive: letter !== 'D' });
    }
    const letters = async (opts) =>
      (await listed(generation, opts)).map((segment) => segment.displayName.at(-1)).join('');
    for (const [sortBy, expected] of [
      ['displayName', 'ABCD'],
      ['-displayName', 'DCBA'],
      ['color,-displayName', 'CBDA'],
      ['-color,displayName', 'ADBC'],
    ]) {
      suite.equal(`sortBy ${sortBy}`, await letters({ sortBy }), expected);
    }
    const dates = (await listed(generation, { sortBy: '-createdDate' })).map(
      (segment) => segment.createdDate,
    );
    suite.equal('sortBy -createdDate', dates, [...dates].sort().reverse());
    const sortBy = 'displayName';
    suite.equal('isActive true', await letters({ sortBy, isActive: true }), 'ABC');
    const inactive = generation.falseIsLost ? 'ABCD' : 'D';
    suite.equal('isActive false', await letters({ sortBy, isActive: false }), inactive);
  });
  await suite.group('segments: pages', () => pages(generation));
}

/** Pages of two against one of four, the last one and the one after it. */
async function pages(generation) {
  const { suite, journey } = generation;
  const page = (pageNumber, pageSize) =>
    generation.listSegments({ pageNumber, pageSize, sortBy: 'createdDate' });
  const ids = (...each) => each.flatMap(({ entities }) => entities.map(({ id }) => id));
  const four = await page(1, 4);
  const first = await page(1, 2);
  const second = await page(2, 2);
  const { total } = first;
  suite.true('total', total >= 4, total);
  suite.holds('page', first, { pageSize: 2, pageNumber: 1, pageCount: Math.ceil(total / 2) });
  suite.equal('two pages of two', ids(first, second), ids(four));
  for (const [key, number] of Object.entries({ selfUri: 2, firstUri: 1, previousUri: 1 })) {
    suite.true(`${key} is relative`, second[key].startsWith('/api/v2/journey/segments?'), second);
    suite.contains(key, second[key], `pageNumber=${number}`);
    suite.contains(key, second[key], 'pageSize=2');
  }
  suite.contains('nextUri', first.nextUri, 'pageNumber=2');
  suite.contains('lastUri', first.lastUri, `pageNumber=${first.pageCount}`);
  const last = await page(first.pageCount, 2);
  suite.equal('entities of the last page', last.entities.length, 2 - (total % 2));
  suite.equal('nextUri of the last page', last.nextUri, undefined);
  suite.equal('entities after it', (await page(first.pageCount + 1, 2)).entities, []);
  suite.holds('page by default', await generation.listSegments(), { pageSize: 25, pageNumber: 1 });
  const tooLarge = () => journey.getJourneySegments({ pageSize: 100000 });
  const failure = await generation.failure(tooLarge);
  suite.refused('pageSize 100000', failure, 400, 'invalid.query.param.value', '100000');
}

/** This run's listed segments, in the order in which they come. */
async function listed(generation, opts) {
  const prefix = generation.name('listed ');
  const found = [];
  for (let pageNumber = 1; ; pageNumber += 1) {
    const page = await generation.listSegments({ pageNumber, pageSize: 200, ...opts });
    found.push(...page.entities.filter((segment) => segment.displayName.startsWith(prefix)));
    if (pageNumber >= page.pageCount) {
      return found;
    }
  }
}

/** Versions, replaced lists, cleared fields; `clear` maps what null clears to a value. */
async function patching(generation, clear) {
  const { suite } = generation;
  const kept = await suite.group('segments: patch', async () => {
    const name = generation.name('patched');
    const body = segmentBody(name, 'order_completed', 'kind', 'new', clear);
    const made = await generation.createSegment(body);
    const patch = { displayName: generation.name('renamed'), version: 1, color: '#ABCDEF' };
    let changed = await generation.patchSegment(made.id, patch);
    suite.equal('status', generation.status, 200);
    suite.holds('the answer', changed, { ...patch, version: 2 });
    suite.equal('what was not named', changed.journey, made.journey);
    const dates = [made.modifiedDate, changed.modifiedDate].map(Date.parse);
    suite.true('modifiedDate does not go back', dates[1] >= dates[0], dates);
    suite.equal('createdDate', changed.createdDate, made.createdDate);
    suite.equal('the segment by its id', await generation.getSegment(made.id), changed);

    const pattern = { ...made.journey.patterns[0], count: 2, eventName: 'order_sent' };
    changed = await generation.patchSegment(made.id, { journey: { patterns: [pattern] } });
    suite.equal('version without one in the body', changed.version, 3);
    suite.equal('patterns are replaced', changed.journey.patterns, [pattern]);
    const same = await generation.patchSegment(made.id, { color: '#ABCDEF', version: 3 });
    suite.equal('version when nothing changes', same.version, 3);

    const nulls = Object.fromEntries(Object.keys(clear).map((key) => [key, null]));
    await generation.patchSegment(made.id, { ...nulls, version: 3 });
    const cleared = await generation.getSegment(made.id);
    suite.equal('version after null', cleared.version, 4);
    for (const key of Object.keys(clear)) {
      suite.equal(`${key} after null`, cleared[key], undefined);
    }
    suite.equal('displayName after null elsewhere', cleared.displayName, patch.displayName);
    return cleared;
  });
  await suite.group('segments: patch of a stale version', async () => {
    suite.true('there is a segment to patch', kept, kept);
    const change = { version: 2, color: '#000000' };
    const stale = await generation.failure(() => generation.patchSegment(kept.id, change));
    const named = 'does not match the current version';
    suite.refused('a stale version', stale, 409, 'request.conflict', named);
    suite.equal('the segment afterwards', await generation.getSegment(kept.id), kept);
  });
}

/** 204, then 404 for every way to ask. */
function deletion(generation) {
  const { suite, journey } = generation;
  return suite.group('segments: delete', async () => {
    const { id } = await generation.createSegment({ displayName: generation.name('short-lived') });
    await generation.deleteSegment(id);
    suite.equal('status', generation.status, 204);
    const gone = await generation.failure(() => journey.getJourneySegment(id));
    suite.refused('get', gone, 404, 'not.found', id);
    const again = await generation.failure(() => journey.deleteJourneySegment(id));
    suite.refused('delete', again, 404, 'not.found');
    const change = { color: '#000000' };
    const patch = await generation.failure(() => generation.patchSegment(id, change));
    suite.refused('patch', patch, 404, 'not.found');
  });
}

/** What editing, switching off and deleting do to those who are in a segment already. */
function membership(generation, { segment, visitor, sessionId }) {
  const { suite } = generation;
  const count = () => assigned(generation, segment.id);
  const { eventName } = segment.journey.patterns[0];
  const states = async (who) => {
    const { entities } = await generation.assignments('customers', 'cookie', who);
    return entities.map((entity) => [entity.state, entity.segment.version]);
  };
  const send = (who) => generation.sendWebEvent(webEvent(who, eventName, { plan: 'gold' }));
  return suite.group('segments: members when a segment changes', async () => {
    await generation.patchSegment(segment.id, { description: 'changed', version: 1 });
    const [later, never] = [randomUUID(), randomUUID()];
    await send(later);
    suite.equal('version of those before', await states(visitor), [['Assigned', 1]]);
    suite.equal('version of those after', await states(later), [['Assigned', 2]]);
    await generation.patchSegment(segment.id, { isActive: false });
    await send(never);
    suite.equal('nobody joins an inactive segment', await states(never), []);
    suite.equal('members stay in it', await states(visitor), [['Assigned', 1]]);
    const counted = await count();
    await generation.deleteSegment(segment.id);
    suite.equal('deletion unassigns', await states(visitor), [['Unassigned', 1]]);
    const [entity] = (await generation.assignments('sessions', sessionId)).entities;
    suite.true('dateUnassigned', Boolean(entity.dateUnassigned), entity);
    suite.equal('history keeps its count', await count(), counted);
  });
}

/** Bodies that are refused, each with what is wrong in it. */
function bodies(generation) {
  const { suite, journey } = generation;
  return suite.group('errors: bodies of segments', async () => {
    const good = segmentBody(generation.name('never made'), 'order_completed', 'a', 'b');
    const changed = (change) => {
      const pattern = { ...good.journey.patterns[0], ...change };
      return { ...good, journey: { patterns: [pattern] } };
    };
    const stranger = { key: 'browser.family', values: ['Firefox'] };
    const context = { patterns: [{ criteria: [stranger] }] };
    for (const [what, body, named] of [
      ['no displayName', { isActive: true }, 'displayName'],
      ['a colour that is none', { ...good, color: 'reddish' }, 'reddish'],
      ['a negative count', changed({ count: -1 }), '-1'],
      ['no count', changed({ count: undefined }), 'count'],
      ['no entityType', { ...good, context }, 'entityType'],
      ['an unknown stream', changed({ streamType: 'Telegraph' }), 'Telegraph'],
      ['an array', [good], undefined],
      ['no body', undefined, undefined],
    ]) {
      const failure = await generation.failure(() => journey.postJourneySegments({ body }));
      suite.refused(what, failure, 400, null, named);
    }
    const unknown = randomUUID();
    const failure = await generation.failure(() => journey.getJourneySegment(unknown));
    suite.refused('an unknown segment', failure, 404, 'not.found', unknown);
    const none = await generation.failure(() => journey.getJourneySegment('not-an-id'));
    suite.contains('status for an id that is none', [400, 404], none.status);
  });
}

module.exports = {
  SegmentsBySdk,
  bodies,
  createAndGet,
  deletion,
  membership,
  operators,
  paging,
  patching,
  sentBack,
};
