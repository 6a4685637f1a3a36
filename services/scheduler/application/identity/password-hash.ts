import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { SmartantError } from '@smartant/kernel';

/** argon2id, OWASP's first recommendation (19 MiB, two passes, one lane): about 25 ms a hash. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1, algorithm: 2 } as const;

/** Hashes at work and waiting: more would only fill memory and the thread pool that file and DNS work shares. */
const AT_WORK = 2;
const WAITING = 64;

let atWork = 0;
const waiting: (() => void)[] = [];

/** PHC string with its own random salt. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password, OPTIONS));
}

/**
 * Of a password that nobody has ever seen, for a user who has none: whatever way in asks for one takes as long as for others, and fails.
 */
export function hashOfNoPassword(): Promise<string> {
  return hashPassword(randomBytes(32).toString('base64url'));
}

/** Constant-time. False also for a hash that can't be read. */
export function passwordMatches(passwordHash: string, password: string): Promise<boolean> {
  return inTurn(() => verify(passwordHash, password).catch(() => false));
}

let decoy: Promise<string> | undefined;

/** Once at start: a decoy made by the first unknown name would take that one twice the time. */
export async function prepareDecoy(): Promise<void> {
  await (decoy ??= hashPassword('a password that nobody has'));
}

/** Takes as long as a real check, so that the answer's time does not tell which user names exist. */
export async function pretendToCheckPassword(password: string): Promise<void> {
  await prepareDecoy();
  await passwordMatches((await decoy) ?? '', password);
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (atWork >= AT_WORK) {
    if (waiting.length >= WAITING) {
      throw new SmartantError('SIGN_IN_BUSY', 'Too many sign-ins are being checked.', {
        kind: 'too-many',
        retry: { kind: 'after', delayMs: 2_000 },
        hint: 'Try again in a few seconds; programs should use an API key and keep their token.',
      });
    }
    // The one that leaves hands its place over, so `atWork` stays as it is.
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    atWork += 1;
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else atWork -= 1;
  }
}
