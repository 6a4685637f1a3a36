// `npm run licences`: every production dependency must carry a licence that lets anybody use, change and ship it.
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { repositoryRoot } from '../start/install.mjs';
import { judgeLicences } from './judge-licences.mjs';

const checker = createRequire(import.meta.url)('license-checker-rseidelsohn');
const packages = await promisify(checker.init)({ start: repositoryRoot, production: true, excludePrivatePackages: true });
const { accepted, refused } = judgeLicences(packages);

for (const [licence, count] of accepted) console.log(`${String(count).padStart(5)}  ${licence}`);
for (const { name, licence } of refused) console.error(`refused: ${name} is under "${licence}"`);
console.log(
  refused.length === 0
    ? 'All licences are permissive.'
    : `${refused.length} packages are under licences that are not on the list in tools/licences/judge-licences.mjs.`,
);
process.exitCode = refused.length === 0 ? 0 : 1;
