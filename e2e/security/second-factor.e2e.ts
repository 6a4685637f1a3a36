import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedPlatform } from '../platform/embedded-platform';

describe('a second factor that is compulsory for everybody', () => {
  const platform = new EmbeddedPlatform({ SMARTANT_SECOND_FACTOR_REQUIRED: 'true' });
  afterAll(() => platform.dispose());
  const adminPassword = () => readFileSync(join(platform.dataFolder, 'secrets', 'admin-password'), 'utf8').trim();

  it('is so from the first start on, and the command line signs in by its key', async () => {
    await platform.start();
    expect(await platform.cli(['migration', 'list', '-o', 'json'])).toMatchObject({ status: 0, stderr: '' });
    const { apiKey } = platform.token;
    const answer = await platform.api<{ code: string }>(
      'POST',
      '/v1/auth/token',
      { username: 'admin', password: adminPassword() },
      { anyStatus: true },
    );
    expect(answer.code).toBe('SECOND_FACTOR_ENROLMENT_REQUIRED');
    await platform.stop();
    await platform.start();
    expect(platform.token.apiKey).toBe(apiKey);
  }, 120_000);

  it('is told in one line when the key is lost', async () => {
    await platform.stop();
    rmSync(join(platform.dataFolder, 'cli-token.json'));
    const refusal = await platform.start().catch((error: Error) => error.message);
    expect(refusal).toContain('ended with status 1');
    expect(refusal).toMatch(/error START_SECOND_FACTOR: .*cli-token\.json.*\n {2}Put cli-token\.json back/);
    expect(refusal).not.toMatch(/\n\s+at /);
  }, 120_000);
});
