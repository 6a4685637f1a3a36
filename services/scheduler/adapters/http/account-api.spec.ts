import { startApi, type RunningApi } from './fixtures/running-api';

const PASSWORD = { username: 'admin', password: 'correct horse' };

let api: RunningApi;

beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

const signIn = async () => (await api.call('POST', '/v1/auth/token', { body: PASSWORD, headers: { 'user-agent': 'spec' } })).json;

it('renews an access token with the refresh token of the sign-in', async () => {
  const first = await signIn();
  const renewed = await api.call('POST', '/v1/auth/refresh', { body: { refreshToken: first.refreshToken } });
  expect(renewed).toMatchObject({ status: 200, json: { sessionId: first.sessionId, workspace: 'default', role: 'admin' } });
  expect((await api.call('GET', '/v1/auth/me', { token: renewed.json.accessToken })).json).toMatchObject({ username: 'admin' });
  expect(api.logLines.join('')).not.toMatch(/srt_|correct horse/);
});

it('lists sessions and ends them: what was ended is refused', async () => {
  const [here, elsewhere] = [await signIn(), await signIn()];
  const { items } = (await api.call('GET', '/v1/auth/sessions', { token: here.accessToken })).json;
  expect(items).toHaveLength(2);
  expect(items.find(({ current }: { current: boolean }) => current)).toMatchObject({
    id: here.sessionId,
    userAgent: 'spec',
    method: 'password',
  });
  const path = `/v1/auth/sessions/${elsewhere.sessionId}`;
  expect((await api.call('DELETE', path, { token: here.accessToken })).status).toBe(204);
  expect(await api.call('DELETE', path, { token: here.accessToken })).toMatchObject({ status: 404, json: { code: 'SESSION_NOT_FOUND' } });
  expect(await api.call('GET', '/v1/auth/me', { token: elsewhere.accessToken })).toMatchObject({
    status: 401,
    json: { code: 'TOKEN_REVOKED' },
  });
  expect((await api.call('DELETE', '/v1/auth/sessions/current', { token: here.accessToken })).status).toBe(204);
  expect(await api.call('POST', '/v1/auth/refresh', { body: { refreshToken: here.refreshToken } })).toMatchObject({
    status: 401,
    json: { code: 'SESSION_ENDED' },
  });
});

it('changes the password, with the advice of the estimator for a weak one', async () => {
  const { accessToken: token } = await signIn();
  const body = { currentPassword: 'correct horse', newPassword: 'password1' };
  expect(await api.call('POST', '/v1/auth/password', { token, body })).toMatchObject({
    status: 400,
    json: { code: 'PASSWORD_WEAK', hint: expect.stringContaining('commonly used'), fields: [{ field: 'newPassword' }] },
  });
  expect((await api.call('POST', '/v1/auth/password', { token, body: { ...body, newPassword: 'winter over the bridge' } })).status).toBe(
    204,
  );
  expect((await api.call('POST', '/v1/auth/token', { body: PASSWORD })).json.code).toBe('SIGN_IN_FAILED');
});
