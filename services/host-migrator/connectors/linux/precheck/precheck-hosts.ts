import type { Finding } from '@smartant/runs';
import type { SshLocation } from '@smartant/connectors';
import type { HostScope } from '../../../domain/host-scope';
import type { ReadHost } from '../inventory/build-inventory';
import { readInventory } from '../inventory/read-inventory';
import type { HostSession } from '../session/host-session';
import { findDirectPath } from './direct-path';
import { measureBandwidth } from './measure-bandwidth';
import { estimateOf, sourceFindings } from './source-findings';
import { targetFindings } from './target-findings';

export interface HostPair {
  source: HostSession;
  /** Null: the target is an image. */
  target: { session: HostSession; location: SshLocation } | null;
}

export interface HostPrecheck {
  findings: Finding[];
  source: ReadHost;
  target: ReadHost | null;
  estimate: { files: number; bytes: number };
  /** Whether data can go straight from source to target. */
  direct: boolean;
  /** From the source to here. */
  bytesPerSecond: number;
}

/**
 * Everything that a migration needs of both machines, by really asking; leaves nothing behind. What depends on the layout (sizes of disks,
 * confirmations: `confirmationFindings`) is for whoever proposes one.
 */
export async function precheckHosts({ source, target }: HostPair, scope: HostScope, signal: AbortSignal): Promise<HostPrecheck> {
  const [from, to] = await Promise.all([readInventory(source, signal), target ? readInventory(target.session, signal) : null]);
  const findings = [...sourceFindings(from, scope), ...weakFindings(source, 'source')];
  if (target && to) {
    const free = scope.targetDirectory === '' ? null : await freeBytes(target.session, scope.targetDirectory, signal);
    findings.push(...targetFindings(from, to, scope, free), ...weakFindings(target.session, 'target'));
  }
  const direct = await directPath({ source, target }, scope, signal);
  const bytesPerSecond = await measureBandwidth(source, signal);
  findings.push(...(direct ? [direct.finding] : []), bandwidth(bytesPerSecond));
  return {
    findings,
    source: from,
    target: to,
    estimate: estimateOf(from.inventory, scope),
    direct: direct?.reached ?? false,
    bytesPerSecond,
  };
}

async function directPath({ source, target }: HostPair, scope: HostScope, signal: AbortSignal) {
  // Over a bastion its address is one of another network.
  if (!target || scope.direct === 'never' || (target.location.via ?? []).length > 0) return null;
  return findDirectPath(source, target.location, signal);
}

/** Null: there is no such directory. */
async function freeBytes(session: HostSession, directory: string, signal: AbortSignal): Promise<number | null> {
  const argv = ['sh', '-c', '[ -d "$1" ] && df -P -k -- "$1"', 'df', directory];
  const { exitCode, stdout } = await session.run(argv, { signal, okCodes: [0, 1] });
  const row = /\s(\d+)\s+\d+%\s+\/.*$/m.exec(stdout.toString('utf8'));
  return exitCode === 0 && row ? Number(row[1]) * 1024 : null;
}

function weakFindings({ facts: { weakAlgorithms, server } }: HostSession, subject: 'source' | 'target'): Finding[] {
  if (weakAlgorithms.length === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'HOST_SSH_WEAK',
      message: `The SSH server of the ${subject} (${server}) has weak algorithms only: ${weakAlgorithms.join(', ')}.`,
      hint: 'Reach it over a private network or a bastion, or update OpenSSH there.',
      subject,
    },
  ];
}

const bandwidth = (bytesPerSecond: number): Finding => ({
  severity: 'note',
  code: 'HOST_BANDWIDTH',
  message: `One connection to the source carries about ${(bytesPerSecond / 1e6).toFixed(1)} MB/s to here.`,
  hint: 'Data is compressed where that is faster.',
  subject: 'source',
});
