// `npm test`: installs what is missing, then goes on under the Node that the lockfile brings.
import { checkHost, installDependencies, isInstalled, runUnderNode } from '../start/install.mjs';

try {
  checkHost();
  if (!isInstalled()) await installDependencies();
  process.exit(await runUnderNode('tools/test/test.mjs', process.argv.slice(2)));
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(1);
}
