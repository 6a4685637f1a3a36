import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { repositoryRoot } from './install.mjs';
import { commandOf } from './process-identity.mjs';
import { portSettings } from './settings.mjs';
import { StartError } from './start-error.mjs';

const isFree = (port) =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });

/** The process that listens on a port, as far as this user may see (Linux only). */
export function findHolder(port) {
  try {
    const hex = port.toString(16).toUpperCase().padStart(4, '0');
    const inodes = ['/proc/net/tcp', '/proc/net/tcp6']
      .flatMap((table) => readFileSync(table, 'utf8').split('\n').slice(1))
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === '0A')
      .map((fields) => `socket:[${fields[9]}]`);
    const pid = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && holdsSocket(entry, inodes));
    if (!pid) return undefined;
    return `process ${pid} (${commandOf(pid).replaceAll(`${repositoryRoot}/`, '').slice(0, 120)})`;
  } catch {
    return undefined;
  }
}

function holdsSocket(pid, inodes) {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return inodes.includes(readlinkSync(`/proc/${pid}/fd/${fd}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

/** Fails before anything is started when a port is taken; names every one of them. */
export async function checkPorts(ports) {
  const taken = [];
  for (const [name, port] of Object.entries(ports)) if (!(await isFree(port))) taken.push({ ...portSettings[name], port });
  if (taken.length === 0) return;
  const byHolder = Map.groupBy(taken, ({ port }) => findHolder(port) ?? 'another process');
  const said = [...byHolder].map(([holder, held]) => {
    const names = held.map(({ port, purpose }) => `${port} (${purpose})`);
    return `${names.length > 1 ? 'ports' : 'port'} ${names.join(', ')} ${names.length > 1 ? 'are' : 'is'} held by ${holder}`;
  });
  throw new StartError(
    'START_PORT_IN_USE',
    `${said.join('; ')}.`,
    `Stop it, or choose another port, for example ${taken[0].variable}=${taken[0].port + 1000} npm start`,
  );
}
