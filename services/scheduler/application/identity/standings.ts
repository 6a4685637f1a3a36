import { SmartantError } from '@smartant/kernel';
import { workspaceDisabled } from '../tenancy/require-workspace';
import type { TokenSubject } from './access-tokens';
import type { IdentityStore, Standing } from './identity-store';
import { weaker } from './sign-in';

/** From this age on an answer is asked for again, beside the requests, which still get the old one. */
const REFRESH_MS = 2_000;
/** The longest that a change goes unnoticed: who was disabled, removed or lowered acts no longer than this with an old token. */
const REMEMBERED_MS = 4_000;
const MOST_REMEMBERED = 5_000;
/** The question stands before admission: behind a database that hangs, requests must not pile up here. */
const PATIENCE_MS = 3_000;

interface Remembered {
  standing: Promise<Standing | null>;
  atMs: number;
  refreshing: boolean;
}

/**
 * What the holder of a token may still do. A token tells of the moment it was issued, and lives for minutes: its user may be disabled since,
 * its role lowered, its session ended or its API key revoked. One small query for each user, workspace and credential every few seconds tells.
 */
export class Standings {
  private readonly remembered = new Map<string, Remembered>();

  constructor(private readonly store: Pick<IdentityStore, 'standing'>) {}

  /**
   * The subject as it stands now: never with more power than its token says, nor than its user has. Raises TOKEN_REVOKED,
   * WORKSPACE_DISABLED, and TOKEN_UNCHECKED when the database does not answer in time.
   */
  async confirm(subject: TokenSubject): Promise<TokenSubject> {
    const standing = await this.standingOf(subject);
    if (!standing || standing.userDisabled || standing.credentialEnded || standing.role === null) throw tokenRevoked();
    if (standing.workspaceDisabled) throw workspaceDisabled();
    return { ...subject, workspaceName: standing.workspaceName, role: weaker(subject.role, standing.role) };
  }

  private standingOf(subject: TokenSubject): Promise<Standing | null> {
    const key = `${subject.userId} ${subject.workspaceId} ${subject.credential}`;
    const known = this.remembered.get(key);
    const ageMs = known ? performance.now() - known.atMs : Infinity;
    if (!known || ageMs >= REMEMBERED_MS) return this.ask(key, subject);
    if (ageMs >= REFRESH_MS && !known.refreshing) {
      known.refreshing = true;
      this.refresh(key, subject).catch(() => (known.refreshing = false));
    }
    return known.standing;
  }

  private ask(key: string, subject: TokenSubject): Promise<Standing | null> {
    const asked = { standing: this.look(subject), atMs: performance.now(), refreshing: false };
    this.keep(key, asked);
    asked.standing.catch(() => {
      // What could not be asked is asked again by the next request.
      if (this.remembered.get(key) === asked) this.remembered.delete(key);
    });
    return asked.standing;
  }

  private async refresh(key: string, subject: TokenSubject): Promise<void> {
    const atMs = performance.now();
    const standing = await this.look(subject);
    this.keep(key, { standing: Promise.resolve(standing), atMs, refreshing: false });
  }

  private look({ userId, workspaceId, credential }: TokenSubject): Promise<Standing | null> {
    return inTime(this.store.standing({ userId, workspaceId, credential }));
  }

  private keep(key: string, entry: Remembered): void {
    this.remembered.delete(key);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size >= MOST_REMEMBERED && oldest !== undefined) this.remembered.delete(oldest);
    this.remembered.set(key, entry);
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tokenUnchecked()), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function tokenUnchecked(): SmartantError {
  return new SmartantError('TOKEN_UNCHECKED', 'Whether the access token still holds could not be found out in time.', {
    kind: 'unavailable',
    hint: 'Try again in a few seconds.',
  });
}

function tokenRevoked(): SmartantError {
  return new SmartantError('TOKEN_REVOKED', 'What this access token was given for is withdrawn.', {
    kind: 'unauthenticated',
    hint: 'Sign in again. If that is refused, ask an owner of the workspace or an administrator.',
  });
}
