import { assertPasswordStrong } from './password-policy';

describe('a new password', () => {
  it.each(['password1', 'Passw0rd!', 'qwertyuiop', 'smartant2026', 'Migration2026', 'kubesphere!1', '19871224', 'a'.repeat(1_000)])(
    '%s is refused with advice',
    async (password) => {
      await expect(assertPasswordStrong(password, [])).rejects.toMatchObject({
        code: 'PASSWORD_WEAK',
        kind: 'invalid',
        hint: expect.stringMatching(/\w/),
        fields: [{ field: 'newPassword' }],
      });
    },
  );

  it.each(['correct horse', 'kx7Qpf0-vvrT', 'winter über die Brücke'])('%s is taken', async (password) => {
    await expect(assertPasswordStrong(password, ['admin'])).resolves.toBeUndefined();
  });

  it('has eight characters at least, however unlikely they are', async () => {
    for (const password of ['ǲ☃𝒬♞', '☃☂♞ǲ¶§Ω'])
      await expect(assertPasswordStrong(password, [])).rejects.toMatchObject({ hint: expect.stringContaining('at least 8 characters') });
  });

  it('is weak where it is made of what is known of the user', async () => {
    await expect(assertPasswordStrong('zebulon.quartermain', [])).resolves.toBeUndefined();
    await expect(assertPasswordStrong('zebulon.quartermain', ['zebulon.quartermain'])).rejects.toMatchObject({ code: 'PASSWORD_WEAK' });
  });

  it('never stands in the refusal', async () => {
    const refusal = await assertPasswordStrong('canary123', []).catch((error: unknown) => error);
    expect(JSON.stringify(refusal) + String(refusal)).not.toContain('canary123');
  });
});
