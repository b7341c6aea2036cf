'use strict';
// purecloud-platform-client-v2 97.0.0 over TLS, exactly as it was published: its login goes to
// https://login.ENVIRONMENT and its requests to https://api.ENVIRONMENT.

const { Server, Suite } = require('./journey.js');
const { withSecureServer } = require('./secure_server.js');

async function main() {
  const sdk = require('purecloud-platform-client-v2');
  const suite = new Suite('97 tls');
  const { clientId, clientSecret } = new Server();
  const client = sdk.ApiClient.instance;
  const targets = () => new sdk.JourneyApi().getJourneyActiontargets({ pageSize: 5 });

  await suite.group('login: client credentials over https', async () => {
    client.setEnvironment(process.env.WAYFARE_ENVIRONMENT);
    suite.equal('base', client.basePath, process.env.WAYFARE_URL);
    const data = await client.loginClientCredentialsGrant(clientId, clientSecret);
    suite.true('access token', data.accessToken.length > 20, data);
    suite.true('expiry', data.tokenExpiryTime > Date.now(), data);
    suite.equal('action targets', (await targets()).total, 1);
  });

  await suite.group('login: a wrong secret', async () => {
    const failed = await client.loginClientCredentialsGrant(clientId, 'wrong').catch((e) => e);
    suite.equal('status', failed.status, 401);
    suite.equal('code', failed.response.body.code, 'bad.credentials');
    suite.equal('error (RFC 6749)', failed.response.body.error, 'invalid_client');
  });

  await suite.group('tokens: told and revoked', async () => {
    const tokens = new sdk.TokensApi();
    const info = await tokens.getTokensMe();
    suite.equal('client', info.OAuthClient.id, clientId);
    suite.true('organization', Boolean(info.organization.id), info);
    await tokens.deleteTokensMe();
    const refused = await targets().catch((failure) => failure);
    suite.refused('afterwards', refused, 401, 'bad.credentials');
  });

  await suite.group('trust: without the authority the SDK does not connect', async () => {
    const { execFileSync } = require('node:child_process');
    const script = `require('https').get(process.env.WAYFARE_URL + '/health')
      .on('error', (e) => console.log(e.code)).on('response', () => console.log('connected'))`;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: '' };
    const said = execFileSync(process.execPath, ['-e', script], { env }).toString().trim();
    suite.true('refused', /CERT|SIGNED|ISSUER|SIGNATURE/.test(said), said);
  });

  process.exit(suite.end());
}

withSecureServer(__filename, main);
