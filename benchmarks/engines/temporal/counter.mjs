// One worker process of the throughput measurement: says how many activities it has done when asked.
import { count } from './engine.mjs';

const options = JSON.parse(process.argv[2]);
const done = await count(options);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ done: done(), cpuSeconds: (user + system) / 1e6 });
});
process.send('ready');
