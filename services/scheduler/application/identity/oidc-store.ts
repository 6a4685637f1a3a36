import type { OidcMapping } from './oidc-mapping';
import type { SignInProof } from './second-factor-rule';

export interface OidcProvider {
  id: string;
  /** As users write it: `smartant login --oidc NAME`. */
  name: string;
  issuer: string;
  clientId: string;
  scopes: string;
  mappings: OidcMapping[];
  /** A user whose name is the verified address is taken for the same person at the first sign-in. */
  linkVerifiedEmail: boolean;
  /** An administrator's word that it asks everybody for a second factor, whether its ID tokens say so or not. */
  assumeSecondFactor: boolean;
  /** Values of the claim `acr` that mean a second factor. They are asked for. */
  secondFactorAcr: string[];
  createdAt: string;
}

/** `sealedSecret`: the client secret, sealed by the vault under `oidc-provider/<id>`. */
export type StoredOidcProvider = OidcProvider & { sealedSecret: string };

/** A sign-in on its way: begun by a command or the console, not yet taken by it. */
export interface OidcFlow {
  providerId: string;
  /** S256 of a secret of the command that began it: nobody else can take its result. */
  challenge: string;
  /** On 127.0.0.1, where that command listens; null: the console has begun it. */
  port: number | null;
}

/** What a provider's sign-in came to. */
export interface OidcResult extends SignInProof {
  userId: string;
  workspaceId: string;
}

export interface OidcLink {
  userId: string;
  /** Places that the provider gave at the last sign-in: it may take them back. */
  granted: string[];
}

/** Where providers, links and sign-ins on their way are kept. Times are those of the store's clock. */
export interface OidcStore {
  /** False when the name is taken. */
  addProvider(provider: Omit<StoredOidcProvider, 'createdAt'>): Promise<boolean>;
  listProviders(): Promise<OidcProvider[]>;
  providerByName(name: string): Promise<StoredOidcProvider | null>;
  providerById(id: string): Promise<StoredOidcProvider | null>;
  /** With the sign-ins on their way; users and links stay. The provider that was removed; null when there is none. */
  removeProvider(name: string): Promise<OidcProvider | null>;
  workspaceId(idOrName: string): Promise<string | null>;

  beginFlow(stateDigest: Buffer, flow: OidcFlow, lifeSeconds: number): Promise<void>;
  /** Once: null for a state that is unknown, has run out or has come back before. */
  takeFlow(stateDigest: Buffer): Promise<OidcFlow | null>;
  /** The result of a flow, to be taken by the command that began it. */
  keepTicket(stateDigest: Buffer, ticketDigest: Buffer, result: OidcResult): Promise<void>;
  /** Once: null for a ticket that is unknown, has run out or was taken before. */
  takeTicket(ticketDigest: Buffer): Promise<(OidcResult & { challenge: string }) | null>;

  /** Locked until the transaction ends: sign-ins of one person follow each other. */
  findLink(issuer: string, subject: string): Promise<OidcLink | null>;
  link(issuer: string, subject: string, userId: string): Promise<void>;
  /** False when the name is taken. */
  createUser(user: { id: string; username: string; passwordHash: string }): Promise<boolean>;
  userIdByName(username: string): Promise<string | null>;
  /** Remembers which places the provider gave. */
  setGranted(issuer: string, subject: string, workspaceIds: string[]): Promise<void>;
}

/** The context under which a provider's client secret is sealed. */
export function oidcProviderContext(id: string): string {
  return `oidc-provider/${id}`;
}
