import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { EgressGuard } from './egress-guard';

export interface GuardedAgents {
  httpAgent: HttpAgent;
  httpsAgent: HttpsAgent;
}

type Created = (error: Error | null, stream: Duplex) => void;

/**
 * Agents for Node's HTTP clients (the AWS SDK among them) that judge every connection when it is made, also after a redirect: names in
 * their lookup, literal addresses before the connect, which skips the lookup.
 */
export function guardedAgents(guard: EgressGuard, options: HttpsAgentOptions = {}): GuardedAgents {
  const guarded = { ...options, lookup: guard.lookup } as AgentOptions;
  return { httpAgent: judged(new HttpAgent(guarded), guard), httpsAgent: judged(new HttpsAgent(guarded), guard) };
}

function judged<Agent extends HttpAgent>(agent: Agent, guard: EgressGuard): Agent {
  const createConnection = agent.createConnection.bind(agent) as (
    options: { host?: string | null },
    created?: Created,
  ) => Duplex | null | undefined;
  agent.createConnection = ((options: { host?: string | null }, created?: Created) => {
    guard.assertLiteralAllowed(options.host ?? 'localhost');
    return createConnection(options, created);
  }) as Agent['createConnection'];
  return agent;
}
