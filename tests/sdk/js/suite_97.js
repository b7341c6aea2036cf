'use strict';
// Drives a server with purecloud-platform-client-v2 97.0.0 (2020): segment assignments.

const { randomUUID } = require('node:crypto');

const sdk = require('purecloud-platform-client-v2');

const checks = require('./checks.js');
const { Coverage } = require('./contract_coverage.js');
const { Generation, Server, Suite, play, segmentBody, texts, webEvent } = require('./journey.js');

/** Reads and changes assignments with the SDK; segments and events are raw HTTP. */
class Sdk97 extends Generation {
  /** A page of assignments, with the SDK; options come after the ids. */
  async assignments(of, ...rest) {
    const read = {
      sessions: 'getJourneySessionSegments',
      customers: 'getJourneyCustomerCustomerIdSegments',
      externalcontacts: 'getJourneyExternalcontactSegments',
    };
    return this.body(this.journey[read[of]](...rest));
  }

  /** Assigns or unassigns segments for a contact; resolves to the body of the answer. */
  async update(contact, segmentIds, state) {
    const body = segmentIds.map((segmentId) => ({ segmentId, state }));
    return this.body(this.journey.postJourneyExternalcontactSegments(contact, { body }));
  }
}

const segmentsOf = (entities) => entities.map((entity) => entity.segment.id);
const sorted = (values) => [...values].sort();

/** A contact that nobody has seen before gets segments, keeps them and loses them. */
function assignAndUnassign(generation) {
  const { suite } = generation;
  return suite.group('assignments: assign and unassign for an external contact', async () => {
    const contact = randomUUID();
    const list = async (opts) =>
      (await generation.assignments('externalcontacts', contact, opts)).entities;
    const made = [];
    for (const scope of ['Customer', 'Session']) {
      made.push(await generation.createSegment({ displayName: generation.name(scope), scope }));
    }
    const ids = made.map((segment) => segment.id);
    const empty = await generation.update(contact, ids, 'Assigned');
    suite.equal('status of assign', generation.status, 204);
    suite.equal('keys in the body of assign', Object.keys(empty || {}), []);
    let entities = await list();
    suite.equal('assigned', sorted(segmentsOf(entities)), sorted(ids));
    for (const segment of made) {
      const entity = entities.find((each) => each.segment.id === segment.id);
      checks.checkAssignment(suite, segment.scope, entity, segment);
      suite.equal('externalContact.id', entity.externalContact.id, contact);
      suite.equal('session', entity.session, undefined);
    }
    await generation.update(contact, [ids[0]], 'Assigned');
    suite.equal('assigned once', sorted(segmentsOf(await list())), sorted(ids));

    await generation.update(contact, [ids[0]], 'Unassigned');
    suite.equal('status of unassign', generation.status, 204);
    suite.equal('still', segmentsOf(await list({ assignmentState: 'Assigned' })), [ids[1]]);
    entities = await list({ assignmentState: 'Unassigned' });
    suite.equal('no longer', segmentsOf(entities), [ids[0]]);
    suite.equal('state', entities[0].state, 'Unassigned');
    suite.true('dateUnassigned', Date.parse(entities[0].dateUnassigned) <= Date.now(), entities[0]);
    suite.equal('both states without a filter', sorted(segmentsOf(await list())), sorted(ids));
    await generation.update(contact, [ids[0]], 'Assigned');
    entities = await list({ assignmentState: 'Assigned' });
    suite.equal('assigned again', sorted(segmentsOf(entities)), sorted(ids));
  });
}

/** One person with two cookies: pages, scopes and states, by contact, customer and session. */
async function lists(generation) {
  const { suite } = generation;
  const person = await suite.group('assignments: one person with two cookies', async () => {
    const eventName = generation.name('order_completed');
    const scope = { scope: 'Session' };
    const matched = await generation.createSegment(
      segmentBody(generation.name('buyers'), eventName, 'plan', 'gold', scope),
    );
    const email = `${generation.run}.first+last@example.com`;
    const visitors = [randomUUID(), randomUUID()];
    const contacts = [];
    for (const visitor of visitors) {
      const traits = texts({ email });
      await generation.sendWebEvent(webEvent(visitor, eventName, { plan: 'gold' }, { traits }));
    }
    for (const visitor of visitors) {
      const { entities } = await generation.assignments('customers', 'cookie', visitor);
      suite.equal('assignments of a cookie', entities.length, 1);
      contacts.push(entities[0].externalContact.id);
    }
    suite.equal('contacts', new Set(contacts).size, 1);
    const page = await generation.assignments('externalcontacts', contacts[0]);
    const cookies = page.entities.map((entity) => entity.customerId);
    suite.equal('customers of the contact', sorted(cookies), sorted(visitors));
    const byEmail = await generation.assignments('customers', 'email', email);
    suite.contains('selfUri by e-mail', decodeURIComponent(byEmail.selfUri), email);
    suite.equal('assignments by e-mail', byEmail.entities, page.entities);
    return { contact: contacts[0], visitor: visitors[0], matched };
  });
  if (person) {
    await suite.group('assignments: pages, scopes, states', () => filtered(generation, person));
  }
}

