import { createEgressGuard } from '@smartant/platform/egress';
import { testAuthority, type TestAuthority, type TestCertificate } from '@smartant/test-servers';
import type { SMTPServerOptions } from 'smtp-server';
import type { Channel } from '../../application/ports/channel';
import { PartialDeliveries } from '../settings/partial-deliveries';
import { TokenCache } from '../settings/token-cache';
import { CANARY } from '../testkit/channel.contract';
import { describeForms } from '../testkit/describe-forms';
import { startMailServer, type MailServer } from '../testkit/mail-server';
import { startProvider, type ProviderServer } from '../testkit/provider-server';
import { HOSTILE, LINK, sampleMessage, UNICODE } from '../testkit/sample-message';
import { SeenErrors } from '../testkit/seen-errors';
import { email } from './email';

const errors = new SeenErrors();
const closers: { close?(): Promise<void> }[] = [];
const never = new AbortController().signal;
let authority: TestAuthority;
let certificate: TestCertificate;

beforeAll(async () => {
  authority = await testAuthority();
  certificate = await authority.issue(['localhost']);
});
afterEach(async () => {
  for (const each of closers.splice(0).reverse()) await each.close?.();
});

/** As smtp-server wants a reply with a code. */
const reply = (responseCode: number, text = `no ${CANARY}`) => Object.assign(new Error(text), { responseCode });
const signsIn: SMTPServerOptions['onAuth'] = ({ username, password, method }, _session, done) =>
  password === CANARY ? done(null, { user: `${username} ${method}` }) : done(reply(535));

async function serve(options: SMTPServerOptions = {}): Promise<MailServer> {
  const server = await startMailServer({ certificate, onAuth: signsIn, ...options });
  closers.push(server);
  return server;
}

interface Own {
  settings?: Record<string, unknown>;
  secrets?: Record<string, string>;
  timeoutMs?: number;
  allowLoopback?: boolean;
}

const settingsOf = (port: number) => ({
  host: 'localhost',
  port,
  from: 'alerts@smartant.test',
  to: ['ann@example.com', 'bob@example.com'],
  user: 'me',
});

function typeOf({ timeoutMs = 60_000, allowLoopback = true }: Own = {}) {
  const guard = createEgressGuard({ allowLoopback, allow: [], deny: [] });
  return email({ guard, timeoutMs, nowMs: Date.now, tokens: new TokenCache(Date.now), partial: new PartialDeliveries() });
}

function open({ port }: { port: number }, own: Own = {}): Channel {
  const settings = { ...settingsOf(port), caPem: authority.caPem, ...own.settings };
  const channel = typeOf(own).open(settings, own.secrets ?? { password: CANARY });
  closers.push(channel);
  return channel;
}

const failing = (server: { port: number }, own: Own = {}, signal = never) => errors.of(open(server, own).send(sampleMessage(), signal));

/** The parts of a mail, decoded by the rules of RFC 2045 and not by nodemailer. */
function parts(raw: string): string[] {
  const boundary = /boundary="([^"]+)"/.exec(raw)?.[1] ?? '';
  return raw
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const [head = '', ...rest] = part.split('\r\n\r\n');
      const body = rest.join('\r\n\r\n').trimEnd();
      if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString('utf8');
      if (!/quoted-printable/i.test(head)) return body;
      const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
      return Buffer.from(bytes, 'latin1').toString('utf8');
    });
}

describe('forms', () => {
  describeForms(() => ({ type: typeOf(), settings: settingsOf(587), secrets: { password: CANARY } }));

  it('ask for what each way to sign in needs', () => {
    const fields = (settings: object, secrets = {}) =>
      typeOf()
        .check({ ...settingsOf(587), ...settings }, secrets)
        .map(({ field }) => field);
    expect(fields({})).toEqual(['secrets.password']);
    expect(fields({ auth: 'oauth2' })).toEqual(['settings.tokenUrl', 'settings.clientId', 'secrets.clientSecret']);
    expect(fields({ auth: 'none', user: '', security: 'none' })).toEqual([]);
    expect(fields({ security: 'none' }, { password: 'x' })).toEqual(['settings.security']);
    for (const to of ['a@b\r\nBcc: x@y.example', 'not an address', ''])
      expect(fields({ to: [to] }, { password: 'x' })).toEqual(['settings.to.0']);
    expect(fields({ tokenUrl: 'http://169.254.169.254/token' }, { password: 'x' })).toEqual(['settings.tokenUrl']);
  });
});

