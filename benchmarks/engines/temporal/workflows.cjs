// Bundled by the worker: copied beside its modules first, from where the import resolves.
const { proxyActivities } = require('@temporalio/workflow');

/** One activity that goes on until its worker dies or is told to stop. */
exports.hold = async (heartbeatTimeout) => {
  const { hold } = proxyActivities({ startToCloseTimeout: '1 day', heartbeatTimeout });
  await hold();
};

/** Empty activities without end, `width` of them at a time; one workflow as the run of a migration would be. */
exports.empties = async (width, each) => {
  const { empty } = proxyActivities({ startToCloseTimeout: '10 minutes', heartbeatTimeout: '9 s' });
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let n = 0; n < each; n += 1) await empty();
    }),
  );
};
