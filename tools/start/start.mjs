// The supervisor behind `npm start`. Runs under the Node of the lockfile, with every dependency installed (see bootstrap.mjs).
import { join } from 'node:path';
import { writeCliToken } from './cli-token.mjs';
import { fetchClientTools } from './client-tools.mjs';
import { repositoryRoot } from './install.mjs';
import { EmbeddedPlatform } from './platform.mjs';
import { parseOptions, readSettings, usage, UsageError } from './settings.mjs';

const startedMs = performance.now();
const say = (line) => console.log(line);
const seconds = () => ((performance.now() - startedMs) / 1000).toFixed(1);

/** npm hands on a Ctrl-C that the terminal has already sent us: within this time it is the same key press. */
const sameKeyPressMs = 500;

function printWelcome({ url, dataFolder, token }) {
  say('');
  say(`SmartAnt is ready (${seconds()} s)`);
  say(`  Console   ${url}/console/`);
  say(`  API       ${url}/v1`);
  say(`  API docs  ${url}/docs`);
  say(`  Sign in   user admin, password in ${join(dataFolder, 'secrets', 'admin-password')} until you change it`);
  // The command line looks for the data folder where it usually is.
  const home = dataFolder === join(repositoryRoot, 'data') ? '' : `SMARTANT_HOME=${dataFolder} `;
  say(`  CLI       ${home}npx smartant migration list   (signs in by itself in ${repositoryRoot})`);
  say(`  Reports   are signed with key ${token.reportKeyId} (in cli-token.json; pin it where you verify)`);
  say(`  Logs      ${join(dataFolder, 'logs')}`);
  say('');
}

/** Whether a wrong value is meant so is the scheduler's to say. */
const secondFactorRequired = () => ![undefined, '', 'false'].includes(process.env.SMARTANT_SECOND_FACTOR_REQUIRED);

/** Runs the sample where it is wanted and has no result yet; resolves with the exit status of `--once`. */
async function runSampleIfWanted({ options, platform, client, token, signal }) {
  if (options.noSample) return 0;
  const { runSample } = await import('../sample/run-sample.mjs');
  return runSample({ platform, client, token, say, again: options.sample || options.once, signal });
}

async function run(options, interrupted) {
  const platform = new EmbeddedPlatform({ settings: readSettings(process.env, process.cwd()), say });
  handleSignals(platform, interrupted);
  try {
    await platform.prepare();
    platform.build();
    await platform.startDatabase();
    const url = `http://127.0.0.1:${platform.settings.ports.http}`;
    const signIn = () => writeCliToken({ dataFolder: platform.dataFolder, url, adminPassword: platform.secrets['admin-password'].value });
    // The key of the command line is made by the password alone: before a second factor is compulsory.
    if (platform.isFirstStart && secondFactorRequired()) await platform.withPasswordAlone(signIn);
    await platform.startServices();
    const { client, token } = await signIn();
    printWelcome({ url, dataFolder: platform.dataFolder, token });
    const status = await runSampleIfWanted({ options, platform, client, token, signal: interrupted.signal });
    if (options.once) return status;
    void fetchClientTools({ say, signal: interrupted.signal });
    say('Running. Ctrl-C stops everything; what is done and running is kept.');
    // Something has to keep the event loop alive however the children fare.
    const alive = setInterval(() => {}, 60_000);
    await new Promise((resolve) => (interrupted.signal.aborted ? resolve() : interrupted.signal.addEventListener('abort', resolve)));
    clearInterval(alive);
    return 0;
  } finally {
    await platform.stop();
  }
}

function handleSignals(platform, interrupted) {
  let firstMs;
  const onSignal = () => {
    if (firstMs === undefined) {
      firstMs = performance.now();
      say('\nStopping (Ctrl-C again ends everything at once)');
      interrupted.abort();
      platform.stop().then(() => process.exit(interrupted.status ?? 0));
    } else if (performance.now() - firstMs > sameKeyPressMs) {
      say('\nEnding at once');
      platform.stop({ immediately: true }).finally(() => process.exit(130));
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
  if (process.channel) {
    process.once('disconnect', onSignal);
    process.channel.unref();
  }
}

async function main() {
  const interrupted = new AbortController();
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options.help) return void say(usage);
    interrupted.status = options.once ? 130 : 0;
    process.exitCode = await run(options, interrupted);
  } catch (error) {
    if (interrupted.signal.aborted) return void (process.exitCode = interrupted.status);
    if (error instanceof UsageError) {
      console.error(`error: ${error.message}\n\n${usage}`);
      process.exitCode = 2;
      return;
    }
    console.error(error.code && error.hint ? `error ${error.code}: ${error.message}\n  ${error.hint}` : error);
    process.exitCode = 1;
  }
}

await main();
process.exit();
