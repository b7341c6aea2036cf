'use strict';
// Events and sessions with the SDK of today.

const { randomUUID } = require('node:crypto');

const { DESKTOP_CHROME, TELEPHONE_SAFARI, segmentBody, texts, webEvent } = require('./journey.js');
const { moment } = require('./time.js');

const PAGE_URL =
  'https://www.example.com/shop/shoes%20and%20boots?size=9&utm_source=partner&utm_medium=newsletter' +
  '&utm_campaign=winter%20sale&utm_term=boots&utm_content=left#reviews';
const REFERRER_URL = 'https://www.google.com/search?q=warm+boots';

/** The whole answer to a web event, what the next one adds, and how a telephone is seen. */
async function webEvents(generation) {
  const { suite } = generation;
  const visitor = randomUUID();
  const first = await suite.group('web events: the whole answer', () =>
    wholeAnswer(generation, visitor),
  );
  await suite.group('web events: the next one, a repeated one, a new campaign', async () => {
    suite.true('there is a session', first, first);
    const event = webEvent(visitor, 'product_added', { plan: 'silver' });
    const following = (await generation.sendWebEvent(event)).session;
    suite.holds('session', following, { id: first.id, eventCount: 2, pageviewCount: 1 });
    const repeated = (await generation.sendWebEvent(event)).session;
    suite.holds('session after a repetition', repeated, { id: first.id, eventCount: 2 });
    const page = { url: 'https://www.example.com/?utm_source=elsewhere', title: 'Home' };
    const campaign = webEvent(visitor, 'page_viewed', {}, { page });
    const other = (await generation.sendWebEvent(campaign)).session;
    suite.true('a new campaign opens a session', other.id !== first.id, other);
    suite.equal('events of that session', other.eventCount, 1);
  });
  await suite.group('web events: a telephone, a link within the site', async () => {
    const more = { userAgentString: TELEPHONE_SAFARI, referrerUrl: 'https://www.example.com/' };
    const event = webEvent(randomUUID(), 'page_viewed', {}, more);
    suite.holds('answer', await generation.sendWebEvent(event), {
      device: { category: 'mobile', type: 'iPhone', osFamily: 'iOS', isMobile: true },
      referrer: { medium: 'internal' },
      mktCampaign: undefined,
    });
  });
}

/** Every part of the answer to a visitor's first event; resolves to its session. */
async function wholeAnswer(generation, visitor) {
  const { suite } = generation;
  const page = { url: PAGE_URL, title: 'Boots', keywords: 'boots,shoes', lang: 'en' };
  const event = webEvent(visitor, 'page_viewed', { plan: 'gold' }, {
    page,
    referrerUrl: REFERRER_URL,
    searchQuery: 'warm boots',
    externalId: 'shop-1',
    traits: texts({ givenName: 'Ada' }),
  });
  event.attributes.price = { dataType: 'number', value: '99.5' };
  const answer = await generation.sendWebEvent(event);
  suite.equal('status', generation.status, 200);
  suite.holds('answer', answer, {
    customerId: visitor,
    customerIdType: 'cookie',
    eventName: 'page_viewed',
    userAgentString: DESKTOP_CHROME,
    searchQuery: 'warm boots',
    externalId: 'shop-1',
    attributes: event.attributes,
    traits: event.traits,
    page: {
      ...page,
      hostname: 'www.example.com',
      domain: 'example.com',
      pathname: '/shop/shoes%20and%20boots',
      queryString: PAGE_URL.split('?')[1].split('#')[0],
      fragment: 'reviews',
    },
    mktCampaign: {
      source: 'partner',
      medium: 'newsletter',
      name: 'winter sale',
      term: 'boots',
      content: 'left',
    },
    referrer: { url: REFERRER_URL, hostname: 'www.google.com', medium: 'search' },
    browser: { family: 'Chrome' },
    device: { category: 'desktop', osFamily: 'Windows', isMobile: false },
    session: { eventCount: 1, pageviewCount: 1, durationInSeconds: 0 },
  });
  suite.contains('browser.version', answer.browser.version, '120');
  const created = Date.parse(event.createdDate);
  suite.equal('createdDate', Date.parse(answer.createdDate), created);
  const { session } = answer;
  suite.equal('session.createdDate', Date.parse(session.createdDate), created);
  suite.equal('session.selfUri', session.selfUri, `/api/v2/journey/sessions/${session.id}`);
  return session;
}

/** Events that are refused, each by name. */
function refusedEvents(generation) {
  const { suite, server } = generation;
  const send = (deploymentId, body) => () =>
    generation.journey.postJourneyDeploymentWebevents(deploymentId, { body });
  return suite.group('web events: what is refused', async () => {
    const good = webEvent(randomUUID(), 'page_viewed');
    const old = moment(Date.now() - 61 * 60 * 1000);
    for (const [what, change, named] of [
      ['an event of an hour ago', { createdDate: old }, 'createdDate'],
      ['a date that is none', { createdDate: 'yesterday' }, 'yesterday'],
      ['a name with a blank', { eventName: 'page viewed' }, 'page viewed'],
      ['a visitor that is no UUID', { customerCookieId: 'somebody' }, 'somebody'],
      ['no page', { page: undefined }, 'page'],
    ]) {
      const failure = await generation.failure(send(server.deploymentId, { ...good, ...change }));
      suite.refused(what, failure, 400, null, named);
    }
    await generation.sendWebEvent(good);
    const late = { ...good, createdDate: moment(Date.parse(good.createdDate) - 10 * 1000) };
    const rejected = await generation.failure(send(server.deploymentId, late));
    suite.refused('an event before its session', rejected, 422, 'unprocessable.entity');
    const failure = await generation.failure(send(randomUUID(), good));
    suite.refused('an unknown deployment', failure, 404, 'not.found');
  });
}

