/** Types of the REST API, for clients: `createClient<paths>()` of openapi-fetch. Regenerate with `npm run openapi:generate`. */
import type { components } from './generated/openapi';

export type { components, operations, paths } from './generated/openapi';

/** A named schema of the document, for example `Schema<'Migration'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];
