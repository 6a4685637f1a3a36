import { randomBytes } from 'node:crypto';
import type { HostSession } from '../session/host-session';
import { notLinux } from '../session/session-errors';
import { buildInventory, type ReadHost } from './build-inventory';
import { INVENTORY_SCRIPT } from './inventory-script';
import { splitSections } from './sections';

/** Disks that do not answer make it slow; each of its parts has a limit of its own. */
const LIMIT_MS = 180_000;

/** Reads what a host is made of, in one round trip, changing nothing there. Raises HOST_NOT_LINUX, and what the session raises. */
export async function readInventory(session: HostSession, signal: AbortSignal): Promise<ReadHost> {
  const mark = `@@${randomBytes(8).toString('hex')}`;
  const { stdout } = await session.run(['sh', '-c', INVENTORY_SCRIPT, 'inventory', mark], { signal, timeoutMs: LIMIT_MS });
  const sections = splitSections(stdout.toString('utf8'), mark);
  const system = (sections.get('uname')?.text ?? '').split('\n')[0]?.trim() ?? '';
  if (system !== 'Linux') throw notLinux(system);
  return buildInventory(sections, new Date().toISOString());
}
