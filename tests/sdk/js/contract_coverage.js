'use strict';
// What of its generation's contract a suite has used: every method, parameter and field of a model.
//
// The SDK's own calls are watched, and only those that the server took count. A field of a body
// counts when it was sent, a field of an answer when it came. `absent.json` says which fields the
// server never gives, and why.

const fs = require('node:fs');
const path = require('node:path');

/** JSON of a file beside this folder's, or of the repository. */
function json(...steps) {
  return JSON.parse(fs.readFileSync(path.join(__dirname, ...steps), 'utf8'));
}

/** The type of what a list or dictionary holds; any other type as it is. */
function inside(kind) {
  const found = /^(?:list\[(.*)\]|dict\(str, (.*)\))$/.exec(kind);
  return found ? found[1] || found[2] : kind;
}

/** Watches a client of an SDK from now on. */
class Coverage {
  constructor(client, release) {
    this.contract = json('../../../contract', `sdk-${release}.json`);
    this.models = this.contract.models;
    this.absent = new Set(Object.keys(json('../absent.json')));
    this.operations = new Map(
      this.contract.operations.map((each) => [`${each.method} ${each.path}`, each]),
    );
    this.used = new Set();
    this.watch(client);
  }

  /** Notes every call that succeeds. Its answers come with status and headers. */
  watch(client) {
    const original = client.callApi;
    client.callApi = async (...call) => {
      const [address, method, pathParams, queryParams, , , body] = call;
      const answer = await original.apply(client, call);
      const operation = this.operations.get(`${method} ${address}`);
      if (operation) {
        this.note(operation, { ...pathParams, ...queryParams }, body, answer.body);
      }
      return answer;
    };
  }

  /** One call: its parameters, its body and its answer. */
  note(operation, given, body, answer) {
    const name = operation.operation;
    this.used.add(`method ${name}`);
    for (const [parameter, value] of Object.entries(given)) {
      if (value !== undefined && value !== null && value !== '') {
        this.used.add(`parameter ${name}.${parameter}`);
      }
    }
    for (const parameter of operation.parameters) {
      if (parameter.in === 'body' && body) {
        this.used.add(`parameter ${name}.${parameter.name}`);
        this.noteFields('sent', parameter.type, body);
      }
    }
    if (operation.response !== 'empty') {
      this.noteFields('received', operation.response, answer);
    }
  }

  /** The fields of a value, at every depth. */
  noteFields(way, kind, value) {
    if (Array.isArray(value)) {
      value.forEach((item) => this.noteFields(way, inside(kind), item));
    } else if (value === null || typeof value !== 'object') {
      return;
    } else if (kind.startsWith('dict(')) {
      Object.values(value).forEach((item) => this.noteFields(way, inside(kind), item));
    } else if (kind in this.models) {
      for (const [field, inner] of Object.entries(value)) {
        const described = this.models[kind][field];
        if (described && inner !== null && inner !== undefined) {
          this.used.add(`${way} ${kind}.${field}`);
          this.noteFields(way, described.type, inner);
        }
      }
    }
  }

  /** Everything there is to use. */
  all() {
    const every = new Set();
    for (const operation of this.contract.operations) {
      const name = operation.operation;
      every.add(`method ${name}`);
      for (const parameter of operation.parameters) {
        every.add(`parameter ${name}.${parameter.name}`);
        if (parameter.in === 'body') {
          this.addFields('sent', parameter.type, every);
        }
      }
      this.addFields('received', operation.response, every);
    }
    return every;
  }

  /** The fields of a type, at every depth. */
  addFields(way, kind, every) {
    if (!(kind in this.models)) {
      if (inside(kind) !== kind) {
        this.addFields(way, inside(kind), every);
      }
      return;
    }
    for (const [field, described] of Object.entries(this.models[kind])) {
      const each = `${way} ${kind}.${field}`;
      if (!every.has(each)) {
        every.add(each);
        this.addFields(way, described.type, every);
      }
    }
  }

  /** Nothing is left out; and what is said to be absent is. */
  check(suite) {
    return suite.group('coverage: the whole contract of this generation', () => {
      const every = [...this.all()].sort();
      const isAbsent = (each) =>
        each.startsWith('received ') && this.absent.has(each.slice('received '.length));
      const [never, wanted] = [every.filter(isAbsent), every.filter((each) => !isAbsent(each))];
      const used = (each) => this.used.has(each);
      suite.equal('not used', wanted.filter((each) => !used(each)), []);
      suite.equal('came, though said to be absent', never.filter(used), []);
      suite.true('there is a contract', every.length > 100, every.length);
      suite.passed += wanted.length;
    });
  }
}

module.exports = { Coverage };
