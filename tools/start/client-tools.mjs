import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './install.mjs';

/** What the download needs of the shell that started us; the rest may hold secrets, and it is nobody's business there. */
const needed =
  /^(PATH|HOME|TMPDIR|LANG|LC_ALL|SMARTANT_CACHE|SMARTANT_POSTGRES_TOOLS|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|NODE_USE_ENV_PROXY|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY)$/i;
const environment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => needed.test(name)));

/**
 * Fetches PostgreSQL's client programs into the user's cache when neither it nor the system has them: a database migration needs them, and
 * the migrator looks for them anew each time. In the background, because everything else works without them; resolves when it is over.
 */
export function fetchClientTools({ say, signal }) {
  const child = spawn(process.execPath, [join(repositoryRoot, 'tools/provision/provision.mjs'), '--if-missing', 'postgres-tools'], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let tail = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    for (const line of text.split('\n')) if (line !== '') say(line);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (tail = (tail + text).slice(-500)));
  return new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('close', (status) => {
      if (status !== 0 && !signal.aborted) {
        say(`PostgreSQL's client programs could not be fetched: ${tail.trim() || 'see above'}`);
        say('  Only database migrations need them: install them (Debian: postgresql-client), or run npm run provision -- postgres-tools');
      }
      resolve();
    });
  });
}
