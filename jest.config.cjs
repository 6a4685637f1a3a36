const esModules =
  'jose|openid-client|oauth4webapi|temporal-polyfill|temporal-utils|age-encryption|@noble|@scure|@kubernetes|socks-proxy-agent|agent-base';

/** Unit, contract and integration tests. The slower end-to-end suites are in jest.e2e.config.cjs. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/libs', '<rootDir>/services', '<rootDir>/cli', '<rootDir>/tools', '<rootDir>/simulation'],
  testMatch: ['**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/'],
  // Published as ES modules only, which jest cannot require.
  transform: { '^.+\\.ts$': ['@swc/jest'], [`/node_modules/(${esModules})/.+\\.js$`]: ['@swc/jest'] },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules})/)`],
  moduleNameMapper: {
    '^@smartant/runs/adapters$': '<rootDir>/libs/runs/adapters/index.ts',
    '^@smartant/shards/model$': '<rootDir>/libs/shards/model/index.ts',
    '^@smartant/scheduler/domain/(.*)$': '<rootDir>/services/scheduler/domain/$1',
    '^@smartant/platform/(.*)$': '<rootDir>/libs/platform/$1/index.ts',
    '^@smartant/contracts/(.*)$': '<rootDir>/libs/contracts/$1',
    '^@smartant/(kernel|contracts|runs|shards|proof|connectors|connector-testkit|test-servers)$': '<rootDir>/libs/$1/index.ts',
  },
  // A test that hangs is told by what it waits for; this is for machines on which everything takes several times as long.
  testTimeout: 180_000,
  // A connection that a failed test left open must not keep the whole run alive.
  forceExit: true,
};
