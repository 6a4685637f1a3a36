import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { ChannelType } from '../../application/ports/channel';

type Values = Record<string, unknown>;

/** That the schemas are fit for forms, and say the same as the checks. */
export function describeForms(setup: () => { type: ChannelType; settings: Values; secrets: Record<string, string> }): void {
  const validators = ({ settingsSchema, secretsSchema }: ChannelType) => {
    const ajv = addFormats(new Ajv2020({ strict: true, allErrors: true }));
    return [ajv.compile(settingsSchema), ajv.compile(secretsSchema)] as const;
  };

  it('has schemas that take what is right, and describe every field', () => {
    const { type, settings, secrets } = setup();
    const [ofSettings, ofSecrets] = validators(type);
    expect([ofSettings(settings), ofSettings.errors]).toEqual([true, null]);
    expect([ofSecrets(secrets), ofSecrets.errors]).toEqual([true, null]);
    expect(type.check(settings, secrets)).toEqual([]);
    for (const schema of [type.settingsSchema, type.secretsSchema]) {
      const fields = Object.entries(schema['properties'] as Record<string, Values>);
      for (const [field, { description }] of fields) expect([field, description]).toEqual([field, expect.stringMatching(/^\S.{8,}/)]);
    }
    const sealed = Object.values(type.secretsSchema['properties'] as Record<string, Values>);
    expect(sealed.every(({ writeOnly }) => writeOnly === true)).toBe(true);
  });

  it('names what is wrong, and repeats no secret', () => {
    const { type, settings, secrets } = setup();
    const canary = 'canary-2c9f1d7e';
    const [name = ''] = Object.keys(secrets);
    expect(type.check({ ...settings, nonsense: 1 }, secrets)).toEqual([
      { field: 'settings', message: expect.stringContaining('nonsense') },
    ]);
    for (const broken of [`http://${canary}:${canary}@x.example/#${canary}`, `\n${canary}`.padEnd(9_000, 'x')]) {
      expect(JSON.stringify(type.check(settings, { ...secrets, [name]: broken }))).not.toContain(canary);
    }
    const missing = type.check(settings, {}).map(({ field }) => field);
    expect(missing).toContain(`secrets.${name}`);
    expect(() => type.open({ ...settings, nonsense: 1 }, secrets)).toThrow(
      expect.objectContaining({ code: 'NOTIFY_CHANNEL_SETTINGS_INVALID' }),
    );
    expect(type.check(null, secrets).length).toBeGreaterThan(0);
  });
}
