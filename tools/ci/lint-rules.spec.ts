import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

interface Linted {
  messages: { ruleId: string | null; message: string }[];
}

/** The rules that each text breaks when it stands in the place of an existing file. */
function brokenRules(cases: { file: string; text: string }[]): string[][] {
  const script = `
    import { ESLint } from 'eslint';
    const eslint = new ESLint();
    const results = [];
    for (const { file, text } of JSON.parse(process.env.LINT_CASES)) results.push((await eslint.lintText(text, { filePath: file }))[0]);
    console.log(JSON.stringify(results));`;
  const linted = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: ROOT,
    encoding: 'utf8',
    // Else the type-aware parser reads the file from the disk and never sees the text.
    env: { ...process.env, NX_DAEMON: 'false', TSESTREE_SINGLE_RUN: 'false', LINT_CASES: JSON.stringify(cases) },
  });
  const results: Linted[] = JSON.parse(linted.stdout.slice(linted.stdout.indexOf('[{')));
  return results.map(({ messages }) => messages.map(({ ruleId, message }) => ruleId ?? message));
}

const SCHEDULER_DOMAIN = 'services/scheduler/domain/migration/migration.ts';
const SCHEDULER_APPLICATION = 'services/scheduler/application/use-cases.ts';

const REFUSED: [why: string, file: string, text: string, rule: string][] = [
  [
    'the kernel imports a library',
    'libs/kernel/bytes.ts',
    "import * as x from '@smartant/contracts';\nexport { x };",
    '@nx/enforce-module-boundaries',
  ],
  [
    'a library imports what is for tests',
    'libs/proof/index.ts',
    "import * as x from '@smartant/test-servers';\nexport { x };",
    '@nx/enforce-module-boundaries',
  ],
  [
    'a service imports another',
    SCHEDULER_APPLICATION,
    "import * as x from '@smartant/storage-migrator';\nexport { x };",
    '@nx/enforce-module-boundaries',
  ],
  [
    'a service reaches into another by path',
    SCHEDULER_APPLICATION,
    "import * as x from '../../storage-migrator/package.json';\nexport { x };",
    '@nx/enforce-module-boundaries',
  ],
  [
    'the command line imports a service',
    'cli/exit-codes.ts',
    "import * as x from '@smartant/scheduler';\nexport { x };",
    '@nx/enforce-module-boundaries',
  ],
  [
    'domain imports a framework',
    SCHEDULER_DOMAIN,
    "import { Injectable } from '@nestjs/common';\nexport { Injectable };",
    'no-restricted-imports',
  ],
  ['domain imports a driver', SCHEDULER_DOMAIN, "import pg from 'pg';\nexport { pg };", 'no-restricted-imports'],
  [
    'domain imports the application',
    SCHEDULER_DOMAIN,
    "import type { Caller } from '../../application/use-cases';\nexport type X = Caller;",
    'no-restricted-imports',
  ],
  [
    'domain imports generated types',
    SCHEDULER_DOMAIN,
    "import { commonV1 } from '@smartant/contracts';\nexport { commonV1 };",
    'no-restricted-imports',
  ],
  [
    'application imports an adapter',
    SCHEDULER_APPLICATION,
    "import * as x from '../adapters/http';\nexport { x };",
    'no-restricted-imports',
  ],
  [
    'application imports generated types',
    SCHEDULER_APPLICATION,
    "import { commonV1 } from '@smartant/contracts';\nexport { commonV1 };",
    'no-restricted-imports',
  ],
  [
    'modules import each other in a circle',
    'libs/kernel/errors.ts',
    "import { parseDuration } from './durations';\nexport { parseDuration };",
    'import-x/no-cycle',
  ],
  [
    'a promise is forgotten',
    'libs/kernel/clock.ts',
    'async function f(): Promise<void> {}\nexport function g(): void {\n  f();\n}',
    '@typescript-eslint/no-floating-promises',
  ],
  ['text is run as code', 'libs/kernel/bytes.ts', 'export const run = (text: string): unknown => eval(text);', 'no-eval'],
  ['text becomes a function', 'libs/kernel/bytes.ts', 'export const made = new Function("return 1");', 'no-new-func'],
  ['a timer runs text', 'libs/kernel/bytes.ts', 'setTimeout("run()", 1);\nexport {};', '@typescript-eslint/no-implied-eval'],
  [
    'values of different types are compared',
    'libs/kernel/bytes.ts',
    'export const same = (a: unknown, b: unknown): boolean => a == b;',
    'eqeqeq',
  ],
];

const ACCEPTED: [why: string, file: string, text: string][] = [
  [
    'a test of a library may use test servers',
    'libs/platform/config/load-config.spec.ts',
    "import * as x from '@smartant/test-servers';\nexport { x };",
  ],
  [
    'an adapter may use drivers and generated types',
    'services/scheduler/adapters/http/openapi-document.ts',
    "import { commonV1 } from '@smartant/contracts';\nimport pg from 'pg';\nexport { commonV1, pg };",
  ],
];

describe('lint rules', () => {
  let broken: Map<string, string[]>;

  beforeAll(() => {
    // The boundary rule passes everything while Nx has not yet drawn its graph.
    spawnSync(process.execPath, [join(ROOT, 'node_modules/nx/dist/bin/nx.js'), 'show', 'projects'], {
      cwd: ROOT,
      env: { ...process.env, NX_DAEMON: 'false' },
    });
    const cases = [...REFUSED, ...ACCEPTED].map(([why, file, text]) => ({ why, file, text: `${text}\n` }));
    const rules = brokenRules(cases);
    broken = new Map(cases.map(({ why }, index) => [why, rules[index]!]));
  });

  it.each(REFUSED)('refuse that %s', (why, _file, _text, rule) => {
    expect(broken.get(why)).toContain(rule);
  });

  it.each(ACCEPTED)('accept that %s', (why) => {
    expect(broken.get(why)).toEqual([]);
  });
});
