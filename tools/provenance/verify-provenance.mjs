// `npm run provenance:verify -- FILE --key PUBLIC.pem`: the statement is signed by that key, and the compiled files here are those that it names.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../start/install.mjs';
import { buildOutputs } from './build-outputs.mjs';

const { IN_TOTO_PAYLOAD_TYPE, isSignedBy } = createRequire(import.meta.url)('@smartant/proof');
const { values, positionals } = parseArgs({ allowPositionals: true, options: { key: { type: 'string' } } });
const [file] = positionals;
if (!file || !values.key) {
  console.error('usage: npm run provenance:verify -- FILE --key PUBLIC.pem');
  process.exit(2);
}

/** What speaks against it; an empty list when nothing does. */
function problems() {
  const envelope = JSON.parse(readFileSync(file, 'utf8'));
  if (!Array.isArray(envelope.signatures)) return ['it is not signed'];
  if (envelope.payloadType !== IN_TOTO_PAYLOAD_TYPE) return [`its payload is "${envelope.payloadType}"`];
  if (!isSignedBy(envelope, readFileSync(values.key, 'utf8'))) return ['it is not signed by this key'];
  const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
  if (statement.predicateType !== 'https://slsa.dev/provenance/v1') return [`it states "${statement.predicateType}"`];
  const named = new Map(statement.subject.map(({ name, digest }) => [name, digest.sha256]));
  const here = new Map(buildOutputs(repositoryRoot).map(({ name, digest }) => [name, digest.sha256]));
  return [
    ...[...named.keys()].filter((name) => !here.has(name)).map((name) => `${name} is missing here`),
    ...[...here.keys()].filter((name) => !named.has(name)).map((name) => `${name} is not named`),
    ...[...named].filter(([name, digest]) => here.has(name) && here.get(name) !== digest).map(([name]) => `${name} differs`),
  ];
}

const found = problems();
for (const problem of found.slice(0, 20)) console.error(`refused: ${problem}`);
console.log(found.length === 0 ? 'The files here are those that were built and signed.' : `${found.length} objections.`);
process.exitCode = found.length === 0 ? 0 : 1;
