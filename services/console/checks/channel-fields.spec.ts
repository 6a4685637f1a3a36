import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');

interface Kind {
  type: string;
  settingsSchema: { properties?: object };
  secretsSchema: { properties?: object };
}

/** Loaded by name: neither may depend on the other, and this is what holds them together. */
const { createChannelTypes } = jest.requireActual<{ createChannelTypes: (parts: object) => Map<string, Kind> }>(
  join(ROOT, 'services/notifier/channels/channel-types'),
);
const { createEgressGuard } = jest.requireActual<{ createEgressGuard: (rules: object) => object }>(
  join(ROOT, 'libs/platform/egress/index'),
);
const load = (language: string) =>
  jest.requireActual<Record<string, { types: object; labels: object; values: object }>>(
    join(ROOT, 'services/console/web/features/channels/texts', language),
  );
const { en } = load('en');
const { zhCn } = load('zh-cn');
const { ZH_HELP } = jest.requireActual<{ ZH_HELP: Record<string, string> }>(
  join(ROOT, 'services/console/web/features/channels/texts/zh-help'),
);

const kinds = [...createChannelTypes({ guard: createEgressGuard({ allowLoopback: true, allow: [], deny: [] }) }).values()];
const fields = kinds.flatMap(({ type, settingsSchema, secretsSchema }) =>
  Object.keys({ ...settingsSchema.properties, ...secretsSchema.properties }).map((name) => ({ type, name })),
);

it('has a name for every kind of channel', () => {
  const types = kinds.map(({ type }) => type).sort();
  expect(Object.keys(en!.types).sort()).toEqual(types);
  expect(Object.keys(zhCn!.types).sort()).toEqual(types);
});

it('has a label for every field that a kind has, and for no other', () => {
  const names = [...new Set(fields.map(({ name }) => name))].sort();
  expect(Object.keys(en!.labels).sort()).toEqual(names);
});

it('has help in Chinese for every field that a kind has, and for no other', () => {
  expect(fields.filter(({ type, name }) => !ZH_HELP[`${type}.${name}`] && !ZH_HELP[name])).toEqual([]);
  const known = new Set(fields.flatMap(({ type, name }) => [name, `${type}.${name}`]));
  expect(Object.keys(ZH_HELP).filter((key) => !known.has(key))).toEqual([]);
});