/** Five tiers of scope Customer beside the two matches of scope Session. */
async function filtered(generation, { contact, visitor, matched }) {
  const { suite } = generation;
  const tiers = [];
  for (let number = 0; number < 5; number += 1) {
    const displayName = generation.name(`tier ${number}`);
    tiers.push((await generation.createSegment({ displayName, scope: 'Customer' })).id);
  }
  await generation.update(contact, tiers, 'Assigned');
  let pages = await walk(generation, {}, 'externalcontacts', contact);
  suite.equal('sizes', pages.map((page) => page.length), [2, 2, 2, 1]);
  const whole = (await generation.assignments('externalcontacts', contact)).entities;
  suite.equal('pages together', pages.flat(), whole);
  suite.equal('each once', new Set(whole.map((entity) => entity.id)).size, 7);
  pages = await walk(generation, { segmentScope: 'Customer' }, 'externalcontacts', contact);
  suite.equal('sizes with a filter', pages.map((page) => page.length), [2, 2, 1]);
  suite.equal('pages with a filter', sorted(segmentsOf(pages.flat())), sorted(tiers));

  const sizes = async (...what) => {
    const found = [];
    for (const filter of [
      {},
      { segmentScope: 'Session' },
      { segmentScope: 'Customer' },
      { assignmentState: 'Assigned' },
      { assignmentState: 'Unassigned' },
      { segmentScope: 'Customer', assignmentState: 'Unassigned' },
    ]) {
      found.push((await generation.assignments(...what, filter)).entities.length);
    }
    return found;
  };
  suite.equal('of the contact', await sizes('externalcontacts', contact), [7, 2, 5, 7, 0, 0]);
  await generation.update(contact, tiers.slice(0, 2), 'Unassigned');
  suite.equal('after two left', await sizes('externalcontacts', contact), [7, 2, 5, 5, 2, 2]);
  const scope = { segmentScope: 'Session' };
  const { entities } = await generation.assignments('customers', 'cookie', visitor, scope);
  suite.equal('segments of the customer', segmentsOf(entities), [matched.id]);
  const { session } = entities[0];
  suite.equal('of the session', await sizes('sessions', session.id), [1, 1, 0, 1, 0, 0]);
}

/** All pages of two, each next one by the `after` of nextUri. */
async function walk(generation, filters, ...what) {
  const { suite } = generation;
  const pages = [];
  let after;
  do {
    const opts = { pageSize: '2', after, ...filters };
    const page = await generation.assignments(...what, opts);
    const path = `/api/v2/journey/${what.join('/')}/segments`;
    suite.contains('selfUri', page.selfUri, path);
    pages.push(page.entities);
    suite.true('pages end', pages.length < 20, page.nextUri);
    after = undefined;
    if (page.nextUri !== undefined) {
      const { searchParams } = new URL(page.nextUri, generation.server.url);
      suite.equal('pageSize in nextUri', searchParams.get('pageSize'), '2');
      after = searchParams.get('after');
    }
  } while (after !== undefined);
  return pages;
}

/** A customer's and a session's assignments come in pages too. */
function pagesOfAll(generation) {
  const { suite } = generation;
  return suite.group('assignments: pages of a customer and of a session', async () => {
    const [eventName, visitor] = [generation.name('paged'), randomUUID()];
    for (let number = 0; number < 3; number += 1) {
      const name = generation.name(`page ${number}`);
      await generation.createSegment(segmentBody(name, eventName, 'plan', 'gold'));
    }
    const event = webEvent(visitor, eventName, { plan: 'gold' });
    const { session } = await generation.sendWebEvent(event);
    for (const what of [['sessions', session.id], ['customers', 'cookie', visitor]]) {
      const { entities } = await generation.assignments(...what);
      const filters = { segmentScope: 'Session', assignmentState: 'Assigned' };
      const pages = await walk(generation, filters, ...what);
      suite.equal(`sizes of ${what[0]}`, pages.map((page) => page.length), [2, 1]);
      suite.equal(`pages of ${what[0]} together`, pages.flat(), entities);
    }
  });
}

