import { z } from 'zod';
import { endpointRefInput } from './migration-input-schemas';
import { plainText, request, response } from './named-schema';

const SOURCES = ['upload', 'http', 's3'] as const;
const NETWORKS = /^[^=,\s]{1,15}=[a-z0-9][a-z0-9./-]{0,126}(,[^=,\s]{1,15}=[a-z0-9][a-z0-9./-]{0,126}){0,63}$/;

export const kubevirtQuery = z
  .strictObject({
    name: plainText(63).optional().describe("Of the machine. Left out: made of the host's name."),
    namespace: plainText(63).default('default'),
    storageClass: plainText(253).optional().describe("Left out: the cluster's default."),
    source: z
      .enum(SOURCES)
      .optional()
      .describe('Where the cluster takes the image from. upload: from `virtctl image-upload`. Left out: http with a url, else upload.'),
    url: plainText(2_048).optional().describe('Of the image, where the cluster reaches it. Never with credentials.'),
    secretName: plainText(253).optional().describe('A secret of the namespace with accessKeyId and secretKey, for the url.'),
    networks: z
      .string()
      .max(4_096)
      .regex(NETWORKS, 'must be INTERFACE=NETWORK, separated by commas')
      .optional()
      .describe(
        'What network each network card of the source comes into, as eth0=pod,eth1=vlan-12: pod, none (left out), or the name of a NetworkAttachmentDefinition. Left out: the first card comes into pod; of every other one it has to be said.',
      ),
  })
  .superRefine(({ source, url, secretName }, context) => {
    const needsUrl = source === 'http' || source === 's3';
    if (needsUrl && url === undefined) context.addIssue({ code: 'custom', path: ['url'], message: `must be given with ${source}` });
    if (source === 'upload' && url !== undefined) context.addIssue({ code: 'custom', path: ['url'], message: 'is not for an upload' });
    if (url === undefined && secretName !== undefined) {
      context.addIssue({ code: 'custom', path: ['secretName'], message: 'is for a url' });
    }
  });

export const kubernetesList = response(
  'KubernetesList',
  z.object({ apiVersion: z.literal('v1'), kind: z.literal('List'), items: z.array(z.record(z.string(), z.unknown())) }),
);

export const imageUploadInput = request(
  'UploadImageRequest',
  z.strictObject({
    target: endpointRefInput,
    name: plainText(120).optional().describe("Of the migration that uploads. Left out: made of the host's."),
  }),
);
