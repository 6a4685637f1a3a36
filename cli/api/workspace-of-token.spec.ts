import { ScriptedApi, type RecordedRequest } from '../testing/scripted-api';
import { Api } from './api';

const tokenFor = (name: string) => `x.${Buffer.from(JSON.stringify({ ws: `ws_${name}`, wsn: name })).toString('base64url')}.y`;
const wantedIn = ({ body }: RecordedRequest) => (body as { workspace: string }).workspace;

let api: ScriptedApi;
beforeAll(async () => {
  api = await ScriptedApi.start({
    'POST /v1/auth/token': () => ({ body: { accessToken: tokenFor('first'), expiresInSeconds: 600 } }),
    'POST /v1/auth/workspace': (request) => ({ body: { accessToken: tokenFor(wantedIn(request)), expiresInSeconds: 600 } }),
    'GET /v1/auth/me': ({ headers }) => ({ body: { authorization: headers.authorization } }),
  });
});
afterAll(() => api.close());

const password = { username: 'ann', password: 'secret' };

/** The token that a request in this workspace goes out with. */
async function tokenIn(workspace: string, credential: typeof password | { apiKey: string } = password): Promise<string> {
  const session = { url: api.url, credential, workspace, origin: 'spec' };
  const me = (await new Api(session, fetch, new AbortController().signal).whoAmI()) as unknown as { authorization: string };
  return me.authorization.replace('Bearer ', '');
}

it('is switched to the one that the session works in', async () => {
  expect(await tokenIn('second')).toBe(tokenFor('second'));
});

it.each(['first', 'ws_first', ''])('is left as it is where that is %j', async (workspace) => {
  const before = api.to('POST /v1/auth/workspace').length;
  expect(await tokenIn(workspace)).toBe(tokenFor('first'));
  expect(api.to('POST /v1/auth/workspace')).toHaveLength(before);
});

it('is left to the server to refuse where it was had with an API key', async () => {
  expect(await tokenIn('second', { apiKey: 'sak_x' })).toBe(tokenFor('first'));
});
