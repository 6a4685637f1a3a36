import type { Page } from 'playwright-core';
import { PHONE } from './browser';
import { describeConsole } from './describe-console';
import type { ApiMigration } from '../platform/migration';

describeConsole('the page of a migration', (platform, browser) => {
  let waiting: ApiMigration;

  beforeAll(async () => {
    waiting = await platform.migrate();
  });

  const open = async (page: Page, user = platform.admin) => {
    await platform.visit(page, `migrations/${waiting.id}`, user);
    await page.getByRole('list', { name: 'Phases' }).waitFor();
  };
  const action = (page: Page, name: string) => page.locator('.page-actions').getByRole('button', { name, exact: true });
  const dialog = (page: Page) => page.getByRole('dialog');

  it.each([
    ['en', 'en-US', 'light'],
    ['zh-CN', 'zh-CN', 'dark'],
  ] as const)('has no barriers in %s', async (language, locale, colorScheme) => {
    const page = await browser.open({ locale, colorScheme });
    await platform.visit(page, `migrations/${waiting.id}`);
    await page.waitForSelector('.phase-line [aria-current=step]');
    await page.waitForSelector('.rows time');
    await browser.screenshot(page, `migration-${language}`);
    expect(await browser.barriers(page)).toEqual([]);
    await page.locator('.page-actions button').first().click();
    await dialog(page).waitFor();
    await browser.screenshot(page, `migration-cutover-${language}`);
    expect(await browser.barriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'hidden' });
    await page.setViewportSize(PHONE);
    await browser.screenshot(page, `migration-phone-${language}`);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width);
    expect(await browser.barriers(page)).toEqual([]);
  });

  it('shows a viewer no action, and keeps what it shows over a reload', async () => {
    const page = await browser.open();
    await open(page, platform.viewer);
    await page.getByText('waits for your cutover').waitFor();
    await page.reload();
    await page.getByText('waits for your cutover').waitFor();
    expect(await page.locator('.page-actions').count()).toBe(0);
    expect(await page.getByRole('slider').count()).toBe(0);
  });

  it('changes a limit, and says so where somebody else has changed it meanwhile', async () => {
    const page = await browser.open();
    await open(page);
    const slider = page.getByRole('slider', { name: 'At once' });
    await slider.press('Home');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('button', { name: 'Apply' }).and(page.locator(':disabled')).waitFor();
    expect(await waiting.get()).toMatchObject({ spec: { limits: { concurrency: 1 } } });

    await slider.press('ArrowRight');
    await waiting.call('PATCH', 'limits', { concurrency: 7 });
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('alert').filter({ hasText: 'MIGRATION_VERSION_MISMATCH' }).waitFor();
    expect(await waiting.get()).toMatchObject({ spec: { limits: { concurrency: 7 } } });
    await page.getByText('7 →').waitFor();
    await browser.screenshot(page, 'migration-stale-limit-en');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('button', { name: 'Apply' }).and(page.locator(':disabled')).waitFor();
    expect(await waiting.get()).toMatchObject({ spec: { limits: { concurrency: 2 } } });
  });

  it('pauses and resumes, and shows another user what the first has done', async () => {
    const [page, other] = [await browser.open(), await browser.open()];
    await open(page);
    await open(other, platform.viewer);
    await action(page, 'Pause').click();
    await dialog(page).getByText('Nothing more is copied until you resume').waitFor();
    await dialog(page).getByRole('button', { name: 'Pause' }).click();
    await page.getByText('it is paused', { exact: false }).waitFor();
    await other.getByText('it is paused', { exact: false }).waitFor();
    await action(page, 'Resume').click();
    await dialog(page).getByRole('button', { name: 'Resume' }).click();
    await action(page, 'Pause').waitFor();
    await page.getByRole('region', { name: 'History' }).getByText('Resumed').waitFor();
  });

  it('shows what could not be moved, tries it again, and leaves it out on the record', async () => {
    const migration = await platform.migrateLongName();
    const page = await browser.open();
    await platform.visit(page, `migrations/${migration.id}`);
    const failures = page.getByRole('region', { name: 'What could not be moved' });
    await failures.getByText('KEY_TOO_LONG').first().waitFor({ timeout: 60_000 });
    await browser.screenshot(page, 'migration-failure-en');
    expect(await browser.barriers(page)).toEqual([]);
    const choose = () => failures.getByRole('checkbox', { name: /note\.txt$/ }).check();
    await choose();
    const asked = page.waitForResponse('**/failures/resolve');
    await failures.getByRole('button', { name: 'Try 1 again' }).click();
    expect((await asked).ok()).toBe(true);
    // It fails again, and can be chosen again.
    await failures.getByRole('button', { name: 'Try 0 again' }).waitFor();
    await choose();
    await failures.getByLabel(/^Why they may be left out/).fill('nobody reads it');
    await failures.getByRole('button', { name: 'Leave 1 out' }).click();
    await failures.getByText('left out', { exact: true }).waitFor();
    const { items } = await migration.call<{ items: object[] }>('GET', 'failures');
    expect(items).toEqual([expect.objectContaining({ state: 'waived' })]);
  });

  it('cuts over when the name is typed, is watched to its end, and hands out the report', async () => {
    await waiting.until(({ phase, status }) => phase === 'incremental' && status === 'waiting');
    const page = await browser.open();
    await open(page);
    await action(page, 'Cut over').click();
    const confirm = dialog(page).getByRole('button', { name: 'Cut over' });
    expect(await confirm.isDisabled()).toBe(true);
    await dialog(page)
      .getByLabel(/^Nothing writes to the source/)
      .check();
    await dialog(page).getByRole('textbox').fill('photos-live');
    await confirm.click();
    await dialog(page).waitFor({ state: 'hidden' });
    await page.getByText('Both sides are equal').waitFor({ timeout: 120_000 });
    const downloaded = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the signed report' }).click();
    expect((await downloaded).suggestedFilename()).toBe(`${waiting.id}.report.json`);
    await action(page, 'Finalize').click();
    await dialog(page).getByRole('textbox').fill('photos-live');
    await dialog(page).getByRole('button', { name: 'Finalize' }).click();
    await page.locator('.migration-line').getByText('Succeeded').waitFor({ timeout: 120_000 });
    expect(await page.locator('.page-actions button').count()).toBe(0);
    await browser.screenshot(page, 'migration-done-en');
    expect(await browser.barriers(page)).toEqual([]);
  });
});
