const faults = require('./jest.faults.config.cjs');

/** Migrations of hosts whose services are killed and whose network is cut: `npm run test:faults:host`. */
module.exports = { ...faults, roots: ['<rootDir>/e2e'], testMatch: ['**/*.host-faults.ts'] };
