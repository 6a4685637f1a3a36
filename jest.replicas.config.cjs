const endToEnd = require('./jest.e2e.config.cjs');

/** Several replicas, and several versions, of the services side by side: `npm run test:replicas`. */
module.exports = {
  ...endToEnd,
  roots: ['<rootDir>/e2e/scaling', '<rootDir>/e2e/upgrade'],
  testPathIgnorePatterns: ['/node_modules/'],
};
