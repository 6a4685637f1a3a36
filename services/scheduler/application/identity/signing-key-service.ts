import { assertAdmin } from '../access';
import type { Caller } from '../use-cases';
import type { AccountUnitOfWork } from './account-stores';
import type { NewSigningKey } from './identity-store';
import type { SigningKeys } from './signing-keys';

/** So long a new key is published before it signs: gateways and other replicas learn of it in time. */
const PUBLISHED_BEFORE_MS = 600_000;
/** Beyond a token's life: another replica may go on signing with the old key for a minute. */
const MARGIN_MS = 120_000;

export interface SigningKeyView {
  kid: string;
  /** `next`: published, and will sign. `old`: does not sign any more, and is honoured until `retiresAt`. */
  state: 'next' | 'signing' | 'old';
  createdAt: string;
  activatesAt: string;
  retiresAt: string | null;
}

/** Where the keys that sign access tokens are kept, as administrators see them. */
export interface SigningKeyStore {
  /** Published ones, the newest first. */
  list(): Promise<SigningKeyView[]>;
  /** Adds a key, and ends the others `overlapMs` after it has become active, or earlier where that was due before. */
  rotate(key: NewSigningKey, overlapMs: number): Promise<void>;
}

/** What administrators do with the keys that sign access tokens. */
export class SigningKeyService {
  constructor(
    private readonly unitOfWork: AccountUnitOfWork,
    private readonly keys: Pick<SigningKeys, 'rotate'>,
    private readonly tokenLifeSeconds: number,
  ) {}

  list(caller: Caller): Promise<SigningKeyView[]> {
    assertAdmin(caller);
    return this.unitOfWork.direct.signingKeys.list();
  }

  /**
   * A new key, published at once. It signs ten minutes later, and the old one is honoured until the last token of it has ended. With
   * `atOnce`, for a key that has leaked, the old ones end now: everybody has to renew their tokens, and sessions go on.
   */
  async rotate(caller: Caller, { atOnce }: { atOnce: boolean }): Promise<SigningKeyView[]> {
    assertAdmin(caller);
    const activatesInMs = atOnce ? 0 : PUBLISHED_BEFORE_MS;
    const overlapMs = atOnce ? 0 : this.tokenLifeSeconds * 1_000 + MARGIN_MS;
    await this.keys.rotate(activatesInMs, overlapMs, (key) =>
      this.unitOfWork.transaction(async ({ signingKeys, audit }) => {
        await signingKeys.rotate(key, overlapMs);
        await audit.append(caller, {
          action: 'signing-key.rotate',
          workspaceId: null,
          target: { kind: 'signing-key', id: key.kid, name: null },
          before: null,
          after: { atOnce },
          outcome: 'done',
          code: null,
        });
      }),
    );
    return this.list(caller);
  }
}
