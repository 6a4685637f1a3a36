import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { KubevirtQuery } from '../api/api';
import { resolveEndpoint } from '../endpoints/resolve-endpoint';
import type { ExitCode } from '../exit-codes';
import type { Invocation, Runner } from '../invocation';
import { printable } from '../output/table';
import { watchMigration } from '../progress/watch-migration';
import { collect } from './collect';

interface ManifestOptions extends Pick<KubevirtQuery, 'name' | 'namespace' | 'storageClass'> {
  imageUrl?: string;
  s3?: true;
  readWith?: string;
  network?: string[];
}

/** What of a manifest the lines in front of it tell. */
interface Manifest {
  metadata: { name: string; namespace: string; annotations: Record<string, string> };
  spec: { source?: Record<string, { url?: string }> };
}

/** migration manifests, upload-image: what becomes of the disk image of a host. */
export function addMigrationImageCommands(migration: Command, runner: Runner): void {
  const { help } = runner.context.messages.images;
  migration
    .command('manifests <id>')
    .description(help.manifests)
    .option('--name <name>', help.machineName)
    .option('--namespace <namespace>', help.namespace)
    .option('--storage-class <class>', help.storageClass)
    .option('--image-url <url>', help.imageUrl)
    .option('--s3', help.s3)
    .option('--read-with <secret>', help.readWith)
    .option('--network <interface=network>', help.network, collect)
    .action(runner.action(manifests));
  migration
    .command('upload-image <id> <target>')
    .description(help.upload)
    .option('--name <name>', runner.context.messages.help.name)
    .option('-w, --watch', runner.context.messages.help.watch)
    .action(runner.action(upload));
}

async function manifests({ api, printer, messages }: Invocation, id: string, options: ManifestOptions): Promise<void> {
  const { imageUrl: url, readWith: secretName, network, s3, ...machine } = options;
  const query = { ...machine, url, secretName, ...(s3 && { source: 's3' as const }), networks: network?.join(',') };
  const list = await api.kubevirtManifests(id, query);
  printer.one(list, () => [
    ...placeLines(list.items[0] as unknown as Manifest, id, messages.images).map((line) => `# ${printable(line)}`),
    ...list.items.map((item) => `---\n${stringify(item).trimEnd()}`),
  ]);
}

/** Where the image is, and how it comes to the cluster. */
function placeLines({ metadata, spec }: Manifest, id: string, texts: Invocation['messages']['images']): string[] {
  const { name, namespace, annotations } = metadata;
  const url = Object.values(spec.source ?? {})[0]?.url;
  return [
    texts.imageIs(annotations['smartant.io/image'] ?? ''),
    ...(url === undefined ? texts.byUpload(name, namespace) : texts.byUrl(url, id)),
    texts.start(name, namespace),
  ];
}

async function upload(
  { api, context, printer, messages }: Invocation,
  id: string,
  place: string,
  { name, watch }: { name?: string; watch?: true },
): Promise<ExitCode | void> {
  const target = await resolveEndpoint(context, api, place, 'target');
  const migration = await api.uploadImage(id, { target, ...(name === undefined ? {} : { name }) });
  if (watch) {
    context.terminal.note(messages.created(migration.id));
    return watchMigration(context, api, printer, migration.id);
  }
  printer.one(migration, () => [messages.images.uploading(migration.id), messages.follow(migration.id)]);
}
