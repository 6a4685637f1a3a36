// `npm run provision`: installs, into the user's cache, the real servers and peers that tests and benchmarks use where they find them.
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, setPriority } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildRescue, rescueFolder, rescueIsThere } from '../rescue/build-rescue.mjs';
import { buildSourceRoot, sourceRootIsThere, sourceRootPath } from '../source-machine/build-source-root.mjs';
import { composeSchemaIsThere, installComposeSchema } from './compose-schema.mjs';
import { chromiumIsThere, installChromium } from './chromium.mjs';
import { installPackages, packagesAreThere } from './debian-packages.mjs';
import { goTools, whyNoGo } from './go-tools.mjs';
import { hostsAreThere, installHosts } from './hosts.mjs';
import { jaegerIsThere } from './jaeger.mjs';
import { installJenkins, jenkinsIsThere } from './jenkins.mjs';
import { installSchemas, schemasAreThere } from './kubernetes-schemas.mjs';
import { linkNewest } from './link-newest.mjs';
import { meshIsThere } from './mesh-programs.mjs';
import { opensearchIsThere } from './opensearch.mjs';
import { installServers, serversAreThere } from './postgres-servers.mjs';
import { installTools, toolsAreThere } from './postgres-tools.mjs';
import { installPrometheusTools, prometheusToolsAreThere } from './prometheus-tools.mjs';
import { makeWorkFolder } from './work-folder.mjs';

const usage = `Usage: npm run provision [-- options] [NAME …]

Installs servers for tests and peers for benchmarks into ${'${SMARTANT_CACHE:-~/.cache/smartant}'}; what is there already is left alone.
Names: ${goTools.map(({ name }) => name).join(', ')}, chromium, compose-schema, hosts, jaeger, jenkins, kafka, kubernetes-schemas, mesh, opensearch, postgres, postgres-tools, prometheus-tools, rescue, source-machine
(default: all but rescue and source-machine, which are for machines that really start, jaeger and mesh, which are long in building, and rclone and mc, which are
peers for benchmarks)

Options
  --budget-minutes N   stop building after N minutes; what did not fit is named
  --list               say what is there, and install nothing
  --if-missing         say nothing of what is there
`;

const cache = process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant');
const bin = join(cache, 'bin');
const versionsFile = join(bin, '.versions.json');
const say = (line) => console.log(line);

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

function readVersions() {
  try {
    return JSON.parse(readFileSync(versionsFile, 'utf8'));
  } catch {
    return {};
  }
}

/** A program without a recorded version was put there by hand: that is respected. */
const isThere = ({ name, version }) => isExecutable(join(bin, name)) && (readVersions()[name] ?? version) === version;

/** Runs a command with a sign of life every 20 s; resolves with its status, or 'late' when it had to be ended at the deadline. */
async function runWithSigns(name, command, args, { deadlineMs, env }) {
  const startedMs = Date.now();
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env, detached: true });
  // Builds are in nobody's way.
  if (child.pid) setPriority(child.pid, 10);
  const sign = setInterval(() => console.log(`${name}: still at it (${Math.round((Date.now() - startedMs) / 1000)} s)`), 20_000);
  let late = false;
  const end = setTimeout(
    () => {
      late = true;
      process.kill(-child.pid, 'SIGTERM');
    },
    Math.min(deadlineMs - Date.now(), 2 ** 31 - 1),
  );
  const status = await new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
  clearInterval(sign);
  clearTimeout(end);
  return late ? 'late' : status;
}

