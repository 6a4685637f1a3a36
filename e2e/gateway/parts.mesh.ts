import { createPublicKey } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { describeIf } from '@smartant/test-servers';
import { parse } from 'yaml';
import { JwksSource } from '../../services/gateway-keys/adapters/jwks-source';
import { MachineKeyFolder } from '../../services/gateway-keys/adapters/machine-key-folder';
import { withCredentials, type KongFile } from '../../services/gateway-keys/domain/kong-file';
import { AccessTokens } from '../../services/scheduler/application/identity/access-tokens';
import { helmBinary } from '../../tools/deploy/render-chart';
import { routeOf, type KongRoute } from '../../tools/gateway/fixtures/kong-router';
import { kongProblems } from '../../tools/gateway/kong-schema';
import { kongImage } from './container-engine';
import { MACHINES } from './gateway-chart';
import { callGrpc, GET_MIGRATION } from './grpc-caller';
import { ask, opened } from './plain-request';
import { SETTINGS, TABLE, type Setting } from './request-table';
import { GatewayParts, THIS_MACHINE } from './test-gateway';

const ROUTED = TABLE.filter(({ request, status: code }) => code !== 415 && !/\.\.|%|\/\//.test(request.path));

/** Of the suite that asks Kong itself, everything but Kong: so that it fails there for no reason that could have been seen here. */
describeIf(helmBinary() ? null : 'helm is not installed', 'what Kong is started with', () => {
  type File = KongFile & { routes: KongRoute[] };
  let parts: GatewayParts;
  let files: Record<Setting, File>;
  beforeAll(async () => {
    parts = await GatewayParts.make();
    const rendered = Object.entries(SETTINGS).map(([setting, values]) => [setting, parse(parts.chart.kongFile(values))]);
    files = Object.fromEntries(rendered) as Record<Setting, File>;
  });
  afterAll(() => parts?.remove());

  it('is a container like the chart’s, but for where its administration listens', () => {
    const { create, host } = parts.container().order;
    expect(create).toMatchObject({ Image: kongImage(), User: '1000:1000' });
    expect(create.Env).toEqual(
      expect.arrayContaining([
        'KONG_DATABASE=off',
        'KONG_ADMIN_LISTEN=0.0.0.0:8001',
        'KONG_SSL_CERT=/certificate/tls.crt',
        'KONG_REAL_IP_HEADER=X-Forwarded-For',
        'KONG_HEADERS=off',
      ]),
    );
    expect(new Set(create.Env).size).toBe(Object.keys(parts.pod.environment).length);
    expect(Object.keys(create.ExposedPorts ?? {}).sort()).toEqual(['8000/tcp', '8001/tcp', '8100/tcp', '8443/tcp']);
    expect(host).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'] });
    expect(host.Tmpfs).toEqual({ '/kong': 'rw,mode=2777,gid=1000,size=256m', '/tmp': 'rw,mode=2777,gid=1000,size=256m' });
    const certificate = join(parts.folder, 'edge-tls');
    expect(host.Binds).toEqual([`${certificate}:/certificate:ro`]);
    for (const path of [parts.folder, certificate]) expect(statSync(path).mode & 0o005).toBe(0o005);
  });

  it.each(Object.keys(SETTINGS) as Setting[])('is, with what gateway-keys adds, what Kong accepts: %s', async (setting) => {
    const tokenKeys = await new JwksSource(parts.upstream.jwksUrl).read(AbortSignal.timeout(5_000));
    const machineKeys = await new MachineKeyFolder(join(parts.folder, 'machines')).read();
    const config = withCredentials(files[setting], { tokenKeys, machineKeys });
    expect(kongProblems(config as never)).toEqual([]);
    expect(config.consumers?.map(({ username }) => username)).toEqual(['smartant-tokens', ...Object.keys(MACHINES)]);
    for (const { jwt_secrets: jwt, keyauth_credentials: keys } of config.consumers ?? []) expect((jwt ?? keys)?.length).toBe(1);
    expect(config['services']).toMatchObject([
      { host: THIS_MACHINE, port: parts.upstream.httpPort },
      { host: THIS_MACHINE, port: parts.upstream.httpPort },
      { host: THIS_MACHINE, port: parts.upstream.grpcPort, protocol: 'grpc' },
    ]);
  });

  it.each(ROUTED)('has a route for $request.path exactly where $status is no 404 ($name)', ({ request, setting, status: code }) => {
    const route = routeOf(files[setting ?? 'open to all'].routes, request.method ?? 'GET', request.path);
    expect(route === null).toBe(code === 404);
  });

  it('signs tokens that the scheduler takes, and such that it refuses', async () => {
    const { kid, publicKey } = parts.key;
    const keys = {
      publicKey: (asked: string) =>
        Promise.resolve(asked === kid ? createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })) : undefined),
    };
    const scheduler = new AccessTokens(keys as never, { nowMs: () => Date.now() } as never, 900);
    await expect(scheduler.verify(await parts.key.token())).resolves.toMatchObject({ username: 'ann', role: 'admin' });
    for (const [wrong, token] of Object.entries(await parts.key.wrongTokens())) {
      const code = wrong === 'expired' ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID';
      await expect(scheduler.verify(token).catch((error: unknown) => [wrong, (error as { code: string }).code])).resolves.toEqual([
        wrong,
        code,
      ]);
    }
  });

  it('stands before an upstream that answers REST, events and gRPC, and notes what arrives', async () => {
    const { upstream } = parts;
    upstream.arrivals.splice(0);
    const http = { host: '127.0.0.1', port: upstream.httpPort };
    expect(await ask(http, { method: 'POST', path: '/docs/../v1/%2e', bodyBytes: 70_000, chunked: true })).toMatchObject({ status: 200 });
    expect(upstream.arrivals).toMatchObject([
      { method: 'POST', path: '/docs/../v1/%2e', bodyBytes: 70_000, headers: { 'transfer-encoding': 'chunked' } },
    ]);
    const stream = await opened(http, { path: '/v1/workspaces/default/migrations/mig_1/watch' });
    const events = stream.setEncoding('utf8')[Symbol.asyncIterator]();
    upstream.tell('first');
    expect(await events.next()).toEqual({ done: false, value: 'data: first\n\n' });
    upstream.endStreams();
    expect((await events.next()).done).toBe(true);
    expect(await callGrpc({ host: '127.0.0.1', port: upstream.grpcPort }, GET_MIGRATION, { 'x-api-key': 'kept' })).toBe(status.OK);
    expect(upstream.arrivals.at(-1)).toMatchObject({ path: GET_MIGRATION, bodyBytes: 5, headers: { 'x-api-key': 'kept' } });
  });
});
