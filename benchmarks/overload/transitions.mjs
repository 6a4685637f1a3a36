// Changes of state, one after the other in each of a few loops: create, pause, resume, cancel. The endpoints accept connections and say
// nothing, so that a migration stays where it is until it is told otherwise, and its driver has work to do all the while.
import { createServer } from 'node:net';

const ACTIONS = ['pause', 'resume', 'cancel'];

/** An address that never answers. */
export async function silentEndpoint() {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

/** Runs `loops` loops for so long; resolves with transitions per second, their latencies and what was refused. */
export async function drive(platform, serviceUrl, { loops, seconds }) {
  const untilMs = performance.now() + seconds * 1_000;
  const latenciesMs = [];
  const refused = {};
  const step = async (path, body) => {
    const startedMs = performance.now();
    const response = await platform.call('POST', path, body);
    const text = await response.text();
    if (response.ok) latenciesMs.push(performance.now() - startedMs);
    else refused[`${response.status} ${JSON.parse(text).code}`] = (refused[`${response.status} ${JSON.parse(text).code}`] ?? 0) + 1;
    return response.ok ? JSON.parse(text) : undefined;
  };
  const loop = async () => {
    while (performance.now() < untilMs) {
      const created = await step('/v1/workspaces/default/migrations', migration(serviceUrl));
      if (!created) continue;
      for (const action of ACTIONS) await step(`/v1/workspaces/default/migrations/${created.id}/${action}`, {});
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: loops }, loop));
  return { perSecond: latenciesMs.length / ((performance.now() - startedMs) / 1_000), latenciesMs, refused };
}

const side = (serviceUrl, bucket) => ({
  location: { kind: 's3', serviceUrl, region: 'us-east-1', bucket, prefix: '', addressing: 'path' },
  secret: { kind: 's3', accessKeyId: 'access', secretAccessKey: 'secret' },
});

const migration = (serviceUrl) => ({
  source: side(serviceUrl, 'source'),
  target: side(serviceUrl, 'target'),
  spec: { kind: 'storage', cutover: { mode: 'manual' } },
});
