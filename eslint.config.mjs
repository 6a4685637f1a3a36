import nx from '@nx/eslint-plugin';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const tests = [
  '**/*.spec.ts',
  '**/*.contract.ts',
  '**/*.long.ts',
  '**/*.faults.ts',
  '**/*.host-faults.ts',
  '**/*.boot.ts',
  '**/fixtures/**/*.ts',
  '**/testkit/**/*.ts',
  '**/*.test-harness.ts',
  'e2e/**/*.ts',
  'benchmarks/**/*.ts',
];

/** Who may import whom, by the tags in each project's package.json. Services meet over gRPC and events only. */
const projectRules = [
  { sourceTag: 'scope:kernel', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'scope:contracts', onlyDependOnLibsWithTags: ['scope:kernel', 'scope:contracts'] },
  { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:cli', onlyDependOnLibsWithTags: ['type:lib'] },
  // The browser gets types of the API and nothing else of ours.
  { sourceTag: 'type:console', onlyDependOnLibsWithTags: ['scope:contracts'] },
  // Runs the services' pure domain code; nothing that ships may use it.
  { sourceTag: 'type:simulation', onlyDependOnLibsWithTags: ['type:lib', 'type:service'] },
  { sourceTag: 'type:test', onlyDependOnLibsWithTags: ['type:lib', 'type:test'] },
];

/** Tests may also use what is made for tests. */
const testProjectRules = projectRules.map((rule) =>
  rule.onlyDependOnLibsWithTags.length === 0
    ? { ...rule, onlyDependOnLibsWithTags: ['type:test'] }
    : { ...rule, onlyDependOnLibsWithTags: [...rule.onlyDependOnLibsWithTags, 'type:test'] },
);

const boundaries = (depConstraints) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    { depConstraints, enforceBuildableLibDependency: false, allowCircularSelfDependency: true, allow: [] },
  ],
});

const forbid = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

const frameworks = {
  regex: '^(@nestjs/|typeorm($|/)|pg($|/)|kafkajs|@grpc/|express|undici|@aws-sdk/|reflect-metadata)',
  message: 'Domain and application code is plain TypeScript: frameworks and drivers belong to adapters.',
};
const outerLayers = {
  regex: '(^|/)(adapters|main|app\\.module)(/|$)',
  message: 'Inner layers know nothing of adapters: declare a port, and let the composition root connect it.',
};
const generatedTypes = {
  regex: '^@smartant/contracts($|/)',
  message: 'Generated types stop at the adapters.',
};

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'libs/contracts/generated/**', 'data/**', 'tmp/**', 'coverage/**', '.nx/**', 'helm/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      // `x && f()` and `a ? f() : g()` as statements are read as easily as an if.
      '@typescript-eslint/no-unused-expressions': ['error', { allowShortCircuit: true, allowTernary: true }],
      'no-control-regex': 'error',
      eqeqeq: ['error', 'always'],
      'no-eval': 'error',
      'no-new-func': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    plugins: { '@nx': nx, 'import-x': importX },
    settings: {
      ...importX.flatConfigs.typescript.settings,
      'import-x/resolver-next': [
        createTypeScriptImportResolver({ project: ['tsconfig.json', 'services/console/tsconfig.json'], noWarnOnMultipleProjects: true }),
      ],
    },
    rules: {
      ...boundaries(projectRules),
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      // The compiler finds these (noUnusedLocals), and knows that a value may be there for its type alone.
      '@typescript-eslint/no-unused-vars': 'off',
    },
  },
  {
    files: tests,
    rules: boundaries(testProjectRules),
  },
  // Type information only for the rules that are worth its time: a forgotten await loses errors and order, and text must not run in a timer.
  {
    files: ['libs/**/*.ts', 'services/**/*.ts', 'cli/**/*.ts'],
    ignores: ['services/console/web/**'],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: { '@typescript-eslint/no-floating-promises': 'error', '@typescript-eslint/no-implied-eval': 'error' },
  },
  {
    files: ['services/console/web/**/*.{ts,tsx}'],
    languageOptions: { parserOptions: { project: './services/console/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-implied-eval': 'error',
      ...forbid(
        {
          regex: '^(antd|@ant-design/icons)$',
          importNames: ['message', 'notification'],
          message: 'Use App.useApp(): it knows language, look and nonce.',
        },
        { regex: '^@ant-design/icons$', message: 'Import icons one by one, as @ant-design/icons/UserOutlined: all of them are megabytes.' },
        { regex: '^@smartant/(?!contracts/openapi$)', message: 'The browser gets types of the API, and nothing else of ours.' },
      ),
    },
  },
  {
    files: ['services/*/domain/**/*.ts'],
    ignores: tests,
    rules: forbid(frameworks, outerLayers, generatedTypes, {
      regex: '(^|/)application(/|$)',
      message: 'The domain knows nothing of the application around it.',
    }),
  },
  {
    files: ['services/*/application/**/*.ts'],
    ignores: tests,
    rules: forbid(frameworks, outerLayers, generatedTypes),
  },
  {
    files: ['**/*.cjs'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
