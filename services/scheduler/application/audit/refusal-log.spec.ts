import type { AuditActor, AuditFact } from '../ports/audit';
import { RefusalLog, type Refusal } from './refusal-log';

const written: { actor: AuditActor; fact: AuditFact }[] = [];
const errors: unknown[] = [];
let fails = false;
const open = () =>
  new RefusalLog({
    append: async (actor, fact) => {
      if (fails) throw new Error('no database');
      written.push({ actor, fact });
    },
    onError: (error) => void errors.push(error),
  });

const refusal = (address: string, id = 'createEndpoint'): Refusal => ({
  actor: { userId: 'usr_1', origin: { address, credential: 'password', traceId: null } },
  action: 'operation.call',
  workspaceId: 'ws_1',
  target: { kind: 'operation', id, name: null },
  code: 'ROLE_FORBIDDEN',
});
const timesWritten = () => written.map(({ fact }) => fact.after?.['times']);

beforeEach(() => {
  written.length = 0;
  errors.length = 0;
  fails = false;
});

it('writes the first refusal at once, and those that follow as one entry with their number', async () => {
  const log = open();
  for (let times = 0; times < 1_000; times += 1) log.note(refusal('192.0.2.1'));
  expect(written).toMatchObject([
    { actor: { userId: 'usr_1' }, fact: { outcome: 'refused', code: 'ROLE_FORBIDDEN', workspaceId: 'ws_1' } },
  ]);
  await log.flush();
  expect(timesWritten()).toEqual([1, 999]);
  await log.flush();
  log.note(refusal('192.0.2.1'));
  await log.flush();
  expect(timesWritten()).toEqual([1, 999, 1]);
});

it('keeps a flood from everywhere bounded, and loses nothing of its number', async () => {
  const log = open();
  for (let index = 0; index < 5_000; index += 1) log.note(refusal(`192.0.${index >> 8}.${index & 255}`));
  await log.flush();
  expect(written.length).toBe(62);
  expect(timesWritten().reduce((sum: number, times) => sum + Number(times), 0)).toBe(5_000);
  expect(written.at(-1)).toMatchObject({ actor: { userId: 'various' }, fact: { action: 'request.refuse' } });
});

it('goes on when an entry cannot be written', async () => {
  fails = true;
  const log = open();
  log.note(refusal('192.0.2.1'));
  await log.flush();
  expect(errors).toHaveLength(1);
});
