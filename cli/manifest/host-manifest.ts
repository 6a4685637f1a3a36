import { parseBytes, parseDuration, SmartantError } from '@smartant/kernel';
import { z } from 'zod';

const names = z.array(z.string().min(1));
const count = z.number().int().nonnegative();

/** A YAML value that one of our parsers reads; its message becomes the field's. */
const parsed = (parse: (text: string) => number) =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    try {
      return parse(String(value));
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof SmartantError ? (error.hint ?? error.message) : 'cannot be read' });
      return z.NEVER;
    }
  });
/** "2G", or a number of bytes. */
const size = parsed(parseBytes);
const timeout = parsed(parseDuration).optional();

const probe = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('ssh'), timeout }),
    z.strictObject({ kind: z.literal('tcp'), port: z.number().int(), timeout }),
    z.strictObject({
      kind: z.literal('http'),
      port: z.number().int().optional(),
      path: z.string().optional(),
      expectStatus: z.number().int().optional(),
      expectText: z.string().optional(),
      timeout,
    }),
    z.strictObject({ kind: z.literal('mount'), mount: z.string(), timeout }),
    z.strictObject({ kind: z.literal('service'), name: z.string(), timeout }),
  ])
  .transform(({ timeout: timeoutMs, ...given }) => ({ ...given, ...(timeoutMs === undefined ? {} : { timeoutMs }) }));

/** `spec.host` of a manifest: the fields of the API, with sizes and times as people write them. */
export const hostManifest = z
  .strictObject({
    engine: z.enum(['files', 'blocks']).optional(),
    exclude: names.optional(),
    excludeMounts: names.optional(),
    sizes: z.record(z.string(), size).optional(),
    confirmedDisks: names.optional(),
    targetDirectory: z.string().optional(),
    imageSize: size.optional(),
    stopServices: names.optional(),
    sourceAfter: z.enum(['keep', 'network-off', 'power-off']).optional(),
    network: z
      .array(
        z.strictObject({
          source: z.string().min(1),
          mode: z.enum(['dhcp', 'keep', 'static']),
          addresses: names.optional(),
          gateway: z.string().optional(),
          nameServers: names.optional(),
          mac: z.string().optional(),
        }),
      )
      .optional(),
    machineId: z.enum(['new', 'keep']).optional(),
    sshHostKeys: z.enum(['keep', 'new']).optional(),
    hostname: z.string().optional(),
    disableGuestTools: z.boolean().optional(),
    serialConsole: z.boolean().optional(),
    takeOverTarget: z.boolean().optional(),
    actions: z
      .array(z.strictObject({ name: z.string().min(1), script: z.string().min(1), timeout, required: z.boolean().optional() }))
      .optional(),
    probes: z.array(probe).optional(),
    verify: z.enum(['content', 'metadata']).optional(),
    compress: z.enum(['auto', 'always', 'never']).optional(),
    direct: z.enum(['auto', 'never']).optional(),
    streams: count.optional(),
    quarantineCap: count.optional(),
  })
  .transform(({ sizes, imageSize, actions, ...scope }) => ({
    ...scope,
    ...(sizes === undefined ? {} : { sizes: Object.entries(sizes).map(([mount, sizeBytes]) => ({ mount, sizeBytes })) }),
    ...(imageSize === undefined ? {} : { imageBytes: imageSize }),
    ...(actions === undefined
      ? {}
      : {
          actions: actions.map(({ timeout: timeoutMs, ...action }) => ({ ...action, ...(timeoutMs === undefined ? {} : { timeoutMs }) })),
        }),
  }));
