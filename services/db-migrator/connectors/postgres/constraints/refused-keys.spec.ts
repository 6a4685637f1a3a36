import type { SmartantError } from '@smartant/kernel';
import { describeIf, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import { prepareSchemaCopy } from '../fixtures/schema-copy';
import { copySchema } from '../schema/copy-schema';
import { restoreConstraints } from './restore-constraints';

const never = new AbortController().signal;

describeIf(whyNoClientTools(18), 'keys that rows break', () => {
  it('are told with the row that is there twice, and made when it is gone', async () => {
    const urls = { source: await freshDatabase(), target: await freshDatabase() };
    const { options, findings } = await prepareSchemaCopy(urls, (session) =>
      session.query(
        `CREATE TABLE public.twice (id int, code text, CONSTRAINT twice_pk PRIMARY KEY (id), CONSTRAINT twice_code UNIQUE (code));
         CREATE TABLE public.fine (id int PRIMARY KEY)`,
      ),
    );
    await copySchema(options);
    const target = await options.target.open({ applicationName: 'test', signal: never });
    await target.query(`INSERT INTO public.twice VALUES (7, 'a'), (7, 'b'), (8, 'c'); INSERT INTO public.fine VALUES (1)`);
    const refused = (await restoreConstraints(options).catch((error: unknown) => error)) as SmartantError;
    expect(refused).toMatchObject({ code: 'SCHEMA_OBJECT_REFUSED', retryable: false });
    expect(findings).toMatchObject([
      {
        severity: 'blocker',
        code: 'SCHEMA_OBJECT_REFUSED',
        message: expect.stringMatching(/twice_pk.*could not create unique index.*Key \(id\)=\(7\) is duplicated/),
        hint: expect.stringContaining('more than once'),
      },
    ]);
    await target.query(`DELETE FROM public.twice WHERE code = 'b'`);
    expect(await restoreConstraints({ ...options, epoch: options.epoch + 1 })).toEqual({ indexes: 3, refused: 0 });
    await target.close();
  });
});
