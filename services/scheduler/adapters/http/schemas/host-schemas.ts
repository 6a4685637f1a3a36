import { z } from 'zod';
import { hostScope } from '../../../domain/migration/host-scope';
import { databaseHostProblem, relativePathProblem } from './endpoint-location-rules';
import { hostLayout, hostLayoutInput } from './host-layout-schemas';
import { checked, count, page, plainText, request, resourceName, response, timestamp, withoutUndefined } from './named-schema';
import { way, wayInput } from './network-schemas';

const FORMATS = ['raw', 'qcow2', 'vmdk'] as const;
const BECOMES = ['none', 'sudo'] as const;

export const sshLocationInput = request(
  'SshLocationInput',
  z.strictObject({
    kind: z.literal('ssh'),
    host: checked(z.string().min(1).max(253), databaseHostProblem).describe('A name or an address.'),
    port: z.int().min(1).max(65_535).default(22),
    user: plainText(33).default('root'),
    hostKeys: z
      .array(z.string().max(64))
      .max(16)
      .default([])
      .describe(
        'Fingerprints (SHA256:…) of which the key of the host must have one. Empty: nothing is signed in to; a test of the endpoint shows the key.',
      ),
    become: z.enum(BECOMES).default('none').describe('How commands get the rights of root.'),
    via: z.array(wayInput).max(4).optional().describe('Proxies and bastions on the way, in the order of travel. Absent: reached directly.'),
  }),
);

export const imageLocationInput = request(
  'ImageLocationInput',
  z.strictObject({
    kind: z.literal('image'),
    root: resourceName().describe('Name of a file root that an administrator registered.'),
    path: checked(z.string().min(1).max(4_096), relativePathProblem).describe('Of the image, below the root.'),
    format: z.enum(FORMATS).default('qcow2'),
  }),
);

export const sshLocation = z.object({
  kind: z.literal('ssh'),
  host: z.string(),
  port: z.number(),
  user: z.string(),
  hostKeys: z.array(z.string()),
  become: z.enum(BECOMES),
  via: z.array(way).optional(),
});

export const imageLocation = z.object({ kind: z.literal('image'), root: z.string(), path: z.string(), format: z.enum(FORMATS) });

const line = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    // eslint-disable-next-line no-control-regex
    .regex(/^[^\u0000\r\n]*$/, 'must be one line, without NUL');

export const sshSecretFields = {
  kind: z.literal('ssh'),
  privateKeyPem: z
    .string()
    .min(1)
    .max(32_768)
    .refine((text) => text.includes('PRIVATE KEY-----'), 'must be a private key in PEM form')
    .optional(),
  passphrase: line(1_024).optional().describe('Of the private key.'),
  password: line(1_024).optional(),
  becomePassword: line(1_024).optional().describe('What sudo asks for.'),
};

const ENGINES = ['files', 'blocks'] as const;
const AFTER = ['keep', 'network-off', 'power-off'] as const;
const VERIFY_LEVELS = ['content', 'metadata'] as const;
const COMPRESSION = ['auto', 'always', 'never'] as const;
const DIRECT = ['auto', 'never'] as const;
const MODES = ['dhcp', 'keep', 'static'] as const;
const KEEPING = ['new', 'keep'] as const;

const path = () => z.string().min(1).max(4_096);
const timeoutMs = () => z.int().min(1).max(86_400_000);
const port = () => z.int().min(1).max(65_535);

const networkPlanInput = request(
  'NetworkPlanInput',
  z.strictObject({
    source: z.string().min(1).max(15).describe('Name of the interface at the source.'),
    mode: z.enum(MODES),
    addresses: z.array(z.string().max(64)).max(32).default([]).describe('Of a static one: with prefix lengths, such as 192.0.2.7/24.'),
    gateway: z.string().max(64).default(''),
    nameServers: z.array(z.string().max(64)).max(8).default([]),
    mac: z.string().max(17).default('').describe("MAC of the target's interface. Empty: the one at the same place in the order."),
  }),
);

