import { SmartantError } from '@smartant/kernel';
import type { Endpoint } from '../../run';
import { ResolvedSecrets, type CredentialRpc, type SecretKind } from './resolved-secrets';

const access = { runId: 'run_1', epoch: 3 };
const endpoint = { id: 'ep_1', location: { kind: 's3' } } as Endpoint;
const kind: SecretKind<{ kind: string; key?: string }> = {
  without: ({ location }) => (location.kind === 'file' ? { kind: 'none' } : undefined),
  from: ({ secret }) => (secret?.$case === 's3' ? { kind: 's3', key: secret.value.secretAccessKey } : { kind: 'none' }),
};
const signal = new AbortController().signal;
const MINUTE = 60_000;

describe('secrets in the memory of a migrator', () => {
  let nowMs: number;
  let asked: number;
  let failure: SmartantError | null;
  let secrets: ResolvedSecrets<{ kind: string; key?: string }>;

  beforeEach(() => {
    jest.useFakeTimers();
    [nowMs, asked, failure] = [0, 0, null];
    const resolve = async () => {
      asked += 1;
      if (failure) throw failure;
      return { secret: { $case: 's3', value: { accessKeyId: 'a', secretAccessKey: `s${asked}`, sessionToken: '' } }, ttlSeconds: 300 };
    };
    secrets = new ResolvedSecrets({ resolve } as unknown as CredentialRpc, kind, { nowMs: () => nowMs });
  });
  afterEach(() => jest.useRealTimers());

  const used = async () => {
    const secret = await secrets.resolve(access, endpoint, signal);
    await jest.advanceTimersByTimeAsync(0);
    return secret.key;
  };
  const later = (ms: number) => {
    nowMs += ms;
  };
  const fails = (code: string) => {
    failure = new SmartantError(code, 'x', { kind: 'unavailable' });
  };

  it('are asked for once, and again ahead of their end without anybody waiting', async () => {
    expect(await Promise.all([used(), used()])).toEqual(['s1', 's1']);
    later(3 * MINUTE);
    expect(await used()).toBe('s1');
    later(1 * MINUTE);
    expect(await used()).toBe('s1');
    expect(await used()).toBe('s2');
    expect(asked).toBe(2);
  });

  it('are gone at their end, also when nobody asks any more', async () => {
    await used();
    later(5 * MINUTE);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(secrets.held).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are gone soon after the work of their run, unless it goes on', async () => {
    await used();
    secrets.release(access);
    later(10_000);
    expect(await used()).toBe('s1');
    later(10_000);
    expect(await used()).toBe('s1');
    secrets.release(access);
    later(15_000);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(secrets.held).toBe(0);
  });

  it.each(['VAULT_KMS_UNAVAILABLE', 'VAULT_KMS_DENIED'])('outlast %s while they are in use, for an hour', async (code) => {
    await used();
    fails(code);
    for (let minute = 0; minute < 58; minute += 1) {
      later(MINUTE - 1);
      expect(await used()).toBe('s1');
    }
    later(3 * MINUTE);
    await expect(used()).rejects.toMatchObject({ code });
    expect(secrets.held).toBe(0);
  });

  it.each(['RPC_UNAVAILABLE', 'DATABASE_UNAVAILABLE'])('do not outlast %s', async (code) => {
    await used();
    fails(code);
    later(4 * MINUTE);
    expect(await used()).toBe('s1');
    later(MINUTE);
    await expect(used()).rejects.toMatchObject({ code });
  });

  it('end at once when the scheduler refuses them', async () => {
    await used();
    fails('CREDENTIAL_RUN_NOT_ACTIVE');
    later(4 * MINUTE);
    await used();
    expect(secrets.held).toBe(0);
    await expect(used()).rejects.toMatchObject({ code: 'CREDENTIAL_RUN_NOT_ACTIVE' });
  });

  it('are new when the store has refused the old ones', async () => {
    expect(await used()).toBe('s1');
    secrets.forget(access, endpoint);
    expect(await used()).toBe('s2');
  });

  it('are none for a file endpoint', async () => {
    const file = { id: 'ep_2', location: { kind: 'file' } } as Endpoint;
    expect(await secrets.resolve(access, file, signal)).toEqual({ kind: 'none' });
    expect(asked).toBe(0);
  });
});
