import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { parse } from 'yaml';

const ROOT = join(__dirname, '..', '..');
const JARS = join(process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant'), 'jenkins-pipeline-unit-1.1');
/** Groovy 2.4 looks into the classes of the runtime. */
const OPEN = ['java.lang', 'java.util', 'java.util.stream'].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);

interface Event {
  stage: string | null;
  step: string;
  script?: string;
  message?: string;
  container?: string | null;
  shell?: string;
  credentials?: string[];
}
interface Container {
  name: string;
  image: string;
  securityContext?: { runAsUser?: number };
  env?: { name: string; value: string }[];
}
interface Run {
  result: 'SUCCESS' | 'FAILURE' | 'ABORTED';
  why: string | null;
  events: Event[];
  pod: string;
}
interface Scenario {
  params?: Record<string, string>;
  /** How scripts end that contain a text; the others with 0. */
  statuses?: Record<string, number>;
  /** Questions that are answered with no. */
  refused?: string[];
  stoppedWhileWaiting?: boolean;
}

function whyNotRun(): string | null {
  if (spawnSync('java', ['-version']).status !== 0) return 'java is not installed';
  return existsSync(JARS) ? null : 'JenkinsPipelineUnit is not there: npm run provision -- jenkins';
}

const RELEASE = { REGISTRY: 'registry.example.com/smartant', SERVICE: '' };
const CANARY = { ...RELEASE, SERVICE: 'storage-migrator' };

function run({ params = CANARY, statuses = {}, refused = [], stoppedWhileWaiting = false }: Scenario): Run {
  const given = {
    TAG: '',
    NAMESPACE: 'smartant-prod',
    PROMETHEUS_URL: 'http://prometheus:9090',
    CANARY_PERCENT: '10',
    CANARY_MINUTES: '15',
    ...params,
  };
  const scenario = JSON.stringify({ params: given, statuses, refused, stoppedWhileWaiting });
  const program = ['-cp', join(JARS, '*'), 'groovy.ui.GroovyMain', join(__dirname, 'jenkins', 'run-pipeline.groovy')];
  return JSON.parse(execFileSync('java', [...OPEN, ...program, ROOT, scenario], { encoding: 'utf8' })) as Run;
}

/** What was called of the repository, and what was asked, in order. */
const course = ({ events }: Run) =>
  events.flatMap(({ step, script, message }) =>
    step === 'input'
      ? [`asked: ${message}`]
      : step === 'sleep'
        ? ['waited']
        : (script?.match(/\.ci\/run|npm run [\w:]+|tools\/ci\/[\w-]+\.(?:sh|mjs)(?: (?:share \d+|judge|promote|abort))?/g) ?? []),
  );

const CHECKED = ['.ci/run', 'npm run sbom', 'npm run audit', 'npm run provenance'];
const PUBLISHED = [...CHECKED, 'asked: Publish images?', 'tools/ci/build-images.sh', 'tools/ci/scan-images.sh', 'tools/ci/sign-images.sh'];
const SHARED = [...PUBLISHED, 'asked: Give the new version a share of production?', 'tools/ci/canary.mjs share 10'];
const JUDGED = [...SHARED, 'waited', 'tools/ci/canary.mjs judge'];
const GOOD = 'asked: The canary does as well as the version beside it. Let it take over?';
const ABORTED = 'tools/ci/canary.mjs abort';

