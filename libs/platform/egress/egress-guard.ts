import { lookup as systemLookup, type LookupAddress, type LookupAllOptions, type LookupOptions } from 'node:dns';
import { SmartantError } from '@smartant/kernel';
import { AddressRules } from './address-rules';
import { literalAddress } from './literal-address';
import { metadataName } from './metadata-names';

export interface EgressSettings {
  /** True in embedded mode, where source and target may be on this machine. */
  allowLoopback: boolean;
  /** CIDR ranges or addresses that are allowed although they are denied by default or by a wider range. */
  allow: string[];
  /** CIDR ranges or addresses that are denied: in a cluster, its pods, services and nodes. */
  deny: string[];
  /** Single addresses that are denied unless `allow` names them: of this machine itself, and of the cluster's services. */
  ours?: string[];
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;
/** A `lookup` for `net.connect`, `http.Agent`, undici's `connect` options, `ssh2` and database drivers that take one. */
export type GuardedLookup = (hostname: string, options: LookupOptions, callback: LookupCallback) => void;

export interface EgressGuard {
  /**
   * Resolves when the address, or every address that the host name has now, may be connected to. Also reads decimal, octal and hexadecimal
   * IPv4 notations, IPv6 in brackets, and IPv4 inside IPv6. Raises `EGRESS_FORBIDDEN` or `EGRESS_NAME_UNKNOWN`. A name may have another
   * address a moment later: the connection itself must use `lookup` (or `guardedAgents`) as well.
   */
  assertAllowed(hostOrAddress: string): Promise<void>;
  /** The same for an address alone; a host name passes, since `lookup` will judge it. For connections, right before they are made. */
  assertLiteralAllowed(hostOrAddress: string): void;
  /**
   * For a host that a proxy or a bastion will connect to. A literal address is judged as always, except that behind a bastion the
   * loopback is the bastion's own. A name is resolved over there and cannot be judged here: only names of metadata services are
   * refused. Raises `EGRESS_FORBIDDEN`.
   */
  assertFarSideAllowed(hostOrAddress: string, farSide?: { ownLoopback: boolean }): void;
  /** Resolves names as the system does and gives the allowed addresses only; none: `EGRESS_FORBIDDEN`. Defeats DNS rebinding. */
  lookup: GuardedLookup;
}

export interface EgressGuardDependencies {
  /** Replaces the system's resolver in tests. */
  resolve?: (
    hostname: string,
    options: LookupAllOptions,
    callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
  ) => void;
}

/** Guards connections to addresses that users name against server-side request forgery. */
export function createEgressGuard(settings: EgressSettings, { resolve = systemLookup }: EgressGuardDependencies = {}): EgressGuard {
  const rules = new AddressRules(settings);

  const lookup: GuardedLookup = (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true } as LookupAllOptions, (error, addresses) => {
      if (error) return callback(error, []);
      const allowed = addresses.filter(({ address }) => rules.allows(address));
      const [first] = allowed;
      if (first === undefined) return callback(forbidden(hostname), []);
      if (options.all) return callback(null, allowed);
      callback(null, first.address, first.family);
    });
  };

  const assertLiteralAllowed = (host: string) => {
    const literal = literalAddress(host);
    if (literal !== undefined && !rules.allows(literal)) throw forbidden(host);
  };

  const assertAllowed = async (host: string) => {
    assertLiteralAllowed(host);
    if (literalAddress(host) !== undefined) return;
    const addresses = await resolveAll(resolve, host);
    if (addresses.some(({ address }) => !rules.allows(address))) throw forbidden(host);
  };

  const assertFarSideAllowed = (host: string, { ownLoopback } = { ownLoopback: false }) => {
    if (metadataName(host)) throw forbidden(host);
    const literal = isLocalName(host) ? '127.0.0.1' : literalAddress(host);
    if (literal === undefined || (ownLoopback && isLoopback(literal))) return;
    if (!rules.allows(literal)) throw forbidden(host);
  };

  return { assertAllowed, assertLiteralAllowed, assertFarSideAllowed, lookup };
}

/** RFC 6761 section 6.3. */
function isLocalName(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host);
}

function isLoopback(literal: string): boolean {
  return literal === '::1' || literal.startsWith('127.');
}

function resolveAll(resolve: NonNullable<EgressGuardDependencies['resolve']>, host: string): Promise<LookupAddress[]> {
  return new Promise((done, fail) => {
    resolve(host, { all: true }, (error, addresses) => {
      if (!error) return done(addresses);
      const options = {
        kind: 'invalid',
        hint: 'Check the spelling, and that the name can be resolved from the server.',
        details: { host },
      } as const;
      fail(new SmartantError('EGRESS_NAME_UNKNOWN', `The host name "${host}" cannot be resolved.`, { ...options, cause: error }));
    });
  });
}

/** The address found is not told: it would let a user map the inner network. */
function forbidden(host: string): SmartantError {
  return new SmartantError('EGRESS_FORBIDDEN', `Connections to "${host}" are not allowed.`, {
    kind: 'forbidden',
    hint: 'An administrator can allow the address with SMARTANT_EGRESS_ALLOW (and this machine with SMARTANT_EGRESS_ALLOW_LOOPBACK=true).',
    details: { host },
  });
}
