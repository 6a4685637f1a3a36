import { createHash } from 'node:crypto';
import type { Clock } from '@smartant/kernel';
import { assertAdmin, assertMayWrite, assertOwner } from '../access';
import { doneFact } from '../audit/facts';
import type { AuditDetail, AuditTarget } from '../ports/audit';
import { PLATFORM, type NotificationDesk, type NotificationOwner } from '../ports/notification-desk';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Vault } from '../ports/vault';
import { requestFingerprint } from '../request-fingerprint';
import type { Caller, RequestId } from '../use-cases';

export interface NotificationOptions {
  unitOfWork: UnitOfWork;
  desk: NotificationDesk;
  vault: Vault;
  clock: Clock;
}

/** What somebody wants to do there: look, act on what happens, or change who is told. */
export type Intent = 'read' | 'operate' | 'configure';

interface Creation<T> {
  /** `notification-channel`, `silence`: what the audit trail calls it. */
  kind: string;
  /** The content, with its secrets. */
  content: unknown;
  requestId: RequestId;
  /** Given the request id that the notifier is to know it by; it answers a repeated one with what it made then. */
  create: (requestId: string | undefined) => Promise<T>;
  name: (made: T) => string | null;
  detail: (made: T) => AuditDetail;
}

/** A workspace, or the platform as a whole: who may do what there, in whose name it is asked of the notifier, and how it is put on record. */
export class NotificationPlace {
  constructor(
    private readonly options: NotificationOptions,
    private readonly isOfPlatform: boolean,
  ) {}

  get desk(): NotificationDesk {
    return this.options.desk;
  }

  nowIso(): string {
    return new Date(this.options.clock.nowMs()).toISOString();
  }

  /** Whose things the caller means. Raises ROLE_FORBIDDEN. */
  ownerFor(caller: Caller, intent: Intent): NotificationOwner {
    if (this.isOfPlatform) {
      assertAdmin(caller);
      return PLATFORM;
    }
    if (intent === 'operate') assertMayWrite(caller);
    if (intent === 'configure') assertOwner(caller);
    return caller.workspaceId;
  }

  /** As people read it in a message: "acknowledged by ann". */
  actorOf({ username, userId }: Caller): string {
    return username ?? userId;
  }

  /** Puts on record what the notifier has done: it is told only then, so that the trail never tells of what was refused. */
  async record(caller: Caller, action: string, target: AuditTarget, before: AuditDetail | null, after: AuditDetail | null): Promise<void> {
    const fact = doneFact(action, this.isOfPlatform ? null : caller.workspaceId, target, { before, after });
    await this.options.unitOfWork.transaction((stores) => stores.audit.append(caller, fact));
  }

  /** Makes a thing once for each request id, also where two of one id come at the same time: the notifier knows the id too. */
  async create<T extends { id: string }>(caller: Caller, creation: Creation<T>): Promise<T> {
    const { unitOfWork, vault } = this.options;
    const { requestId, kind } = creation;
    const action = `${kind}.create`;
    const workspaceId = this.isOfPlatform ? PLATFORM : caller.workspaceId;
    const request =
      requestId === undefined
        ? null
        : { workspaceId, scope: action, requestId, fingerprint: requestFingerprint(vault, workspaceId, creation.content) };
    // Raises where the id was used for other content.
    const earlier = request && (await unitOfWork.direct.requests.recall(request));
    const made = await creation.create(request === null ? undefined : deskRequestId(workspaceId, action, request.requestId));
    if (earlier === made.id) return made;
    await unitOfWork.transaction(async (stores) => {
      // Another one than the first time, where that one was deleted since: it is put on record as well.
      if (request && (await stores.requests.remember({ ...request, resourceId: made.id })) === made.id) return;
      const target = { kind, id: made.id, name: creation.name(made) };
      const fact = doneFact(action, this.isOfPlatform ? null : workspaceId, target, { after: creation.detail(made) });
      await stores.audit.append(caller, fact);
    });
    return made;
  }
}

/** Of one owner and one kind: what others chose for an Idempotency-Key must not lead to their things. */
function deskRequestId(owner: NotificationOwner, action: string, requestId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([owner, action, requestId]))
    .digest('hex');
}