async function installGoTool(tool, deadlineMs) {
  if (isThere(tool)) return 'there';
  const missing = whyNoGo();
  if (missing) return `skipped: ${missing}`;
  console.log(`${tool.name}: building ${tool.version} (about ${tool.minutes} min with a cold cache; for ${tool.use})`);
  mkdirSync(bin, { recursive: true });
  const work = makeWorkFolder(cache, tool.name);
  const env = { ...process.env, GOBIN: work, GOFLAGS: '-mod=mod -buildvcs=false' };
  const status = await runWithSigns(tool.name, 'go', ['install', '-ldflags=-s -w', `${tool.module}@${tool.version}`], { deadlineMs, env });
  try {
    if (status === 'late') return 'skipped: the time budget ran out (a next run goes on from the build cache)';
    if (status !== 0) return `failed: go install ended with status ${status}`;
    renameSync(join(work, readdirSync(work)[0]), join(bin, tool.name));
    writeFileSync(versionsFile, JSON.stringify({ ...readVersions(), [tool.name]: tool.version }, null, 2));
    return 'installed';
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function installKafka(deadlineMs) {
  const status = await runWithSigns('kafka', process.execPath, [join(import.meta.dirname, 'kafka.mjs')], { deadlineMs, env: process.env });
  if (status === 'late') return 'skipped: the time budget ran out';
  if (status === 2) return 'skipped: it needs java and mvn';
  return status === 0 ? 'there' : `failed: status ${status}`;
}

async function installJaeger(deadlineMs) {
  if (jaegerIsThere(cache)) return 'there';
  say('jaeger: building (about 5 min with a cold cache; for the suite of traces)');
  const status = await runWithSigns('jaeger', process.execPath, [join(import.meta.dirname, 'jaeger.mjs')], {
    deadlineMs,
    env: process.env,
  });
  if (status === 'late') return 'skipped: the time budget ran out (a next run goes on from the build cache)';
  if (status === 2) return `skipped: ${whyNoGo()}`;
  return status === 0 ? 'installed' : `failed: status ${status}`;
}

async function installOpensearch(deadlineMs) {
  if (opensearchIsThere(cache)) return 'there';
  const status = await runWithSigns('opensearch', process.execPath, [join(import.meta.dirname, 'opensearch.mjs')], {
    deadlineMs,
    env: process.env,
  });
  if (status === 'late') return 'skipped: the time budget ran out';
  if (status === 2) return 'skipped: it needs java and mvn';
  return status === 0 ? 'installed' : `failed: status ${status}`;
}

async function installMesh(deadlineMs) {
  const there = meshIsThere(cache);
  if (!there) say('mesh: building Istio, an API server and etcd (about 15 min with a cold cache; for npm run test:mesh)');
  const status = await runWithSigns('mesh', process.execPath, [join(import.meta.dirname, 'mesh.mjs')], { deadlineMs, env: process.env });
  if (status === 'late') return 'skipped: the time budget ran out (a next run goes on from the build cache)';
  if (status === 2) return `skipped: ${whyNoGo()}`;
  if (status !== 0) return `failed: status ${status}`;
  return there ? 'there' : 'installed';
}

/** What starts machines, and what the rescue system and the boot suite's machines are made with. */
const MACHINE_PACKAGES = ['qemu-system-x86', 'qemu-utils', 'ovmf', 'mmdebstrap', 'cpio', 'zstd', 'kmod'];

async function installRescue() {
  const installed = installPackages(MACHINE_PACKAGES, say);
  if (!packagesAreThere(MACHINE_PACKAGES)) return installed;
  const there = rescueIsThere(cache);
  if (!there && process.getuid?.() !== 0) return 'skipped: the rescue system is made by root alone (device files and foreign owners)';
  if (!there) await buildRescue(cache, say);
  linkNewest(cache, 'rescue', rescueFolder(cache));
  return there ? installed : 'installed';
}

function installSourceMachine() {
  if (sourceRootIsThere(cache)) {
    linkNewest(cache, 'source-root.tar', sourceRootPath(cache));
    return 'there';
  }
  const installed = installPackages(['mmdebstrap'], say);
  if (!packagesAreThere(['mmdebstrap'])) return installed;
  if (process.getuid?.() !== 0) return 'skipped: a Debian machine is made by root alone (device files and foreign owners)';
  buildSourceRoot(cache, say);
  linkNewest(cache, 'source-root.tar', sourceRootPath(cache));
  return 'installed';
}

function chooseJobs(names) {
  const jobs = [
    ...goTools.map((tool) => ({
      name: tool.name,
      byName: tool.byName,
      isThere: () => isThere(tool),
      install: (deadlineMs) => installGoTool(tool, deadlineMs),
    })),
  ];
  // Kafka is a download of a minute or two: before helm, after the servers that the contract tests want.
  const kafkaLib = () => {
    try {
      return readdirSync(cache).some((entry) => /^kafka-[\d.]+$/.test(entry));
    } catch {
      return false;
    }
  };
  jobs.splice(3, 0, { name: 'kafka', isThere: kafkaLib, install: installKafka });
  jobs.splice(4, 0, { name: 'opensearch', isThere: () => opensearchIsThere(cache), install: installOpensearch });
  jobs.push({ name: 'jaeger', byName: true, isThere: () => jaegerIsThere(cache), install: installJaeger });
  jobs.push({ name: 'mesh', byName: true, isThere: () => meshIsThere(cache), install: installMesh });
  // Downloads of seconds: first of all.
  jobs.unshift(
    { name: 'rescue', byName: true, isThere: () => packagesAreThere(MACHINE_PACKAGES) && rescueIsThere(cache), install: installRescue },
    { name: 'source-machine', byName: true, isThere: () => sourceRootIsThere(cache), install: async () => installSourceMachine() },
    { name: 'postgres-tools', isThere: toolsAreThere, install: () => installTools(say) },
    { name: 'prometheus-tools', isThere: () => prometheusToolsAreThere(cache), install: async () => installPrometheusTools(cache, say) },
    { name: 'kubernetes-schemas', isThere: schemasAreThere, install: () => installSchemas(say) },
    { name: 'chromium', isThere: chromiumIsThere, install: async () => installChromium(say) },
    { name: 'compose-schema', isThere: composeSchemaIsThere, install: () => installComposeSchema(say) },
    { name: 'jenkins', isThere: () => jenkinsIsThere(cache), install: () => installJenkins(cache, say) },
    { name: 'hosts', isThere: () => hostsAreThere(cache), install: async () => installHosts(cache, say) },
    { name: 'postgres', isThere: serversAreThere, install: async () => (await installServers(say)).join(', ') },
  );
  const unknown = names.filter((name) => !jobs.some((job) => job.name === name));
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}`);
  return names.length === 0 ? jobs.filter(({ byName }) => !byName) : jobs.filter(({ name }) => names.includes(name));
}

async function main() {
  let options;
  let jobs;
  try {
    options = parseArgs({
      allowPositionals: true,
      options: {
        'budget-minutes': { type: 'string' },
        list: { type: 'boolean' },
        'if-missing': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const budget = options.values['budget-minutes'];
    if (budget !== undefined && !(Number(budget) > 0)) throw new Error('--budget-minutes takes a number above 0');
    jobs = chooseJobs(options.positionals);
  } catch (error) {
    console.error(`error: ${error.message}\n\n${usage}`);
    return 2;
  }
  if (options.values.help) return void console.log(usage) ?? 0;
  if (options.values.list) {
    for (const { name, isThere: there } of jobs) console.log(`${name}: ${there() ? 'there' : 'missing'}`);
    return 0;
  }
  const deadlineMs = Date.now() + Number(options.values['budget-minutes'] ?? 24 * 60) * 60_000;
  const results = [];
  for (const { name, install } of jobs) {
    const result =
      Date.now() < deadlineMs ? await install(deadlineMs).catch((error) => `failed: ${error.message}`) : 'skipped: the time budget ran out';
    results.push([name, result]);
    if (!options.values['if-missing'] || result !== 'there') console.log(`${name}: ${result}`);
  }
  for (const [name, result] of results)
    if (result.startsWith('skipped')) console.log(`SKIPPED: ${name}: ${result.slice('skipped: '.length)}`);
  return results.some(([, result]) => result.startsWith('failed')) ? 1 : 0;
}

process.exitCode = await main();
