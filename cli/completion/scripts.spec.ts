import { spawnSync } from 'node:child_process';
import { buildSmartant, runSmartant } from '../testing/run-smartant';

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

beforeAll(buildSmartant);

(has('bash') ? describe : describe.skip)('completion in bash', () => {
  const complete = async (...words: string[]) => {
    const { stdout: script } = await runSmartant(['completion', 'bash']);
    const line = words.map((word) => `'${word}'`).join(' ');
    const ask = `${script}\nCOMP_WORDS=(smartant ${line}); COMP_CWORD=${words.length}; _smartant; echo "\${COMPREPLY[*]}"`;
    const run = spawnSync('bash', ['-c', ask], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    return run.stdout.trim().split(' ');
  };

  it('completes commands, subcommands and options', async () => {
    expect(await complete('migrat')).toEqual(['migrate', 'migration']);
    expect(await complete('-o', 'json', 'migration', 'pa')).toEqual(['pause']);
    expect(await complete('migrate', '--bw')).toEqual(['--bwlimit']);
    expect(await complete('migration', 'cutover', 'mig_1', '--fr')).toEqual(['--frozen']);
  });
});

describe('completion', () => {
  it.each(['zsh', 'fish'])('prints a script for %s that its shell accepts, where there is one', async (shell) => {
    const { code, stdout } = await runSmartant(['completion', shell]);
    expect(code).toBe(0);
    expect(stdout).toContain('bwlimit');
    if (has(shell)) expect(spawnSync(shell, ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it('refuses other shells', async () => {
    expect((await runSmartant(['completion', 'tcsh'])).code).toBe(2);
  });
});
