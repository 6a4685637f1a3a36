const unit = require('./jest.config.cjs');

/** The console in a real browser, on the real platform: `npm run test:console`. */
module.exports = {
  ...unit,
  roots: ['<rootDir>/e2e/console'],
  testMatch: ['**/*.browser.ts'],
  testTimeout: 240_000,
};
