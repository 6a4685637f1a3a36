import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which Linux and macOS take the local ports of outgoing connections (from 32768 and 49152 on). */
const FIRST = 20_000;
const LAST = 31_999;
const given = new Set<number>();

/**
 * A free TCP port on 127.0.0.1 for a server that will be restarted: no outgoing connection is given it while the server
 * is away, as may happen to a port of `freePort`.
 */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
