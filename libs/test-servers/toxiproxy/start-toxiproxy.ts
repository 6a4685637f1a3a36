import { startChildServer } from '../child-server';
import { freePort } from '../guarded-server';
import { provisionedBinary } from '../provisioned-binary';

/** What a proxy does to the bytes that pass. Times in milliseconds, sizes in bytes. */
export type Toxic =
  | { type: 'latency'; attributes: { latency: number; jitter?: number } }
  | { type: 'bandwidth'; attributes: { rate: number } }
  | { type: 'timeout'; attributes: { timeout: number } }
  | { type: 'reset_peer'; attributes: { timeout: number } }
  | { type: 'limit_data'; attributes: { bytes: number } }
  | { type: 'slow_close'; attributes: { delay: number } };

/** A TCP proxy in front of a real server. */
export interface FaultProxy {
  /** "127.0.0.1:port" to connect to. */
  readonly address: string;
  /** Cuts the network: connections drop and new ones are refused. */
  cut(): Promise<void>;
  /** Ends a cut. */
  mend(): Promise<void>;
  /** Adds a toxic; resolves with a function that removes it. */
  addToxic(toxic: Toxic, stream?: 'upstream' | 'downstream'): Promise<() => Promise<void>>;
}

export interface Toxiproxy {
  readonly pid: number;
  /** `upstream`: "host:port" of the real server. */
  createProxy(upstream: string): Promise<FaultProxy>;
  stop(): Promise<void>;
}

/** Why toxiproxy cannot run on this machine, or null when it can: for `describeIf`. */
export function whyNoToxiproxy(): string | null {
  return provisionedBinary('toxiproxy-server') ? null : 'toxiproxy-server is not provisioned on this machine (npm run provision).';
}

/** Starts toxiproxy-server as a child process that dies with its parent. */
export async function startToxiproxy(): Promise<Toxiproxy> {
  const binary = provisionedBinary('toxiproxy-server');
  if (!binary) throw new Error(whyNoToxiproxy() ?? '');
  const port = await freePort();
  const api = `http://127.0.0.1:${port}`;
  const child = await startChildServer({
    name: 'toxiproxy',
    command: binary,
    args: ['-host', '127.0.0.1', '-port', String(port)],
    env: { LOG_LEVEL: 'error' },
    ready: () => fetch(`${api}/version`).then((response) => response.ok),
  });
  let count = 0;
  return {
    pid: child.pid,
    createProxy: async (upstream) => {
      count += 1;
      const name = `proxy${count}`;
      const created = await call(api, 'POST', '/proxies', { name, upstream, listen: '127.0.0.1:0', enabled: true });
      return proxy(api, name, (created as { listen: string }).listen);
    },
    stop: () => child.stop(),
  };
}

function proxy(api: string, name: string, address: string): FaultProxy {
  // The port must survive a cut, so it is named when the proxy is enabled again.
  const enable = (enabled: boolean) => call(api, 'POST', `/proxies/${name}`, { listen: address, enabled });
  let toxics = 0;
  return {
    address,
    cut: async () => void (await enable(false)),
    mend: async () => void (await enable(true)),
    addToxic: async (toxic, stream = 'downstream') => {
      toxics += 1;
      const path = `/proxies/${name}/toxics`;
      const toxicName = `toxic${toxics}`;
      await call(api, 'POST', path, { name: toxicName, stream, toxicity: 1, ...toxic });
      return async () => void (await call(api, 'DELETE', `${path}/${toxicName}`));
    },
  };
}

async function call(api: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${api}${path}`, {
    method,
    // toxiproxy refuses requests that look like a browser's.
    headers: { 'user-agent': 'smartant-tests' },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (!response.ok) throw new Error(`toxiproxy answered ${response.status} to ${method} ${path}: ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}
