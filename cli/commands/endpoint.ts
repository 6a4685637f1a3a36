import { resolve } from 'node:path';
import { formatDuration, SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Endpoint } from '../api/api';
import { parseEndpoint } from '../endpoints/endpoint-url';
import { readNetwork, type NetworkOptions } from '../endpoints/network-options';
import { importRcloneConfig, type RcloneImport } from '../endpoints/rclone-config';
import { resolveInline } from '../endpoints/resolve-endpoint';
import { withNetwork } from '../endpoints/with-network';
import { EXIT, type ExitCode } from '../exit-codes';
import { readText } from '../files/read-text';
import type { Messages } from '../messages/messages';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { ratesText } from '../output/limit-text';
import { findingLines } from '../output/finding-lines';
import { localTime } from '../output/numbers';
import { renderDetails } from '../output/table';
import { addBrowseCommand } from './endpoint-browse';
import { addUpdateCommand } from './endpoint-update';
import { collect } from './collect';
import { importEndpointList, isEndpointList, type BulkImportOptions } from './endpoint-import';
import { addRateOptions, readRates, type RateOptions } from './limit-options';
import { addNetworkOptions } from './network-options';
import { databasePlace } from '../output/database-view';
import { hostPlace } from '../output/host-view';
import { addTrustCommand } from './endpoint-trust';
import type { HostAccess } from '../endpoints/host-secret';

/** endpoint add, update, trust, list, show, test, browse, limits, rm, import. */
export function addEndpointCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const endpoint = program.command('endpoint').description(help.endpoint);
  addNetworkOptions(endpoint.command('add <name> <url>').description(help.endpointAdd), runner.context.messages)
    .option('--password-file <file>', runner.context.messages.database.help.passwordFile)
    .option('--identity <file>', runner.context.messages.hosts.help.identity)
    .option('--host-key <fingerprint>', runner.context.messages.hosts.help.hostKey, collect)
    .addHelpText('after', `\n${help.endpointForms}`)
    .action(runner.action(addEndpoint));
  addUpdateCommand(endpoint, runner);
  addTrustCommand(endpoint, runner);
  endpoint.command('list').alias('ls').description(help.endpointList).action(runner.action(listEndpoints));
  endpoint.command('show <name>').description(help.endpointShow).action(runner.action(showEndpoint));
  endpoint.command('test <name>').description(help.endpointTest).action(runner.action(testEndpoint));
  addBrowseCommand(endpoint, runner);
  addRateOptions(endpoint.command('limits <name>').description(help.endpointLimits), runner.context.messages).action(
    runner.action(endpointLimits),
  );
  endpoint
    .command('rm <name>')
    .description(help.endpointRm)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(removeEndpoint));
  endpoint
    .command('import <file>')
    .description(help.endpointImport)
    .option('--bucket <name=bucket>', help.importBucket, collect)
    .option('--remote <name>', help.importRemote, collect)
    .option('--keys-file <file>', help.importSecrets)
    .option('--concurrency <count>', help.importConcurrency)
    .option('--dry-run', help.dryRun)
    .addHelpText('after', `\n${help.importForms}`)
    .action(runner.action(importEndpoints));
}

/** "s3://bucket/prefix at http://host:9000", "files/photos". */
export function locationText(location: Endpoint['location']): string {
  if (location.kind === 'file') return `file root ${location.root}/${location.path}`;
  if (location.kind === 'postgres') return databasePlace(location);
  if (location.kind === 'ssh' || location.kind === 'image') return hostPlace(location);
  const place = `s3://${location.bucket}/${location.prefix}`;
  const via = (location.via ?? []).map(({ kind, host, port }) => ` via ${kind} ${host}:${port}`).join('');
  return `${location.serviceUrl ? `${place} at ${location.serviceUrl}` : place}${via}`;
}

interface AddOptions extends NetworkOptions, Pick<HostAccess, 'passwordFile' | 'identity'> {
  hostKey?: string[];
}

/** The same, and what an operator has to do about it. */
function placeText({ location, needsSecret }: Endpoint, messages: Messages): string {
  return needsSecret ? `${locationText(location)} (${messages.needsSecret})` : locationText(location);
}

async function addEndpoint(invocation: Invocation, name: string, url: string, options: AddOptions): Promise<void> {
  const { api, context, printer, messages } = invocation;
  const target = parseEndpoint(url, context.cwd);
  if (target.kind === 'saved') {
    throw new SmartantError('CLI_ENDPOINT_INVALID', `"${url}" is no location.`, {
      kind: 'invalid',
      hint: 'Give s3://…, postgres://…, ssh://…, image:… or file:///….',
    });
  }
  const { passwordFile, identity, hostKey: hostKeys, ...network } = options;
  const inline = await resolveInline(context, api, target, undefined, { passwordFile, identity, hostKeys });
  const created = await api.createEndpoint({ name, ...withNetwork(inline, readNetwork(context, network), url) });
  printer.done(created, messages.endpointSaved(created.name));
}

