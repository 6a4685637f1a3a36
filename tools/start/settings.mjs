import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StartError } from './start-error.mjs';

/** Every port of the embedded platform: its default, and the variable that changes it. */
export const portSettings = {
  http: { variable: 'SMARTANT_HTTP_PORT', port: 7400, purpose: 'the API' },
  schedulerGrpc: { variable: 'SMARTANT_SCHEDULER_GRPC_PORT', port: 7401, purpose: "the scheduler's gRPC" },
  schedulerAdmin: { variable: 'SMARTANT_SCHEDULER_ADMIN_PORT', port: 7402, purpose: "the scheduler's health and metrics" },
  storageMigratorGrpc: { variable: 'SMARTANT_STORAGE_MIGRATOR_GRPC_PORT', port: 7411, purpose: "the storage migrator's gRPC" },
  storageMigratorAdmin: {
    variable: 'SMARTANT_STORAGE_MIGRATOR_ADMIN_PORT',
    port: 7412,
    purpose: "the storage migrator's health and metrics",
  },
  dbMigratorGrpc: { variable: 'SMARTANT_DB_MIGRATOR_GRPC_PORT', port: 7421, purpose: "the database migrator's gRPC" },
  dbMigratorAdmin: { variable: 'SMARTANT_DB_MIGRATOR_ADMIN_PORT', port: 7422, purpose: "the database migrator's health and metrics" },
  hostMigratorGrpc: { variable: 'SMARTANT_HOST_MIGRATOR_GRPC_PORT', port: 7441, purpose: "the host migrator's gRPC" },
  hostMigratorAdmin: { variable: 'SMARTANT_HOST_MIGRATOR_ADMIN_PORT', port: 7442, purpose: "the host migrator's health and metrics" },
  notifierGrpc: { variable: 'SMARTANT_NOTIFIER_GRPC_PORT', port: 7451, purpose: "the notifier's gRPC" },
  notifierAdmin: { variable: 'SMARTANT_NOTIFIER_ADMIN_PORT', port: 7452, purpose: "the notifier's health and metrics" },
  notifierIntake: { variable: 'SMARTANT_NOTIFIER_INTAKE_PORT', port: 7453, purpose: 'alerts of other systems' },
  postgres: { variable: 'SMARTANT_POSTGRES_PORT', port: 7432, purpose: 'PostgreSQL' },
  sampleS3: { variable: 'SMARTANT_SAMPLE_S3_PORT', port: 7490, purpose: 'the sample S3 server' },
};

export const usage = `Usage: npm start [-- options]

Starts the whole platform on this machine, runs a sample migration the first time, and keeps running until Ctrl-C.

Options
  --once        end after the sample; status 0 only if the destination is equal and the report verifies
  --no-sample   start the platform alone
  --sample      run the sample again, from nothing
  --help        print this

Environment
  SMARTANT_DATA   data folder (default ./data)
${Object.values(portSettings)
  .map(({ variable, port, purpose }) => `  ${variable.padEnd(38)} port of ${purpose} (default ${port})`)
  .join('\n')}
`;

/** A wrong command line: the message, then how it is used. */
export class UsageError extends Error {}

export function parseOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        once: { type: 'boolean' },
        'no-sample': { type: 'boolean' },
        sample: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values['no-sample'] && (values.once || values.sample)) throw new Error('--no-sample contradicts --once and --sample.');
    return {
      once: values.once ?? false,
      sample: values.sample ?? false,
      noSample: values['no-sample'] ?? false,
      help: values.help ?? false,
    };
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** The data folder and ports from the environment; every wrong value is named at once. */
export function readSettings(environment, workingDirectory) {
  const problems = [];
  const ports = {};
  for (const [name, { variable, port }] of Object.entries(portSettings)) {
    const value = environment[variable];
    ports[name] = value === undefined || value === '' ? port : Number(value);
    if (!/^\d+$/.test(value || String(port)) || ports[name] < 1 || ports[name] > 65_535)
      problems.push(`${variable} is "${value}": a port from 1 to 65535 was expected`);
  }
  for (const [name, port] of Object.entries(ports)) {
    const twin = Object.keys(ports).find((other) => other !== name && ports[other] === port);
    if (twin && name < twin) problems.push(`${portSettings[name].variable} and ${portSettings[twin].variable} are both ${port}`);
  }
  if (problems.length > 0) throw new StartError('START_CONFIG_INVALID', problems.join('; '), 'Correct or unset the named variables.');
  return { dataFolder: resolve(workingDirectory, environment.SMARTANT_DATA || 'data'), ports };
}