const postActionInput = request(
  'PostActionInput',
  z.strictObject({
    name: plainText(63),
    script: z.string().min(1).max(65_536).describe('Run at the target after it has started.'),
    timeoutMs: timeoutMs().default(300_000),
    required: z.boolean().default(true).describe('Whether its failure fails the boot.'),
  }),
);

const probeTimeout = { timeoutMs: timeoutMs().default(300_000) };
const healthProbeInput = request(
  'HealthProbeInput',
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('ssh'), ...probeTimeout }),
    z.strictObject({ kind: z.literal('tcp'), port: port(), ...probeTimeout }),
    z.strictObject({
      kind: z.literal('http'),
      port: port().default(80),
      path: z.string().max(2_048).default('/'),
      expectStatus: z.int().min(100).max(599).default(200),
      expectText: z.string().max(4_096).default('').describe('Empty: any.'),
      ...probeTimeout,
    }),
    z.strictObject({ kind: z.literal('mount'), mount: path(), ...probeTimeout }),
    z.strictObject({ kind: z.literal('service'), name: plainText(255), ...probeTimeout }),
  ]),
);

/** Types and forms only: how the fields have to fit together is the domain's to say (`host-rules.ts`). */
export const hostScopeInput = request(
  'HostScopeInput',
  z
    .strictObject({
      engine: z.enum(ENGINES).optional().describe('files: by files. blocks: whole volumes, by blocks that are in use.'),
      exclude: z.array(path()).max(1_000).optional().describe('Absolute globs that are left out.'),
      excludeMounts: z.array(path()).max(1_000).optional().describe('Mount points that are left out whole.'),
      layout: hostLayoutInput.nullable().optional().describe('Left out: proposed by the precheck, and decided when that has passed.'),
      sizes: z
        .array(z.strictObject({ mount: path(), sizeBytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER) }))
        .max(1_000)
        .optional()
        .describe('Sizes other than the proposed ones, by mount point or "swap".'),
      confirmedDisks: z
        .array(plainText(128))
        .max(1_000)
        .optional()
        .describe("Serials (or paths) of the target's disks whose content may be destroyed. No other disk is touched."),
      targetDirectory: z
        .string()
        .max(4_096)
        .optional()
        .describe('Write below this directory of the target; nothing is partitioned and no boot is mended. Empty: disks.'),
      imageBytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('Size of an image. 0: what the layout needs.'),
      stopServices: z.array(plainText(255)).max(1_000).optional().describe('Units stopped at the source in a cutover, in this order.'),
      sourceAfter: z.enum(AFTER).optional().describe('What becomes of the source once its target has been proved.'),
      network: z.array(networkPlanInput).max(64).optional().describe('An interface without a plan: DHCP.'),
      machineId: z.enum(KEEPING).optional(),
      sshHostKeys: z.enum(KEEPING).optional(),
      hostname: z.string().max(253).optional().describe("Empty: the source's."),
      disableGuestTools: z.boolean().optional().describe('Take the tools of the old hypervisor out of the start of the target.'),
      serialConsole: z.boolean().optional(),
      takeOverTarget: z
        .boolean()
        .optional()
        .describe('Take over a running Linux machine at the target: our rescue system takes its place, in its memory.'),
      actions: z.array(postActionInput).max(32).optional(),
      probes: z.array(healthProbeInput).max(64).optional().describe('What proves that the target works. Left out: that it answers by SSH.'),
      verify: z.enum(VERIFY_LEVELS).optional(),
      compress: z.enum(COMPRESSION).optional(),
      direct: z.enum(DIRECT).optional().describe('auto: data goes from source to target by itself where they reach each other.'),
      streams: z.int().min(0).max(64).optional().describe('0: chosen by the migrator.'),
      quarantineCap: z.int().min(0).max(1_000_000).optional(),
    })
    .transform((scope) => hostScope(withoutUndefined(scope))),
);

