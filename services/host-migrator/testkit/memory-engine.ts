import { createHash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import type { HostEndpoint, HostEngine, HostJob, StageResult } from '../application/ports/host-engine';
import type { BootProof } from '../domain/boot-proof';
import type { HostScope } from '../domain/host-scope';
import { HOST_STAGES, type HostStage } from '../domain/stages';
import type { HostDifference, HostVerification } from '../domain/verification';
import type { MemoryHost } from './memory-host';
import { layoutOf, inventoryOf } from './memory-inventory';

/** Called before each step of a stage, for tests that stop one there or let it fail. */
export type StepHook = (stage: HostStage, step: string, job: HostJob, signal: AbortSignal) => Promise<void> | void;

type Stages = Record<HostStage, (job: HostJob, signal: AbortSignal) => Promise<StageResult>>;

/** Stands in for the engine of Linux hosts and keeps the port's promises: repeatable, fenced by the epoch at the target. */
export class MemoryEngine implements HostEngine {
  hook: StepHook = () => undefined;
  readonly calls: { stage: HostStage; epoch: number }[] = [];

  constructor(private readonly hosts: Map<string, MemoryHost>) {}

  readonly stages: HostEngine['stages'] = Object.fromEntries(
    HOST_STAGES.map((stage) => [stage, (job: HostJob, signal: AbortSignal) => this.stage(stage, job, signal)]),
  ) as unknown as Stages;

  private readonly work: Stages = {
    prepare: async () => ({ findings: [note('LOOKED_AT')] }),
    layout: async (job) => this.layout(job),
    sync: (job, signal) => this.sync(job, signal),
    rehearse: async (job) => ({ boot: this.start(this.ends(job).to, job) }),
    freeze: async (job) => this.freeze(job),
    verify: async (job) => this.verify(job),
    convert: async () => ({}),
    boot: async (job) => this.boot(job),
    reopen: async (job) => this.reopen(job),
    settle: async (job) => this.settle(job),
    release: async (job) => this.release(job),
  };

  async probe(endpoint: HostEndpoint, signal: AbortSignal) {
    await this.signIn(endpoint, signal);
    return { abilities: ['tar', 'zstd'], findings: [], roundTripMs: 1 };
  }

  async discover(endpoint: HostEndpoint, path: string, page: { pageSize: number; pageToken: string }, signal: AbortSignal) {
    const { files } = await this.signIn(endpoint, signal);
    const sizeOf = (within: string) => [...files].reduce((sum, [at, text]) => sum + (at.startsWith(within) ? text.length : 0), 0);
    const kind = path === '' ? 'filesystem' : 'directory';
    const paths = path === '' ? ['/'] : [...new Set([...files.keys()].map((at) => at.split('/').slice(0, 2).join('/')))];
    const rest = paths.filter((at) => at > page.pageToken).sort();
    const items = rest.slice(0, page.pageSize).map((at) => ({ path: at, kind, sizeBytes: sizeOf(at) }));
    return { items, nextPageToken: rest.length > items.length ? (items.at(-1)?.path ?? '') : '' };
  }

  async precheck(source: HostEndpoint, target: HostEndpoint, scope: HostScope, signal: AbortSignal) {
    const [from, to] = [await this.signIn(source, signal), await this.signIn(target, signal)];
    const refused = { ...note('HOST_DISK_NOT_CONFIRMED'), severity: 'blocker' as const };
    return {
      findings: scope.confirmedDisks.length === 0 && !to.isLaidOut ? [refused] : [],
      inventory: inventoryOf(from),
      layout: scope.layout ?? layoutOf(from),
      estimate: { files: from.files.size, bytes: [...from.files.values()].join('').length },
    };
  }

  private async stage(stage: HostStage, job: HostJob, signal: AbortSignal): Promise<StageResult> {
    this.calls.push({ stage, epoch: job.epoch });
    await this.hook(stage, 'begin', job, signal);
    for (const [host, endpoint] of [['source', job.source] as const, ['target', job.target] as const]) {
      await this.signIn(endpoint, signal);
      const command = `true # ${stage}`;
      job.transcript({ host, command, startedAt: new Date().toISOString(), durationMs: 1, exitCode: 0, stderr: '' });
    }
    const result = await this.work[stage](job, signal);
    await this.hook(stage, 'end', job, signal);
    return result;
  }

  private async signIn(endpoint: HostEndpoint, signal: AbortSignal): Promise<MemoryHost> {
    const secret = await endpoint.secret(signal);
    const host = this.of(endpoint);
    host.assertReachable();
    if (secret.kind === 'ssh' && secret.password === host.password) return host;
    throw new SmartantError('HOST_SIGN_IN_FAILED', 'The password is wrong.', { kind: 'forbidden' });
  }

  private of({ location }: HostEndpoint): MemoryHost {
    const name = location.kind === 'ssh' ? location.host : location.path;
    const host = this.hosts.get(name);
    if (!host) throw new SmartantError('HOST_UNREACHABLE', `There is no host "${name}".`, { kind: 'precondition' });
    return host;
  }

  private ends(job: HostJob): { from: MemoryHost; to: MemoryHost } {
    return { from: this.of(job.source), to: this.of(job.target) };
  }

  private layout(job: HostJob): StageResult {
    const { to } = this.ends(job);
    to.keptFor(job.migrationId, job.epoch);
    if (!to.isLaidOut) to.files.clear();
    to.isLaidOut = true;
    return {};
  }

  private async sync(job: HostJob, signal: AbortSignal): Promise<StageResult> {
    const { from, to } = this.ends(job);
    to.keptFor(job.migrationId, job.epoch);
    const excluded = await job.excludedFiles();
    for (const [path, content] of from.files) {
      if (excluded.has(path)) continue;
      const bytes = content.length;
      await job.admit(bytes, signal);
      try {
        await this.hook('sync', path, job, signal);
      } catch (thrown) {
        if (!(thrown instanceof SmartantError) || thrown.retryable) throw thrown;
        await job.quarantine({ unit: path, code: thrown.code, message: thrown.message });
        continue;
      }
      signal.throwIfAborted();
      job.count({ listedFiles: 1, listedBytes: bytes });
      if (to.files.get(path) === content) job.count({ unchangedFiles: 1 });
      else job.count({ copiedFiles: 1, copiedBytes: bytes });
      to.files.set(path, content);
    }
    for (const path of [...to.files.keys()].filter((at) => !from.files.has(at) && !excluded.has(at))) {
      to.files.delete(path);
      job.count({ deletedFiles: 1 });
    }
    const bytes = [...from.files.values()].join('').length;
    return { prediction: { files: 0, bytes: 0, seconds: 1 }, estimate: { files: from.files.size, bytes } };
  }

  private freeze(job: HostJob): StageResult {
    const { from } = this.ends(job);
    for (const service of job.scope.stopServices) from.stopped.add(service);
    return { frozenAt: new Date().toISOString() };
  }

  private async verify(job: HostJob): Promise<StageResult> {
    const { from, to } = this.ends(job);
    const waived = await job.waivedFiles();
    const differences: HostDifference[] = [...new Set([...from.files.keys(), ...to.files.keys()])]
      .filter((path) => from.files.get(path) !== to.files.get(path))
      .map((key) => ({ key, kind: 'content', detail: '', waived: waived.has(key) }));
    job.count({ verifiedFiles: from.files.size, differentFiles: differences.length });
    return { verification: verificationOf(from, to, differences) };
  }

  private boot(job: HostJob): StageResult {
    const { to } = this.ends(job);
    to.keptFor(job.migrationId, job.epoch);
    const boot = this.start(to, job);
    to.isBooted = to.boots;
    return { boot, openedAt: to.boots ? new Date().toISOString() : undefined };
  }

  private start(host: MemoryHost, { scope }: HostJob): BootProof {
    const detail = host.boots ? 'answered' : 'no answer';
    return {
      startedAt: new Date().toISOString(),
      answeredAfterMs: host.boots ? 5 : null,
      probes: scope.probes.map(({ kind }) => ({ probe: kind, passed: host.boots, detail })),
      actions: scope.actions.map(({ name }) => ({ name, passed: host.boots, exitCode: host.boots ? 0 : null, output: '' })),
      console: 'login:',
    };
  }

  private reopen(job: HostJob): StageResult {
    this.ends(job).from.stopped.clear();
    return {};
  }

  private settle(job: HostJob): StageResult {
    if (job.scope.sourceAfter === 'network-off') this.ends(job).from.isCutOff = true;
    return {};
  }

  private release(job: HostJob): StageResult {
    const { from, to } = this.ends(job);
    if (to.kept.has(job.migrationId)) to.keptFor(job.migrationId, job.epoch);
    if (!to.isBooted) from.stopped.clear();
    to.kept.delete(job.migrationId);
    return {};
  }
}

function verificationOf(from: MemoryHost, to: MemoryHost, differences: HostDifference[]): HostVerification {
  const rootOf = (host: MemoryHost) => createHash('sha256').update(JSON.stringify(host.tree())).digest('hex');
  const bytesOf = (host: MemoryHost) => [...host.files.values()].join('').length;
  return {
    level: 'content',
    equal: differences.every(({ waived }) => waived),
    sourceFiles: from.files.size,
    sourceBytes: bytesOf(from),
    targetFiles: to.files.size,
    targetBytes: bytesOf(to),
    sourceRoot: rootOf(from),
    targetRoot: rootOf(to),
    bucketCount: 1,
    differences,
    differenceCount: differences.length,
    waivedCount: differences.filter(({ waived }) => waived).length,
  };
}

function note(code: string) {
  return { severity: 'note' as const, code, message: code, hint: 'none', subject: 'both' as const };
}
