import { createHmac, randomBytes } from 'node:crypto';
import { hideSecretNames, redactFields } from './redact';

/**
 * The fields whose texts logs show, at any depth. What a new field holds is looked at before its name is put here; a spec of `tools/logging` holds that every
 * field that is logged anywhere has its line.
 */
const LISTED = [
  // Of every line, and of the work at hand.
  'service hostname trace_id span_id traceId module context workspaceId workspace migrationId migration runId run shardId shard requestId',
  // Errors, as they are drawn. Not what Postgres says beside its message (`detail`, `where`): rows are in there.
  'err error errors cause type name message stack code kind hint actor retry retryable field fields details problem reason reasons concerns',
  'id sqlState side needed lacking sessions why systemIdentifier timeline unknownMigrations size quota used limit program permission takeovers',
  'severity schema table column constraint datatype routine file line syscall errno address hostname status statusCode',
  // Services and what they are asked.
  'event signal advice userId username rule change fingerprint subject caller consumers kids keyIds keyId accessKeyId certFile method path peer host url endpoint endpoints areas',
  'rotation job part check chain scope namespace step stage phase state before outcome reportedByClient applied waiting',
  // Events.
  'eventId topic topics group groupId channel broker clientId memberId offset last first',
  // Migrations: what they are about, and how far they are.
  'unit key nextPageToken prefix bucket object objects table tables index sequence slot position lsn device mount volume form direction way stderr',
  'lastPath schemaEntry originTrace copiedLargeObject streamApplier cutover spec round done difference differences effect action from to version',
  'dropped written waived removed',
  // Alerts and how they reach people. Not what messages say.
  'alert alertTraceId source channelId channelType deliveryId deliveryAttempt fallbackChannelId providerId providerCode errorCode language',
].flatMap((line) => line.split(' '));

const plain = (name: string) =>
  name
    .replace(/^smartant\./, '')
    .toLowerCase()
    .replace(/[-_]/g, '');
const asWritten: ReadonlySet<string> = new Set(LISTED);
const listed: ReadonlySet<string> = new Set(LISTED.map(plain));

/** Of this process alone: what is hidden can be told from something else that is hidden, and found again in no other way. */
const key = randomBytes(32);

/** Whether logs show the texts of a field of this name; `smartant.` in front, case, `-` and `_` are nothing. */
export function isListedField(name: string): boolean {
  // Of every field of every line: most are written as they stand here.
  return asWritten.has(name) || listed.has(plain(name));
}

/**
 * A copy fit for logs: what is fit for traces (`redactFields`), and of that the texts of listed fields alone. Of the others numbers, booleans and
 * times are left, and a mark of a text: the same for the same text as long as the process lives.
 */
export function loggableFields(value: unknown): unknown {
  return redactFields(value, (name, field) => hideSecretNames(name, field) ?? hideUnlisted(name, field));
}

function hideUnlisted(name: string, field: unknown): string | undefined {
  if (isListedField(name)) return undefined;
  if (typeof field === 'string') return `[unlisted ${createHmac('sha256', key).update(field).digest('hex').slice(0, 8)}]`;
  return typeof field === 'object' && field !== null && !(field instanceof Date) ? '[unlisted]' : undefined;
}
