// `npm run audit`: known weaknesses of what ships, as the registry knows them. A registry that does not answer is said loudly, and fails
// where SMARTANT_AUDIT_REQUIRED=true: a release must not rest on a question that nobody answered.
import { spawnSync } from 'node:child_process';
import { repositoryRoot } from '../start/install.mjs';
import { judgeAudit } from './judge-audit.mjs';

const asked = spawnSync('npm', ['audit', '--json', '--omit', 'dev', '--fetch-retries', '0', '--fetch-timeout', '30000'], {
  cwd: repositoryRoot,
  encoding: 'utf8',
  timeout: 60_000,
  maxBuffer: 64 << 20,
});
const { outcome, lines } = judgeAudit(asked.stdout ?? '');
if (outcome === 'unanswered') {
  console.log(`SKIPPED: dependency audit: the registry does not answer (${lines.join('; ')})`);
  process.exitCode = process.env.SMARTANT_AUDIT_REQUIRED === 'true' ? 1 : 0;
} else {
  for (const line of lines) console.log(line);
  console.log(outcome === 'failed' ? 'Packages that ship have known weaknesses.' : 'No severe weakness is known of what ships.');
  process.exitCode = outcome === 'failed' ? 1 : 0;
}
