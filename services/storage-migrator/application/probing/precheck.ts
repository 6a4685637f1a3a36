import type { ListedObject, ProbeResult, StorageConnector } from '@smartant/connectors';
import { toSmartantError } from '@smartant/kernel';
import type { Finding } from '@smartant/runs';
import { KeyFilter } from '../../domain/key-filter';
import type { StorageScope } from '../../domain/run';
import { targetReadOnly } from '../runs/run-context';
import { estimateScope, type Estimate } from './estimate-scope';
import { assertNotSameStore } from './same-store';

export interface PrecheckResult {
  findings: Finding[];
  estimate: Estimate;
}

const ESTIMATE_MS = 30_000;
/** What is read of the source to prove that it can be. */
const TRIAL_BYTES = 64 * 1024;
const MUCH_SKEW_MS = 60_000;
const NOTHING: Estimate = { objects: 0, bytes: 0, complete: false };

/** Tries everything that the migration will do, and leaves nothing behind. Whatever is wrong becomes a finding. */
export async function precheck(
  source: StorageConnector,
  target: StorageConnector,
  scope: StorageScope,
  signal: AbortSignal,
): Promise<PrecheckResult> {
  const [ofSource, ofTarget] = await Promise.all([checkSource(source, scope, signal), checkTarget(target, scope, signal)]);
  const findings = [...ofSource.findings, ...ofTarget.findings, ...compareAbilities(ofSource.probe, ofTarget.probe)];
  // What both sides were just seen to do fails here only by accident.
  if (!findings.some(({ severity }) => severity === 'blocker'))
    await attempt('both', findings, () => assertNotSameStore(source, target, signal));
  return { findings, estimate: ofSource.estimate };
}

async function checkSource(source: StorageConnector, scope: StorageScope, signal: AbortSignal) {
  const findings: Finding[] = [];
  const probe = await attempt('source', findings, () => source.reader.probe(signal));
  if (!probe) return { findings, probe: undefined, estimate: NOTHING };
  findings.push(...skewFindings('source', probe));
  const estimate = (await attempt('source', findings, () => estimateScope(source.reader, scope, signal, ESTIMATE_MS))) ?? NOTHING;
  const sample = await attempt('source', findings, () => firstObject(source, scope, signal));
  if (sample) {
    await attempt('source', findings, async () => {
      await source.reader.properties(sample, signal);
      await source.reader.readRange(sample, { start: 0, end: Math.min(sample.size, TRIAL_BYTES) }, signal);
      if ((await source.reader.mayReadTags?.(sample, signal)) === false) findings.push(tagsUnreadable());
    });
  } else if (sample === null) {
    findings.push(nothingInScope());
  }
  return { findings, probe, estimate };
}

async function checkTarget(target: StorageConnector, scope: StorageScope, signal: AbortSignal) {
  const findings: Finding[] = [];
  const { writer } = target;
  if (!writer) {
    const { code, message, hint = '' } = targetReadOnly();
    return { findings: [{ severity: 'blocker' as const, code, message, hint, subject: 'target' as const }], probe: undefined };
  }
  const probe = await attempt('target', findings, () => target.reader.probe(signal));
  if (!probe) return { findings: findings.map((finding) => withMaking(finding, target)), probe: undefined };
  findings.push(...skewFindings('target', probe));
  const tried = await attempt('target', findings, () => writer.tryWriting(signal));
  for (const problem of tried?.problems ?? []) findings.push({ severity: 'blocker', subject: 'target', ...problem });
  const existing = await attempt('target', findings, () => firstObject(target, scope, signal));
  if (existing) findings.push(targetNotEmpty(scope));
  const abilities = [...new Set([...probe.abilities, ...(tried?.abilities ?? [])])];
  return { findings, probe: { ...probe, abilities } };
}

/** A bucket that is missing can be made. */
function withMaking(finding: Finding, { place }: StorageConnector): Finding {
  if (finding.code !== 'STORAGE_BUCKET_NOT_FOUND' || !place) return finding;
  return { ...finding, fix: { statements: [place.statement], isSafe: true, needsRestart: false } };
}