/** Scope Customer counts over a visitor's sessions, scope Session within one. */
function overSessions(generation) {
  const { suite } = generation;
  return suite.group('assignments: scope Customer counts over sessions', async () => {
    const eventName = generation.name('seen');
    const visitor = randomUUID();
    const made = {};
    for (const scope of ['Session', 'Customer']) {
      const name = generation.name(scope);
      const body = segmentBody(name, eventName, 'plan', 'gold', { scope });
      body.journey.patterns[0].count = 2;
      made[scope] = await generation.createSegment(body);
    }
    const sessions = new Set();
    const found = [];
    for (const source of ['first', 'second']) {
      const page = { url: `https://www.example.com/?utm_source=${source}`, title: 'Home' };
      const event = webEvent(visitor, eventName, { plan: 'gold' }, { page });
      sessions.add((await generation.sendWebEvent(event)).session.id);
      found.push((await generation.assignments('customers', 'cookie', visitor)).entities);
    }
    suite.equal('sessions', sessions.size, 2);
    suite.equal('after one session', found[0], []);
    suite.equal('after two', segmentsOf(found[1]), [made.Customer.id]);
    checks.checkAssignment(suite, 'assignment', found[1][0], made.Customer, visitor);
  });
}

/** What cannot be listed or assigned. */
function refusedAssignments(generation) {
  const { suite, journey } = generation;
  const contact = randomUUID();
  return suite.group('assignments: what is refused', async () => {
    const post = (body) =>
      generation.failure(() => journey.postJourneyExternalcontactSegments(contact, { body }));
    const made = await generation.createSegment({ displayName: generation.name('refused') });
    const unknown = { segmentId: randomUUID(), state: 'Assigned' };
    const failure = await post([unknown]);
    suite.refused('an unknown segment', failure, 404, 'not.found', unknown.segmentId);
    const single = { segmentId: made.id, state: 'Assigned' };
    const wrong = await post([{ ...single, state: 'Perhaps' }]);
    suite.refused('an unknown state', wrong, 400, 'invalid.value', 'Perhaps');
    suite.refused('an object for an array', await post(single), 400, null);
    suite.refused('101 items', await post(Array(101).fill(single)), 400, null, '100');
    for (const [what, opts, named] of [
      ['a cursor that is none', { after: '%%%' }, undefined],
      ['an unknown scope', { segmentScope: 'Family' }, 'Family'],
      ['an unknown state', { assignmentState: 'Perhaps' }, 'Perhaps'],
      ['pages of 201', { pageSize: '201' }, '201'],
    ]) {
      const list = () => journey.getJourneyExternalcontactSegments(contact, opts);
      suite.refused(what, await generation.failure(list), 400, null, named);
    }
    const session = () => journey.getJourneySessionSegments(randomUUID());
    suite.refused('an unknown session', await generation.failure(session), 404, 'not.found');
    const stranger = () => journey.getJourneyExternalcontactSegments(randomUUID());
    const failed = await generation.failure(stranger);
    suite.refused('a contact that nobody named', failed, 404, 'not.found');
    // This SDK percent-encodes the slash of an id too.
    const id = 'a b/c@d+e?x#y%\u00e9';
    const customer = () => journey.getJourneyCustomerCustomerIdSegments('crm', id);
    suite.refused('an unknown customer', await generation.failure(customer), 404, 'not.found', id);
    // This SDK sends an empty value for what is null, zero or empty: it means "not given".
    await generation.update(contact, [made.id], 'Assigned');
    const opts = { pageSize: '', after: null, segmentScope: '', assignmentState: null };
    const page = await generation.assignments('externalcontacts', contact, opts);
    suite.equal('empty values are left aside', segmentsOf(page.entities), [made.id]);
  });
}

const suite = new Suite(97);
const generation = new Sdk97(sdk, new Server(), suite);
const coverage = new Coverage(generation.client, 102);
play(suite, generation, async () => {
  await checks.actionTargets(generation, false);
  await assignAndUnassign(generation);
  await lists(generation);
  await pagesOfAll(generation);
  await overSessions(generation);
  await refusedAssignments(generation);
  await checks.liveLoop(generation);
  await checks.aggregates(generation, false);
  await checks.noToken(generation);
  await coverage.check(suite);
});
