import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Dialer } from './dialer';
import { dialerFor } from './dialer-for';
import type { EgressGuard } from './egress-guard';
import { guardedConnect } from './guarded-connect';

export interface GuardedAgents {
  httpAgent: HttpAgent;
  httpsAgent: HttpsAgent;
}

interface Target {
  host?: string | null;
  port?: number | string | null;
}
type Created = (error: Error | null, stream: Duplex) => void;
type Connect = (options: Target & { socket?: Duplex }, created?: Created) => Duplex | null | undefined;

/** Agents for Node's HTTP clients whose every connection is made by `guardedConnect`, also after a redirect. */
export function guardedAgents(guard: EgressGuard, options: HttpsAgentOptions = {}): GuardedAgents {
  const dialer = dialerFor({ guard, ways: [], secret: async () => ({}) });
  const [httpAgent, httpsAgent] = [new HttpAgent(options as AgentOptions), new HttpsAgent(options)];
  const overTls = httpsAgent.createConnection.bind(httpsAgent) as Connect;
  httpAgent.createConnection = connecting(dialer, 80, (socket) => socket) as HttpAgent['createConnection'];
  // Node's own TLS over our stream: it knows the agent's options and keeps sessions.
  httpsAgent.createConnection = connecting(
    dialer,
    443,
    (socket, target) => overTls({ ...target, socket }) ?? socket,
  ) as HttpsAgent['createConnection'];
  return { httpAgent, httpsAgent };
}

function connecting(dialer: Dialer, otherwise: number, finish: (socket: Duplex, target: Target) => Duplex): Connect {
  return (target, created) => {
    guardedConnect({ dialer, host: target.host ?? 'localhost', port: Number(target.port ?? otherwise) }).then(
      (socket) => created?.(null, finish(socket, target)),
      (error: Error) => created?.(error, undefined as never),
    );
    return undefined;
  };
}