const healthProbe = response(
  'HealthProbe',
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('ssh'), timeoutMs: count() }),
    z.object({ kind: z.literal('tcp'), port: count(), timeoutMs: count() }),
    z.object({
      kind: z.literal('http'),
      port: count(),
      path: z.string(),
      expectStatus: count(),
      expectText: z.string(),
      timeoutMs: count(),
    }),
    z.object({ kind: z.literal('mount'), mount: z.string(), timeoutMs: count() }),
    z.object({ kind: z.literal('service'), name: z.string(), timeoutMs: count() }),
  ]),
);

export const hostScopeAnswer = response(
  'HostScope',
  z.object({
    engine: z.enum(ENGINES),
    exclude: z.array(z.string()),
    excludeMounts: z.array(z.string()),
    layout: hostLayout.nullable().describe('Null until the precheck has passed.'),
    sizes: z.array(z.object({ mount: z.string(), sizeBytes: count() })),
    confirmedDisks: z.array(z.string()),
    targetDirectory: z.string(),
    imageBytes: count(),
    stopServices: z.array(z.string()),
    sourceAfter: z.enum(AFTER),
    network: z.array(
      z.object({
        source: z.string(),
        mode: z.enum(MODES),
        addresses: z.array(z.string()),
        gateway: z.string(),
        nameServers: z.array(z.string()),
        mac: z.string(),
      }),
    ),
    machineId: z.enum(KEEPING),
    sshHostKeys: z.enum(KEEPING),
    hostname: z.string(),
    disableGuestTools: z.boolean(),
    serialConsole: z.boolean(),
    takeOverTarget: z.boolean(),
    actions: z.array(z.object({ name: z.string(), script: z.string(), timeoutMs: count(), required: z.boolean() })),
    probes: z.array(healthProbe),
    verify: z.enum(VERIFY_LEVELS),
    compress: z.enum(COMPRESSION),
    direct: z.enum(DIRECT),
    streams: count(),
    quarantineCap: count(),
  }),
);

export const bootProof = response(
  'BootProof',
  z.object({
    startedAt: timestamp(),
    answeredAfterMs: count().nullable().describe('From power on until SSH answered; null: it never did.'),
    probes: z.array(z.object({ probe: z.string(), passed: z.boolean(), detail: z.string() })),
    actions: z.array(z.object({ name: z.string(), passed: z.boolean(), exitCode: z.number().nullable(), output: z.string() })),
    console: z.string().describe('The end of the serial console, where there is one.'),
  }),
);

export const deltaPrediction = response('DeltaPrediction', z.object({ files: count(), bytes: count(), seconds: z.number() }));

export const hostSummary = response(
  'HostSummary',
  z.object({
    hostname: z.string(),
    os: z.string(),
    kernel: z.string(),
    architecture: z.string(),
    boot: z.enum(['bios', 'uefi']),
    cpus: count(),
    memoryBytes: count(),
    disks: z.array(z.object({ path: z.string(), serial: z.string(), sizeBytes: count() })),
    fileSystems: z.array(z.object({ mount: z.string(), type: z.string(), sizeBytes: count(), usedBytes: count(), files: count() })),
    interfaces: z.array(
      z.object({
        name: z.string(),
        addresses: z.array(z.string()),
        isCard: z.boolean().optional().describe('Whether it is a network card, and not made by software on top of others.'),
      }),
    ),
    databases: z.array(z.string()).describe('Databases that run there.'),
  }),
);

export const transcriptPage = page(
  'TranscriptPage',
  response(
    'TranscriptEntry',
    z.object({
      id: z.string(),
      runId: z.string(),
      host: z.enum(['source', 'target']),
      command: z.string().describe('As a shell would take it. Never what it was given as input.'),
      startedAt: timestamp(),
      durationMs: count(),
      exitCode: z.number().nullable().describe('Null: it was ended, or its connection broke.'),
      stderr: z.string().describe('The end of what it wrote to stderr.'),
    }),
  ),
);
