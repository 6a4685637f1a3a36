const unit = require('./jest.config.cjs');

/** Istio's own programs, Envoy and Kong, by the chart's resources: `npm run test:mesh`. */
module.exports = {
  ...unit,
  roots: ['<rootDir>/e2e/mesh', '<rootDir>/e2e/gateway'],
  testMatch: ['**/*.mesh.ts'],
  testTimeout: 120_000,
};
