// Says in the repository of the environments which chart and images run where, or takes the last such word back; Argo CD does the rest.
// ENVIRONMENTS_REPOSITORY=https://… REGISTRY=… TAG=… node tools/ci/promote.mjs dev
// ENVIRONMENTS_REPOSITORY=https://… node tools/ci/promote.mjs test --rollback
// The chart is the one that tools/ci/publish-chart.sh has published. Production is not here: its release is the Jenkinsfile's.
// Sign-in is git's own: a credential helper or an SSH key, never an argument.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../start/install.mjs';
import { imageDigests } from './image-digests.mjs';

const ENVIRONMENTS = ['dev', 'test'];
const PUSHES = 5;

/** Values of the chart. By digest where one is known: a tag may be moved. */
export function versionsFile({ registry, tag, found }) {
  const { 'gateway-keys': keys, ...services } = found;
  const lines = [
    '# Written by the pipeline (tools/ci/promote.mjs).',
    `image: { registry: ${JSON.stringify(registry)}, tag: ${JSON.stringify(tag)} }`,
    ...(Object.keys(services).length > 0 ? ['services:'] : []),
    ...Object.entries(services).map(([name, digest]) => `  ${name}: { digest: ${JSON.stringify(digest)} }`),
    'gateway:',
    `  kong: { keysImage: ${JSON.stringify(`${registry}/gateway-keys${keys ? `@${keys}` : `:${tag}`}`)} }`,
  ];
  return `${lines.join('\n')}\n`;
}

function git(folder, ...args) {
  return execFileSync('git', ['-C', folder, '-c', 'user.name=SmartAnt pipeline', '-c', 'user.email=pipeline@smartant.invalid', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
}

/** Tries again on top of what somebody else has pushed meanwhile. */
function change(repository, work) {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-environments-'));
  try {
    execFileSync('git', ['clone', '--quiet', '--', repository, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
    for (let attempt = 1; ; attempt += 1) {
      const message = work(folder);
      if (message !== null) git(folder, 'commit', '--quiet', '--message', message);
      else if (git(folder, 'rev-parse', 'HEAD') === git(folder, 'rev-parse', '@{upstream}')) return false;
      try {
        git(folder, 'push', '--quiet');
        return true;
      } catch (error) {
        if (attempt === PUSHES) throw error;
        git(folder, 'fetch', '--quiet');
        git(folder, 'reset', '--quiet', '--hard', '@{upstream}');
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The version of the chart that was published here. */
function publishedChart(folder) {
  const file = join(folder, 'chart.version');
  if (!existsSync(file)) throw new Error('no chart was published here: run tools/ci/publish-chart.sh first');
  return readFileSync(file, 'utf8').trim();
}

export function promote({ repository, environment, registry, tag, made = join(repositoryRoot, 'tmp') }) {
  const chart = publishedChart(made);
  return change(repository, (folder) => {
    mkdirSync(join(folder, environment), { recursive: true });
    writeFileSync(join(folder, environment, 'versions.yaml'), versionsFile({ registry, tag, found: imageDigests(made) }));
    writeFileSync(
      join(folder, environment, 'chart.yaml'),
      `# Written by the pipeline (tools/ci/promote.mjs).\nversion: ${JSON.stringify(chart)}\n`,
    );
    git(folder, 'add', '--', ...filesOf(environment));
    return git(folder, 'status', '--porcelain') === '' ? null : `Run ${tag} in ${environment}`;
  });
}

const filesOf = (environment) => [`${environment}/versions.yaml`, `${environment}/chart.yaml`];

/** The versions of before the last change of this environment; what others run is left alone. */
export function rollBack({ repository, environment }) {
  return change(repository, (folder) => {
    const files = filesOf(environment);
    const changes = git(folder, 'log', '--format=%H', '-2', '--', ...files)
      .split('\n')
      .filter(Boolean);
    if (changes.length < 2) throw new Error(`${environment} has no earlier versions to go back to`);
    git(folder, 'checkout', '--quiet', changes[1], '--', ...files);
    return `Go back to the versions of ${changes[1].slice(0, 12)} in ${environment}`;
  });
}

function main() {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { rollback: { type: 'boolean' } } });
  const [environment = ''] = positionals;
  const { ENVIRONMENTS_REPOSITORY: repository, REGISTRY: registry, TAG: tag } = process.env;
  const wrong = [
    ...(ENVIRONMENTS.includes(environment) ? [] : [`the first argument must be one of ${ENVIRONMENTS.join(', ')}`]),
    ...(repository ? [] : ['ENVIRONMENTS_REPOSITORY is not set']),
    ...(values.rollback || registry ? [] : ['REGISTRY is not set']),
    ...(values.rollback || tag ? [] : ['TAG is not set']),
  ];
  if (wrong.length > 0) {
    console.error(`error: ${wrong.join('; ')}`);
    return 2;
  }
  const done = values.rollback ? rollBack({ repository, environment }) : promote({ repository, environment, registry, tag });
  console.log(done ? `${environment}: changed` : `${environment}: runs this already`);
  return 0;
}

if (process.argv[1] === import.meta.filename) process.exitCode = main();
