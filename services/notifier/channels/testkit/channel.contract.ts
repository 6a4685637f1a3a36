import { createEgressGuard, type EgressGuard } from '@smartant/platform/egress';
import { testAuthority, type TestAuthority } from '@smartant/test-servers';
import type { Channel, ChannelType } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import type { ChannelDependencies } from '../settings/channel-definition';
import { PartialDeliveries } from '../settings/partial-deliveries';
import { TokenCache } from '../settings/token-cache';
import { describeForms } from './describe-forms';
import { startProvider, type Behaviour, type ProviderServer, type Reply, type SeenRequest } from './provider-server';
import { HOSTILE, LINK, sampleMessage, UNICODE } from './sample-message';
import { SeenErrors } from './seen-errors';

export interface ExpectedRefusal {
  code: string;
  refusal: 'retry' | 'give-up' | 'reconfigure';
  providerCode?: string;
  retryAfterMs?: number;
}

export interface ChannelTraits {
  make(dependencies: ChannelDependencies): ChannelType;
  /** Pointing at the provider; without caPem, which is added. */
  settings(provider: ProviderServer): Record<string, unknown>;
  /** Each holds `CANARY`, so that it is found wherever it goes. */
  secrets(provider: ProviderServer): Record<string, string>;
  /** What the provider says when all is well. */
  accepts: (request: SeenRequest) => Reply;
  /** Which requests carry the message. Default: all. */
  carries?(request: SeenRequest): boolean;
  /** Checks the request as the provider would, by means of its own: signatures, tokens, form. Raises what is wrong. */
  verify(request: SeenRequest): void;
  /** What a person is shown of it. */
  shown(request: SeenRequest): string;
  /** Of the field or body that the provider bounds. */
  bytes(request: SeenRequest): number;
  /** What would be markup or a mention in `shown`. */
  markup: RegExp[];
  providerId: string | RegExp;
  /** [name, what the provider says, what becomes of it] */
  refusals: [string, Reply, ExpectedRefusal][];
  throttled: [Reply, Partial<ExpectedRefusal>];
  /** It has no answer of its own to be told from a page: a status 2xx is a yes. */
  anyAnswerIsYes?: true;
  /** It takes words of a template's fields only: the length, and the link, are not ours. */
  fieldsOnly?: true;
  /** Default: as given. */
  unicode?(text: string): string;
}

export const CANARY = 'canary7d1fSECRET';
/** Names that the tests' resolver knows, for providers that ask for a name of a form. */
export const PROVIDER_NAME = 'sms.provider.test';

const never = () => new AbortController().signal;

export interface ChannelBench {
  provider: ProviderServer;
  authority: TestAuthority;
  errors: SeenErrors;
  open(own?: { settings?: Record<string, unknown>; guard?: EgressGuard; timeoutMs?: number; nowMs?: () => number }): Channel;
  /** Sends, and gives the requests that carried it. */
  send(message?: Message, own?: Parameters<ChannelBench['open']>[0]): Promise<SeenRequest[]>;
}