describe('mails', () => {
  it('are handed over under STARTTLS after signing in, known by their id', async () => {
    const server = await serve();
    const channel = open(server);
    const { providerId } = await channel.send(sampleMessage(), never);
    await channel.send(sampleMessage({ id: 'another' }), never);
    const [mail, other] = server.mails;
    expect(mail).toMatchObject({
      from: 'alerts@smartant.test',
      to: ['ann@example.com', 'bob@example.com'],
      secure: true,
      user: 'me',
      method: 'PLAIN',
    });
    expect(mail?.headers.get('message-id')).toBe(providerId);
    expect(providerId).toMatch(/^<[0-9a-f]{40}@smartant\.test>$/);
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
    // Mails of one group are one conversation, and take one connection.
    expect([other?.headers.get('references'), server.connections()]).toEqual([mail?.headers.get('references'), 1]);
    const again = await open(server).send(sampleMessage(), never);
    expect(again.providerId).toBe(providerId);
  });

  it('are text and HTML of the same, in every language', async () => {
    const server = await serve();
    await open(server).send(sampleMessage({ title: UNICODE, text: `${UNICODE}\nsecond line`, language: 'zh' }), never);
    const [text = '', html = ''] = parts(server.mails[0]!.raw);
    for (const part of [text, html]) expect(part).toContain(UNICODE);
    expect([text.includes(LINK), html.includes(LINK.replaceAll('&', '&amp;')), html.includes('查看详情')]).toEqual([true, true, true]);
    expect(server.mails[0]?.headers.get('content-type')).toContain('multipart/alternative');
    expect(server.mails[0]?.headers.get('subject')).toMatch(/^[\x20-\x7e]+$/);
  });

  it('that are hostile stay text, and bring no headers', async () => {
    const server = await serve();
    const title = `x\r\nBcc: eve@example.com\r\n\r\n${HOSTILE}`;
    await open(server).send(sampleMessage({ id: 'a\r\nX-Evil: 1', title, text: HOSTILE, url: 'javascript:alert(1)' }), never);
    const [mail] = server.mails;
    expect([mail?.headers.has('bcc'), mail?.headers.has('x-evil'), mail?.to.length]).toEqual([false, false, 2]);
    const html = parts(mail!.raw)[1]!;
    const tags = [...html.matchAll(/<\/?([a-z!]+)/gi)].map((match) => match[1]!.toLowerCase());
    expect(new Set(tags)).toEqual(new Set(['!doctype', 'html', 'body', 'h', 'div']));
    expect(html).not.toContain('javascript:');
  });

  it('that are too long are cut, with the way to the rest', async () => {
    const server = await serve();
    await open(server).send(sampleMessage({ text: '🚀<&'.repeat(500_000) }), never);
    const both = parts(server.mails[0]!.raw);
    expect(Buffer.byteLength(both.join(''))).toBeLessThanOrEqual(typeOf().limits.messageBytes);
    for (const part of both) expect([part.isWellFormed(), part.includes('… (cut short)'), part.includes('�')]).toEqual([true, true, false]);
    expect(both[0]).toContain(LINK);
  });

  it('go over TLS from the first byte, and without it to a relay', async () => {
    const secure = await serve({ secure: true });
    await open(secure, { settings: { security: 'tls' } }).send(sampleMessage(), never);
    expect(secure.mails[0]?.secure).toBe(true);
    const plain = await serve({ hideSTARTTLS: true });
    await open(plain, { settings: { security: 'none', auth: 'none' }, secrets: {} }).send(sampleMessage(), never);
    expect(plain.mails[0]).toMatchObject({ secure: false, user: '' });
  });
});

