const { dirname } = require('node:path');

/** Gives every project (a folder of libs/ or services/, and cli/) the same targets, so that no package.json repeats them. */
module.exports = {
  name: 'smartant-project-targets',
  createNodes: [
    '{libs/*,services/*,cli}/package.json',
    (files) => files.map((file) => [file, { projects: { [dirname(file)]: { root: dirname(file), targets: targetsOf(dirname(file)) } } }]),
  ],
};

const command = (text) => ({ executor: 'nx:run-commands', options: { command: text, cwd: '{workspaceRoot}' } });

const targetsOf = (folder) => ({
  build: command(`node tools/build/build.mjs ${folder}`),
  lint: command(`node node_modules/eslint/bin/eslint.js ${folder} --max-warnings 0`),
  test: command(`node node_modules/jest/bin/jest.js ${folder}`),
});
