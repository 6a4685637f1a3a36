import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

const ROOT = join(__dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');

/** What is called of the repository, in the order of the text: npm scripts by name, files by path. */
function calls(text: string): string[] {
  return [...text.matchAll(/npm run (?:--silent )?([\w:-]+)|npm (test|start)|(?<!\/)((?:tools\/|\.ci\/)[\w./-]+\w)/g)].map(
    ([, script, own, file]) => file ?? `npm ${own ?? `run ${script}`}`,
  );
}

interface GitlabJob {
  extends?: string;
  rules?: { when?: string; allow_failure?: boolean }[];
  environment?: { name: string };
  stage?: string;
  script?: string[];
}
const gitlab = Object.entries(parse(read('.gitlab-ci.yml')) as Record<string, GitlabJob>).filter(([, { script }]) => script);
const ofGitlab = (...jobs: string[]) => gitlab.filter(([name]) => jobs.includes(name)).flatMap(([, job]) => calls(job.script!.join('\n')));

const jenkinsfile = read('Jenkinsfile');
/** The text of a stage, up to the next one. */
function ofJenkins(stage: string): string[] {
  const text = jenkinsfile.split(`stage('${stage}')`)[1]?.split("stage('")[0];
  if (text === undefined) throw new Error(`the Jenkinsfile has no stage "${stage}"`);
  return [...new Set(calls(text))];
}

interface TektonTask {
  kind: string;
  metadata: { name: string };
  spec: { steps: { script: string }[] };
}
const tekton = readdirSync(join(ROOT, 'deploy', 'tekton'))
  .flatMap((file) => parseAllDocuments(read('deploy', 'tekton', file)).map((document) => document.toJS() as TektonTask))
  .filter(({ kind }) => kind === 'Task');
const ofTekton = (...names: string[]) =>
  tekton
    .filter(({ metadata }) => names.includes(metadata.name.replace('smartant-', '')))
    .flatMap(({ spec }) => calls(spec.steps.map(({ script }) => script).join('\n')));

const CHECK = ['npm run lint', 'npm run typecheck', 'npm run licences', 'npm run proto:breaking', 'tools/ci/check-generated.mjs'];
const SUPPLY_CHAIN = ['npm run sbom', 'npm run audit', 'npm run provenance'];
const TEST = [
  'npm test',
  'npm run test:long',
  'npm run test:e2e',
  'npm run provision',
  'npm run test:replicas',
  'npm run provision',
  'npm run test:console',
  'npm start',
];

/** A pipeline that has no such step is left out: production takes a canary, dev and test the repository of the environments. */
const STEPS: [step: string, expected: string[], called: Record<string, string[]>][] = [
  ['check', CHECK, { gitlab: ofGitlab('lint', 'generated code'), tekton: ofTekton('check') }],
  ['supply chain', SUPPLY_CHAIN, { gitlab: ofGitlab('supply chain'), jenkins: ofJenkins('Provenance'), tekton: ofTekton('supply-chain') }],
  ['test', TEST, { gitlab: ofGitlab('test', 'replicas', 'console', 'sample migration'), tekton: ofTekton('test') }],
  ['images', ['tools/ci/build-images.sh'], { gitlab: ofGitlab('images'), jenkins: ofJenkins('Images'), tekton: ofTekton('images') }],
  ['scan', ['tools/ci/scan-images.sh'], { gitlab: ofGitlab('image scan'), jenkins: ofJenkins('Scan images'), tekton: ofTekton('scan') }],
  [
    'signatures',
    ['tools/ci/sign-images.sh'],
    { gitlab: ofGitlab('signatures'), jenkins: ofJenkins('Sign images'), tekton: ofTekton('sign') },
  ],
  ['chart', ['tools/ci/publish-chart.sh'], { gitlab: ofGitlab('chart'), tekton: ofTekton('chart') }],
  ['promotion', ['tools/ci/promote.mjs'], { gitlab: ofGitlab('deploy dev'), tekton: ofTekton('promote') }],
  [
    'another promotion, and the way back',
    ['tools/ci/promote.mjs', 'tools/ci/promote.mjs'],
    { gitlab: ofGitlab('deploy test', 'rollback dev') },
  ],
  ['canary', ['tools/ci/canary.mjs'], { jenkins: ofJenkins('Canary') }],
  ['everything that must hold', ['.ci/run'], { jenkins: ofJenkins('Check') }],
];

describe('pipelines', () => {
  it.each(STEPS)('take the same scripts for %s', (_step, expected, called) => {
    for (const [pipeline, scripts] of Object.entries(called)) expect([pipeline, scripts]).toEqual([pipeline, expected]);
  });

  it('have no step that is not compared here', () => {
    const known = STEPS.flatMap(([, , called]) => Object.values(called).flat());
    const all = [
      ...gitlab.flatMap(([, job]) => calls(job.script!.join('\n'))),
      ...calls(jenkinsfile),
      ...ofTekton(...tekton.map(({ metadata }) => metadata.name.replace('smartant-', ''))),
    ];
    expect([...new Set(all)].sort()).toEqual([...new Set(known)].sort());
  });

  it('sign by the shell that the image of cosign has: no script of ours names it', () => {
    const texts = [read('.gitlab-ci.yml'), jenkinsfile, read('deploy', 'tekton', 'release-tasks.yaml')];
    for (const text of texts) {
      const lines = text.split('\n').filter((line) => line.includes('tools/ci/sign-images.sh'));
      expect(lines).toEqual([expect.stringMatching(/(^|\s)sh tools\/ci\/sign-images\.sh$/)]);
    }
  });

  it('wait for nobody on GitLab who starts a job by hand, and end no environment', () => {
    const byHand = gitlab.flatMap(([name, { rules = [] }]) => rules.flatMap((rule) => (rule.when === 'manual' ? [{ name, ...rule }] : [])));
    expect(byHand.map(({ name, allow_failure: isOptional }) => [name, isOptional])).toEqual([
      ['deploy test', true],
      ['rollback dev', true],
    ]);
    // A way back that stops its environment would leave it stopped, with everything in it running.
    for (const [name, { environment }] of gitlab) if (environment) expect([name, Object.keys(environment)]).toEqual([name, ['name']]);
  });

  it('call what is there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const call of STEPS.flatMap(([, expected]) => expected)) {
      const script = /^npm (?:run )?(.+)$/.exec(call)?.[1];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
      else accessSync(join(ROOT, call), call.endsWith('.mjs') ? constants.R_OK : constants.X_OK);
    }
  });

  it('check by .ci/run whatever the others check by its parts', () => {
    const whole = read('tools', 'ci', 'run.mjs');
    for (const call of [...CHECK, ...SUPPLY_CHAIN, ...TEST]) expect(whole).toContain(call.replace('npm run ', ''));
  });
});
