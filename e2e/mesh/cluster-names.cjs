// Stands for a cluster's DNS in one process, which is started with `--require` of this: SMARTANT_TEST_NAMES is JSON, address by name.
const { promises } = require('node:dns');

const addresses = JSON.parse(process.env.SMARTANT_TEST_NAMES ?? '{}');
const { lookup } = promises;

promises.lookup = async (name, options) => {
  const address = addresses[name];
  if (address === undefined) return lookup(name, options);
  return options?.all ? [{ address, family: 4 }] : { address, family: 4 };
};
