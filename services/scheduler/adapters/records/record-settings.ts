import { z } from 'zod';

/** An address of ours without credentials: those are settings of their own, which can be files. */
const storeUrl = z
  .url({ protocol: /^https?$/, error: 'Expected an http or https address' })
  .refine((text) => !new URL(text).username && !new URL(text).password, {
    error: 'Must not hold credentials: they have settings of their own',
  })
  .transform((text) => text.replace(/\/+$/, ''));

/** Where logs and traces are looked into. Passwords and tokens can be given as files (`NAME_FILE`). */
export const recordSettings = {
  /** Default: `files` in the embedded mode with SMARTANT_LOGS_DIR, else none. */
  SMARTANT_LOG_SEARCH: z.enum(['files', 'elasticsearch', 'loki', 'none']).optional(),
  SMARTANT_LOG_SEARCH_URL: storeUrl.optional(),
  /** Of Elasticsearch or OpenSearch: an index, an alias or a pattern. */
  SMARTANT_LOG_SEARCH_INDEX: z
    .string()
    .regex(/^[a-z0-9][\w.*,-]{0,200}$/, { error: 'Expected the name of an index, or a pattern' })
    .default('smartant-*'),
  /** Of Loki: which streams are ours. */
  SMARTANT_LOG_SEARCH_SELECTOR: z
    .string()
    .regex(/^\{[^{}|]+\}$/, { error: 'Expected a stream selector, such as {namespace="smartant"}' })
    .default('{namespace="smartant"}'),
  SMARTANT_LOG_SEARCH_USERNAME: z.string().optional(),
  SMARTANT_LOG_SEARCH_PASSWORD: z.string().optional(),
  /** Instead of name and password: a bearer token. */
  SMARTANT_LOG_SEARCH_TOKEN: z.string().optional(),
  /** Of Loki: X-Scope-OrgID. */
  SMARTANT_LOG_SEARCH_TENANT: z.string().optional(),
  /** Jaeger's query service, for example http://jaeger-query:16686. Absent: span files, where they are written. */
  SMARTANT_JAEGER_QUERY_URL: storeUrl.optional(),
  SMARTANT_JAEGER_QUERY_TOKEN: z.string().optional(),
  /** Jaeger's pages as browsers reach them: links to traces lead there. Absent: there are none. */
  SMARTANT_JAEGER_UI_URL: storeUrl.optional(),
} as const;

const settingsObject = z.object(recordSettings);
export type RecordSettings = z.output<typeof settingsObject>;

/** The rules between them. */
export function checkRecordSettings(settings: unknown, context: z.core.$RefinementCtx): void {
  const given = settings as Partial<RecordSettings> & { SMARTANT_LOGS_DIR?: string };
  const report = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  const search = given.SMARTANT_LOG_SEARCH;
  if (search === 'files' && given.SMARTANT_LOGS_DIR === undefined)
    report('SMARTANT_LOGS_DIR', 'is not set: SMARTANT_LOG_SEARCH=files needs a folder');
  if ((search === 'elasticsearch' || search === 'loki') && given.SMARTANT_LOG_SEARCH_URL === undefined)
    report('SMARTANT_LOG_SEARCH_URL', `is not set: SMARTANT_LOG_SEARCH=${search} needs an address`);
  const { SMARTANT_LOG_SEARCH_USERNAME: username, SMARTANT_LOG_SEARCH_PASSWORD: password, SMARTANT_LOG_SEARCH_TOKEN: token } = given;
  if ((username === undefined) !== (password === undefined))
    report(
      username === undefined ? 'SMARTANT_LOG_SEARCH_USERNAME' : 'SMARTANT_LOG_SEARCH_PASSWORD',
      'is not set: name and password go together',
    );
  if (username !== undefined && token !== undefined)
    report('SMARTANT_LOG_SEARCH_TOKEN', 'is set beside a name and password: give one of them');
}