describe('OAuth 2', () => {
  let tokens: ProviderServer;
  const oauth = () => ({
    settings: { auth: 'oauth2', tokenUrl: `${tokens.url}/token`, clientId: 'client', scope: 'mail' },
    secrets: { clientSecret: `${CANARY}-c`, refreshToken: `${CANARY}-r` },
  });
  beforeEach(async () => closers.push((tokens = await startProvider(certificate))));

  it.each<[string, (done: Parameters<NonNullable<SMTPServerOptions['onAuth']>>[2]) => void]>([
    // As Google does, and as Microsoft does.
    ['with a challenge', (done) => done(null, { data: { status: '401', schemes: 'bearer', scope: 'mail' } })],
    ['at once', (done) => done(reply(535))],
  ])('signs in with an access token, and with a new one where the old one is refused %s', async (_name, refuse) => {
    let [given, valid] = [0, 'token-1'];
    tokens.behave(() => ({ body: { access_token: `token-${(given += 1)}`, expires_in: 3_600 } }));
    const server = await serve({
      onAuth: ({ username, accessToken, method }, _session, done) =>
        accessToken === valid ? done(null, { user: `${username} ${method}` }) : refuse(done),
    });
    const type = typeOf();
    const channelOf = () => {
      const { settings, secrets } = oauth();
      const channel = type.open({ ...settingsOf(server.port), caPem: authority.caPem, ...settings }, secrets);
      closers.push(channel);
      return channel;
    };
    await channelOf().send(sampleMessage(), never);
    await channelOf().send(sampleMessage({ id: 'b' }), never);
    expect([given, server.mails.length]).toEqual([1, 2]);
    valid = 'token-2';
    await channelOf().send(sampleMessage({ id: 'c' }), never);
    expect([given, server.mails.length]).toEqual([2, 3]);
    expect(server.mails[0]).toMatchObject({ user: 'me', method: 'XOAUTH2', secure: true });
    const form = Object.fromEntries(new URLSearchParams(tokens.seen[0]!.body));
    expect(form).toEqual({
      grant_type: 'refresh_token',
      client_id: 'client',
      client_secret: `${CANARY}-c`,
      refresh_token: `${CANARY}-r`,
      scope: 'mail',
    });
  });

  it('says that the grant has ended, and that the token server is away', async () => {
    tokens.behave(() => ({ status: 400, body: { error: 'invalid_grant', error_description: CANARY } }));
    const server = await serve();
    expect(await failing(server, oauth())).toMatchObject({ code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure' });
    tokens.behave('drop');
    expect(await failing(server, oauth())).toMatchObject({ code: 'NOTIFY_CHANNEL_UNREACHABLE', refusal: 'retry' });
    expect(server.mails).toEqual([]);
  });
});

describe('refusals', () => {
  it.each<[string, SMTPServerOptions, object]>([
    [
      'the password',
      { onAuth: (_auth, _session, done) => done(reply(535)) },
      { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure' },
    ],
    [
      'signing in for now',
      { onAuth: (_auth, _session, done) => done(reply(454)) },
      { code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', refusal: 'retry' },
    ],
    [
      'the sender',
      { onMailFrom: (_from, _session, done) => done(reply(550)) },
      { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure' },
    ],
    [
      'all recipients',
      { onRcptTo: (_to, _session, done) => done(reply(550)) },
      { code: 'NOTIFY_CHANNEL_RECIPIENT_REFUSED', refusal: 'give-up', providerCode: '550' },
    ],
    [
      'recipients for now',
      { onRcptTo: (_to, _session, done) => done(reply(450)) },
      { code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', refusal: 'retry', providerCode: '450' },
    ],
    [
      'the content',
      { onData: (stream, _session, done) => void stream.resume().on('end', () => done(reply(554))) },
      { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' },
    ],
    [
      'the size',
      { onData: (stream, _session, done) => void stream.resume().on('end', () => done(reply(552))) },
      { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' },
    ],
    [
      'the content for now',
      { onData: (stream, _session, done) => void stream.resume().on('end', () => done(reply(451))) },
      { code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', refusal: 'retry' },
    ],
    [
      'the connection for now',
      { onConnect: (_session, done) => done(reply(421)) },
      { code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', refusal: 'retry' },
    ],
  ])('of %s', async (_name, options, expected) => {
    expect(await failing(await serve(options))).toMatchObject(expected);
  });

  it('of one recipient let the others have it, and are tried again for that one alone', async () => {
    let later = true;
    const server = await serve({ onRcptTo: ({ address }, _session, done) => done(later && address.startsWith('bob') ? reply(450) : null) });
    const channel = open(server);
    const error = await errors.of(channel.send(sampleMessage(), never));
    expect(error).toMatchObject({ refusal: 'retry', message: expect.stringContaining('1 of 2 recipients have it') });
    later = false;
    await channel.send(sampleMessage(), never);
    expect(server.mails.map(({ to }) => to)).toEqual([['ann@example.com'], ['bob@example.com']]);
  });
});

describe('connections', () => {
  it('without STARTTLS carry nothing', async () => {
    const server = await serve({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    expect((await failing(server))['code']).toMatch(/^NOTIFY_CHANNEL_(TLS_REFUSED|SETTINGS_REFUSED)$/);
    expect(server.mails).toEqual([]);
  });

  it('are not trusted without a certificate for this name from a known authority, in date', async () => {
    const starttls = await serve();
    const refused = { code: 'NOTIFY_CHANNEL_TLS_REFUSED', refusal: 'reconfigure' };
    expect(await failing(starttls, { settings: { caPem: '' } })).toMatchObject(refused);
    const secure = await serve({ secure: true });
    expect(await failing(secure, { settings: { security: 'tls', caPem: '' } })).toMatchObject(refused);
    const other = await startMailServer({ certificate: await authority.issue(['other.example']) });
    const old = await startMailServer({ certificate: await authority.issue(['localhost'], { fromMs: -9_000_000, toMs: -1_000_000 }) });
    closers.push(other, old);
    expect(await failing(other)).toMatchObject(refused);
    expect(await failing(old)).toMatchObject({ code: 'NOTIFY_CHANNEL_TLS_EXPIRED', refusal: 'retry' });
    expect([...starttls.mails, ...secure.mails, ...other.mails, ...old.mails]).toEqual([]);
  });

  it('are not made to addresses that are forbidden, nor for tokens', async () => {
    const server = await serve();
    const own = { allowLoopback: false };
    expect(await failing(server, own)).toMatchObject({ code: 'NOTIFY_CHANNEL_ADDRESS_FORBIDDEN', refusal: 'reconfigure' });
    expect(server.connections()).toBe(0);
  });

  it('that cannot be made, or on which nothing comes, are tried again', async () => {
    const server = await serve();
    await server.close();
    expect(await failing(server)).toMatchObject({ code: 'NOTIFY_CHANNEL_UNREACHABLE', refusal: 'retry' });
    const mute = await serve({ onConnect: () => undefined });
    expect(await failing(mute, { timeoutMs: 400 })).toMatchObject({ code: 'NOTIFY_CHANNEL_TIMEOUT', refusal: 'retry' });
  });

  it('end when the signal fires', async () => {
    const told = new AbortController();
    const server = await serve({ onConnect: () => told.abort(new Error(CANARY)) });
    expect(await failing(server, {}, told.signal)).toMatchObject({ code: 'CANCELLED' });
    expect(await failing(server, {}, told.signal)).toMatchObject({ code: 'CANCELLED' });
    expect(server.mails).toEqual([]);
  });
});

it('tells no secret in any error, even of servers that repeat it', () => {
  expect(errors.count).toBeGreaterThan(20);
  expect(errors.text()).not.toContain(CANARY);
});
