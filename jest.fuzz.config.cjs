const { randomInt } = require('node:crypto');
const unit = require('./jest.config.cjs');

// Read by the suites themselves; a run is repeated by giving the seed that it printed.
process.env.SMARTANT_FUZZ_RUNS ||= '1500';
process.env.SMARTANT_FUZZ_SEED ||= String(randomInt(2 ** 31));

/** The long form of the suites that make up their input: `npm run test:fuzz`. */
module.exports = { ...unit, testMatch: ['**/*-fuzz.spec.ts'], testTimeout: 1_800_000 };
