import { join } from 'node:path';
const ROOT = join(__dirname, '../../..');
const TEXTS = join(ROOT, 'services/console/web/features/alert-rules/texts');

/** Loaded by name: neither may depend on the other, and this is what holds them together. */
const { ALERT_RULES } = jest.requireActual<{ ALERT_RULES: { name: string; thresholds: object }[] }>(
  join(ROOT, 'services/scheduler/domain/alerting/rules'),
);
const { ZH_RULES, ZH_THRESHOLDS } = jest.requireActual<{
  ZH_RULES: Record<string, [string, string]>;
  ZH_THRESHOLDS: Record<string, string>;
}>(join(TEXTS, 'zh-rules'));
const { en } = jest.requireActual<{ en: { thresholds: Record<string, string> } }>(join(TEXTS, 'en'));

it('says every rule in Chinese, and no other', () => {
  expect(Object.keys(ZH_RULES).sort()).toEqual(ALERT_RULES.map(({ name }) => name).sort());
});

it('says every threshold in Chinese, and has a word for it', () => {
  const thresholds = ALERT_RULES.flatMap(({ name, thresholds }) => Object.keys(thresholds).map((threshold) => ({ name, threshold })));
  expect(thresholds.filter(({ name, threshold }) => !ZH_THRESHOLDS[`${name}.${threshold}`] && !ZH_THRESHOLDS[threshold])).toEqual([]);
  expect(Object.keys(en.thresholds).sort()).toEqual([...new Set(thresholds.map(({ threshold }) => threshold))].sort());
});
