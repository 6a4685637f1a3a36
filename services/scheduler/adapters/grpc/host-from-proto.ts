import { isNetworkCard } from '@smartant/connectors';
import type { migratorV1 } from '@smartant/contracts';
import { z } from 'zod';
import type { TranscriptEntry } from '../../application/use-cases';
import type { HostLayout } from '../../domain/migration/host-scope';
import type { BootProof, HostSummary } from '../../domain/migration/host-state';
import type { PrecheckOutcome } from '../../domain/migration/run-state';

export function bootFromProto({ answeredAfterMs, probes, actions, startedAt, console }: migratorV1.BootProof): BootProof {
  return {
    startedAt,
    answeredAfterMs: answeredAfterMs ?? null,
    probes: probes.map(({ probe, passed, detail }) => ({ probe, passed, detail })),
    actions: actions.map(({ name, passed, exitCode, output }) => ({ name, passed, exitCode: exitCode ?? null, output })),
    console,
  };
}

export function transcriptFromProto(entry: migratorV1.TranscriptEntry): TranscriptEntry {
  const { id, runId, host, command, startedAt, durationMs, exitCode, stderr } = entry;
  return { id, runId, host: host === 'target' ? 'target' : 'source', command, startedAt, durationMs, exitCode: exitCode ?? null, stderr };
}

/** What of an inventory is kept with a migration. */
const summarized = z
  .object({
    hostname: z.string(),
    os: z.object({ prettyName: z.string() }),
    kernel: z.object({ release: z.string(), architecture: z.string() }),
    boot: z.object({ mode: z.enum(['bios', 'uefi']) }),
    hardware: z.object({ cpus: z.number(), memoryBytes: z.number() }),
    disks: z.array(z.object({ path: z.string(), serial: z.string(), sizeBytes: z.number() })),
    fileSystems: z.array(
      z.object({ mount: z.string(), type: z.string(), sizeBytes: z.number(), usedBytes: z.number(), files: z.number() }),
    ),
    interfaces: z.array(
      z.object({ name: z.string(), mac: z.string().default(''), driver: z.string().default(''), addresses: z.array(z.string()) }),
    ),
    databases: z.array(z.object({ product: z.string(), version: z.string() })),
  })
  .transform(({ hostname, os, kernel, boot, hardware, disks, fileSystems, interfaces, databases }): HostSummary => ({
    hostname,
    os: os.prettyName,
    kernel: kernel.release,
    architecture: kernel.architecture,
    boot: boot.mode,
    cpus: hardware.cpus,
    memoryBytes: hardware.memoryBytes,
    disks: disks.slice(0, MOST),
    fileSystems: fileSystems.slice(0, MOST),
    interfaces: interfaces.slice(0, MOST).map((own) => ({ name: own.name, addresses: own.addresses, isCard: isNetworkCard(own) })),
    databases: databases.slice(0, MOST).map(({ product, version }) => `${product} ${version}`.trim()),
  }));

/** A migration's state is rewritten each second while it runs: of a machine with a thousand mounts it holds the first ones. */
const MOST = 64;

/** What only hosts bring of a precheck. A migrator of another version may tell of a machine in a manner that cannot be summarized. */
export function hostPrecheckFromProto({
  inventory,
  layout,
}: Pick<migratorV1.PrecheckResponse, 'inventory' | 'layout'>): Pick<PrecheckOutcome, 'inventory' | 'summary' | 'layout'> {
  return {
    inventory: inventory ?? null,
    summary: summarized.safeParse(inventory).data ?? null,
    layout: (layout as HostLayout | undefined) ?? null,
  };
}
