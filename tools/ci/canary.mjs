// A canary of the mesh, step by step: what KubeSphere's console does by its slider, for pipelines (docs/guides/mesh.md).
//   node tools/ci/canary.mjs share 10   the new version runs, and ten of a hundred requests go to it
//   node tools/ci/canary.mjs judge      ends with 0 (good), 1 (bad), 3 (too little was seen) or 2 (Prometheus does not tell)
//   node tools/ci/canary.mjs promote    the new image of this service takes the place of the old one, and the canary goes
//   node tools/ci/canary.mjs abort      everything goes to the old version, and the canary goes
// Needs helm, signed in to the cluster. NAMESPACE, SERVICE, CANARY_VERSION and, to judge, PROMETHEUS_URL; RELEASE (default smartant). The image is
// the one that tools/ci/build-images.sh has pushed, by its digest in tmp/, or DIGEST. Ends with 2 where it refuses: then nothing was changed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../start/install.mjs';
import { imageDigests } from './image-digests.mjs';
import { judgeCanary } from './judge-canary.mjs';

const SINCE = '10m';

/** What helm is told in a step. Text is set as text: helm reads what else looks like a number or a word of YAML as that. */
export function stepValues(step, { service, version, digest, share }) {
  const set = (...values) => values.flatMap((value) => ['--set', value]);
  const text = (...values) => values.flatMap((value) => ['--set-string', value]);
  const none = set(`services.${service}.canary=null`, `istio.canaries.${service}=null`);
  if (step === 'abort') return none;
  // This service alone: the others have not been tried, so image.tag stays.
  if (step === 'promote') return [...none, ...text(`services.${service}.digest=${digest}`)];
  const canary = `istio.canaries.${service}[0]`;
  return [
    ...text(`services.${service}.canary.version=${version}`, `services.${service}.canary.digest=${digest}`),
    ...text(`${canary}.version=${version}`, `${canary}.header=${version}`),
    ...set(`${canary}.weight=${share}`),
  ];
}

/** What is asked of Prometheus about one version of a service. */
export function queries({ namespace, service, version }) {
  const of = `reporter="source",destination_service_namespace="${namespace}",destination_canonical_service="${service}",destination_canonical_revision="${version}"`;
  const count = (more) => `(sum(increase(istio_requests_total{${of}${more}}[${SINCE}])) or vector(0))`;
  return {
    requests: count(''),
    // An RPC fails with HTTP 200: unknown, deadline, exhausted, internal, unavailable, data loss.
    errors: `${count(',response_code=~"5.."')} + ${count(',response_code!~"5..",grpc_response_status=~"2|4|8|13|14|15"')}`,
    p95Ms: `histogram_quantile(0.95, sum by (le) (rate(istio_request_duration_milliseconds_bucket{${of}}[${SINCE}])))`,
  };
}

async function ask(url, query) {
  const response = await fetch(new URL(`/api/v1/query?query=${encodeURIComponent(query)}`, url), { signal: AbortSignal.timeout(20_000) });
  if (!response.ok) throw new Error(`Prometheus answered ${response.status}`);
  const { data } = await response.json();
  const value = Number(data.result[0]?.value[1] ?? 0);
  return Number.isFinite(value) ? value : 0;
}

async function seen(url, of) {
  const asked = Object.entries(queries(of)).map(async ([name, query]) => [name, await ask(url, query)]);
  return Object.fromEntries(await Promise.all(asked));
}

async function judge({ namespace, service, version, beside, prometheus }) {
  const [stable, canary] = await Promise.all([beside, version].map((each) => seen(prometheus, { namespace, service, version: each })));
  const { verdict, reasons } = judgeCanary({ stable, canary });
  console.log(`${service} ${version}: ${verdict}${reasons.length > 0 ? ` (${reasons.join('; ')})` : ''}`);
  console.log(JSON.stringify({ stable, canary }));
  return { good: 0, bad: 1, unknown: 3 }[verdict];
}