/** JenkinsPipelineUnit runs the file; what Jenkins would do is mocked. */
describeIf(whyNotRun(), 'the Jenkinsfile', () => {
  it('checks and builds, and publishes nothing without a registry', () => {
    const built = run({ params: { REGISTRY: '', SERVICE: 'scheduler' } });
    expect([built.result, course(built)]).toEqual(['SUCCESS', ['.ci/run', 'tools/ci/build-images.sh']]);
    const skipped = built.events.filter(({ step }) => step === 'skipped').map(({ stage }) => stage);
    expect(skipped).toEqual(['Provenance', 'Approve', 'Scan images', 'Sign images', 'Approve canary', 'Canary']);
  });

  it('publishes once it is allowed to, and makes no canary of no component', () => {
    const published = run({ params: RELEASE });
    expect([published.result, course(published)]).toEqual(['SUCCESS', PUBLISHED]);
  });

  it('lets a canary take over that does well, when it is allowed to', () => {
    const promoted = run({});
    expect([promoted.result, course(promoted)]).toEqual(['SUCCESS', [...JUDGED, GOOD, 'tools/ci/canary.mjs promote']]);
  });

  it.each<[string, Scenario, string, string[]]>([
    ['images are refused', { refused: ['Publish images?'] }, 'ABORTED', [...CHECKED, 'asked: Publish images?']],
    ['a check fails', { statuses: { '.ci/run': 1 } }, 'FAILURE', ['.ci/run']],
    ['a weakness is found', { statuses: { 'scan-images.sh': 1 } }, 'FAILURE', PUBLISHED.slice(0, -1)],
    ['the canary is refused', { refused: ['a share of production'] }, 'ABORTED', SHARED.slice(0, -1)],
  ])('stops where %s, and touches nothing further', (_case, scenario, result, expected) => {
    const stopped = run(scenario);
    expect([stopped.result, course(stopped)]).toEqual([result, expected]);
  });

  it.each<[string, Scenario, string, RegExp, string[]]>([
    ['does not come up', { statuses: { 'canary.mjs share': 1 } }, 'FAILURE', /did not come up/, [...SHARED, ABORTED]],
    ['does worse', { statuses: { 'canary.mjs judge': 1 } }, 'FAILURE', /does worse/, [...JUDGED, ABORTED]],
    ['cannot be judged', { statuses: { 'canary.mjs judge': 2 } }, 'FAILURE', /could not be judged/, [...JUDGED, ABORTED]],
    ['may not take over', { refused: ['Let it take over?'] }, 'ABORTED', /refused/, [...JUDGED, GOOD, ABORTED]],
    ['is waited for when the build is stopped', { stoppedWhileWaiting: true }, 'ABORTED', /stopped/, [...SHARED, 'waited', ABORTED]],
  ])('takes a canary back that %s', (_case, scenario, result, why, expected) => {
    const aborted = run(scenario);
    expect([aborted.result, aborted.why, course(aborted)]).toEqual([result, expect.stringMatching(why), expected]);
  });

  it('takes nothing back where a canary was refused, since nothing was changed', () => {
    const refused = run({ statuses: { 'canary.mjs share': 2 } });
    expect([refused.result, refused.why, course(refused)]).toEqual(['FAILURE', expect.stringContaining('nothing was changed'), SHARED]);
  });

  it.each<[string, Scenario]>([
    ['does worse', { statuses: { 'canary.mjs judge': 1, 'canary.mjs abort': 1 } }],
    ['was not let take over', { refused: ['Let it take over?'], statuses: { 'canary.mjs abort': 1 } }],
  ])('says loudly, and what to do, where a canary that %s cannot be taken away', (_case, scenario) => {
    const left = run(scenario);
    expect([left.result, course(left).at(-1)]).toEqual(['FAILURE', ABORTED]);
    expect(left.why).toMatch(/STILL THERE.*(does worse|refused).*canary\.mjs abort.*helm rollback/);
  });

  it('says so when too little was seen, and leaves it to who is asked', () => {
    const unknown = run({ statuses: { 'canary.mjs judge': 3 } });
    expect(course(unknown)).toEqual([
      ...JUDGED,
      'asked: The canary had too few requests to be judged. Let it take over?',
      'tools/ci/canary.mjs promote',
    ]);
  });

  it('fails where the new version cannot take over, and takes nothing back that may have', () => {
    const failed = run({ statuses: { 'canary.mjs promote': 1 } });
    expect([failed.result, course(failed).at(-1)]).toEqual(['FAILURE', 'tools/ci/canary.mjs promote']);
  });

  it('has one user in all containers, who can write at home', () => {
    const { spec } = parse(run({ params: RELEASE }).pod) as { spec: { securityContext: object; containers: Container[] } };
    expect(spec.securityContext).toEqual({ runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 });
    for (const { name, securityContext, env } of spec.containers) {
      expect([name, securityContext?.runAsUser]).toEqual([name, undefined]);
      expect([name, env?.find((variable) => variable.name === 'HOME')?.value]).toEqual([
        name,
        expect.stringMatching(/^\/(tmp|home\/\w+)$/),
      ]);
    }
  });

  it('runs each step in a container that its pod has, with the secrets of that step alone, and keeps what it made', () => {
    const { events, pod } = run({});
    const { containers } = (parse(pod) as { spec: { containers: Container[] } }).spec;
    for (const { image } of containers) expect(image).toMatch(/:(?!latest)[\w.-]+$/);
    const names = containers.map(({ name }) => name);
    const scripts = events.filter(({ step }) => step === 'sh');
    // Jenkins puts /bin/sh before what names no shell by itself; the image of cosign has none.
    const signing = scripts.filter(({ container }) => container === 'cosign');
    expect(signing).toEqual([
      expect.objectContaining({ shell: '/busybox/sh', script: expect.stringMatching(/^#!\/busybox\/sh\n/) as string }),
    ]);
    for (const { container } of scripts) if (container) expect(names).toContain(container);
    const secretsOf = (text: string) => scripts.filter(({ script }) => script!.includes(text)).flatMap(({ credentials }) => credentials!);
    expect(secretsOf('.ci/run')).toEqual([]);
    expect(secretsOf('build-images.sh')).toEqual([]);
    expect(new Set(secretsOf('canary.mjs'))).toEqual(new Set(['smartant-prod-kubeconfig']));
    expect(events.at(-1)).toMatchObject({ step: 'archive' });
  });
});
