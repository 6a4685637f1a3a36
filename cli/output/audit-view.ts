import type { AuditDifference, AuditVerdict } from '@smartant/proof';
import type { AuditEntry } from '../api/platform-api';
import type { Messages } from '../messages/messages';
import { groupDigits, localTime } from './numbers';
import type { Column } from './table';
import { printable } from './table';
import type { Colors } from './terminal';

export function auditColumns({ columns }: Messages): Column<AuditEntry>[] {
  return [
    { heading: columns.time, value: ({ at }) => localTime(at) },
    { heading: columns.actor, value: ({ actor }) => actor.userId },
    { heading: columns.address, value: ({ actor }) => actor.address ?? '' },
    { heading: columns.action, value: ({ action }) => action },
    { heading: columns.target, value: ({ target }) => (target.name === null ? target.id : `${target.kind} ${target.name}`) },
    { heading: columns.outcome, value: ({ outcome, code }) => (code === null ? outcome : `${outcome} (${code})`) },
    { heading: columns.before, value: ({ before }) => (before === null ? '' : JSON.stringify(before)), wide: true },
    { heading: columns.after, value: ({ after }) => (after === null ? '' : JSON.stringify(after)), wide: true },
    { heading: columns.id, value: ({ id }) => id, wide: true },
  ];
}

export function verdictLines(verdict: AuditVerdict, hasKept: boolean, messages: Messages, colors: Colors): string[] {
  const { audit } = messages;
  const chains = verdict.chains.map(({ chain, firstSeq, lastSeq, hash }) =>
    audit.chain(printable(chain), groupDigits(firstSeq), groupDigits(lastSeq), hash),
  );
  const found = verdict.differences.map((difference) => `  ${differenceLine(difference, messages)}`);
  const rest = verdict.differenceCount - verdict.differences.length;
  return [
    ...chains,
    ...found,
    ...(rest > 0 ? [`  ${messages.moreDifferences(groupDigits(rest))}`] : []),
    verdict.whole
      ? colors.green(audit.whole(groupDigits(verdict.entries), verdict.exportedAt === null ? '' : localTime(verdict.exportedAt)))
      : colors.red(audit.broken(groupDigits(verdict.differenceCount))),
    ...(verdict.whole && !hasKept ? [audit.withoutCheckpoint] : []),
  ];
}

function differenceLine({ kind, line, chain, seq }: AuditDifference, { audit }: Messages): string {
  const where = [
    ...(line === null ? [] : [audit.line(line)]),
    ...(chain === null ? [] : [printable(chain)]),
    ...(seq === null ? [] : [`#${seq}`]),
  ];
  return [...(where.length > 0 ? [`${where.join(' ')}:`] : []), audit.kinds[kind]].join(' ');
}
