import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ROOT } from '../platform/embedded-platform';
import type { ApiMigration } from '../platform/migration';
import { describeConsole } from './describe-console';

const FEATURES = join(ROOT, 'services', 'console', 'web', 'features');
const DRAFTS = '/v1/workspaces/default/migration-drafts';

/** Nobody answers there: a list does not ask. */
const ENDPOINTS: [name: string, location: object, secret: object][] = [
  ['photos-files', { kind: 'file', root: 'photos', path: '' }, { kind: 'none' }],
  [
    'shop-old',
    { kind: 'postgres', host: '127.0.0.1', port: 1, database: 'shop', user: 'mover' },
    { kind: 'password', password: 'open sesame' },
  ],
  [
    'shop-new',
    { kind: 'postgres', host: '127.0.0.1', port: 1, database: 'shop', user: 'mover' },
    { kind: 'password', password: 'open sesame' },
  ],
  ['web-01', { kind: 'ssh', host: '127.0.0.1', port: 1, user: 'root' }, { kind: 'ssh', password: 'open sesame' }],
];

/** Every page by its own entry: a new one is looked at without anybody's having to think of it. */
function pagePaths(): [name: string, path: string][] {
  return readdirSync(FEATURES).flatMap((name) => {
    const entries = Object.values(jest.requireActual<Record<string, { path: string }>>(join(FEATURES, name)));
    return entries.map(({ path }) => [name, path] as [string, string]);
  });
}

describeConsole('every page of the console', (platform, browser) => {
  let waiting: ApiMigration;
  let draft: string;

  beforeAll(async () => {
    waiting = await platform.migrate();
    for (const [name, location, secret] of ENDPOINTS)
      await platform.api('POST', '/v1/workspaces/default/endpoints', { name, location, secret });
    const content = { name: 'shop', source: 'shop-old', target: 'shop-new', spec: { kind: 'database', database: { roles: true } } };
    draft = (await platform.api<{ id: string }>('POST', DRAFTS, { name: 'shop', content })).id;
  });

  const addressOf = (path: string) => path.replace(/^\//, '').replace(/:[a-z]+/i, waiting.id);

  /** With all that it asks the platform for. */
  async function settled(page: Page): Promise<void> {
    await page.locator('.ant-skeleton, .ant-spin-spinning, [aria-busy=true]').first().waitFor({ state: 'detached' });
  }

  it.each([
    ['en', 'en-US', 'light'],
    ['zh-CN', 'zh-CN', 'dark'],
  ] as const)('can be read by everybody, at the desk and on a phone, in %s', async (language, locale, colorScheme) => {
    const page = await browser.open({ locale, colorScheme });
    const found: string[] = [];
    const others: [string, string][] = [
      ['not-found', '/nowhere'],
      ['wizard-database', `/migrations/new?draft=${draft}&step=scope`],
    ];
    for (const [name, path] of [...pagePaths(), ...others]) {
      await platform.visit(page, addressOf(path));
      expect(await page.evaluate('document.documentElement.lang')).toBe(language);
      await settled(page);
      if (name === 'dashboard') await page.waitForSelector('canvas');
      found.push(...(await browser.flaws(page, `gallery-${name}`, language)));
    }
    expect(found).toEqual([]);
  });
});
