import { createHash, createHmac, randomBytes } from 'node:crypto';
import { knownHostKeys } from './known-hosts';

const key = (name: string) => Buffer.from(`key of ${name}`).toString('base64');
const fingerprint = (name: string) => `SHA256:${createHash('sha256').update(`key of ${name}`).digest('base64').replace(/=+$/, '')}`;
const hashed = (name: string) => {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};

const text = `# a comment
bastion.example,192.0.2.7 ssh-ed25519 ${key('a')} comment
BASTION.example ssh-rsa ${key('b')}
[bastion.example]:2222 ssh-ed25519 ${key('c')}
${hashed('hidden.example')} ssh-ed25519 ${key('d')}
${hashed('[hidden.example]:2222')} ssh-ed25519 ${key('e')}
*.example ssh-ed25519 ${key('wild')}
@cert-authority bastion.example ssh-ed25519 ${key('ca')}
@revoked bastion.example ssh-ed25519 ${key('gone')}
bastion.example ssh-ed25519 ${key('gone')}
bastion.example ssh-ed25519
`;

it.each([
  ['bastion.example', 22, ['a', 'b']],
  ['Bastion.Example', 22, ['a', 'b']],
  ['192.0.2.7', 22, ['a']],
  ['bastion.example', 2222, ['c']],
  ['hidden.example', 22, ['d']],
  ['hidden.example', 2222, ['e']],
  ['other.example', 22, []],
])('knows the keys of %s at port %d', (host, port, names) => {
  expect(knownHostKeys(text, host, port)).toEqual(names.map(fingerprint));
});
