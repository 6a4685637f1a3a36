import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeIf } from '../describe-if';
import { startToxiproxy, whyNoToxiproxy, type Toxiproxy } from './start-toxiproxy';

describeIf(whyNoToxiproxy(), 'toxiproxy', () => {
  let toxiproxy: Toxiproxy;
  let upstream: Server;

  beforeAll(async () => {
    toxiproxy = await startToxiproxy();
    upstream = createServer((_request, response) => response.end('here'));
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  });

  afterAll(async () => {
    await toxiproxy?.stop();
    upstream?.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
  });

  it('passes, is cut, and passes again on the same address', async () => {
    const proxy = await toxiproxy.createProxy(`127.0.0.1:${(upstream.address() as AddressInfo).port}`);
    const ask = () => fetch(`http://${proxy.address}/`).then((response) => response.text());
    expect(await ask()).toBe('here');
    await proxy.cut();
    await expect(ask()).rejects.toThrow();
    await proxy.mend();
    expect(await ask()).toBe('here');
  });

  it('adds a toxic and removes it', async () => {
    const proxy = await toxiproxy.createProxy(`127.0.0.1:${(upstream.address() as AddressInfo).port}`);
    const remove = await proxy.addToxic({ type: 'reset_peer', attributes: { timeout: 0 } });
    await expect(fetch(`http://${proxy.address}/`)).rejects.toThrow();
    await remove();
    expect((await fetch(`http://${proxy.address}/`)).status).toBe(200);
  });
});
