import type { AuditFact } from '../ports/audit';
import type { GivenUp } from '../ports/given-up-values';
import type { SealedValues } from '../ports/sealed-values';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { VaultKeys } from '../ports/vault';
import { countValues, valuesByKey } from './count-values';

export interface GiveUpOptions {
  vault: Pick<VaultKeys, 'opens'>;
  sealed: readonly SealedValues[];
  unitOfWork: Pick<UnitOfWork, 'direct' | 'transaction'>;
  /** Keys that the operator says are lost for good. */
  lostKeys: readonly string[];
  /** Hears, loudly, of what was given up or came back. */
  warn: (fields: object, message: string) => void;
}

const SYSTEM = { userId: 'system' };

/**
 * At a start: gives up what is sealed under keys that are not held and that the operator has named as lost, and puts back what was given up
 * under keys that have turned up. A key that is held is never given up, whatever is said of it. All of it is in the audit trail: of the
 * platform, and of the workspace of each endpoint.
 */
export async function giveUpLost({ vault, sealed, unitOfWork, lostKeys, warn }: GiveUpOptions): Promise<void> {
  const wanted = new Set(lostKeys);
  const lost: string[] = [];
  if (wanted.size > 0) {
    for (const keyId of valuesByKey(await countValues(sealed)).keys()) {
      if (wanted.has(keyId) && !(await vault.opens(keyId))) lost.push(keyId);
    }
  }
  if (lost.length > 0) await giveUp(unitOfWork, lost, warn);
  const found: string[] = [];
  for (const keyId of await unitOfWork.direct.givenUp.keyIds()) if (await vault.opens(keyId)) found.push(keyId);
  if (found.length > 0) await putBack(unitOfWork, found, warn);
}

async function giveUp(unitOfWork: GiveUpOptions['unitOfWork'], keyIds: string[], warn: GiveUpOptions['warn']): Promise<void> {
  const { areas, endpoints } = await unitOfWork.transaction(async ({ givenUp, audit }) => {
    const result = await givenUp.giveUp(keyIds);
    if (result.areas.length > 0)
      await audit.append(SYSTEM, fact('vault.give-up', { keyIds, areas: result.areas, endpoints: result.endpoints.length }));
    for (const endpoint of result.endpoints) await audit.append(SYSTEM, endpointFact(endpoint, keyIds));
    return result;
  });
  warn(
    { keyIds, areas, endpoints: endpoints.map(({ id }) => id) },
    'secrets were given up, because their keys are lost: the endpoints need new ones (smartant endpoint update)',
  );
}

async function putBack(unitOfWork: GiveUpOptions['unitOfWork'], keyIds: string[], warn: GiveUpOptions['warn']): Promise<void> {
  const values = await unitOfWork.transaction(async ({ givenUp, audit }) => {
    const count = await givenUp.putBack(keyIds);
    await audit.append(SYSTEM, fact('vault.put-back', { keyIds, values: count }));
    return count;
  });
  warn({ keyIds, values }, 'secrets that were given up are back, because their keys are held again');
}

function fact(action: string, after: AuditFact['after']): AuditFact {
  const target = { kind: 'vault', id: 'vault', name: null };
  return { action, workspaceId: null, target, before: null, after, outcome: 'done', code: null };
}

function endpointFact({ id, name, workspaceId }: GivenUp['endpoints'][number], keyIds: string[]): AuditFact {
  const target = { kind: 'endpoint', id, name };
  return { action: 'endpoint.lose-secret', workspaceId, target, before: null, after: { keyIds }, outcome: 'done', code: null };
}
