// A child process that sends one GET at a steady rate, whatever comes back, and tells its parent once a second what did.
// Arguments: URL, token, requests per second, connections.
import { connect } from 'node:net';

const [url, token, rate, connections] = process.argv.slice(2);
const { hostname, port, pathname, search } = new URL(url);
const request = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\n\r\n`;
const perSecond = Number(rate);
const idle = [];
let counts = fresh();
let due = 0;
let lastMs = performance.now();

function fresh() {
  return { sent: 0, notSent: 0, broken: 0, byStatus: {}, okMs: [] };
}

function open() {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const line = { socket, text: '', sentMs: 0 };
  socket.setEncoding('latin1');
  socket.on('connect', () => idle.push(line));
  socket.on('data', (chunk) => receive(line, chunk));
  socket.on('error', () => (counts.broken += 1));
  socket.on('close', () => {
    const place = idle.indexOf(line);
    if (place >= 0) idle.splice(place, 1);
    setTimeout(open, 100);
  });
}

function receive(line, chunk) {
  line.text += chunk;
  const headersEnd = line.text.indexOf('\r\n\r\n');
  if (headersEnd < 0) return;
  const length = Number(/content-length: (\d+)/i.exec(line.text)?.[1] ?? 0);
  if (line.text.length < headersEnd + 4 + length) return;
  const status = line.text.slice(9, 12);
  counts.byStatus[status] = (counts.byStatus[status] ?? 0) + 1;
  if (status === '200') counts.okMs.push(performance.now() - line.sentMs);
  line.text = '';
  idle.push(line);
}

for (let index = 0; index < Number(connections); index += 1) open();
setInterval(() => {
  const nowMs = performance.now();
  due += ((nowMs - lastMs) / 1_000) * perSecond;
  lastMs = nowMs;
  for (; due >= 1; due -= 1) {
    const line = idle.pop();
    if (!line) {
      counts.notSent += 1;
      continue;
    }
    counts.sent += 1;
    line.sentMs = nowMs;
    line.socket.write(request);
  }
}, 5);
setInterval(() => {
  process.send?.(counts);
  counts = fresh();
}, 1_000);
process.on('disconnect', () => process.exit(0));
