import type { HostInventory } from '../../../domain/inventory';
import type { HostLayout } from '../../../domain/layout';
import { fingerprintOf } from '../rescue/rescue-seed';
import type { HostSession } from '../session/host-session';
import type { BootFacts, BootWishes } from './boot-facts';
import { withEdits, type Edit } from './edits';
import { readKernelFacts, readLoaderFacts } from './loader-facts';
import { restoreOriginals, saveOriginals } from './originals';
import { planCommandLine } from './plan-command-line';
import { planFstab } from './plan-fstab';
import { planIdentity } from './plan-identity';
import { planInitramfs } from './plan-initramfs';
import { planLoader, type Step } from './plan-loader';
import { planNetwork } from './plan-network';
import { readTree } from './read-tree';

export interface ConversionOrder {
  inventory: HostInventory;
  layout: HostLayout;
  wishes: BootWishes;
  /** Where the clone is mounted in the rescue system. */
  root: string;
  /** The disk that it starts from, as the rescue system names it. */
  bootDevice: string;
  targetMacs: readonly string[];
  labelsKept: boolean;
  /** Drivers that its initramfs must have. */
  drivers: readonly string[];
  /** Of a target's own disks: what is changed is kept beside, so that it can be put back. An image's clone needs none. */
  keepOriginals: boolean;
}

export interface Conversion {
  edits: { path: string; kind: Edit['kind']; why: string }[];
  steps: { command: string; why: string }[];
  /** What the clone will show of itself, as OpenSSH names keys: "SHA256:…". */
  hostKeys: string[];
}

const STEP_MS = 30 * 60_000;

/**
 * Makes a copy of the source start at the target: its filesystems, loader, drivers, network and identity. Whoever calls it again after a
 * crash begins from what was synced: an image from a new clone, a disk from its originals.
 */
export async function convert(session: HostSession, order: ConversionOrder, signal: AbortSignal): Promise<Conversion> {
  const { root } = order;
  if (order.keepOriginals) await restoreOriginals(session, root, signal);
  const facts: BootFacts = { ...order, files: await readTree(session, root, signal) };
  const edits = planEdits(facts);
  const release = await enterClone(session, root, signal);
  try {
    const loader = await readLoaderFacts(session, root, signal);
    const kernels = await readKernelFacts(session, root, loader.programs, signal);
    const initramfs = planInitramfs(kernels, loader, order.drivers);
    const all = [...edits, ...initramfs.edits];
    const steps = [...initramfs.steps, ...planLoader(facts, loader, order.bootDevice)];
    if (order.keepOriginals) {
      const made = kernels.filter(({ release: own }) => initramfs.steps.some(({ argv }) => argv.includes(own)));
      await saveOriginals(session, root, [...all.map(({ path }) => path), ...made.map((kernel) => kernel.initramfs), '/etc/ssh'], signal);
    }
    for (const edit of all) await applyEdit(session, root, edit, signal);
    if (order.wishes.sshHostKeys === 'new') steps.unshift(...newHostKeys());
    for (const step of steps) await runStep(session, root, step, signal);
    return {
      edits: all.map(({ path, kind, why }) => ({ path, kind, why })),
      steps: steps.map(({ argv, why }) => ({ command: argv.join(' '), why })),
      hostKeys: await readHostKeys(session, root, signal),
    };
  } finally {
    await release();
  }
}

/** Puts a target's own disks back to what was synced, before a next round or after a cutover that failed. */
export async function unconvert(session: HostSession, root: string, signal: AbortSignal): Promise<void> {
  await restoreOriginals(session, root, signal);
}

async function readHostKeys(session: HostSession, root: string, signal: AbortSignal): Promise<string[]> {
  const { stdout } = await session.run(['sh', '-c', 'cat "$1"/etc/ssh/ssh_host_*_key.pub 2>/dev/null; true', 'sh', root], { signal });
  return stdout.toString('utf8').split('\n').filter(Boolean).map(fingerprintOf);
}

/** Each planner sees what those before it have changed. */
export function planEdits(facts: BootFacts): Edit[] {
  let { files } = facts;
  const edits: Edit[] = [];
  for (const plan of [planFstab, planCommandLine, planNetwork, planIdentity]) {
    const own = plan({ ...facts, files });
    edits.push(...own);
    files = withEdits(files, own);
  }
  return edits;
}

function newHostKeys(): Step[] {
  const why = 'the machine has host keys of its own';
  return [
    { argv: ['sh', '-c', 'rm -f /etc/ssh/ssh_host_*'], where: 'clone', why },
    { argv: ['ssh-keygen', '-A'], where: 'clone', why },
  ];
}

/** Replaced in one step, so that no crash leaves half a file; mode, owner and labels stay those of the file that was there. */
const WRITE = `set -e
mkdir -p "$(dirname "$1")"
cat >"$1.smartant-new"
if [ -f "$1" ]; then chmod --reference="$1" "$1.smartant-new"; chown --reference="$1" "$1.smartant-new"; else chmod "$2" "$1.smartant-new"; fi
label=$(getfattr --absolute-names --only-values -n security.selinux "$1" 2>/dev/null | tr -d '\\0') || true
[ -z "$label" ] || setfattr -n security.selinux -v "$label" "$1.smartant-new" || true
mv -f "$1.smartant-new" "$1"`;

async function applyEdit(session: HostSession, root: string, edit: Edit, signal: AbortSignal): Promise<void> {
  const path = `${root}${edit.path}`;
  if (edit.kind === 'remove') await session.run(['rm', '-f', path], { signal });
  else if (edit.kind === 'link') {
    await session.run(['mkdir', '-p', path.slice(0, path.lastIndexOf('/'))], { signal });
    await session.run(['ln', '-sfn', edit.target, path], { signal });
  } else await session.run(['sh', '-c', WRITE, 'sh', path, edit.mode.toString(8)], { signal, stdin: edit.content });
}

async function runStep(session: HostSession, root: string, { argv, where }: Step, signal: AbortSignal): Promise<void> {
  const resolved = argv.map((word) => word.replaceAll('{root}', root));
  const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive' };
  await session.run(where === 'clone' ? ['chroot', root, ...resolved] : resolved, { signal, timeoutMs: STEP_MS, environment });
}

const BOUND = ['dev', 'proc', 'sys', 'run'] as const;

/** Shows the clone devices and processes, as programs in it expect. Returns what takes them away again. */
async function enterClone(session: HostSession, root: string, signal: AbortSignal): Promise<() => Promise<void>> {
  const leave = async () => {
    for (const name of [...BOUND].reverse()) {
      await session.run(['umount', '--recursive', '--lazy', `${root}/${name}`], {
        signal: AbortSignal.timeout(60_000),
        okCodes: [0, 1, 32],
      });
    }
  };
  await leave();
  for (const name of BOUND) {
    await session.run(['mkdir', '-p', `${root}/${name}`], { signal });
    await session.run(['mount', '--rbind', '--make-rslave', `/${name}`, `${root}/${name}`], { signal });
  }
  return leave;
}
