// The sample S3 server as a process: node tools/sample/s3-server/main.mjs --data DIR [--port N] [--host ADDRESS] [--bucket NAME …]
// [--ignore-write-conditions]: If-Match and If-None-Match of writes and deletes are not looked at, as by many older stores.
// Credentials come from SAMPLE_S3_ACCESS_KEY and SAMPLE_S3_SECRET_KEY. Prints {"listening": URL} when it is ready.
import { parseArgs } from 'node:util';
import { startS3Server } from './s3-server.mjs';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    bucket: { type: 'string', multiple: true, default: [] },
    'ignore-write-conditions': { type: 'boolean', default: false },
  },
});
if (!values.data) {
  console.error('usage: main.mjs --data DIR [--port N] [--host ADDRESS] [--bucket NAME …]');
  process.exit(2);
}
const server = await startS3Server({
  folder: values.data,
  host: values.host,
  port: Number(values.port),
  buckets: values.bucket,
  ignoreWriteConditions: values['ignore-write-conditions'],
  credentials: {
    accessKey: process.env.SAMPLE_S3_ACCESS_KEY ?? 'sample',
    secretKey: process.env.SAMPLE_S3_SECRET_KEY ?? 'sample-secret',
  },
});
console.log(JSON.stringify({ listening: server.url }));

const stop = () => server.close().then(() => process.exit(0));
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// Started with an IPC channel: the supervisor is gone when it closes.
if (process.channel) process.once('disconnect', stop);
