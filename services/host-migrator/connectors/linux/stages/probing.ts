import { toSmartantError } from '@smartant/kernel';
import type { SshLocation } from '@smartant/connectors';
import type { Finding } from '@smartant/runs';
import type { HostEndpoint, HostEngine } from '../../../application/ports/host-engine';
import type { HostScope } from '../../../domain/host-scope';
import type { HostLayout } from '../../../domain/layout';
import { discoverHost } from '../inventory/discover-host';
import { readInventory } from '../inventory/read-inventory';
import { blockFindings, estimateChunks } from '../precheck/block-findings';
import { precheckHosts, type HostPair, type HostPrecheck } from '../precheck/precheck-hosts';
import { confirmationFindings } from '../precheck/target-findings';
import { readRescueFiles } from '../rescue/rescue-files';
import { judgeTakeover, readTakeoverFacts } from '../rescue/takeover-facts';
import { isRescue } from '../rescue/take-over';
import { openHostSession, type HostSession } from '../session/host-session';
import { chooseLayout, disksToUse } from './choose-layout';
import type { EngineSettings } from './engine-settings';
import { imageFindings, rescueFindings, roomFindings } from './image-findings';
import { blocker, note } from './precheck-finding';
import { isImage } from './target-system';

const silent = () => undefined;

async function withSession<T>(
  endpoint: HostEndpoint,
  { guard }: EngineSettings,
  host: 'source' | 'target',
  work: (session: HostSession) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const session = await openHostSession(endpoint, { guard, transcript: silent, host }, signal);
  try {
    return await work(session);
  } finally {
    session.close();
  }
}

/** Signs in and looks what is there. Raises what a session does; of an image, what its file says. */
export async function probePlace(endpoint: HostEndpoint, settings: EngineSettings, signal: AbortSignal): ReturnType<HostEngine['probe']> {
  if (isImage(endpoint)) {
    const startedMs = performance.now();
    const findings = await imageFindings(endpoint, settings, signal);
    return { abilities: ['image', endpoint.location.format], findings, roundTripMs: Math.round(performance.now() - startedMs) };
  }
  return withSession(
    endpoint,
    settings,
    'source',
    async (session) => {
      const startedMs = performance.now();
      await session.run(['true'], { signal, root: false });
      const roundTripMs = Math.round(performance.now() - startedMs);
      const { inventory, facts } = await readInventory(session, signal);
      const rescue = await isRescue(session, signal);
      const abilities = [rescue ? 'rescue' : inventory.os.id || 'linux', inventory.boot.mode, ...(facts.userId === 0 ? ['root'] : [])];
      return { abilities, findings: [], roundTripMs };
    },
    signal,
  );
}

export async function discoverPlace(
  endpoint: HostEndpoint,
  path: string,
  page: Parameters<HostEngine['discover']>[2],
  settings: EngineSettings,
  signal: AbortSignal,
): ReturnType<HostEngine['discover']> {
  if (isImage(endpoint)) return { items: [], nextPageToken: '' };
  return withSession(endpoint, settings, 'source', (session) => discoverHost(session, path, page, signal), signal);
}

interface Pair {
  source: HostEndpoint;
  target: HostEndpoint;
  scope: HostScope;
}

/** Both machines, the layout that they would get, and what this machine needs for it. */
export async function precheckMigration(pair: Pair, settings: EngineSettings, signal: AbortSignal): ReturnType<HostEngine['precheck']> {
  const { sessions, refused } = await signIn(pair, settings, signal);
  try {
    if (sessions) return await judge(pair, settings, sessions, signal);
    return { findings: refused, inventory: null, layout: null, estimate: { files: 0, bytes: 0 } };
  } finally {
    sessions?.source.close();
    sessions?.target?.session.close();
  }
}

/** Signs in to both machines. What either of them refuses is told at once, each with its side. */
async function signIn(
  { source, target }: Pair,
  { guard }: EngineSettings,
  signal: AbortSignal,
): Promise<{ sessions: HostPair | null; refused: Finding[] }> {
  const open = async (endpoint: HostEndpoint, host: 'source' | 'target') => {
    const session = await openHostSession(endpoint, { guard, transcript: silent, host }, signal);
    try {
      // Whether it lets us become root.
      await session.run(['true'], { signal });
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  };
  const [from, to] = await Promise.allSettled([open(source, 'source'), isImage(target) ? null : open(target, 'target')]);
  if (from.status === 'fulfilled' && to.status === 'fulfilled') {
    const machine = to.value && { session: to.value, location: target.location as SshLocation };
    return { sessions: { source: from.value, target: machine }, refused: [] };
  }
  for (const end of [from, to]) if (end.status === 'fulfilled') end.value?.close();
  signal.throwIfAborted();
  const refusals = [from, to].map((end, at) =>
    end.status === 'rejected' ? [blocker(toSmartantError(end.reason), at === 0 ? 'source' : 'target')] : [],
  );
  return { sessions: null, refused: refusals.flat() };
}

async function judge(of: Pair, settings: EngineSettings, sessions: HostPair, signal: AbortSignal): ReturnType<HostEngine['precheck']> {
  const found = await precheckHosts(sessions, of.scope, signal);
  const { inventory } = found.source;
  const estimate = of.scope.engine === 'blocks' ? estimateChunks(inventory, of.scope) : found.estimate;
  const machine = isImage(of.target)
    ? [
        ...(await imageFindings(of.target, settings, signal)),
        ...(await rescueFindings(settings)),
        ...(await roomFindings(of.target.location, estimate.bytes)),
      ]
    : await takeoverFindings(of, settings, sessions, signal);
  const { layout, findings } = layoutFindings(of, found);
  const rescue = of.scope.takeOverTarget ? null : (sessions.target?.session ?? null);
  const used = new Set(layout?.disks.map(({ disk }) => disk));
  const targetDisks = (found.target?.inventory.disks ?? []).filter(({ serial, path }) => used.has(serial || path)).map(({ path }) => path);
  const blocks = await blockFindings({ scope: of.scope, source: sessions.source, target: rescue, targetDisks, inventory }, signal);
  return {
    findings: [...blocks, ...found.findings, ...machine, ...findings],
    inventory,
    layout,
    estimate,
  };
}

function layoutFindings({ target, scope }: Pair, found: HostPrecheck): { layout: HostLayout | null; findings: Finding[] } {
  if (scope.targetDirectory !== '') return { layout: null, findings: [] };
  const disks = (found.target?.inventory.disks ?? []).filter(({ readOnly }) => !readOnly);
  try {
    const { layout, notes } = chooseLayout(
      scope.layout,
      found.source.inventory,
      isImage(target) ? 'image' : disksToUse(disks, scope),
      scope,
    );
    const told = notes.map((message) => note('HOST_LAYOUT', message));
    return { layout, findings: [...told, ...confirmationFindings(layout, disks, scope.confirmedDisks)] };
  } catch (error) {
    return { layout: null, findings: [blocker(toSmartantError(error))] };
  }
}

async function takeoverFindings({ scope }: Pair, settings: EngineSettings, { target }: HostPair, signal: AbortSignal): Promise<Finding[]> {
  if (!scope.takeOverTarget || !target || (await isRescue(target.session, signal))) return [];
  try {
    return judgeTakeover(await readTakeoverFacts(target.session, signal), await readRescueFiles(settings.rescueFolder));
  } catch (error) {
    signal.throwIfAborted();
    return [blocker(toSmartantError(error))];
  }
}
