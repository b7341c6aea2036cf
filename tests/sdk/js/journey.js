'use strict';
// What the suites of all three SDK generations share: the server, the checks, the fixtures.

const { randomUUID } = require('node:crypto');
const { isDeepStrictEqual } = require('node:util');

const { moment } = require('./time.js');

const DESKTOP_CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) ' +
  'Chrome/120.0.0.0 Safari/537.36';
const TELEPHONE_SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 ' +
  '(KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1';

/** A check did not hold; the text says what was expected and what came. */
class CheckFailed extends Error {}

/** Counts checks, names groups and prints the result of one generation. */
class Suite {
  constructor(generation) {
    this.generation = generation;
    this.passed = 0;
    this.failed = 0;
  }

  /** Runs the checks of one group: one line when all pass, the reason when one does not. */
  async group(name, checks) {
    const before = this.passed;
    try {
      const result = await checks();
      console.log(`passed ${name} (${this.passed - before} checks)`);
      return result;
    } catch (failure) {
      this.failed += 1;
      if (failure instanceof CheckFailed) {
        console.log(`FAILED ${name}: ${failure.message}`);
      } else {
        // An SDK rejects with whatever it has: an Error, an answer, the body of one, or nothing.
        const text = failure instanceof Error ? failure.stack : shown(failure);
        console.log(`FAILED ${name}: unexpected rejection: ${text}`);
      }
      return undefined;
    }
  }

  /** `got` is `expected`, at any depth. */
  equal(what, got, expected) {
    if (!isDeepStrictEqual(got, expected)) {
      throw new CheckFailed(`${what}: expected ${shown(expected)}, got ${shown(got)}`);
    }
    this.passed += 1;
  }

  /** Something holds; `got` is shown when it does not. */
  true(what, holds, got) {
    if (!holds) {
      throw new CheckFailed(`${what}: does not hold, got ${shown(got)}`);
    }
    this.passed += 1;
  }

  /** `part` is in `whole`, a text or an array. */
  contains(what, whole, part) {
    this.true(`${what} contains ${shown(part)}`, whole && whole.includes(part), whole);
  }

  /** Every key of the object `expected` is in `got` with the same value, at any depth. */
  holds(what, got, expected) {
    for (const [key, value] of Object.entries(expected)) {
      const inner = `${what}.${key}`;
      if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
        this.true(`${inner} is an object`, got[key] && typeof got[key] === 'object', got[key]);
        this.holds(inner, got[key], value);
      } else {
        this.equal(inner, got[key], value);
      }
    }
  }

  /** An error of the contract's shape came. Where the contract leaves the code open, it is null. */
  refused(what, failure, status, code, named) {
    const { body, headers } = failure;
    this.equal(`${what}: status`, failure.status, status);
    this.true(`${what}: body is an object`, body && typeof body === 'object', body);
    this.true(`${what}: code`, Boolean(body.code), body);
    if (code !== null) {
      this.equal(`${what}: code`, body.code, code);
    }
    this.equal(`${what}: status in the body`, body.status, status);
    this.true(`${what}: message`, Boolean(body.message), body);
    this.true(`${what}: contextId`, Boolean(body.contextId), body);
    const correlation = headers['inin-correlation-id'];
    this.equal(`${what}: ININ-Correlation-Id`, correlation, body.contextId);
    if (named !== undefined) {
      this.contains(`${what}: message`, body.message, named);
    }
  }

  /** Prints the closing line and returns the exit code. */
  end() {
    console.log(`suite ${this.generation}: ${this.passed} passed, ${this.failed} failed`);
    return this.failed > 0 ? 1 : 0;
  }
}

/** A value for a person to read. */
function shown(value) {
  return value === undefined ? 'undefined' : JSON.stringify(value);
}

