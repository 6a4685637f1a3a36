import { inForce, ownOf } from './template-in-force';

const template = (body: string, channelType: string | null, language: string, builtIn = false) => ({
  title: body,
  body,
  channelType,
  language,
  builtIn,
  version: builtIn ? 0 : 1,
});
const templates = [
  template('built-in en', null, 'en', true),
  template('built-in zh', null, 'zh', true),
  template('ours', null, 'zh'),
  template('ours for sms', 'sms-http', 'zh'),
];

it.each([
  ['sms-http', 'zh', 'ours for sms'],
  ['email', 'zh', 'ours'],
  [null, 'zh', 'ours'],
  ['email', 'en', 'built-in en'],
] as const)('of %s in %s is %s', (channelType, language, body) => expect(inForce(templates, { channelType, language })?.body).toBe(body));

it('knows which is one’s own', () => {
  expect(ownOf(templates, { channelType: null, language: 'en' })).toBeUndefined();
  expect(ownOf(templates, { channelType: 'email', language: 'zh' })).toBeUndefined();
});
