import { Agent, type AgentOptions } from 'node:http';
import type { Duplex } from 'node:stream';
import { dialerFor, guardedConnect, type EgressGuard } from '@smartant/platform/egress';

/** An SDK reads answers to their end, and unpacks them: so that this stays small, the packed bytes are bounded. */
const LONGEST_ANSWER_BYTES = 64 * 1024;

export interface SdkConnection {
  guard: EgressGuard;
  caPem: string;
  /** Scheme, host and port that the SDK is to ask; it may follow a redirect to no other. */
  baseUrl: string;
  /** What was wrong with the connection: SDKs keep the text of such an error only, which has the address in it. */
  onFailure: (error: Error) => void;
}

type Created = (error: Error | null, stream?: Duplex) => void;
interface Target {
  host?: string | null;
  port?: number | string | null;
}

/** For one request of an SDK that takes an agent of Node: the connection is judged and verified as all others are. */
export function guardedSdkAgent({ guard, caPem, baseUrl, onFailure }: SdkConnection): Agent {
  const wanted = new URL(baseUrl);
  const secure = wanted.protocol === 'https:';
  const usual = secure ? 443 : 80;
  const dialer = dialerFor({ guard, ways: [], secret: async () => ({}) });
  const tls = secure ? { caPem: caPem === '' ? undefined : caPem } : undefined;
  // Node asks that the agent's protocol be the request's.
  const agent = Object.assign(new Agent({ keepAlive: false } as AgentOptions), { protocol: secure ? 'https:' : 'http:' });
  const connect = async ({ host, port }: Target) => {
    const target = { host: host ?? '', port: Number(port ?? usual) };
    // A signed request is for whom it was signed.
    if (target.host !== wanted.hostname || target.port !== Number(wanted.port || usual)) throw failureOf('REDIRECTED');
    const stream = await guardedConnect({ dialer, ...target, tls });
    bound(stream, onFailure);
    return stream;
  };
  agent.createConnection = ((target: Target, created: Created) => {
    connect(target).then(
      (stream) => created(null, stream),
      (error: Error) => {
        onFailure(error);
        created(error);
      },
    );
  }) as unknown as Agent['createConnection'];
  return agent;
}

function failureOf(code: 'REDIRECTED' | 'ANSWER_TOO_LONG'): Error {
  return Object.assign(new Error(code), { code });
}

/** Ends a stream that brings too much. */
function bound(stream: Duplex, onFailure: (error: Error) => void): void {
  const push = stream.push.bind(stream);
  let size = 0;
  stream.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
    size += chunk?.length ?? 0;
    if (size <= LONGEST_ANSWER_BYTES) return push(chunk, encoding);
    const error = failureOf('ANSWER_TOO_LONG');
    onFailure(error);
    stream.destroy(error);
    return false;
  };
}
