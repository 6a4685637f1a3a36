// What `npm start` gives its services, for a rig that runs several replicas of each. Asks and answers in JSON:
//   prepare: makes data folder, secrets, database and certificates; answers with each service's script and environment
//   sign-in: makes the key that the command line signs in with, once an API answers
import { mkdirSync } from 'node:fs';
import pg from 'pg';
import { writeCliToken } from '../../tools/start/cli-token.mjs';
import { openDataFolder } from '../../tools/start/data-folder.mjs';
import { setUpDatabase } from '../../tools/start/database-setup.mjs';
import { ensureSecrets } from '../../tools/start/secrets.mjs';
import { describeServices } from '../../tools/start/services.mjs';

/** `ports`: of the addresses under which the services find each other, and of the database as they reach it. */
async function prepare({ dataFolder, adminUrl, ports }) {
  mkdirSync(dataFolder, { recursive: true });
  openDataFolder(dataFolder);
  const secrets = ensureSecrets(dataFolder);
  const client = (database) => {
    const url = new URL(adminUrl);
    url.pathname = `/${database}`;
    return new pg.Client({ connectionString: url.toString() });
  };
  await setUpDatabase({ client }, secrets);
  const services = await describeServices({ dataFolder, ports, secrets });
  return services.map(({ name, script, environment }) => ({ name, script, environment }));
}

async function signIn({ dataFolder, url }) {
  const secrets = ensureSecrets(dataFolder);
  await writeCliToken({ dataFolder, url, adminPassword: secrets['admin-password'].value });
  return {};
}

const [step, argument] = process.argv.slice(2);
const steps = { prepare, 'sign-in': signIn };
process.stdout.write(JSON.stringify(await steps[step](JSON.parse(argument))));
process.exit();
