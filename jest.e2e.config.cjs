const unit = require('./jest.config.cjs');

/** End-to-end suites: real services, real servers, minutes rather than milliseconds. */
module.exports = {
  ...unit,
  roots: ['<rootDir>/e2e'],
  testMatch: ['**/*.e2e.ts'],
  testTimeout: 600_000,
  passWithNoTests: true,
  // Those of jest.replicas.config.cjs.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/e2e/(scaling|upgrade)/'],
};
