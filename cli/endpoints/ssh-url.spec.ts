import { parseImage, parseSshUrl, sshPlace } from './ssh-url';

it.each<[string, object]>([
  ['ssh://root@web', { kind: 'ssh', host: 'web', user: 'root' }],
  ['ssh://web:2222', { kind: 'ssh', host: 'web', port: 2_222 }],
  ['ssh://ops@[2001:db8::7]:22/', { kind: 'ssh', host: '2001:db8::7', port: 22, user: 'ops' }],
  ['ssh://ops@web?become=sudo', { kind: 'ssh', host: 'web', user: 'ops', become: 'sudo' }],
  ['ssh://ops@web?become=none', { kind: 'ssh', host: 'web', user: 'ops' }],
])('reads %s', (text, target) => {
  expect(parseSshUrl(text)).toEqual(target);
});

it.each([
  ['ssh://root:hunter2@web', 'CLI_SECRET_IN_ARGS'],
  ['ssh://root@web?password=hunter2', 'CLI_SECRET_IN_ARGS'],
  ['ssh://root@web?identity_key=hunter2', 'CLI_SECRET_IN_ARGS'],
  ['ssh://', 'CLI_ENDPOINT_INVALID'],
  ['ssh://root@web:99999', 'CLI_ENDPOINT_INVALID'],
  ['ssh://root@web/etc', 'CLI_ENDPOINT_INVALID'],
  ['ssh://root@[web]', 'CLI_ENDPOINT_INVALID'],
  ['ssh://root@web?become=su', 'CLI_ENDPOINT_INVALID'],
])('refuses %s, and repeats nothing of it', (text, code) => {
  let thrown: unknown;
  try {
    parseSshUrl(text);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code, hint: expect.any(String) });
  expect(`${(thrown as Error).message} ${JSON.stringify(thrown)}`).not.toContain('hunter2');
});

it('writes a place as ssh does', () => {
  expect(sshPlace({ host: 'web', port: 22, user: 'root' })).toBe('root@web');
  expect(sshPlace({ host: '2001:db8::7', port: 2_222 })).toBe('[2001:db8::7]:2222');
});

it.each([
  ['image:web.qcow2', '/work/web.qcow2', 'qcow2'],
  ['image:./disks/web.img', '/work/disks/web.img', 'raw'],
  ['image:/srv/web.vmdk', '/srv/web.vmdk', 'vmdk'],
  ['image:///srv/web', '/srv/web', 'qcow2'],
  ['image:web.disk?format=raw', '/work/web.disk', 'raw'],
])('reads %s', (text, path, format) => {
  expect(parseImage(text, '/work')).toEqual({ kind: 'image', path, format });
});

it.each(['image:', 'image:disks/', 'image:web.qcow2?format=vdi', 'image:web.iso', 'image:web.qcow2?size=3'])('refuses %s', (text) => {
  expect(() => parseImage(text, '/work')).toThrow(expect.objectContaining({ code: 'CLI_ENDPOINT_INVALID' }));
});
