'use strict';
// Names below `localhost` are this machine (RFC 6761, 6.3). Browsers know that; the resolver of
// many systems does not, and a test should not need a line in /etc/hosts. Loaded with
// `node --require`, so that the SDKs stay as they are.

const dns = require('node:dns');

const { lookup } = dns;

dns.lookup = (name, options, callback) => {
  const answer = callback || options;
  const wanted = typeof options === 'object' ? options : {};
  if (!name.endsWith('.localhost')) {
    return lookup(name, options, callback);
  }
  const address = '127.0.0.1';
  if (wanted.all) {
    return process.nextTick(answer, null, [{ address, family: 4 }]);
  }
  return process.nextTick(answer, null, address, 4);
};