/** What every channel over HTTP has to do, against a real server. Gives the bench for tests of the type's own. */
export function describeChannel(traits: ChannelTraits): ChannelBench {
  const bench = { errors: new SeenErrors() } as ChannelBench;
  const opened: Channel[] = [];
  const allowing = { allowLoopback: true, allow: [], deny: [] };
  const guardOf = (settings: typeof allowing) =>
    createEgressGuard(settings, { resolve: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) });
  const allowed = guardOf(allowing);
  const settingsOf = () => ({ ...traits.settings(bench.provider), caPem: bench.authority.caPem });
  const typeOf = (own: Parameters<ChannelBench['open']>[0] = {}) => {
    const { guard = allowed, timeoutMs = 60_000, nowMs = Date.now } = own;
    return traits.make({ guard, timeoutMs, nowMs, tokens: new TokenCache(nowMs), partial: new PartialDeliveries() });
  };
  bench.open = (own = {}) => {
    const channel = typeOf(own).open({ ...settingsOf(), ...own.settings }, traits.secrets(bench.provider));
    opened.push(channel);
    return channel;
  };
  bench.send = async (message = sampleMessage(), own = {}) => {
    bench.provider.seen.length = 0;
    await bench.open(own).send(message, never());
    return carried();
  };
  const carried = () => bench.provider.seen.filter((request) => traits.carries?.(request) ?? true);
  const failing = (behaviour: Behaviour, own: Parameters<ChannelBench['open']>[0] = {}, signal = never()) => {
    bench.provider.behave(behaviour);
    return bench.errors.of(bench.open(own).send(sampleMessage(), signal));
  };
  const said = (reply: Reply) => (request: SeenRequest) => ((traits.carries?.(request) ?? true) ? reply : traits.accepts(request));

  beforeAll(async () => {
    bench.authority = await testAuthority();
    bench.provider = await startProvider(await bench.authority.issue(['localhost', PROVIDER_NAME]));
  });
  afterAll(async () => {
    for (const channel of opened) await channel.close?.();
    await bench.provider?.close();
  });
  beforeEach(() => bench.provider.behave(traits.accepts));

  describe('forms', () => {
    describeForms(() => ({ type: typeOf(), settings: settingsOf(), secrets: traits.secrets(bench.provider) }));
  });

  describe('messages', () => {
    it('are delivered, as the provider wants them, with its id', async () => {
      bench.provider.seen.length = 0;
      const sent = await bench.open().send(sampleMessage(), never());
      if (typeof traits.providerId === 'string') expect(sent).toEqual({ providerId: traits.providerId });
      else expect(sent.providerId).toMatch(traits.providerId);
      expect(carried().length).toBeGreaterThan(0);
      carried().forEach(traits.verify);
      for (const request of carried()) expect(traits.shown(request)).toContain('migration-failed');
    });

    it('keep every character of every language', async () => {
      const requests = await bench.send(sampleMessage({ title: UNICODE, text: UNICODE, language: 'zh' }));
      for (const request of requests) expect(traits.shown(request)).toContain(traits.unicode?.(UNICODE) ?? UNICODE);
      requests.forEach(traits.verify);
    });

    it.each([
      ['Chinese', '告警内容很长，'.repeat(100_000)],
      ['emoji', '🚀'.repeat(200_000)],
      ['quotes', '"\\\n'.repeat(150_000)],
      ['markup', '<&*[@'.repeat(100_000)],
    ])('that are too long are cut between characters, with the way to the rest: %s', async (_name, text) => {
      const requests = await bench.send(sampleMessage({ text, title: text.slice(0, 5_000).replaceAll('\n', ' ') }));
      expect(requests.length).toBeGreaterThan(0);
      for (const request of requests) {
        traits.verify(request);
        const shown = traits.shown(request);
        expect(traits.bytes(request)).toBeLessThanOrEqual(typeOf().limits.messageBytes);
        expect(shown.isWellFormed()).toBe(true);
        expect(shown).not.toContain('\ufffd');
        if (!traits.fieldsOnly) expect([shown.includes('…'), shown.includes(LINK)]).toEqual([true, true]);
      }
    });

    it('that are hostile stay text: nobody is called, nothing is drawn', async () => {
      const requests = await bench.send(sampleMessage({ text: HOSTILE, title: HOSTILE, url: 'javascript:alert(1)' }));
      for (const request of requests) {
        traits.verify(request);
        const shown = traits.shown(request);
        for (const pattern of traits.markup) expect([String(pattern), pattern.exec(shown)?.[0]]).toEqual([String(pattern), undefined]);
        expect(shown).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
        expect(request.body).not.toContain('javascript:alert');
      }
    });

    it('that say little are sent all the same', async () => {
      const requests = await bench.send(sampleMessage({ text: '', title: '', url: '', alerts: [], alertCount: 0, status: 'resolved' }));
      requests.forEach(traits.verify);
    });
  });

  describe('refusals', () => {
    it.each(traits.refusals)('%s', async (_name, reply, expected) => {
      expect(await failing(said(reply))).toMatchObject(expected);
    });

    it('waits as long as the provider says', async () => {
      const [reply, expected] = traits.throttled;
      expect(await failing(said(reply))).toMatchObject({ code: 'NOTIFY_CHANNEL_THROTTLED', refusal: 'retry', ...expected });
      const header = said({ status: 429, headers: { 'retry-after': '7' }, body: 'slow down' });
      expect(await failing(header)).toMatchObject({ code: 'NOTIFY_CHANNEL_THROTTLED', refusal: 'retry' });
    });

    it('tries again after a failure of the provider', async () => {
      for (const status of [500, 502, 503]) {
        const failed = { code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', refusal: 'retry' };
        expect(await failing(() => ({ status, body: '<html>no</html>' }))).toMatchObject(failed);
      }
    });

    it('does not follow redirects', async () => {
      const redirect = () => ({ status: 302, headers: { location: 'https://localhost:1/' } });
      expect(await failing(redirect)).toMatchObject({ code: 'NOTIFY_CHANNEL_REDIRECTED', refusal: 'reconfigure' });
    });

    it('knows a page from an answer, and reads no answer without an end', async () => {
      const page = () => ({ body: '<html>Sign in</html>' });
      if (!traits.anyAnswerIsYes) expect(await failing(page)).toMatchObject({ code: 'NOTIFY_CHANNEL_ANSWER_INVALID', refusal: 'retry' });
      for (const body of [[1], 'null', '{}']) {
        if (!traits.anyAnswerIsYes) expect(await failing(() => ({ body }))).toMatchObject({ code: 'NOTIFY_CHANNEL_ANSWER_INVALID' });
      }
      expect(await failing('endless')).toMatchObject({ code: 'NOTIFY_CHANNEL_ANSWER_INVALID', refusal: 'retry' });
    });
  });

  describe('connections', () => {
    it('that are dropped, or not made, are tried again', async () => {
      expect(await failing('drop')).toMatchObject({ code: 'NOTIFY_CHANNEL_UNREACHABLE', refusal: 'retry' });
    });

    it('on which nothing comes end after a time', async () => {
      expect(await failing('hang', { timeoutMs: 400 })).toMatchObject({ code: 'NOTIFY_CHANNEL_TIMEOUT', refusal: 'retry' });
    });

    it('end when the signal fires, and are not begun after it', async () => {
      const told = new AbortController();
      const asked = bench.provider.waiting();
      const ended = failing('hang', {}, told.signal);
      await asked;
      told.abort(new Error(CANARY));
      expect(await ended).toMatchObject({ code: 'CANCELLED', kind: 'cancelled' });
      const before = bench.provider.connections();
      expect(await failing(traits.accepts, {}, told.signal)).toMatchObject({ code: 'CANCELLED' });
      expect(bench.provider.connections()).toBe(before);
    });

    it('are not made to a provider whose certificate is unknown', async () => {
      bench.provider.seen.length = 0;
      const error = await failing(traits.accepts, { settings: { caPem: '' } });
      expect(error).toMatchObject({ code: 'NOTIFY_CHANNEL_TLS_REFUSED', refusal: 'reconfigure' });
      expect(bench.provider.seen).toEqual([]);
    });

    it('are not made to addresses that are forbidden', async () => {
      const before = bench.provider.connections();
      const guard = guardOf({ ...allowing, allowLoopback: false });
      expect(await failing(traits.accepts, { guard })).toMatchObject({ code: 'NOTIFY_CHANNEL_ADDRESS_FORBIDDEN', refusal: 'reconfigure' });
      expect(bench.provider.connections()).toBe(before);
    });
  });

  describe('secrets', () => {
    it('are in no error, even of a provider that repeats what it was sent', async () => {
      for (const status of [200, 400, 403, 500]) {
        for (const shape of ECHOES) {
          const echo = (request: SeenRequest) => ({ status, headers: { 'x-echo': request.path.slice(0, 500) }, body: shape(request) });
          bench.provider.behave(echo);
          const outcome = await bench
            .open()
            .send(sampleMessage(), never())
            .catch((error: unknown) => error);
          if (outcome instanceof Error) await bench.errors.of(Promise.reject(outcome));
          else expect(JSON.stringify(outcome)).not.toContain(CANARY);
        }
      }
      expect(bench.errors.count).toBeGreaterThan(10);
      expect(bench.errors.text()).not.toContain(CANARY);
    });
  });
  return bench;
}

/** What was sent, in the places in which providers put codes, ids and texts. */
const ECHOES: ((request: SeenRequest) => unknown)[] = [
  ({ path, headers, body }) => `${path} ${JSON.stringify(headers)} ${body}`,
  () => CANARY,
  ({ path, body }) => ({ errcode: CANARY, code: CANARY, errmsg: path, Code: CANARY, description: body, error_code: CANARY, id: CANARY }),
  ({ path }) => ({ Response: { Error: { Code: CANARY, Message: path }, RequestId: CANARY } }),
  ({ path }) => ({
    ok: true,
    errcode: 0,
    code: 0,
    Code: 'OK',
    BizId: CANARY,
    msgid: CANARY,
    dedup_key: CANARY,
    status: 'success',
    path,
    result: { message_id: CANARY },
  }),
];
