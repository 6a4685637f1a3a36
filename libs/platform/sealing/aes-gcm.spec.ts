import { randomBytes } from 'node:crypto';
import { deriveKey, KEY_BYTES, openBytes, sealBytes } from './index';

describe('sealing', () => {
  const key = randomBytes(KEY_BYTES);

  it('opens what it sealed, under the same key and context alone', () => {
    const sealed = sealBytes(key, 'ws/chn', Buffer.from('secret'));
    expect(openBytes(key, 'ws/chn', sealed)?.toString()).toBe('secret');
    expect(openBytes(key, 'ws/other', sealed)).toBeNull();
    expect(openBytes(randomBytes(KEY_BYTES), 'ws/chn', sealed)).toBeNull();
    expect(sealed.includes('secret')).toBe(false);
  });

  it('opens nothing that was changed or cut', () => {
    const sealed = sealBytes(key, 'c', Buffer.from('secret'));
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(openBytes(key, 'c', changed)).toBeNull();
      expect(openBytes(key, 'c', sealed.subarray(0, at))).toBeNull();
    }
  });

  it('derives a key for each purpose', () => {
    expect(deriveKey(key, 'a')).toEqual(deriveKey(key, 'a'));
    expect(deriveKey(key, 'a')).not.toEqual(deriveKey(key, 'b'));
    expect(deriveKey(key, 'a')).not.toEqual(key);
  });
});
