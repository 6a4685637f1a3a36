import { Metadata } from '@grpc/grpc-js';
import { meshCallerOf } from './mesh-caller';

const BY = 'By=spiffe://cluster.local/ns/smartant/sa/scheduler';
const uri = (account: string, namespace = 'smartant') => `URI=spiffe://cluster.local/ns/${namespace}/sa/${account}`;
const told = (peer: string, ...headers: string[]) => {
  const metadata = new Metadata();
  for (const header of headers) metadata.add('x-forwarded-client-cert', header);
  return meshCallerOf(metadata, { getPeer: () => peer });
};
const sidecar = '127.0.0.6:41000';

describe('who calls inside a mesh', () => {
  it.each([sidecar, 'ipv4:127.0.0.1:5', '[::ffff:127.0.0.6]:9', 'ipv6:[::1]:7'])('is told by the sidecar at %s', (peer) => {
    expect(told(peer, `${BY};Hash=abc;Subject="CN=a,O=\\"b;c\\"";${uri('storage-migrator')}`)).toBe('storage-migrator');
  });

  it('is the last element: what comes before it is the client’s own word', () => {
    const forged = `${BY};${uri('storage-migrator')}`;
    expect(told(sidecar, `${forged},${BY};Hash=x;${uri('console')}`)).toBe('console');
    expect(told(sidecar, forged, `${BY};${uri('console')}`)).toBe('console');
  });

  it.each([
    ['no header', sidecar, []],
    ['an empty one', sidecar, ['']],
    ['another peer than our sidecar', '10.2.3.4:5', [`${BY};${uri('storage-migrator')}`]],
    ['a peer that only looks like loopback', '127.0.0.1.evil:5', [`${BY};${uri('storage-migrator')}`]],
    ['another namespace', sidecar, [`${BY};${uri('storage-migrator', 'theirs')}`]],
    ['another trust domain', sidecar, [`${BY};URI=spiffe://other/ns/smartant/sa/storage-migrator`]],
    ['no word on who we are', sidecar, [uri('storage-migrator')]],
    ['two identities', sidecar, [`${BY};${uri('storage-migrator')};${uri('console')}`]],
    ['an identity inside quotes', sidecar, [`${BY};Subject=";${uri('storage-migrator')}"`]],
    ['an identity that is none', sidecar, [`${BY};URI=https://storage-migrator`]],
  ])('is nobody with %s', (_name, peer, headers) => {
    expect(told(peer, ...headers)).toBeUndefined();
  });
});
