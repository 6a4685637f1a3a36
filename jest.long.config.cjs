const unit = require('./jest.config.cjs');

/** Specs that take the better part of a minute each, with real servers that copy for a while: `npm run test:long`. */
module.exports = { ...unit, testMatch: ['**/*.long.ts'] };
