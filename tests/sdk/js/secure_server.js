'use strict';
// A server of its own over TLS, with a certificate of `wayfare dev-cert`, and what people need to
// sign in there. The environment of the SDKs is `wayfare.localhost:PORT`.

const { execFile, spawn } = require('node:child_process');
const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { promisify } = require('node:util');

const run = promisify(execFile);

/** The program under test. */
const PROGRAM =
  process.env.WAYFARE_PROGRAM || path.join(__dirname, '../../../target/debug/wayfare');

class SecureServer {
  /** Makes a certificate, starts a server with it, and resolves when it listens. */
  static async start() {
    const server = new SecureServer();
    server.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wayfare-tls-'));
    const certificates = path.join(server.folder, 'certificates');
    await run(PROGRAM, ['dev-cert', '--to', certificates]);
    server.authority = path.join(certificates, 'authority.pem');
    const listen = ['serve', '--json', '--listen', '127.0.0.1:0'];
    const data = ['--data', path.join(server.folder, 'data')];
    const certificate = ['--tls-certificate', path.join(certificates, 'certificate.pem')];
    const key = ['--tls-key', path.join(certificates, 'key.pem')];
    server.child = spawn(PROGRAM, [...listen, ...data, ...certificate, ...key], {
      // Keys of another server must not become those of this one.
      env: { PATH: process.env.PATH, WAYFARE_LOG: 'warn' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const started = await new Promise((resolve, reject) => {
      readline.createInterface(server.child.stdout).once('line', resolve);
      server.child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    });
    const { url, clientId, clientSecret, deploymentId } = JSON.parse(started);
    const { port } = new URL(url);
    const environment = `wayfare.localhost:${port}`;
    return Object.assign(server, { url, environment, clientId, clientSecret, deploymentId });
  }

  /** What a process needs in its environment to trust the server and find it by its name. */
  trusting() {
    return {
      ...process.env,
      NODE_EXTRA_CA_CERTS: this.authority,
      NODE_OPTIONS: `--require ${path.join(__dirname, 'localhost_names.js')}`,
      WAYFARE_URL: `https://api.${this.environment}`,
      WAYFARE_LOGIN_URL: `https://login.${this.environment}`,
      WAYFARE_ENVIRONMENT: this.environment,
      WAYFARE_CLIENT_ID: this.clientId,
      WAYFARE_CLIENT_SECRET: this.clientSecret,
      WAYFARE_DEPLOYMENT_ID: this.deploymentId,
      WAYFARE_AUTHORITY: this.authority,
      WAYFARE_FOLDER: this.folder,
    };
  }

  /** Ends the server and removes its folder. */
  stop() {
    this.child.removeAllListeners('exit');
    this.child.kill('SIGKILL');
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Runs `main` in a process of its own that trusts a server of its own: Node.js reads the
 * authorities it trusts only once, when it starts.
 */
async function withSecureServer(script, main) {
  if (process.env.WAYFARE_ENVIRONMENT) {
    await main();
    return;
  }
  const server = await SecureServer.start();
  const env = server.trusting();
  const child = spawn(process.execPath, [script], { env, stdio: 'inherit' });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  server.stop();
  process.exit(code === null ? 1 : code);
}

/** A user with a role that may read segments and action targets, and a client of browsers. */
async function preparePerson(ask, redirectUri) {
  const permissions = ['journey:segment:view', 'journey:actiontarget:view'];
  const role = await ask('POST', '/api/wayfare/v1/roles', { name: 'reader', permissions });
  const name = `ann-${randomUUID()}@example.com`;
  const password = `correct horse ${randomUUID()}`;
  await ask('POST', '/api/wayfare/v1/users', { name, password, roles: [role.id] });
  const client = await ask('POST', '/api/wayfare/v1/clients', {
    name: 'a <b>page</b> & more',
    grants: ['token', 'code'],
    redirectUris: [redirectUri],
  });
  return { name, password, clientId: client.id };
}

module.exports = { preparePerson, withSecureServer };
