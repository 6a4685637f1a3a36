import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findS3Secret, readAwsProfile } from './credentials';

describe('findS3Secret', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'smartant-cli-'))));
  afterEach(() => rmSync(home, { recursive: true }));

  const files = (credentials: string, config = '') => {
    writeFileSync(join(home, 'credentials'), credentials);
    writeFileSync(join(home, 'config'), config);
    return { AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'), AWS_CONFIG_FILE: join(home, 'config') };
  };
  const find = (env: Record<string, string>, side?: 'source' | 'target', profile?: string) =>
    findS3Secret({ env, homeDir: home }, side, profile);

  it('prefers the variables of its side to those for both', () => {
    const env = {
      AWS_ACCESS_KEY_ID: 'both',
      AWS_SECRET_ACCESS_KEY: 's',
      SMARTANT_SOURCE_ACCESS_KEY_ID: 'left',
      SMARTANT_SOURCE_SECRET_ACCESS_KEY: 's',
      SMARTANT_SOURCE_SESSION_TOKEN: 't',
    };
    expect(find(env, 'source')).toEqual({ kind: 's3', accessKeyId: 'left', secretAccessKey: 's', sessionToken: 't' });
    expect(find(env, 'target')).toMatchObject({ accessKeyId: 'both' });
  });

  it('reads named and default profiles', () => {
    const env = files(
      '[default]\naws_access_key_id = d\naws_secret_access_key = s\n[old]\naws_access_key_id=o\naws_secret_access_key=a=b==\n',
    );
    expect(find(env)).toMatchObject({ accessKeyId: 'd' });
    expect(find(env, 'source', 'old')).toMatchObject({ accessKeyId: 'o', secretAccessKey: 'a=b==' });
    expect(find({ ...env, AWS_PROFILE: 'old' })).toMatchObject({ accessKeyId: 'o' });
  });

  it('takes region and address of a profile from the config file', () => {
    const env = files(
      '[old]\naws_access_key_id=o\naws_secret_access_key=s\n',
      '# comment\n[profile old]\nregion = eu-9\nendpoint_url = http://old:9000\n',
    );
    expect(readAwsProfile({ env, homeDir: home }, 'old')).toMatchObject({ region: 'eu-9', endpointUrl: 'http://old:9000' });
  });

  it('names the variables of a side only where there is a side', () => {
    const hintOf = (side: 'target' | undefined): string | undefined => {
      try {
        findS3Secret({ env: {}, homeDir: '/nowhere' }, side, undefined);
      } catch (error) {
        return (error as { hint?: string }).hint;
      }
      return undefined;
    };
    expect(hintOf('target')).toContain('SMARTANT_TARGET_');
    expect(hintOf(undefined)).toBe('Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name ?profile=.');
  });

  it.each<[string, Record<string, string>, string | undefined, string]>([
    ['nothing', {}, undefined, 'CLI_CREDENTIALS_NOT_FOUND'],
    ['half a key', { AWS_ACCESS_KEY_ID: 'x' }, undefined, 'CLI_CREDENTIALS_INCOMPLETE'],
    ['a profile that is not there', {}, 'gone', 'CLI_PROFILE_UNUSABLE'],
  ])('refuses %s', (_, env, profile, code) => {
    expect(() => find(env, 'source', profile)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses a profile that assumes a role, and says how to go on', () => {
    const env = files('', '[profile admin]\nrole_arn = arn:aws:iam::1:role/x\n');
    expect(() => find(env, 'source', 'admin')).toThrow(
      expect.objectContaining({ code: 'CLI_PROFILE_UNUSABLE', hint: expect.stringContaining('export-credentials') }),
    );
  });
});
