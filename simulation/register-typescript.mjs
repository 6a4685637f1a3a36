// Lets `node --import` run the simulation from its sources: the domain code it runs is what is in the checkout, not a build.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformFileSync } from '@swc/core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const aliases = [
  [/^@smartant\/scheduler\/(.+)$/, (path) => join('services/scheduler', path)],
  [/^@smartant\/shards\/model$/, () => 'libs/shards/model/index'],
  [/^@smartant\/kernel$/, () => 'libs/kernel/index'],
];

function sourceOf(specifier, parentUrl) {
  for (const [pattern, target] of aliases) {
    const match = pattern.exec(specifier);
    if (match) return join(root, target(match[1]));
  }
  const fromOurs = specifier.startsWith('.') && parentUrl?.startsWith('file:') && !parentUrl.includes('/node_modules/');
  return fromOurs ? join(dirname(fileURLToPath(parentUrl)), specifier) : null;
}

registerHooks({
  resolve(specifier, context, next) {
    const source = sourceOf(specifier, context.parentURL);
    const file = source === null ? undefined : [`${source}.ts`, source].find((path) => path.endsWith('.ts') && existsSync(path));
    return file === undefined ? next(specifier, context) : { url: pathToFileURL(file).href, shortCircuit: true };
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const module = { type: 'es6', ignoreDynamic: true };
    const { code } = transformFileSync(fileURLToPath(url), {
      swcrc: false,
      sourceMaps: 'inline',
      jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2023' },
      module,
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
