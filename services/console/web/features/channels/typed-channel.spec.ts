import { inputOf, typedOf } from './typed-channel';

const channel = {
  id: 'nch_1',
  name: 'ops',
  type: 'email',
  settings: { host: 'mail' },
  secretNames: ['password'],
  language: 'zh',
  enabled: false,
  fallbackChannelId: 'nch_2',
  version: 3,
  createdAt: '',
  updatedAt: '',
  health: 'ok',
  lastError: null,
};

it('keeps the secrets that nobody touched, and takes away those that were marked', () => {
  const typed = typedOf(channel, 'en');
  expect(inputOf(typed)).toEqual({
    name: 'ops',
    type: 'email',
    settings: { host: 'mail' },
    secrets: {},
    language: 'zh',
    enabled: false,
    fallbackChannelId: 'nch_2',
  });
  expect(inputOf({ ...typed, removed: ['refreshToken', 'password'], secrets: { password: 'new', clientSecret: '' } }).secrets).toEqual({
    refreshToken: '',
    password: 'new',
  });
});

it('sends lists without their empty lines', () => {
  const typed = { ...typedOf(undefined, 'zh-CN'), name: ' ops ', type: 'email', settings: { to: ['a@example.com ', ''], port: null } };
  expect(inputOf(typed)).toMatchObject({ name: 'ops', language: 'zh', settings: { to: ['a@example.com'] } });
});
