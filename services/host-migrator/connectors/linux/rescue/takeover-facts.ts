import type { HostInventory } from '../../../domain/inventory';
import type { Finding } from '@smartant/runs';
import type { HostSession } from '../session/host-session';
import type { RescueFiles } from './rescue-files';
import type { RescueInterface } from './rescue-seed';

/** What decides whether a machine can be taken over, as its kernel tells it. */
export interface TakeoverFacts {
  architecture: string;
  /** Null: the kernel was built without kexec, or this is no machine of its own (a container). */
  kexecLoaded: string | null;
  kexecDisabled: boolean;
  /** "none", "integrity", "confidentiality". */
  lockdown: string;
  secureBoot: boolean;
  memoryBytes: number;
  availableBytes: number;
  /** The interface that this session came in by, which the rescue system has to answer at; else that of the default route. Empty: neither is known. */
  routeInterface: string;
  /** Whether that is a network card itself, not a bond, bridge or VLAN on top of one. */
  routeIsCard: boolean;
}

const MIB = 1024 * 1024;
/** The rescue system's files in memory, its programs at work, and the caches of what is written. */
const WORKING_BYTES = 512 * MIB;

const READ = `cat_or() { cat "$1" 2>/dev/null || echo "$2"; }
uname -m
cat_or /sys/kernel/kexec_loaded -
cat_or /proc/sys/kernel/kexec_load_disabled 0
cat_or /sys/kernel/security/lockdown '[none]' | sed 's/.*\\[\\(.*\\)\\].*/\\1/'
od -An -t u1 /sys/firmware/efi/efivars/SecureBoot-* 2>/dev/null | awk '{ s = $NF } END { print s + 0 }'
awk '/^MemTotal:/ { print $2 * 1024 }' /proc/meminfo
awk '/^MemAvailable:/ { print $2 * 1024 }' /proc/meminfo
route=$(ip -o addr show 2>/dev/null | awk -v at="$1" '{ split($4, a, "/"); if (a[1] == at) { sub(/@.*/, "", $2); print $2; exit } }')
[ -n "$route" ] || route=$(awk '$2 == "00000000" { print $1; exit }' /proc/net/route)
echo "$route"
[ -e "/sys/class/net/$route/device" ] && echo 1 || echo 0`;

export async function readTakeoverFacts(session: HostSession, signal: AbortSignal): Promise<TakeoverFacts> {
  // As sshd tells it to the user who signed in; sudo may not pass it on. A machine that is reached from its own network needs no default route.
  const came = await session.run(['sh', '-c', 'echo "${SSH_CONNECTION:-}"'], { signal, root: false });
  const address = came.stdout.toString('utf8').trim().split(' ')[2] ?? '';
  const { stdout } = await session.run(['sh', '-c', READ, 'sh', address], { signal });
  const [
    architecture = '',
    loaded = '-',
    disabled = '0',
    lockdown = 'none',
    secureBoot = '0',
    memory = '0',
    available = '0',
    routeInterface = '',
    card = '0',
  ] = stdout.toString('utf8').split('\n');
  return {
    architecture,
    kexecLoaded: loaded === '-' ? null : loaded,
    kexecDisabled: disabled === '1',
    lockdown,
    secureBoot: secureBoot === '1',
    memoryBytes: Number(memory),
    availableBytes: Number(available),
    routeInterface,
    routeIsCard: card === '1',
  };
}

/** Why a machine cannot be taken over; empty: it can. Each is a blocker. */
export function judgeTakeover(facts: TakeoverFacts, files: Pick<RescueFiles, 'bytes'>): Finding[] {
  const findings: Finding[] = [];
  const block = (code: string, message: string, hint: string) =>
    findings.push({ severity: 'blocker', code, message, hint, subject: 'target' });
  const boot = 'Boot the target into a rescue system by its console or its provider instead.';
  if (facts.architecture !== 'x86_64')
    block('HOST_TAKEOVER_ARCHITECTURE', `The target is ${facts.architecture}; our rescue system is for x86_64.`, boot);
  if (facts.kexecLoaded === null)
    block('HOST_KEXEC_MISSING', 'The kernel of the target cannot start another one (no kexec), or it is a container.', boot);
  if (facts.kexecDisabled) {
    block(
      'HOST_KEXEC_DISABLED',
      'kexec is switched off at the target until its next start.',
      `Take kernel.kexec_load_disabled out of its sysctl settings and restart it. ${boot}`,
    );
  }
  if (facts.secureBoot || facts.lockdown !== 'none') {
    const why = facts.secureBoot ? 'Secure Boot is on' : `its kernel is locked down (${facts.lockdown})`;
    block('HOST_KEXEC_LOCKED', `The target starts signed kernels alone: ${why}.`, `Switch Secure Boot off in its firmware. ${boot}`);
  }
  const fileBytes = files.bytes.kernel + files.bytes.initramfs;
  if (facts.memoryBytes < fileBytes + WORKING_BYTES || facts.availableBytes < 2 * fileBytes + 32 * MIB) {
    const needed = Math.ceil((fileBytes + WORKING_BYTES) / MIB);
    block(
      'HOST_TAKEOVER_MEMORY',
      `The target has ${Math.floor(facts.memoryBytes / MIB)} MiB of memory, of which ${Math.floor(facts.availableBytes / MIB)} are free.`,
      `It needs ${needed} MiB, and ${Math.ceil((2 * fileBytes) / MIB) + 32} of them free: stop services, or give it more.`,
    );
  }
  if (facts.routeInterface === '' || !facts.routeIsCard) {
    block(
      'HOST_TAKEOVER_NETWORK',
      `The target is reached by ${facts.routeInterface || 'an interface that is not known'}, which is no network card by itself.`,
      boot,
    );
  }
  return findings;
}

/** The target's network as the rescue system sets it up: what was static stays, what came by DHCP is asked for again. */
export function rescueNetwork({ interfaces }: Pick<HostInventory, 'interfaces'>): RescueInterface[] {
  return interfaces
    .filter(({ mac, addresses, up, name }) => mac !== '' && name !== 'lo' && up && addresses.length > 0)
    .map(({ mac, addresses, gateways, nameServers, dhcp }) => ({
      mac: mac.toLowerCase(),
      mode: dhcp ? ('dhcp' as const) : ('static' as const),
      // A link-local address is the kernel's to make.
      addresses: addresses.filter((address) => !/^fe80:/i.test(address)),
      gateways: gateways.filter((gateway) => !/^fe80:/i.test(gateway)),
      nameServers: nameServers.filter((server) => !server.startsWith('127.')),
    }));
}
