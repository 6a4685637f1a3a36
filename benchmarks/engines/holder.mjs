// One worker process: while it holds a job it writes to the target, one request after the other, each of which says who wrote.
import { Agent, request } from 'node:http';
import { engines } from './engines.mjs';

const { engine, url, modules, name, setting, target } = JSON.parse(process.argv[2]);
const agent = new Agent({ keepAlive: true });

/** One write to the target, about 1 ms apart. */
function write() {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: target, path: `/${name}`, method: 'PUT', agent }, (response) => {
      response.resume();
      response.once('end', () => setTimeout(resolve, 1));
    });
    sent.once('error', reject);
    sent.end();
  });
}

await engines[engine].work({ url, modules, name, setting, write });
process.send('ready');
