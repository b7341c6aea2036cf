'use strict';
// External contacts in today's API: segments with partial success, sessions, events of a session.

const { randomUUID } = require('node:crypto');

const { segmentBody, webEvent } = require('./journey.js');

const WEB_EVENT = 'com.genesys.journey.WebEvent';
const ASSIGNMENT = 'com.genesys.journey.SegmentAssignmentEvent';

/** The body that assigns and unassigns. */
function update(assign, unassign = []) {
  const list = (ids) => ({ segments: ids.map((id) => ({ id })) });
  return { assign: list(assign), unassign: list(unassign) };
}

/** Assigned, renewed, taken back; what is unknown comes back. */
function segments(generation) {
  const { suite, contacts } = generation;
  const post = (id, body) => contacts.postExternalcontactsContactJourneySegments(id, { body });
  const get = (id, options) => contacts.getExternalcontactsContactJourneySegments(id, options);
  const held = async (id, options) => {
    const { entities } = await generation.body(get(id, options));
    return entities.map((entity) => entity.segment.id).sort();
  };
  return suite.group('contacts: segments', async () => {
    const made = [];
    for (const name of ['member', 'guest']) {
      const body = segmentBody(generation.name(name), generation.name('never'), 'a', 'b');
      made.push((await generation.createSegment({ ...body, assignmentExpirationDays: 1 })).id);
    }
    const [member, guest] = made;
    const [contactId, unknown] = [randomUUID(), randomUUID()];
    let left = (await generation.body(post(contactId, update(made)))).unprocessedItems;
    suite.equal('nothing is left', left.count, 0);
    suite.equal('held', await held(contactId), [member, guest].sort());
    const options = { includeMerged: true, limit: 500 };
    const [one] = (await generation.body(get(contactId, options))).entities;
    suite.true('dateForUnassignment', Boolean(one.dateForUnassignment), one);
    suite.equal('externalContact', one.externalContact.id, contactId);

    const change = update([member, unknown], [guest]);
    left = (await generation.body(post(contactId, change))).unprocessedItems;
    suite.equal('count of what is left', left.count, 1);
    suite.equal('what is left', left.assign.segments, [{ id: unknown }]);
    suite.equal('held after the change', await held(contactId), [member]);
    const many = await generation.failure(() => post(contactId, update(Array(11).fill(member))));
    suite.refused('eleven segments', many, 400, 'constraint.validation', 'assign.segments');
    const stranger = await generation.failure(() => get(unknown));
    suite.refused('an unknown contact', stranger, 404, 'not.found', unknown);
  });
}

/** A contact's session, page by page, and what happened in it. */
function sessionsAndEvents(generation) {
  const { suite, contacts, journey } = generation;
  const sessions = (id, options) =>
    contacts.getExternalcontactsContactJourneySessions(id, options);
  const events = (id, options) =>
    generation.body(journey.getJourneySessionEvents(id, options));
  return suite.group('contacts: sessions and their events', async () => {
    const eventName = generation.name('plan_kept');
    const body = segmentBody(generation.name('kept'), eventName, 'plan', 'gold');
    const segmentId = (await generation.createSegment(body)).id;
    const visitor = randomUUID();
    await generation.sendWebEvent(webEvent(visitor, 'page_viewed', { plan: 'none' }));
    const sent = await generation.sendWebEvent(webEvent(visitor, eventName, { plan: 'gold' }));
    const sessionId = sent.session.id;
    const contactId = (await generation.session(sessionId)).externalContact.id;
    const page = await generation.body(sessions(contactId, { pageSize: '1' }));
    suite.equal('sessions', page.entities.map(({ id }) => id), [sessionId]);
    suite.equal('nextUri', page.nextUri, undefined);

    const { entities } = await events(sessionId);
    const types = entities.map(({ eventType }) => eventType);
    suite.equal('types of events', types, [WEB_EVENT, WEB_EVENT, ASSIGNMENT]);
    suite.equal('the segment', entities[2].segmentAssignmentEvent.segment.id, segmentId);
    const shown = entities.slice(0, 2).map(({ webEvent: web }) => web.eventName).sort();
    suite.equal('events', shown, ['page_viewed', eventName].sort());
    suite.holds('web event', entities[0].webEvent, { totalEventCount: 2, totalPageviewCount: 1 });
    const onlyWeb = await events(sessionId, { pageSize: '2', eventType: WEB_EVENT });
    suite.equal('web events', onlyWeb.entities.length, 2);
    suite.equal('no more web events', onlyWeb.nextUri, undefined);
    const first = await events(sessionId, { pageSize: '2' });
    const [, after] = first.nextUri.split('after=');
    const rest = await events(sessionId, { pageSize: '2', after });
    suite.equal('the last page', rest.entities, entities.slice(2));
    const foreign = await generation.failure(() => sessions(contactId, { after }));
    suite.refused('a cursor of another list', foreign, 400, 'bad.request', 'after');
  });
}

module.exports = { segments, sessionsAndEvents };
