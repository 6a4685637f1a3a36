import { DEFAULT_STORAGE_SCOPE, NO_LIMITS } from './migration-spec';
import { assertSpecValid } from './spec-rules';

describe('assertSpecValid', () => {
  const spec = {
    kind: 'storage' as const,
    storage: { ...DEFAULT_STORAGE_SCOPE, include: ['*.jpg', '['], exclude: ['{a'] },
    limits: NO_LIMITS,
    cutover: { mode: 'manual' as const, sourceFrozen: false, finalize: 'manual' as const },
    incrementalIntervalSeconds: 60,
  };

  it('refuses malformed globs, naming each', () => {
    expect(() => assertSpecValid('n', spec)).toThrow(
      expect.objectContaining({
        code: 'MIGRATION_SPEC_INVALID',
        fields: ['spec.storage.include.1', 'spec.storage.exclude.0'].map((field) => expect.objectContaining({ field })),
      }),
    );
  });

  it('takes well-formed ones', () => {
    expect(() => assertSpecValid('n', { ...spec, storage: { ...DEFAULT_STORAGE_SCOPE, include: ['a[bc].{x,y}'] } })).not.toThrow();
  });
});
