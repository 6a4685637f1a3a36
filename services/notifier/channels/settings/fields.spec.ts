import { createEgressGuard } from '@smartant/platform/egress';
import { addressProblem } from './fields';

const cluster = createEgressGuard({ allowLoopback: false, allow: [], deny: ['10.96.0.0/12'] });
const embedded = createEgressGuard({ allowLoopback: true, allow: [], deny: [] });

it.each([
  ['https://hooks.slack.com/services/T/B/x', true, true],
  ['https://192.168.1.5:8443/hook?a=b', true, true],
  ['http://localhost:8080/hook', false, true],
  ['http://127.0.0.1/', false, true],
  ['http://[::1]/', false, true],
  ['https://127.0.0.1/', false, true],
  ['http://example.com/', false, false],
  ['http://localhost.evil.example/', false, false],
  ['https://169.254.169.254/latest', false, false],
  ['https://0x7f000001/', false, true],
  ['https://10.96.0.1/', false, true],
  ['https://user:pw@example.com/', false, false],
  ['https://example.com/#x', false, false],
  ['ftp://example.com/', false, false],
  ['file:///etc/passwd', false, false],
  ['javascript:alert(1)', false, false],
  ['example.com', false, false],
  ['', false, false],
])('%s: in a cluster %s, embedded %s', (address, inCluster, alone) => {
  expect([addressProblem(address, cluster), addressProblem(address, embedded)].map((problem) => problem === undefined)).toEqual([
    inCluster,
    alone,
  ]);
});
