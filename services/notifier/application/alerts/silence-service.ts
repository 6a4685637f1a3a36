import { newId, type FieldError } from '@smartant/kernel';
import { compileMatchers, matcherProblem, OPERATORS, type Matcher } from '../../domain/routing/matcher';
import { notFound, silenceInvalid } from '../errors';
import { pageOf, toPage, type Page, type PageRequest } from '../paging';
import type { SilenceRecord, SilenceStore } from '../ports/stores';

export interface PutSilence {
  requestId: string;
  workspaceId: string;
  /** Empty: a new one. */
  id: string;
  matchers: Matcher[];
  /** RFC 3339; empty: now. */
  startsAt: string;
  endsAt: string;
  comment: string;
  actor: string;
}

const MOST_MATCHERS = 50;
const LONGEST_DAYS = 366;

/** Silences: what is not told for a while. */
export class SilenceService {
  constructor(
    private readonly silences: SilenceStore,
    private readonly changed: () => void,
  ) {}

  /** Raises NOTIFY_SILENCE_INVALID and NOTIFY_SILENCE_NOT_FOUND. */
  async put(request: PutSilence): Promise<SilenceRecord> {
    const { workspaceId, matchers, comment, actor, requestId } = request;
    if (request.id === '' && requestId !== '') {
      const made = await this.silences.madeBy(workspaceId, requestId);
      if (made) return made;
    }
    if (request.id !== '' && !(await this.silences.find(workspaceId, request.id))) throw notFound('silence', request.id);
    const startsAt = request.startsAt === '' ? new Date() : new Date(request.startsAt);
    const endsAt = new Date(request.endsAt);
    const fields = [...matcherProblems(matchers), ...timeProblems(startsAt, endsAt), ...commentProblems(comment)];
    if (fields.length > 0) throw silenceInvalid(fields);
    const id = request.id === '' ? newId('sil') : request.id;
    const silence = { id, workspaceId, matchers, startsAt, endsAt, comment, createdBy: actor };
    const stored = await this.silences.put(silence, request.id === '' && requestId !== '' ? requestId : null);
    this.changed();
    return stored;
  }

  async expire(workspaceId: string, id: string): Promise<SilenceRecord> {
    const silence = await this.silences.expire(workspaceId, id);
    if (!silence) throw notFound('silence', id);
    this.changed();
    return silence;
  }

  /** `state`: pending, active or expired; empty: every one. */
  async list(workspaceId: string, state: string, request: PageRequest): Promise<Page<SilenceRecord>> {
    const { size, after } = pageOf(request);
    return toPage(await this.silences.list(workspaceId, state, size + 1, after), size);
  }
}

function matcherProblems(matchers: readonly Matcher[]): FieldError[] {
  if (matchers.length === 0 || matchers.length > MOST_MATCHERS) return [{ field: 'matchers', message: `expected 1 to ${MOST_MATCHERS}` }];
  const problems = matchers.flatMap((matcher, index) => {
    const { label, operator, value } = matcher;
    if (label === '' || label.length > 256) return [{ field: `matchers.${index}.label`, message: 'expected 1 to 256 characters' }];
    if (!OPERATORS.includes(operator)) return [{ field: `matchers.${index}.operator`, message: `expected one of ${OPERATORS.join(' ')}` }];
    const problem = value.length > 2_048 ? 'expected 2048 characters at most' : matcherProblem(matcher);
    return problem === null ? [] : [{ field: `matchers.${index}.value`, message: problem }];
  });
  if (problems.length > 0) return problems;
  // As in Alertmanager: a silence that any alert meets is a mistake more often than a wish.
  return compileMatchers(matchers)({})
    ? [{ field: 'matchers', message: 'meet an alert without any labels, and so perhaps all: be more exact' }]
    : [];
}

function timeProblems(startsAt: Date, endsAt: Date): FieldError[] {
  if (Number.isNaN(startsAt.getTime())) return [{ field: 'startsAt', message: 'expected a time such as 2026-11-30T08:00:00Z' }];
  if (Number.isNaN(endsAt.getTime())) return [{ field: 'endsAt', message: 'expected a time such as 2026-11-30T08:00:00Z' }];
  if (endsAt <= startsAt) return [{ field: 'endsAt', message: 'is not after startsAt' }];
  const longest = LONGEST_DAYS * 86_400_000;
  return endsAt.getTime() - startsAt.getTime() > longest ? [{ field: 'endsAt', message: `is more than ${LONGEST_DAYS} days later` }] : [];
}

const commentProblems = (comment: string): FieldError[] =>
  comment.trim() === '' || comment.length > 2_000 ? [{ field: 'comment', message: 'expected why, in 1 to 2000 characters' }] : [];
