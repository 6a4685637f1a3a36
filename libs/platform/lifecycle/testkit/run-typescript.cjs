// Lets Node run this repository's TypeScript sources without a build, for tests that need a process of their own:
// `node -r libs/platform/lifecycle/testkit/run-typescript.cjs file.ts`. Requires work as in the built services, so instrumentation hooks do.
const { Module } = require('node:module');
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { transformFileSync } = require('@swc/core');

const root = join(__dirname, '..', '..', '..', '..');
const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (request, ...rest) {
  const own = /^@smartant\/(.+)$/.exec(request);
  const index = own && join(root, 'libs', own[1], 'index.ts');
  return resolveFilename.call(this, index && existsSync(index) ? index : request, ...rest);
};

Module._extensions['.ts'] = function (module, filename) {
  const { code } = transformFileSync(filename, { cwd: root, configFile: join(root, '.swcrc'), sourceMaps: 'inline' });
  module._compile(code, filename);
};