/** The server under test, asked by raw HTTP for what a generation's SDK cannot do. */
class Server {
  constructor() {
    const names = ['URL', 'CLIENT_ID', 'CLIENT_SECRET', 'DEPLOYMENT_ID'];
    const [url, clientId, clientSecret, deploymentId] = names.map((name) => {
      const value = process.env[`WAYFARE_${name}`];
      if (!value) {
        console.error(`set WAYFARE_${name} in the environment`);
        process.exit(1);
      }
      return value;
    });
    Object.assign(this, { url: url.replace(/\/+$/, ''), clientId, clientSecret, deploymentId });
    this.token = undefined;
  }

  /** One request; resolves to {status, body, headers}. */
  async ask(method, path, body, token = true) {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
    if (token) {
      headers.Authorization = `Bearer ${this.token}`;
    }
    const data = body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(this.url + path, { method, headers, body: data });
    const text = await answer.text();
    return {
      status: answer.status,
      body: text ? JSON.parse(text) : undefined,
      headers: Object.fromEntries(answer.headers),
    };
  }

  /** One request that has to succeed; resolves to the parsed body. */
  async must(method, path, body, token = true) {
    const answer = await this.ask(method, path, body, token);
    if (answer.status < 200 || answer.status > 299) {
      const { status } = answer;
      throw new CheckFailed(`${method} ${path}: expected 2xx, got ${status} ${shown(answer.body)}`);
    }
    return answer.body;
  }

