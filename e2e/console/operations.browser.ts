import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { ApiMigration } from '../platform/migration';
import { startOidcProvider } from '../../services/scheduler/adapters/oidc/fixtures/oidc-provider';
import { PHONE } from './browser';
import { describeConsole } from './describe-console';

describeConsole('pages of operations', (platform, browser) => {
  let waiting: ApiMigration;
  let failed: ApiMigration;
  const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

  beforeAll(async () => {
    waiting = await platform.migrate();
    failed = await platform.migrateLongName();
    await failed.until(({ ledger }) => (ledger['quarantinedObjects'] ?? 0) > 0);
  });

  it('maps the shards of a migration, by the keyboard too, and shows them one by one', async () => {
    const page = await browser.open();
    await platform.visit(page, `migrations/${waiting.id}`);
    const shards = panel(page, 'Shards');
    await shards.getByText('done in the latest run').waitFor();
    const cell = shards.locator('.shard-grid .shard-cell').first();
    await cell.focus();
    await shards.getByText(/^Cell 1, shards/).waitFor();
    await page.keyboard.press('Enter');
    await shards.getByRole('row').filter({ hasText: 'done' }).first().waitFor();
    await shards.getByText('Map', { exact: true }).click();
    await shards.getByRole('list', { name: 'What the cells mean' }).waitFor();
  });

  it('finds log lines of a migration by words, and leads from a line to its trace', async () => {
    const page = await browser.open();
    await platform.visit(page, `migrations/${waiting.id}`);
    const logs = panel(page, 'Logs');
    await logs.locator('.log-lines > li').first().waitFor();
    await logs.getByLabel('Words, and "phrases in quotes"').fill('no-such-word-anywhere');
    await page.keyboard.press('Enter');
    await logs.getByText('No such lines').waitFor();
    await logs.getByRole('link', { name: 'Open in logs and traces' }).click();
    await page.waitForURL(`**/logs?migration=${waiting.id}**`);
    await page.getByLabel('Words in the line').fill('');
    await page.keyboard.press('Enter');
    await page.locator('.log-lines > li .log-text').first().click();
    await page.getByRole('dialog').getByRole('link', { name: 'lines of this service around then' }).waitFor();
    expect(await browser.barriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });

  it('opens the trace of a migration as a tree, with what was logged in it', async () => {
    const page = await browser.open();
    await platform.visit(page, `migrations/${waiting.id}`);
    await panel(page, 'History').getByRole('link', { name: 'Open trace' }).click();
    await page.waitForURL('**/traces/**');
    await page.locator('.spans tbody tr').nth(3).waitFor();
    expect(await page.locator('.spans').textContent()).toContain('storage-migrator');
    await page.locator('.spans .span-open').first().click();
    await page.locator('.span-details').getByText('Span').waitFor();
    await page.locator('.log-lines > li').first().waitFor();
    await browser.screenshot(page, 'trace-en');
    expect(await browser.barriers(page)).toEqual([]);
  });

  it('leads from what could not be moved to its trace, and on', async () => {
    const page = await browser.open();
    await platform.visit(page, `migrations/${failed.id}`);
    await page.getByRole('link', { name: /^Trace of / }).click();
    await page.waitForURL('**view=unit**');
    await panel(page, 'On record').locator('code').first().waitFor();
    await browser.screenshot(page, 'unit-trace-en');
    expect(await browser.barriers(page)).toEqual([]);
    await panel(page, 'On record').getByRole('link', { name: 'Open trace' }).click();
    await page.locator('.spans tr[data-failed=true]').first().waitFor();
  });

  it('shows the services of the platform to administrators alone', async () => {
    const page = await browser.open();
    await platform.visit(page, 'admin/services');
    for (const service of ['scheduler', 'storage-migrator', 'db-migrator', 'host-migrator', 'notifier'])
      await page.getByRole('region', { name: service, exact: true }).getByText('healthy').waitFor();
    await page.getByRole('link', { name: 'Logs of notifier' }).click();
    await page.locator('.log-lines > li').filter({ hasText: 'notifier' }).first().waitFor();
    const other = await browser.open();
    await platform.visit(other, 'admin/services', platform.viewer);
    await other.getByRole('heading', { name: 'There is no such page' }).first().waitFor();
    expect(await other.getByRole('region', { name: 'scheduler' }).count()).toBe(0);
    expect(await other.getByRole('link', { name: 'Services' }).count()).toBe(0);
  });

  it('gives a viewer logs and traces of the workspace, and not of the platform', async () => {
    const page = await browser.open();
    await platform.visit(page, 'logs', platform.viewer);
    await page.locator('.log-lines > li').first().waitFor();
    expect(await page.getByLabel('Where').count()).toBe(0);
  });

  it('shows endpoints in use on the overview, and for administrators every workspace', async () => {
    const page = await browser.open();
    await platform.visit(page, '');
    await panel(page, 'Endpoints in use')
      .getByText(/could be reached|uses an endpoint/)
      .waitFor();
    await panel(page, 'Next windows').getByText('Nothing waits for its calendar.').waitFor();
    await page.getByRole('region', { name: 'All workspaces' }).getByRole('rowheader', { name: 'default' }).waitFor();
    await browser.screenshot(page, 'operations-overview-en');
    expect(await browser.barriers(page)).toEqual([]);
    const other = await browser.open({ locale: 'zh-CN', colorScheme: 'dark', viewport: PHONE });
    await platform.visit(other, '', platform.viewer);
    await panel(other, '使用中的端点').waitFor();
    await browser.screenshot(other, 'operations-overview-phone-zh-CN');
    expect(await browser.barriers(other)).toEqual([]);
    expect(await other.getByRole('region', { name: '所有工作空间' }).count()).toBe(0);
  });

  it('saves the audit trail as a table, and as a chain that is checked offline', async () => {
    const page = await browser.open();
    await platform.visit(page, 'audit?action=migration');
    const saved = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
    };
    const table = await saved('CSV');
    expect(table.name).toBe('audit-default.csv');
    expect(table.text).toMatch(/^\uFEFFat,action,outcome/);
    expect(table.text).toContain('migration.create');
    const chain = await saved('Signed chain');
    expect(chain.name).toBe('audit-default.ndjson');
    expect(() =>
      chain.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).not.toThrow();
  });

  it('signs in with a provider, and says why where it gives no place', async () => {
    const accounts = { ann: { email: 'ann@example.com', email_verified: true }, eve: { email: 'eve@elsewhere.org', email_verified: true } };
    const provider = await startOidcProvider(`${platform.url}/v1/auth/oidc/callback`, accounts);
    try {
      await platform.api('POST', '/v1/admin/identity-providers', {
        name: 'corp',
        issuer: provider.issuer,
        clientId: 'smartant',
        clientSecret: 'canary-client-secret',
        scopes: 'openid email',
        mappings: [{ emailDomain: 'example.com', workspace: 'default', role: 'viewer' }],
      });
      const as = async (account: string) => {
        const page = await browser.open();
        // What its user would type at the provider.
        await page.route(`${provider.issuer}/auth?**`, (route) =>
          route.continue({ url: `${route.request().url()}&login_hint=${account}` }),
        );
        await page.goto(`${platform.consoleUrl}logs`);
        await page.getByRole('button', { name: 'Sign in with corp' }).waitFor();
        await browser.screenshot(page, 'sign-in-provider-en');
        expect(await browser.barriers(page)).toEqual([]);
        await page.getByRole('button', { name: 'Sign in with corp' }).click();
        return page;
      };
      const ann = await as('ann');
      await ann.waitForSelector('.frame h1');
      expect(ann.url()).toBe(`${platform.consoleUrl}logs`);
      await ann.getByRole('button', { name: 'Account: ann@example.com' }).waitFor();
      expect(await ann.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toMatch(/srt_|verifier/);
      const eve = await as('eve');
      await eve.getByRole('alert').filter({ hasText: 'OIDC_NOT_ALLOWED' }).waitFor();
      expect(await browser.barriers(eve)).toEqual([]);
    } finally {
      await provider.server.stop();
      await platform.api('DELETE', '/v1/admin/identity-providers/corp');
    }
    // The way to the provider is the one that leads elsewhere.
    expect(browser.offences.splice(0).filter((offence) => !offence.includes(provider.issuer))).toEqual([]);
  });

  it.each([
    ['en', 'en-US', 'light'],
    ['zh-CN', 'zh-CN', 'dark'],
  ] as const)('has no barriers in %s', async (language, locale, colorScheme) => {
    const page = await browser.open({ locale, colorScheme });
    const found: string[] = [];
    await platform.visit(page, '');
    const pages = [
      ['shards', `migrations/${waiting.id}`, '.shard-grid'],
      ['logs', 'logs', '.log-lines > li'],
      ['services', 'admin/services', '.service time'],
    ] as const;
    for (const [name, path, ready] of pages) {
      await platform.visit(page, path);
      await page.locator(ready).first().waitFor();
      found.push(...(await browser.flaws(page, `operations-${name}`, language)));
    }
    expect(found).toEqual([]);
  });
});
