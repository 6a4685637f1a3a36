import { z } from 'zod';
import { authorities, phoneNumbers } from '../settings/fields';

const values = (description: string) => z.array(z.string().max(64)).max(50).default([]).describe(description);

const pointer = (description: string) =>
  z
    .string()
    .max(200)
    .regex(/^(\/.*)?$/, 'A JSON pointer begins with a slash: /result/code.')
    .default('')
    .describe(description);

/** By which connections are framed and routed, or that are set elsewhere. */
const OWN_HEADERS =
  /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-.*|authorization|content-type)$/i;

export const smsHttpSettings = z.strictObject({
  numbers: phoneNumbers('Numbers that get the messages; the gateway is asked once for each.'),
  method: z.enum(['POST', 'GET', 'PUT']).default('POST').describe('Method of the request.'),
  bodyFormat: z.enum(['json', 'form', 'text']).default('json').describe('What the body is; values are escaped accordingly.'),
  body: z
    .string()
    .max(8_000)
    .default('{"to":"{to}","text":"{title}: {text}"}')
    .describe('The body. {to} {text} {title} {id} {status} {severity} {count} {url} {secret} are put in. Empty: none.'),
  headers: z
    .record(
      z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
      z
        .string()
        .max(500)
        .regex(/^[\x20-\x7e]*$/, 'Printable ASCII is expected.'),
    )
    .refine(
      (headers) => Object.keys(headers).every((name) => !OWN_HEADERS.test(name)),
      'Host, Content-Type, Authorization and headers of connections cannot be set here.',
    )
    .default({})
    .describe('Headers that the gateway asks for; the same placeholders.'),
  textCharacters: z.int().min(20).max(1_000).default(300).describe('The longest {text}, characters.'),
  resultPointer: pointer('Where the answer says whether it was taken, as a JSON pointer: /code.'),
  successValues: values('Values at that place that mean yes: 0, OK. None: the status 2xx is enough.'),
  retryValues: values('Values that mean: try again later.'),
  giveUpValues: values('Values that mean: never for this message or number.'),
  reconfigureValues: values('Values that mean: a person must correct the channel, for example no balance.'),
  idPointer: pointer('Where the answer has the gateway’s id of the message, as a JSON pointer. Empty: it has none.'),
  caPem: authorities(),
});

export type SmsHttpSettings = z.output<typeof smsHttpSettings>;