  /** The standard login, for SDKs that can log in over https alone. */
  async login(secret = this.clientSecret) {
    const basic = Buffer.from(`${this.clientId}:${secret}`).toString('base64');
    const answer = await fetch(`${this.url}/oauth/token`, {
      method: 'POST',
      headers: {
        Authorization: `Basic ${basic}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    return { status: answer.status, body: await answer.json() };
  }
}

/** What a suite can do. An SDK that can do it overrides the method. */
class Generation {
  constructor(sdk, server, suite) {
    Object.assign(this, { sdk, server, suite });
    this.run = randomUUID().replaceAll('-', '').slice(0, 8);
    this.segmentsMade = [];
    this.targetsMade = [];
    this.status = undefined;
    this.client = sdk.ApiClient.instance;
    this.direct(this.client);
    this.analytics = new sdk.AnalyticsApi();
    this.journey = new sdk.JourneyApi();
  }

  /** Points a client of the SDK at the server; answers come with status and headers. */
  direct(client) {
    client.basePath = this.server.url;
    client.setReturnExtendedResponses(true);
    return client;
  }

  /** A second client of the SDK, without a token. */
  stranger() {
    return this.direct(new this.sdk.ApiClientClass());
  }

  /** Logs in by raw HTTP and hands the token to the SDK. */
  async login() {
    const { status, body } = await this.server.login();
    this.suite.equal('status', status, 200);
    this.server.token = body.access_token;
    this.client.setAccessToken(body.access_token);
  }

  /** The status a wrong secret gets. */
  async wrongLogin() {
    return (await this.server.login('not:the:secret')).status;
  }

  /** The body of an SDK's answer; its status is kept. */
  async body(call) {
    const answer = await call;
    this.status = answer.status;
    return answer.body;
  }

  /** The error an SDK call ends in: {status, body, headers}. */
  async failure(call) {
    let answer;
    try {
      answer = await call();
    } catch (error) {
      if (error instanceof Error || !error || error.status === undefined) {
        throw error;
      }
      const headers = Object.fromEntries(
        Object.entries(error.headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      return { status: error.status, body: error.body, headers };
    }
    throw new CheckFailed(`${call}: expected an error, got ${shown(answer)}`);
  }

  /** A name of this run alone. */
  name(text) {
    return `${this.run}_${text}`;
  }

  // Fixtures. All of the first generation are raw HTTP: its SDK knows none of them.

  /** Creates a segment and remembers it for the tidying at the end. */
  async createSegment(body) {
    const answer = await this.server.must('POST', '/api/v2/journey/segments', body);
    this.segmentsMade.push(answer.id);
    return answer;
  }

  /** Deletes a segment. */
  async deleteSegment(id) {
    await this.server.must('DELETE', `/api/v2/journey/segments/${id}`);
  }

  /** Creates an action target, which no SDK can, and remembers it for the tidying. */
  async createTarget(body) {
    const answer = await this.server.must('POST', '/api/wayfare/v1/actiontargets', body);
    this.targetsMade.push(answer.id);
    return answer;
  }

  /** Sends a web event; needs no token. */
  async sendWebEvent(body) {
    const path = `/api/v2/journey/deployments/${this.server.deploymentId}/webevents`;
    return this.server.must('POST', path, body, false);
  }

  /** A page of assignments: `of` is sessions, customers or externalcontacts. */
  async assignments(of, ...ids) {
    const path = ids.map(encodeURIComponent).join('/');
    return this.server.must('GET', `/api/v2/journey/${of}/${path}/segments`);
  }

  /** Asks for aggregates with the SDK. */
  async aggregates(query) {
    return this.body(this.analytics.postAnalyticsJourneysAggregatesQuery(query));
  }

  /** Deletes every segment of this run that is left, and its action targets. */
  async tidy() {
    for (const id of this.segmentsMade) {
      await this.server.ask('DELETE', `/api/v2/journey/segments/${id}`);
    }
    for (const id of this.targetsMade) {
      const path = `/api/wayfare/v1/actiontargets/${id}`;
      await this.server.ask('PATCH', path, { state: 'deleted' });
    }
  }
}

/** A segment of those who do `eventName` with that value of the attribute. */
function segmentBody(displayName, eventName, attribute, value, more = {}) {
  const criterion = {
    key: `attributes.${attribute}.value`,
    values: [value],
    shouldIgnoreCase: false,
    operator: 'equal',
  };
  const pattern = {
    criteria: [criterion],
    count: 1,
    streamType: 'Web',
    sessionType: 'web',
    eventName,
  };
  return {
    displayName,
    isActive: true,
    shouldDisplayToAgent: true,
    context: { patterns: [] },
    journey: { patterns: [pattern] },
    ...more,
  };
}

/** A web event of a visitor, happening now. */
function webEvent(visitor, eventName, attributes = {}, more = {}) {
  return {
    customerCookieId: visitor,
    eventName,
    page: { url: 'https://www.example.com/plans', title: 'Plans' },
    createdDate: moment(Date.now()),
    userAgentString: DESKTOP_CHROME,
    attributes: texts(attributes),
    ...more,
  };
}

/** Attributes or traits that are text. */
function texts(values) {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.map(([name, value]) => [name, { dataType: 'string', value }]));
}

/** The counts of one metric, summed over the buckets, by the value of one dimension. */
function counts(answer, metric, dimension) {
  const found = {};
  for (const result of answer.results || []) {
    const key = (result.group || {})[dimension] || '';
    for (const measured of result.data.flatMap((bucket) => bucket.metrics)) {
      if (measured.metric === metric) {
        found[key] = (found[key] || 0) + measured.stats.count;
      }
    }
  }
  return found;
}

/** A predicate: the dimension has that value. */
function matches(dimension, value) {
  return { type: 'dimension', dimension, operator: 'matches', value };
}

/** Runs a suite to its end and ends the process with its exit code. */
async function play(suite, generation, groups) {
  let code = 1;
  try {
    await suite.group('login', async () => {
      await generation.login();
      suite.true('access token', generation.server.token.length > 20);
      suite.equal('status for a wrong secret', await generation.wrongLogin(), 401);
    });
    await groups();
    await generation.tidy();
    code = suite.end();
  } catch (failure) {
    console.error(failure);
  }
  process.exit(code);
}

module.exports = {
  DESKTOP_CHROME,
  TELEPHONE_SAFARI,
  Generation,
  Server,
  Suite,
  counts,
  matches,
  play,
  segmentBody,
  texts,
  webEvent,
};
