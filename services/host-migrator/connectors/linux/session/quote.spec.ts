import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { commandLine } from './command-line';
import { quote } from './quote';

const argument = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'\'"\\$`!*?~{}[]()<>|&;#%=-+ \t\n\ra0'), maxLength: 30 }),
  fc.constantFrom('', 'if', 'done', '{', '!', '-n', '--', '$(touch /tmp/owned)', 'a=b', '~root', '\u00e9', '\u{1f600}'),
);
const carried = argument.filter((text) => !text.includes('\0') && text.isWellFormed());

describe('quote', () => {
  it('is read back by a shell byte for byte, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(carried, { minLength: 1, maxLength: 6 }), (words) => {
        const line = `for word in ${words.map(quote).join(' ')}; do printf '%s\\0' "$word"; done`;
        const { stdout } = spawnSync('sh', ['-c', line]);
        expect(stdout.toString('utf8')).toBe(words.map((word) => `${word}\0`).join(''));
      }),
      { numRuns: 200 },
    );
  });

  it('leaves plain words as they are', () => {
    expect(['/usr/bin/find', '-xdev', 'a.b_c:d', 'if', 'a=b', ''].map(quote)).toEqual([
      '/usr/bin/find',
      '-xdev',
      'a.b_c:d',
      "'if'",
      "'a=b'",
      "''",
    ]);
  });

  it('refuses what no argument can carry', () => {
    expect(() => quote('a\0b')).toThrow(expect.objectContaining({ code: 'HOST_ARGUMENT_INVALID' }));
    expect(() => quote('a\ud800')).toThrow(expect.objectContaining({ code: 'HOST_ARGUMENT_INVALID' }));
  });
});

describe.each(['dash', 'bash'])('a command line in %s', (shell) => {
  const run = (command: Parameters<typeof commandLine>[0], input = '') => {
    const line = commandLine(command, { sudo: 'no', environment: { NAME: "it's" }, nonce: 'nonce' });
    const { status, stdout, stderr } = spawnSync(shell, ['-c', line], { input });
    return { status, stdout: stdout.toString(), stderr: stderr.toString().replace(/^nonce\+\d+\n/, '') };
  };

  it('has its environment and its input', () => {
    expect(run(['sh', '-c', 'cat; echo "$LC_ALL $NAME"'], 'in ')).toEqual({ status: 0, stdout: "in C it's\n", stderr: '' });
  });

  it.each([
    [[['echo', 'a'], ['cat'], ['tr', 'a', 'b']], 0],
    [[['echo', 'a'], ['sh', '-c', 'cat; exit 3'], ['cat']], 3],
    [[['sh', '-c', 'exit 5'], ['cat'], ['sh', '-c', 'cat; exit 7']], 7],
    [[['sh', '-c', 'exit 5'], ['cat']], 5],
    [[['yes'], ['head', '-n', '1']], 141],
    [[['yes'], ['sh', '-c', 'exit 4']], 4],
    [[['no-such-program-here'], ['cat']], 127],
  ] as [string[][], number][])('fails when a part of a pipeline does: %j', (pipeline, status) => {
    expect(run({ pipeline }).status).toBe(status);
  });

  it('gives a pipeline the input, and its last part the output', () => {
    expect(run({ pipeline: [['cat'], ['tr', 'a-z', 'A-Z'], ['cat']] }, 'hello')).toEqual({ status: 0, stdout: 'HELLO', stderr: '' });
  });

  it('leads a process group', () => {
    expect(run(['sh', '-c', 'read -r a b c d g r </proc/$PPID/stat; read -r a b c d h r </proc/$$/stat; echo $((h == $$))']).stdout).toBe(
      '1\n',
    );
  });
});
