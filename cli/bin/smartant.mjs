#!/usr/bin/env node
// Runs the built CLI, under the Node that the repository brings where the current one is older.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = join(dirname(fileURLToPath(import.meta.url)), '..');
const main = join(cli, 'dist', 'main.js');
const ownNode = join(cli, '..', 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node');

if (!existsSync(main)) {
  console.error('smartant is not built yet: run "npm start" or "npm run build" in the clone first.');
  process.exitCode = 1;
} else if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Halves the time to the first line from the second run on.
  module.enableCompileCache?.();
  await createRequire(import.meta.url)(main).main();
} else if (existsSync(ownNode)) {
  runUnder(ownNode);
} else {
  console.error(`smartant needs Node 24 and found ${process.versions.node}: run "npm install" in the clone, which brings it.`);
  process.exitCode = 1;
}

/** Signals reach the child, which decides what they mean; its exit becomes ours. */
function runUnder(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends SIGINT to the whole group, so it is only held off here.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