/** `beside`: the version that the canary runs beside; or `refused`: why the release cannot have a canary of this script. Asked before anything is changed. */
function lookAt({ namespace, release, service, version }) {
  const asked = spawnSync('helm', ['get', 'values', release, '--namespace', namespace, '--all', '--output', 'json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (asked.status !== 0)
    return { refused: `helm tells no values of a release "${release}" in ${namespace}; what Argo CD installs is no release of helm` };
  const { mesh, istio, services, version: ofAll } = JSON.parse(asked.stdout);
  if (mesh?.mode !== 'istio') {
    const refused = `the release has mesh.mode ${mesh?.mode}, where KubeSphere makes the routes and a share would steer nothing: take its console (docs/guides/mesh.md), or install without values-kubesphere.yaml`;
    return { refused };
  }
  if (istio?.enabled === false) return { refused: 'the release has istio.enabled: false, so nothing would steer a share' };
  if (!services?.[service]) return { refused: `the release has no service "${service}"` };
  const beside = services[service].version || ofAll;
  return beside === version ? { refused: `CANARY_VERSION is ${version}, which ${service} has already: choose another` } : { beside };
}

function upgrade(values, { namespace, release }) {
  const chart = join(repositoryRoot, 'helm', 'smartant');
  const run = (args) => spawnSync('helm', args, { stdio: 'inherit' }).status ?? 1;
  // 2 is said where nothing was changed.
  const failed = (status) => (status === 2 ? 1 : status);
  const built = run(['dependency', 'update', chart, '--skip-refresh']);
  if (built !== 0) return failed(built);
  // What the release was given, over the defaults of this chart: those of an earlier one lack what has been added to it.
  return failed(
    run(['upgrade', release, chart, '--namespace', namespace, '--reset-then-reuse-values', ...values, '--wait', '--timeout', '10m']),
  );
}

async function main([step = '', share = '']) {
  const { NAMESPACE: namespace, SERVICE: service, CANARY_VERSION: version, PROMETHEUS_URL: prometheus } = process.env;
  const release = process.env.RELEASE || 'smartant';
  const percent = Number(share);
  const digest = process.env.DIGEST || imageDigests(join(repositoryRoot, 'tmp'))[service];
  const wrong = [
    ...(['share', 'judge', 'promote', 'abort'].includes(step) ? [] : ['the step must be share, judge, promote or abort']),
    ...(step !== 'share' || (Number.isInteger(percent) && percent >= 0 && percent <= 100) ? [] : ['share takes 0 to 100']),
    ...Object.entries({ NAMESPACE: namespace, SERVICE: service }).flatMap(([name, value]) => (value ? [] : [`${name} is not set`])),
    ...(/^[a-z][a-z0-9]{0,15}$/.test(version ?? '') ? [] : ['CANARY_VERSION must be a letter and up to 15 letters and digits']),
    ...(/^sha256:[0-9a-f]{64}$/.test(digest ?? '') || step === 'judge' || step === 'abort'
      ? []
      : ['no digest of the image is known: run tools/ci/build-images.sh with REGISTRY, or set DIGEST=sha256:…']),
    ...(prometheus || step !== 'judge' ? [] : ['PROMETHEUS_URL is not set']),
  ];
  if (wrong.length > 0) {
    console.error(`error: ${wrong.join('; ')}`);
    return 2;
  }
  const { refused, beside } = lookAt({ namespace, release, service, version });
  if (refused) {
    console.error(`error: ${refused}`);
    return 2;
  }
  if (step === 'judge') {
    return judge({ namespace, service, version, beside, prometheus }).catch((error) => {
      console.error(`error: ${error.message}`);
      return 2;
    });
  }
  const status = upgrade(stepValues(step, { service, version, digest, share: percent }), { namespace, release });
  if (status !== 0 && step === 'abort') {
    console.error(
      `error: the canary ${service} ${version} was not taken away and may still get requests: run this step again, or \`helm history ${release} --namespace ${namespace}\` and \`helm rollback ${release} REVISION --namespace ${namespace}\` to the one before it`,
    );
  }
  return status;
}

if (process.argv[1] === import.meta.filename) process.exitCode = await main(process.argv.slice(2));