/** Undefined when it failed; the failure is a blocker then. */
async function attempt<T>(subject: Finding['subject'], findings: Finding[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    const { code, message, hint = '' } = toSmartantError(thrown);
    findings.push({ severity: 'blocker', code, message, hint, subject });
    return undefined;
  }
}

async function firstObject(connector: StorageConnector, scope: StorageScope, signal: AbortSignal): Promise<ListedObject | null> {
  const filter = new KeyFilter(scope);
  for await (const object of connector.reader.list(filter.range(), signal)) {
    if (filter.accepts(object) && !object.skip && !object.unreadable) return object;
  }
  return null;
}

function skewFindings(subject: 'source' | 'target', { clockSkewMs = 0 }: ProbeResult): Finding[] {
  if (Math.abs(clockSkewMs) < MUCH_SKEW_MS) return [];
  const seconds = Math.round(Math.abs(clockSkewMs) / 1_000);
  return [
    {
      severity: 'warning',
      code: 'CLOCK_SKEW',
      message: `The clock of the ${subject} is ${seconds} s ${clockSkewMs > 0 ? 'ahead of' : 'behind'} ours.`,
      hint: 'Set the clocks by NTP. Until then more objects than necessary are copied again.',
      subject,
    },
  ];
}

function compareAbilities(source: ProbeResult | undefined, target: ProbeResult | undefined): Finding[] {
  if (!source || !target) return [];
  const findings: Finding[] = [];
  const lacks = (ability: ProbeResult['abilities'][number]): boolean => !target.abilities.includes(ability);
  const note = (severity: Finding['severity'], code: string, message: string, hint: string): void => {
    findings.push({ severity, code, message, hint, subject: 'target' });
  };
  if (lacks('tags'))
    note(
      'warning',
      'TARGET_WITHOUT_TAGS',
      'The target keeps no object tags: they are not migrated.',
      'Use a target with tags if you need them.',
    );
  if (lacks('slash-keys')) {
    const hint = 'Objects under such keys fail or differ; verification names them.';
    // A note: true of most stores but AWS, and few sources have such keys.
    note('note', 'TARGET_WITHOUT_SLASH_KEYS', 'The target cannot hold both "n" and "n/b", or content under a key that ends in "/".', hint);
  }
  if (lacks('conditional-put')) {
    const hint = 'Let nothing else write to the target during the migration.';
    note(
      'warning',
      'TARGET_WITHOUT_CONDITIONAL_PUT',
      'The target does not honour conditional writes: a foreign write may be overwritten unseen.',
      hint,
    );
  }
  if (lacks('checksum-crc32') && lacks('content-md5')) {
    const hint = 'Keep verification at the level "content".';
    note('note', 'TARGET_WITHOUT_UPLOAD_CHECKSUMS', 'The target does not check uploads against a checksum.', hint);
  }
  return findings;
}

function tagsUnreadable(): Finding {
  return {
    severity: 'warning',
    code: 'SOURCE_TAGS_UNREADABLE',
    message: 'The credentials may not read object tags at the source: tags are not migrated, and verification does not see them.',
    hint: 'Grant the key s3:GetObjectTagging on the source if its objects have tags.',
    subject: 'source',
  };
}

function nothingInScope(): Finding {
  return {
    severity: 'warning',
    code: 'SOURCE_EMPTY',
    message: 'Nothing at the source is in scope.',
    hint: 'Check the path, the prefix and the filters.',
    subject: 'source',
  };
}

function targetNotEmpty(scope: StorageScope): Finding {
  const fate =
    scope.deletePolicy === 'propagate'
      ? `What the source has not is deleted in incremental rounds and at cutover (at most ${scope.maxDeletes} objects a round)`
      : 'What the source has not is kept';
  return {
    severity: 'warning',
    code: 'TARGET_NOT_EMPTY',
    message: `The target holds objects already. ${fate}; what differs is overwritten.`,
    hint: 'Choose an empty bucket or prefix, or another delete policy, if that is not what you want.',
    subject: 'target',
  };
}
