const unit = require('./jest.config.cjs');

/** Suites that kill processes, cut networks or move gigabytes: `npm run test:faults`. */
module.exports = {
  ...unit,
  roots: ['<rootDir>/e2e', '<rootDir>/libs/platform/events'],
  testMatch: ['**/*.faults.ts'],
  testTimeout: 900_000,
};
