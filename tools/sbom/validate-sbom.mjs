import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, dirname } from 'node:path';

const require = createRequire(import.meta.url);
const Ajv = require('ajv').default;
const addFormats = require('ajv-formats').default;

/** The schemas that CycloneDX publishes, as its own library ships them. */
const schemaFolder = join(dirname(require.resolve('@cyclonedx/cyclonedx-library/package.json')), 'res', 'schema');
const schema = (name) => JSON.parse(readFileSync(join(schemaFolder, `${name}.SNAPSHOT.schema.json`), 'utf8'));

/** What is wrong with a CycloneDX 1.5 document by the published schema; an empty list when nothing is. */
export function sbomProblems(document) {
  const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
  // Of draft 2019-09, which the schema uses without saying so; a wrong one harms nobody.
  for (const format of ['iri-reference', 'idn-email']) ajv.addFormat(format, true);
  ajv.addSchema(schema('spdx'), 'http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json');
  ajv.addSchema(schema('jsf-0.82'), 'http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json');
  const validate = ajv.compile(schema('bom-1.5'));
  return validate(document) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}
