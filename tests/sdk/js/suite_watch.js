'use strict';
// The live feed with the client `eventsource` (WHATWG), and webhooks verified by the library of Standard
// Webhooks, against a server of its own, which is killed in the middle.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');

const { Suite } = require('./journey.js');

const PROGRAM =
  process.env.WAYFARE_PROGRAM || path.join(__dirname, '../../../target/debug/wayfare');
const LIVE = '/api/wayfare/v1/live';

/** A server that may be killed and started again where it was. */
class Server {
  static async start(folder, listen = '127.0.0.1:0') {
    const server = new Server();
    const data = ['--data', path.join(folder, 'data')];
    const hooks = ['--webhook-allow-http', '--webhook-allow-network', '127.0.0.1'];
    server.child = spawn(PROGRAM, ['serve', '--json', '--listen', listen, ...data, ...hooks], {
      env: { PATH: process.env.PATH, WAYFARE_LOG: 'error', ...Server.keys },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(readline.createInterface(server.child.stdout), 'line');
    server.url = JSON.parse(line).url;
    const { clientId, clientSecret, deploymentId } = JSON.parse(line);
    Object.assign(server, Server.known || { clientId, clientSecret, deploymentId });
    Server.known = Server.known || { clientId, clientSecret, deploymentId };
    return server;
  }

  async kill() {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async token() {
    const pair = Buffer.from(`${this.clientId}:${this.clientSecret}`).toString('base64');
    const answer = await fetch(`${this.url}/oauth/token`, {
      method: 'POST',
      headers: {
        Authorization: `Basic ${pair}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    return (await answer.json()).access_token;
  }

  async post(token, to, body) {
    const answer = await fetch(this.url + to, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) {
      throw new Error(`${to}: ${answer.status} ${await answer.text()}`);
    }
    return answer.json();
  }

  /** A visitor looks at a page. */
  view(token, number) {
    return this.post(token, `/api/v2/journey/deployments/${this.deploymentId}/webevents`, {
      customerCookieId: visitor(number),
      eventName: 'page_viewed',
      page: { url: 'https://x.example/seen', title: 'Seen' },
      createdDate: new Date().toISOString(),
    });
  }
}

function visitor(number) {
  return `c00c1e00-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** Resolves when something holds; what changes it calls `look`. */
function waiting() {
  let look = () => {};
  return {
    changed: () => look(),
    until: (holds) =>
      new Promise((resolve) => {
        look = () => holds() && resolve();
        look();
      }),
  };
}

/** A receiver of messages. */
async function receive(messages, wait) {
  const receiver = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      messages.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(204).end();
      wait.changed();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  return receiver;
}

async function main() {
  const { EventSource } = require('eventsource');
  const { Webhook } = require('standardwebhooks');
  const suite = new Suite('watch');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wayfare-watch-'));
  let server = await Server.start(folder);
  let token = await server.token();
  const criterion = { key: 'page.url', values: ['/seen'], operator: 'containsAny' };
  const pattern = { criteria: [criterion], count: 1, streamType: 'Web', sessionType: 'web' };
  const segment = { displayName: 'Seen', journey: { patterns: [pattern] } };
  await server.post(token, '/api/v2/journey/segments', segment);

  const wait = waiting();
  const messages = [];
  const receiver = await receive(messages, wait);
  const hook = { url: `http://127.0.0.1:${receiver.address().port}/hook` };
  const made = await server.post(token, '/api/wayfare/v1/webhooks', hook);

  const seen = [];
  let source;
  await suite.group('live feed: an EventSource gets changes as they happen', async () => {
    const withToken = (url, init) =>
      fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
    source = new EventSource(`${server.url}${LIVE}?types=segment.assigned`, { fetch: withToken });
    source.addEventListener('segment.assigned', (event) => {
      seen.push({ id: event.lastEventId, ...JSON.parse(event.data) });
      wait.changed();
    });
    await once(source, 'open');
    for (let number = 1; number <= 5; number += 1) {
      await server.view(token, number);
    }
    await wait.until(() => seen.length >= 5);
    const customers = seen.map((change) => change.data.customer.id);
    suite.equal('customers', customers, [1, 2, 3, 4, 5].map(visitor));
    suite.equal('types', new Set(seen.map((change) => change.type)), new Set(['segment.assigned']));
  });

  await suite.group('live feed: it goes on by itself after the server was killed', async () => {
    const { host } = new URL(server.url);
    await server.kill();
    server = await Server.start(folder, host);
    token = await server.token();
    for (let number = 6; number <= 8; number += 1) {
      await server.view(token, number);
    }
    await wait.until(() => seen.length >= 8);
    const customers = seen.map((change) => change.data.customer.id);
    suite.equal('customers', customers, [1, 2, 3, 4, 5, 6, 7, 8].map(visitor));
    suite.equal('ids', new Set(seen.map((change) => change.id)).size, 8);
  });

  await suite.group('webhooks: the library of Standard Webhooks verifies them', async () => {
    const customers = () => new Set(messages.map(({ body }) => JSON.parse(body).data.customer.id));
    await wait.until(() => customers().size >= 8);
    const known = new Webhook(made.secret);
    for (const { body, headers } of messages) {
      suite.equal('type', known.verify(body, headers).type, 'segment.assigned');
    }
    const [{ body, headers }] = messages;
    const refused = (text, from) => {
      try {
        known.verify(text, from);
        return 'verified';
      } catch (error) {
        return error.message;
      }
    };
    suite.equal('another body', refused(`${body} `, headers), 'No matching signature found');
    const later = { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) };
    suite.equal('another time', refused(body, later), 'No matching signature found');
  });

  source.close();
  receiver.close();
  await server.kill();
  fs.rmSync(folder, { recursive: true, force: true });
  process.exit(suite.end());
}

Server.keys = {};
main();
