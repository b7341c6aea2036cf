'use strict';
// The web builds of the SDKs in Chromium, unmodified: a page on its own origin, the login page of a
// server over TLS, the way back, and a listing. Chromium trusts the server's authority as a person
// would make it: by its certificate store.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const { Server, Suite, segmentBody } = require('./journey.js');
const { preparePerson, withSecureServer } = require('./secure_server.js');

const CACHE = process.env.WAYFARE_SDK_CACHE || path.join(__dirname, '../../../target/sdk');
const CHROMIUM = process.env.WAYFARE_CHROMIUM || '/usr/bin/chromium';
/** Chromium asks nobody but us. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PACKAGE = 'node_modules/purecloud-platform-client-v2/dist/web-cjs';
const BUILD = 'purecloud-platform-client-v2.min.js';

/** The page of an application: signs in, lists, and shows what came. */
const PAGE = `<!DOCTYPE html><meta charset="utf-8"><title>application</title>
<pre id="outcome"></pre>
<script src="sdk.js"></script>
<script>
  const { ApiClient, JourneyApi } = require('platformClient');
  const { environment, clientId, grant, listing } = SETTINGS;
  const client = ApiClient.instance;
  client.setEnvironment(environment);
  client.setPersistSettings(true, 'suite');
  const here = location.origin + location.pathname;
  const state = 'a b&c=d';
  const show = (outcome) => {
    document.getElementById('outcome').textContent = JSON.stringify(outcome);
  };
  window.leave = () => client.logout(here);
  if (grant !== 'none') {
    client[grant](clientId, here, { state })
      .then(async (data) => {
        const page = await new JourneyApi()[listing]({ pageSize: 5 });
        show({ state: data.state, token: data.accessToken, total: page.total, path: location.href });
      })
      .catch((error) => show({ failed: String(error && error.message ? error.message : error) }));
  }
</script>`;

/** Serves the pages of the application: /VERSION/GRANT/LISTING/. */
async function serveApplication(settings) {
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const [, version, grant, listing, file] = url.pathname.split('/');
    if (file === 'sdk.js') {
      response.setHeader('Content-Type', 'text/javascript');
      fs.createReadStream(path.join(CACHE, `js-${version}.0.0`, PACKAGE, BUILD)).pipe(response);
    } else if (file === '') {
      const given = JSON.stringify({ ...settings, grant, listing });
      response.setHeader('Content-Type', 'text/html');
      response.end(PAGE.replace('SETTINGS', () => given));
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://localhost:${server.address().port}` };
}

/** A home whose certificate store trusts the server's authority. */
function trustingHome() {
  const home = path.join(process.env.WAYFARE_FOLDER, 'home');
  const store = path.join(home, '.pki/nssdb');
  fs.mkdirSync(store, { recursive: true });
  const certutil = (...words) => execFileSync('certutil', ['-d', `sql:${store}`, ...words]);
  certutil('-N', '--empty-password');
  certutil('-A', '-t', 'C,,', '-n', 'wayfare', '-i', process.env.WAYFARE_AUTHORITY);
  return home;
}

/** Types into the login page. */
async function signIn(page, name, password) {
  await page.fill('input[name=name]', name);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
}

/** What the application's page shows once it is done. */
async function outcome(page) {
  await page.waitForFunction(() => document.getElementById('outcome')?.textContent);
  return JSON.parse(await page.textContent('#outcome'));
}

const ROUNDS = [
  ['97', 'loginImplicitGrant', 'getJourneyActiontargets', 1],
  ['107', 'loginImplicitGrant', 'getJourneySegments', 2],
  ['262', 'loginImplicitGrant', 'getJourneySegments', 2],
  ['262', 'loginPKCEGrant', 'getJourneySegments', 2],
];

async function main() {
  const { chromium } = require(path.join(CACHE, 'browser/node_modules/playwright-core'));
  const suite = new Suite('browser');
  const api = new Server();
  api.token = (await api.login()).body.access_token;
  const places = ROUNDS.map(([version, grant, listing]) => `/${version}/${grant}/${listing}/`);
  const settings = { environment: process.env.WAYFARE_ENVIRONMENT };
  const { server, origin } = await serveApplication(settings);
  const people = [];
  for (const place of places) {
    people.push(await preparePerson((...asked) => api.must(...asked), origin + place));
  }
  for (const name of ['one', 'two']) {
    const body = segmentBody(name, 'browser_suite', 'attribute', 'value');
    await api.must('POST', '/api/v2/journey/segments', body);
  }
  const env = { ...process.env, HOME: trustingHome(), NODE_OPTIONS: '' };
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, env });

  for (const [index, [version, grant, listing, total]] of ROUNDS.entries()) {
    const place = origin + places[index];
    const { name, password, clientId } = people[index];
    settings.clientId = clientId;
    await suite.group(`${version}: ${grant} to ${listing}`, async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      page.setDefaultTimeout(20000);
      await page.goto(place);
      await page.waitForSelector('input[name=password]');
      const login = new URL(page.url());
      suite.equal('login page', login.origin, process.env.WAYFARE_LOGIN_URL);
      suite.contains('its text', await page.textContent('main'), 'a <b>page</b> & more');
      await signIn(page, name, 'not the password');
      await page.waitForSelector('#error');
      suite.contains('error', await page.textContent('#error'), 'not right');
      suite.equal('name kept', await page.inputValue('input[name=name]'), name);
      await signIn(page, name, password);
      const shown = await outcome(page);
      suite.equal('outcome', shown, { ...shown, state: 'a b&c=d', total, path: place });

      await page.reload();
      suite.equal('signed in still', (await outcome(page)).token, shown.token);

      const asks = (token) =>
        fetch(`${process.env.WAYFARE_URL}/api/v2/tokens/me`, {
          headers: { Authorization: `Bearer ${token}` },
        });
      suite.equal('token before logout', (await asks(shown.token)).status, 200);
      const left = page.waitForURL((url) => url.origin === login.origin);
      await page.evaluate(() => window.leave());
      await left;
      await page.waitForSelector('input[name=password]');
      suite.equal('token after logout', (await asks(shown.token)).status, 401);
      await context.close();
    });
  }

  await suite.group('login page: without scripts', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    const { name, password, clientId } = people[0];
    const query = new URLSearchParams({
      response_type: 'token',
      client_id: clientId,
      redirect_uri: origin + places[0],
      state: 'x',
      provider: 'unknown parameters are ignored',
    });
    await page.goto(`${process.env.WAYFARE_LOGIN_URL}/oauth/authorize?${query}`);
    await signIn(page, name, password);
    await page.waitForURL((url) => url.origin === origin);
    const given = new URLSearchParams(new URL(page.url()).hash.slice(1));
    suite.equal('token_type', given.get('token_type'), 'bearer');
    suite.equal('expires_in', given.get('expires_in'), '86400');
    suite.equal('state', given.get('state'), 'x');
    await context.close();
  });

  await suite.group('login page: a place that is not registered', async () => {
    const page = await browser.newPage();
    const query = new URLSearchParams({
      response_type: 'token',
      client_id: people[0].clientId,
      redirect_uri: 'http://localhost:1/',
    });
    const answer = await page.goto(`${process.env.WAYFARE_LOGIN_URL}/oauth/authorize?${query}`);
    suite.equal('status', answer.status(), 400);
    suite.contains('text', await page.textContent('main'), 'check redirect_uri');
    suite.equal('no form', await page.$$eval('form', (forms) => forms.length), 0);
    await page.close();
  });

  await browser.close();
  server.close();
  process.exit(suite.end());
}

withSecureServer(__filename, main);
