// The JSON schema of the compose specification (Apache-2.0), which deploy/compose is checked by. The wheel of check-jsonschema on PyPI brings it.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { installFilesOfWheel } from './files-of-wheel.mjs';
import { ofSha256 } from './verified-download.mjs';

const wheel = {
  name: 'compose-schema',
  url: 'https://files.pythonhosted.org/packages/06/e9/644e47c8b929f14cbda2b6779be047caa2098cc06f8bd7e04e8c62416cdc/check_jsonschema-0.39.0-py3-none-any.whl',
  integrity: ofSha256('14ce5c94871c551268ea948ffe21e9f1464dc48fb20bf9a4c13deeaaf756cf9b'),
};
const ENTRY = 'check_jsonschema/builtin_schemas/vendor/compose-spec.json';

const cache = () => process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant');
const file = () => join(cache(), 'compose-spec.json');

export const composeSchemaIsThere = () => existsSync(file());

/** Raises when the download fails or is not what it should be. */
export async function installComposeSchema(say) {
  if (composeSchemaIsThere()) return 'there';
  await installFilesOfWheel(wheel, new Map([[ENTRY, file()]]), say);
  return 'installed';
}
