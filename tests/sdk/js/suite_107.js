'use strict';
// Drives a server with purecloud-platform-client-v2 107.0.0 (2021): segments, targets, aggregates.

const sdk = require('purecloud-platform-client-v2');

const checks = require('./checks.js');
const { Coverage } = require('./contract_coverage.js');
const { Server, Suite, play } = require('./journey.js');
const segments = require('./segments.js');

/** Segments and aggregates with the SDK; events and assignments are raw HTTP. */
class Sdk107 extends segments.SegmentsBySdk {
  /** Without this the SDK answers every 401 by asking the vendor's own login for a new token. */
  direct(client) {
    client.shouldRefreshAccessToken = false;
    return super.direct(client);
  }

  /** This SDK sends `isActive=` for false, which means "not given". */
  get falseIsLost() {
    return true;
  }
}

const suite = new Suite(107);
const generation = new Sdk107(sdk, new Server(), suite);
const coverage = new Coverage(generation.client, 108);
play(suite, generation, async () => {
  await segments.createAndGet(generation, { scope: 'Customer' });
  await segments.sentBack(generation);
  await segments.operators(generation);
  await segments.paging(generation);
  await segments.patching(generation, { description: 'to be cleared' });
  await segments.deletion(generation);
  await segments.bodies(generation);
  await checks.actionTargets(generation);
  const loop = await checks.liveLoop(generation);
  if (loop) {
    await segments.membership(generation, loop);
  }
  await checks.aggregates(generation, false);
  await checks.noToken(generation);
  await coverage.check(suite);
});
