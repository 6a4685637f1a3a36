import { changeOf, typedOf } from './rule-change';

const rule = {
  name: 'migration-lag',
  subject: 'migration' as const,
  summary: '',
  enabled: true,
  severity: 'warning' as const,
  forSeconds: 300,
  thresholds: { lagSeconds: 300, lagMebibytes: 4_096 },
  usual: { severity: 'warning' as const, forSeconds: 300 },
  thresholdRanges: {
    lagSeconds: { summary: '', usual: 300, minimum: 0, maximum: 604_800 },
    lagMebibytes: { summary: '', usual: 4_096, minimum: 0, maximum: 1_000_000 },
  },
  isChanged: false,
  version: 0,
  updatedAt: null,
  updatedBy: null,
};

it('changes nothing of what is as usual', () => expect(changeOf(rule, typedOf(rule))).toEqual({}));

it('says only what differs, zero and off among it', () => {
  const typed = { enabled: false, severity: 'info' as const, forSeconds: 0, thresholds: { lagSeconds: 0, lagMebibytes: 4_096 } };
  expect(changeOf(rule, typed)).toEqual({ enabled: false, severity: 'info', forSeconds: 0, thresholds: { lagSeconds: 0 } });
});

it('takes the usual where a field was emptied', () => {
  expect(changeOf(rule, { ...typedOf(rule), forSeconds: null, thresholds: { lagSeconds: null } })).toEqual({});
});
