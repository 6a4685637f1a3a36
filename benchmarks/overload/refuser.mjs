// A child process that refuses every request: what a flood costs the machine when it goes somewhere else.
import { createServer } from 'node:http';

const server = createServer((_request, response) => {
  response.writeHead(503, { 'Retry-After': '1' });
  response.end('busy');
});
server.listen(0, '127.0.0.1', () => process.send?.(`http://127.0.0.1:${server.address().port}/`));
process.on('disconnect', () => process.exit(0));
