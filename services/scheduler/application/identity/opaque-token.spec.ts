import { apiKeySecrets, invitationTokens, pepperedDigest, plainDigest, refreshTokens } from './opaque-token';

const KINDS = { sak_: apiKeySecrets, srt_: refreshTokens, sin_: invitationTokens };

it.each(Object.entries(KINDS))('makes tokens that begin with %s, each another one, which it knows again', (prefix, kind) => {
  const made = Array.from({ length: 50 }, () => kind.make());
  expect(new Set(made).size).toBe(50);
  for (const token of made) {
    expect(token).toMatch(new RegExp(`^${prefix}[A-Za-z0-9_-]{43}$`));
    expect(kind.looksLike(token)).toBe(true);
    expect(kind.visiblePart(token)).toBe(token.slice(0, 10));
    for (const other of Object.values(KINDS)) expect(other.looksLike(token)).toBe(other === kind);
    for (const spoilt of [` ${token}`, `${token}\n`, token.slice(1), `${token}a`, '']) expect(kind.looksLike(spoilt)).toBe(false);
  }
});

it('keeps digests as earlier versions wrote them, so that what they gave out goes on', () => {
  const token = `sak_${'a'.repeat(43)}`;
  expect(pepperedDigest('pepper', token).toString('hex')).toBe('cd4f0942adaec774bb2fa35b8929ac3b2f81ff3bda135e9f94ed3194dcc0ef97');
  expect(plainDigest(token).toString('hex')).toBe('6707c1c589bc9c4bb4a164f4ce9fb31226c351b0bf4a69175a6b82493556f4de');
});