async function listEndpoints({ api, printer, messages }: Invocation): Promise<void> {
  const { columns } = messages;
  const saved = (await api.endpoints()).filter(({ ownedByMigrationId }) => ownedByMigrationId === null || printer.structured);
  printer.list(
    saved,
    [
      { heading: columns.name, value: ({ name }) => name },
      { heading: columns.kind, value: ({ location }) => location.kind },
      { heading: columns.location, value: (endpoint) => placeText(endpoint, messages) },
      { heading: columns.region, value: ({ location }) => (location.kind === 's3' ? location.region : ''), wide: true },
      { heading: columns.id, value: ({ id }) => id, wide: true },
    ],
    messages.nothing.endpoints,
  );
}

async function showEndpoint({ api, printer, messages }: Invocation, name: string): Promise<void> {
  const endpoint = await api.endpoint(name);
  const { labels } = messages;
  printer.one(endpoint, () =>
    renderDetails([
      [labels.name, endpoint.name],
      [labels.id, endpoint.id],
      [labels.location, placeText(endpoint, messages)],
      ...locationDetails(endpoint.location, messages),
      [labels.created, localTime(endpoint.createdAt)],
    ]),
  );
}

function locationDetails(location: Endpoint['location'], { labels, hosts }: Invocation['messages']): [string, string][] {
  if (location.kind === 'postgres') return [['TLS', location.tlsMode]];
  if (location.kind === 'file' || location.kind === 'image') return [];
  if (location.kind === 'ssh') {
    return [
      [hosts.labels.hostKeys, location.hostKeys.join(', ') || '–'],
      [hosts.labels.become, location.become],
    ];
  }
  return [
    [labels.region, location.region],
    [labels.addressing, location.addressing],
  ];
}

async function testEndpoint({ api, context, printer, messages }: Invocation, name: string): Promise<ExitCode> {
  const result = await api.testEndpoint(name);
  const { colors } = context.terminal;
  printer.one(result, () => [
    result.reachable ? colors.green(messages.reachable(name, formatDuration(result.roundTripMs))) : colors.red(messages.notReachable(name)),
    ...(result.abilities.length > 0 ? [`${messages.labels.abilities}: ${result.abilities.join(', ')}`] : []),
    ...findingLines(result.findings, messages, colors),
  ]);
  return result.reachable && !result.findings.some(({ severity }) => severity === 'blocker') ? EXIT.ok : EXIT.failed;
}

/** Without options: what they are. */
async function endpointLimits({ api, printer, messages }: Invocation, name: string, options: RateOptions): Promise<void> {
  const change = readRates(options);
  const now = Object.keys(change).length > 0 ? await api.setEndpointLimits(name, change) : await api.endpointLimits(name);
  printer.one(now, () => [ratesText(now, messages)]);
}

async function removeEndpoint(invocation: Invocation, name: string, options: DestructiveOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  const endpoint = await api.endpoint(name);
  if (!(await invocation.confirm(messages.removeEndpoint(endpoint.name), options))) return;
  await api.removeEndpoint(name);
  printer.done({ removed: endpoint.id }, messages.endpointRemoved(endpoint.name));
}

interface ImportOptions extends BulkImportOptions {
  bucket?: string[];
  remote?: string[];
}

async function importEndpoints(invocation: Invocation, file: string, options: ImportOptions): Promise<ExitCode | void> {
  if (isEndpointList(file)) return importEndpointList(invocation, file, options);
  const { context, messages, printer } = invocation;
  const path = resolve(context.cwd, file);
  const remotes = options.remote ?? [];
  const found = importRcloneConfig(readText(path, '"rclone config file" says where the file is.'), readBuckets(options.bucket ?? []));
  const wanted = found.filter(({ name }) => remotes.length === 0 || remotes.includes(name));
  const missing = remotes
    .filter((name) => !wanted.some((each) => each.name === name))
    .map((name) => ({ name, skipped: 'there is no such remote' }));
  const results: { name: string; outcome: string }[] = [];
  for (const each of [...wanted, ...missing])
    results.push({ name: each.name, outcome: await importOne(invocation, each, options.dryRun === true) });
  printer.one({ items: results }, () => results.map(({ outcome }) => outcome));
  if (options.dryRun) context.terminal.note(messages.declined);
}

async function importOne({ api, messages }: Invocation, found: RcloneImport, dryRun: boolean): Promise<string> {
  if ('skipped' in found) return messages.skippedRemote(found.name, found.skipped);
  try {
    if (!dryRun) await api.createEndpoint({ name: found.name, ...found.endpoint });
    return messages.imported(found.name);
  } catch (error) {
    if (error instanceof SmartantError && error.kind === 'conflict') return messages.importedAlready(found.name);
    if (error instanceof SmartantError && error.kind === 'invalid') return messages.skippedRemote(found.name, describe(error));
    throw error;
  }
}

function describe(error: SmartantError): string {
  return error.fields.map(({ field, message }) => `${field} ${message}`).join('; ') || error.message;
}

/** `NAME=BUCKET[/FOLDER]`, or `BUCKET[/FOLDER]` for all. */
function readBuckets(options: string[]): Map<string, string> {
  return new Map(
    options.map((option) => {
      const at = option.indexOf('=');
      return at < 0 ? ['*', option] : [option.slice(0, at), option.slice(at + 1)];
    }),
  );
}
