interface Globals {
  location: { hash: string; pathname: string; search: string };
  history: { replaceState: (state: unknown, unused: string, address: string) => void };
  sessionStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

const kept = new Map<string, string>();
const addresses: string[] = [];

/** The module as it is when a page at this address is opened. */
function opened(hash: string, path = '/console/') {
  const globals: Globals = {
    location: { hash, pathname: path, search: '' },
    history: { replaceState: (_state, _unused, address) => void addresses.push(address) },
    sessionStorage: {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => void kept.set(name, value),
      removeItem: (name) => void kept.delete(name),
    },
  };
  Object.assign(globalThis, globals);
  jest.resetModules();
  return jest.requireActual<typeof import('./provider-answer')>('./provider-answer');
}

beforeEach(() => {
  kept.clear();
  addresses.length = 0;
});
afterAll(() => {
  for (const name of ['location', 'history', 'sessionStorage']) Reflect.deleteProperty(globalThis, name);
});

it('takes the ticket out of the address, and leads back to the page that was left', () => {
  opened('', '/console/migrations').keepForReturn('secret');
  const { takeProviderAnswer } = opened('#oidc-ticket=abc');
  expect(addresses).toEqual(['/console/migrations']);
  expect(takeProviderAnswer()).toEqual({ ticket: 'abc', error: null, verifier: 'secret' });
  expect(takeProviderAnswer()).toBeUndefined();
  expect(kept.size).toBe(0);
});

it('knows no secret of a sign-in that another tab has begun', () => {
  expect(opened('#oidc-ticket=abc').takeProviderAnswer()).toEqual({ ticket: 'abc', error: null, verifier: '' });
  expect(addresses).toEqual(['/console/']);
});

it('leads to no place outside of the console', () => {
  kept.set('smartant.provider-sign-in', JSON.stringify({ verifier: 'v', page: '//evil.example.com/console/' }));
  expect(opened('#oidc-error=OIDC_NOT_ALLOWED').takeProviderAnswer()).toMatchObject({ error: 'OIDC_NOT_ALLOWED', ticket: null });
  expect(addresses).toEqual(['/console/']);
});

it('leaves other addresses as they are', () => {
  expect(opened('#content').takeProviderAnswer()).toBeUndefined();
  expect(addresses).toEqual([]);
});