/** The whole answer to an app event, and a segment of the App stream. */
function appEvents(generation) {
  const { suite } = generation;
  return suite.group('app events: the whole answer', async () => {
    const visitor = randomUUID();
    const eventName = generation.name('cart_opened');
    const body = segmentBody(generation.name('app'), eventName, 'plan', 'gold');
    Object.assign(body.journey.patterns[0], { streamType: 'App', sessionType: 'app' });
    const segment = await generation.createSegment(body);
    const echoed = {
      eventName: 'screen_viewed',
      screenName: 'Home',
      app: { name: 'Shop', namespace: 'com.example.shop', version: '2.1', buildNumber: '77' },
      device: {
        category: 'mobile',
        type: 'Pixel 8',
        isMobile: true,
        screenHeight: 2400,
        screenWidth: 1080,
        osFamily: 'Android',
        osVersion: '14',
        manufacturer: 'Google',
      },
      sdkLibrary: { name: 'mobile-sdk', version: '1.0' },
      networkConnectivity: { carrier: 'Carrier', wifiEnabled: true },
      searchQuery: 'boots',
      attributes: texts({ plan: 'gold' }),
      externalId: 'app-1',
    };
    const event = () => ({
      ...echoed,
      customerCookieId: visitor,
      createdDate: moment(Date.now()),
    });
    const answer = await generation.sendAppEvent(event());
    suite.equal('status', generation.status, 200);
    suite.holds('answer', answer, { ...echoed, customerId: visitor, customerIdType: 'cookie' });
    suite.true('id', Boolean(answer.id), answer);
    suite.holds('session', answer.session, { eventCount: 1, screenviewCount: 1 });
    const { session } = await generation.sendAppEvent({ ...event(), eventName });
    const expected = { id: answer.session.id, eventCount: 2, screenviewCount: 1 };
    suite.holds('session after the next event', session, expected);
    const shown = await generation.session(session.id);
    suite.holds('session', shown, { type: 'app', eventCount: 2, lastScreen: 'Home' });
    const ids = shown.segmentAssignments.map((each) => each.segment.id);
    suite.equal('segments of the session', ids, [segment.id]);
  });
}

/** A session shows what its events said, and the same assignments as the listing. */
function session(generation, { segment, visitor, sessionId }) {
  const { suite, journey } = generation;
  return suite.group('sessions: what one shows', async () => {
    const shown = await generation.session(sessionId);
    suite.holds('session', shown, {
      id: sessionId,
      type: 'web',
      customerId: visitor,
      customerIdType: 'cookie',
      selfUri: `/api/v2/journey/sessions/${sessionId}`,
      eventCount: 4,
      pageviewCount: 1,
      userAgentString: DESKTOP_CHROME,
      attributes: texts({ plan: 'gold', again: 'yes' }),
      browser: { family: 'Chrome' },
      device: { category: 'desktop' },
      lastEvent: { eventName: segment.journey.patterns[0].eventName },
      lastPage: { url: 'https://www.example.com/plans', title: 'Plans' },
      endedDate: undefined,
    });
    const nulls = Object.keys(shown).filter((key) => shown[key] === null);
    suite.equal('fields that are null', nulls, []);
    const [entity] = (await generation.assignments('sessions', sessionId)).entities;
    suite.equal('externalContact', shown.externalContact.id, entity.externalContact.id);
    suite.equal('segments', shown.segmentAssignments.length, 1);
    const [assigned] = shown.segmentAssignments;
    const selfUri = `/api/v2/journey/segments/${segment.id}`;
    suite.holds('assignment', assigned, { segment: { id: segment.id, selfUri } });
    suite.equal('assignedDate', Date.parse(assigned.assignedDate), Date.parse(entity.dateAssigned));
    const unknown = randomUUID();
    const failure = await generation.failure(() => journey.getJourneySession(unknown));
    suite.refused('an unknown session', failure, 404, 'not.found', unknown);
  });
}

/** A pattern that needs two events, with a condition on the visitor beside it. */
function counted(generation) {
  const { suite } = generation;
  return suite.group('sessions: a counted pattern and a condition on the visitor', async () => {
    const eventName = generation.name('product_added');
    const body = segmentBody(generation.name('twice'), eventName, 'plan', 'gold');
    body.journey.patterns[0].count = 2;
    const criterion = {
      key: 'device.category',
      values: ['DESKTOP'],
      shouldIgnoreCase: true,
      operator: 'equal',
      entityType: 'visit',
    };
    body.context.patterns = [{ criteria: [criterion] }];
    await generation.createSegment(body);
    for (const [userAgentString, expected] of [
      [DESKTOP_CHROME, [0, 1, 1]],
      [TELEPHONE_SAFARI, [0, 0, 0]],
    ]) {
      const visitor = randomUUID();
      const found = [];
      for (const serial of ['0', '1', '2']) {
        const event = webEvent(visitor, eventName, { plan: 'gold', serial }, { userAgentString });
        const { id } = (await generation.sendWebEvent(event)).session;
        found.push(((await generation.session(id)).segmentAssignments || []).length);
      }
      const what = `assignments after each event, ${userAgentString.slice(0, 22)}`;
      suite.equal(what, found, expected);
    }
  });
}

module.exports = { appEvents, counted, refusedEvents, session, webEvents };
