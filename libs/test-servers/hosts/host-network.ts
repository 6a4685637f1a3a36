import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** A cable from this machine to a host. */
export interface HostNetwork {
  /** Of the host. */
  address: string;
  /** Of this machine, as the host sees it. */
  gateway: string;
  /** The interface at this machine's end. */
  device: string;
}

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });

/** Chooses a network of four addresses in 10.200.0.0/14. Whoever took the same one before has the interface's name too, and `connect` fails. */
export function chooseNetwork(): HostNetwork {
  const number = randomInt(1, 65_535);
  const base = (10 << 24) + (200 << 16) + number * 4;
  const written = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
  return { gateway: written(base + 1), address: written(base + 2), device: `sah${number.toString(16)}` };
}

/** Puts the cable between us and the network namespace of a process. It goes away with that namespace. */
export function connectHost({ device, gateway }: HostNetwork, pid: number): void {
  ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid));
  ip('address', 'add', `${gateway}/30`, 'dev', device);
  ip('link', 'set', device, 'up');
  // Hosts reach one another through us.
  const forwarding = '/proc/sys/net/ipv4/ip_forward';
  if (readFileSync(forwarding, 'utf8').trim() !== '1') writeFileSync(forwarding, '1');
}

/** Pulls the cable, or puts it back: packets are lost, and nobody is told. */
export function setCable({ device }: HostNetwork, state: 'up' | 'down'): void {
  ip('link', 'set', device, state);
}
