'use strict';
// Drives a server with purecloud-platform-client-v2 262.0.0 (today): segments, events, sessions.

const { randomUUID } = require('node:crypto');

const sdk = require('purecloud-platform-client-v2');

const checks = require('./checks.js');
const contacts = require('./contacts.js');
const events = require('./events.js');
const jobs = require('./jobs.js');
const { Server, Suite, play } = require('./journey.js');
const segments = require('./segments.js');

/** All with the SDK, but the listings of 2020, which it no longer has. */
class Sdk262 extends segments.SegmentsBySdk {
  constructor(sdkOf262, server, suite) {
    super(sdkOf262, server, suite);
    this.contacts = new sdkOf262.ExternalContactsApi(this.client);
  }

  /** A gateway is the one way to log in without https. */
  direct(client) {
    const { protocol, hostname, port } = new URL(this.server.url);
    client.config.setGateway({ host: hostname, protocol: protocol.slice(0, -1), port });
    client.setReturnExtendedResponses(true);
    return client;
  }

  /** The SDK's own login. */
  async login() {
    const { clientId, clientSecret } = this.server;
    const data = await this.client.loginClientCredentialsGrant(clientId, clientSecret);
    this.suite.true('expiry', data.tokenExpiryTime > Date.now(), data.tokenExpiryTime);
    this.server.token = data.accessToken;
  }

  /** The status a wrong secret gets. */
  async wrongLogin() {
    try {
      await this.stranger().loginClientCredentialsGrant(this.server.clientId, 'not:the:secret');
      return 200;
    } catch (error) {
      return error.response ? error.response.status : error.status;
    }
  }

  /** Sends a web event with the SDK. */
  async sendWebEvent(body) {
    const { deploymentId } = this.server;
    return this.body(this.journey.postJourneyDeploymentWebevents(deploymentId, { body }));
  }

  /** Sends an app event with the SDK. */
  async sendAppEvent(body) {
    const { deploymentId } = this.server;
    return this.body(this.journey.postJourneyDeploymentAppevents(deploymentId, { body }));
  }

  /** Reads a session with the SDK. */
  async session(id) {
    return this.body(this.journey.getJourneySession(id));
  }
}

const EXTERNAL = {
  externalSegment: { id: 'aep-17', name: 'Loyal', source: 'AdobeExperiencePlatform' },
  assignmentExpirationDays: 30,
};

/** Only the name of an external segment can be changed. */
function externalSegments(generation) {
  const { suite } = generation;
  return suite.group('segments: external segment', async () => {
    const body = { displayName: generation.name('external'), ...EXTERNAL };
    const made = await generation.createSegment(body);
    suite.holds('segment', made, EXTERNAL);
    const change = { externalSegment: { name: 'Most loyal' }, assignmentExpirationDays: 0 };
    const changed = await generation.patchSegment(made.id, { ...change, version: 1 });
    const externalSegment = { ...EXTERNAL.externalSegment, name: 'Most loyal' };
    const expected = { version: 2, externalSegment, assignmentExpirationDays: 0 };
    suite.holds('after the change', changed, expected);
  });
}

/** By ids, and by a part of a field's text in any case. */
function foundSegments(generation) {
  const { suite } = generation;
  return suite.group('segments: by ids and by text', async () => {
    const made = [];
    for (const number of [0, 1, 2]) {
      const displayName = generation.name(`Sought ${number}`);
      made.push((await generation.createSegment({ displayName })).id);
    }
    const ids = ({ entities }) => entities.map((segment) => segment.id).sort();
    const some = made.slice(0, 2).sort();
    suite.equal('by ids', ids(await generation.listSegments({ segmentIds: some })), some);
    const queryValue = generation.name('sOUGHT');
    const page = await generation.listSegments({ queryFields: ['displayName'], queryValue });
    suite.equal('by text', ids(page), made.sort());
    suite.equal('total', page.total, 3);
  });
}

/** Without extended responses an error is its body alone, and a success is its body. */
function plainAnswers(generation) {
  const { suite, client, journey } = generation;
  return suite.group('errors: as this SDK gives them by default', async () => {
    client.setReturnExtendedResponses(false);
    try {
      const unknown = randomUUID();
      const error = await journey.getJourneySegment(unknown).then(
        () => undefined,
        (rejected) => rejected,
      );
      suite.holds('rejected with', error || {}, { status: 404, code: 'not.found' });
      suite.contains('message', error.message, unknown);
      const page = await journey.getJourneySegments({ pageSize: 1 });
      suite.equal('resolved with', page.pageSize, 1);
    } finally {
      client.setReturnExtendedResponses(true);
    }
  });
}

const suite = new Suite(262);
const generation = new Sdk262(sdk, new Server(), suite);
play(suite, generation, async () => {
  await segments.createAndGet(generation, EXTERNAL);
  await segments.operators(generation);
  await segments.paging(generation);
  await foundSegments(generation);
  await segments.patching(generation, { description: 'to be cleared', ...EXTERNAL });
  await externalSegments(generation);
  await segments.deletion(generation);
  await segments.bodies(generation);
  await plainAnswers(generation);
  await checks.actionTargets(generation);
  await events.webEvents(generation);
  await events.refusedEvents(generation);
  await events.appEvents(generation);
  const loop = await checks.liveLoop(generation);
  if (loop) {
    await events.session(generation, loop);
    await segments.membership(generation, loop);
  }
  await contacts.segments(generation);
  await contacts.sessionsAndEvents(generation);
  await events.counted(generation);
  await checks.aggregates(generation, true);
  await jobs.aggregatesJobs(generation);
  await checks.noToken(generation);
});
