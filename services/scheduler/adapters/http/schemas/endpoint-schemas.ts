import { z } from 'zod';
import { absolutePathProblem, bucketProblem, certificateProblem, relativePathProblem, serviceUrlProblem } from './endpoint-location-rules';
import { postgresLocation, postgresLocationInput } from './database-schemas';
import { imageLocation, imageLocationInput, sshLocation, sshLocationInput, sshSecretFields } from './host-schemas';
import { checked, count, page, request, resourceName, response, timestamp } from './named-schema';
import { finding } from './finding-schema';
import { networkSecretInput, tlsChoice, tlsInput, way, wayInput } from './network-schemas';

const byteLengthAtMost = (bytes: number) => (value: string) =>
  Buffer.byteLength(value) > bytes ? `must be at most ${bytes} bytes long` : null;

export const s3LocationInput = request(
  'S3LocationInput',
  z
    .strictObject({
      kind: z.literal('s3'),
      serviceUrl: checked(z.string().max(2_048), serviceUrlProblem)
        .default('')
        .describe("Scheme, host and port. Empty: AWS' own service for the region."),
      region: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'must be a region name such as us-east-1')
        .default('us-east-1'),
      bucket: checked(z.string().min(1).max(255), bucketProblem),
      prefix: checked(z.string(), byteLengthAtMost(1_024)).default('').describe('Keys are taken relative to it; no slash is added.'),
      addressing: z
        .enum(['path', 'virtual'])
        .optional()
        .describe("path when serviceUrl is given, virtual for AWS' own service, unless said otherwise."),
      tlsCaPem: checked(z.string().max(65_536), certificateProblem)
        .optional()
        .describe('Certificates trusted in addition to those of the system.'),
      tls: tlsInput.optional(),
      via: z
        .array(wayInput)
        .max(4)
        .optional()
        .describe('Proxies and bastions on the way, in the order of travel. Absent: reached directly.'),
    })
    .transform((location) => ({
      ...location,
      addressing: location.addressing ?? (location.serviceUrl === '' ? ('virtual' as const) : ('path' as const)),
    })),
);

export const fileLocationInput = request(
  'FileLocationInput',
  z.strictObject({
    kind: z.literal('file'),
    root: resourceName().describe('Name of a file root that an administrator registered.'),
    path: checked(z.string().max(4_096), relativePathProblem).default('').describe('Path below the root. Empty: the root itself.'),
  }),
);

export const locationInput = request(
  'EndpointLocationInput',
  z.discriminatedUnion('kind', [s3LocationInput, fileLocationInput, postgresLocationInput, sshLocationInput, imageLocationInput]),
);

const credential = (maxLength: number) => z.string().min(1).max(maxLength).regex(/^\S+$/, 'must not contain spaces or line breaks');

export const secretInput = request(
  'EndpointSecretInput',
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('s3'),
      accessKeyId: credential(256),
      secretAccessKey: credential(1_024),
      sessionToken: credential(16_384).optional(),
      network: networkSecretInput.optional(),
    }),
    z.strictObject({
      kind: z.literal('password'),
      password: z
        .string()
        .min(1)
        .max(1_024)
        .refine((text) => !text.includes('\u0000'), 'must not contain NUL'),
      network: networkSecretInput.optional(),
    }),
    z
      .strictObject({ ...sshSecretFields, network: networkSecretInput.optional() })
      .refine(
        ({ privateKeyPem, password }) => privateKeyPem !== undefined || password !== undefined,
        'needs a private key, a password or both',
      ),
    z.strictObject({ kind: z.literal('none'), network: networkSecretInput.optional() }),
  ]),
);

/** A file endpoint has no credentials, and a database those of its own kind: others given with it are a mistake worth naming. */
export const secretFitsLocation = (
  value: { location: { kind: string }; secret: { kind: string } },
  context: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void },
) => {
  const wrong = (message: string) => context.addIssue({ code: 'custom', path: ['secret', 'kind'], message });
  const { kind } = value.secret;
  if (value.location.kind === 'file' && kind !== 'none') wrong('must be "none" for a file endpoint');
  if (value.location.kind === 'image' && kind !== 'none') wrong('must be "none" for an image');
  if (value.location.kind === 'ssh' && kind !== 'ssh') wrong('must be "ssh" for a host');
  if (value.location.kind !== 'ssh' && kind === 'ssh') wrong('"ssh" is for hosts');
  if (value.location.kind === 'postgres' && kind === 's3') wrong('must be "password" or "none" for a database');
  if (value.location.kind === 's3' && kind === 'password') wrong('must be "s3" for a bucket');
};

export const endpointInput = request(
  'CreateEndpointRequest',
  z
    .strictObject({
      name: resourceName().refine((name) => !/^ep_[0-9a-f]{32}$/.test(name), 'must not look like an endpoint id'),
      location: locationInput,
      secret: secretInput.default({ kind: 'none' }),
    })
    .superRefine(secretFitsLocation),
);

export const endpointChange = request(
  'UpdateEndpointRequest',
  z
    .strictObject({ location: locationInput.optional(), secret: secretInput.optional() })
    .refine(({ location, secret }) => location !== undefined || secret !== undefined, 'needs a secret, a location or both'),
);

export const endpointLocation = response(
  'EndpointLocation',
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('s3'),
      serviceUrl: z.string(),
      region: z.string(),
      bucket: z.string(),
      prefix: z.string(),
      addressing: z.enum(['path', 'virtual']),
      tlsCaPem: z.string().optional(),
      tls: tlsChoice.optional(),
      via: z.array(way).optional(),
    }),
    z.object({ kind: z.literal('file'), root: z.string(), path: z.string() }),
    postgresLocation,
    sshLocation,
    imageLocation,
  ]),
);

/** Never carries the secret: credentials go in and don't come out. */
export const endpoint = response(
  'Endpoint',
  z.object({
    id: z.string(),
    workspaceId: z.string(),
    name: z.string(),
    location: endpointLocation,
    ownedByMigrationId: z.string().nullable().describe('Set for an endpoint that is deleted with this migration.'),
    createdAt: timestamp(),
    updatedAt: timestamp(),
    needsSecret: z.boolean().default(false).describe('Its secret was given up with a lost key: enter a new one.'),
  }),
);
export const endpointPage = page('EndpointPage', endpoint);

export const endpointTest = response(
  'EndpointTest',
  z.object({ reachable: z.boolean(), abilities: z.array(z.string()), findings: z.array(finding), roundTripMs: z.number() }),
);

export const itemPage = page(
  'EndpointItemPage',
  response(
    'EndpointItem',
    z.object({
      path: z.string(),
      kind: z
        .string()
        .describe('bucket, prefix, object, directory or file; of databases schema, table or view; of hosts disk, filesystem or directory'),
      sizeBytes: count(),
    }),
  ),
);

export const fileRootInput = request(
  'AddFileRootRequest',
  z.strictObject({ name: resourceName(), path: checked(z.string().min(1).max(4_096), absolutePathProblem) }),
);
export const fileRoot = response('FileRoot', z.object({ name: z.string(), path: z.string() }));
export const fileRootList = response('FileRootList', z.object({ items: z.array(fileRoot) }));
