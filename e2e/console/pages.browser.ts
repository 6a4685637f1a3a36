import { PHONE } from './browser';
import { describeConsole } from './describe-console';

describeConsole('the pages of the console', (platform, browser) => {
  it('welcomes who has moved nothing yet', async () => {
    const page = await browser.open();
    await platform.visit(page, '');
    await page.waitForURL('**/welcome');
    await page.getByRole('button', { name: 'Begin' }).first().click();
    await page.waitForURL('**/migrations/new?kind=host');
    await page.goBack();
    await page.getByRole('button', { name: 'Begin' }).first().waitFor();
    await browser.screenshot(page, 'first-run-en');
  });

  describe('with migrations', () => {
    beforeAll(() => platform.migrate());

    it('shows what runs, what waits and for what', async () => {
      const page = await browser.open();
      await platform.visit(page, '');
      await page.getByText('Ready for cutover').waitFor();
      expect(await page.locator('.figure', { hasText: 'Done and verified' }).locator('dd').textContent()).toBe('1');
      expect(await page.locator('.figure', { hasText: 'Need somebody' }).locator('dd').textContent()).toBe('1');
    });

    it('narrows the list at the server, keeps it in the address, and goes back', async () => {
      const page = await browser.open();
      await platform.visit(page, 'migrations');
      await page.getByText('photos-archive').waitFor();
      await page.fill('input[type=search]', 'LIVE');
      await page.keyboard.press('Enter');
      await page.getByText('photos-archive').waitFor({ state: 'hidden' });
      expect(new URL(page.url()).search).toBe('?name=LIVE');
      await page.reload();
      await page.getByText('photos-live').waitFor();
      expect(await page.getByText('photos-archive').count()).toBe(0);
      await page.goBack();
      await page.getByText('photos-archive').waitFor();
    });

    it('names the field of an address that cannot be', async () => {
      const page = await browser.open();
      await platform.visit(page, 'migrations?status=lost');
      await page.getByRole('alert').filter({ hasText: 'REQUEST_INVALID' }).waitFor();
      expect(await page.getByRole('alert').textContent()).toContain('status');
    });
  });

  it('shows a viewer no action, and the API refuses it too', async () => {
    const page = await browser.open();
    await platform.visit(page, 'welcome', platform.viewer);
    await page.getByText('Your role here lets you watch migrations').waitFor();
    expect(await page.getByRole('button', { name: 'Begin' }).count()).toBe(0);
    const { accessToken } = await platform.api<{ accessToken: string }>('POST', '/v1/auth/token', platform.viewer);
    const answer = await platform.api<{ code: string }>(
      'POST',
      '/v1/workspaces/default/migrations',
      {},
      {
        headers: { authorization: `Bearer ${accessToken}` },
        anyStatus: true,
      },
    );
    expect(answer.code).toBe('ROLE_FORBIDDEN');
  });

  it('changes language and look at once, and remembers them', async () => {
    const page = await browser.open();
    await platform.visit(page, 'welcome');
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Dark' }).click();
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: '简体中文' }).click();
    await page.getByRole('heading', { name: '您想迁移什么？' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: '您想迁移什么？' }).waitFor();
    expect(await page.evaluate('document.documentElement.dataset.look')).toBe('dark');
  });

  it('can be used from the keyboard alone', async () => {
    const page = await browser.open();
    await platform.visit(page, 'welcome');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    for (const title of ['Overview', 'Get started', 'Migrations']) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe(title);
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Migrations', level: 1 }).waitFor();
  });

  it('folds the menu away on a phone, and opens it', async () => {
    const page = await browser.open({ viewport: PHONE });
    await platform.visit(page, 'welcome');
    await page.getByRole('button', { name: 'Open the menu' }).click();
    const menu = page.getByRole('dialog');
    await menu.getByRole('link', { name: 'Migrations' }).waitFor();
    await browser.screenshot(page, 'menu-phone-en');
    expect(await browser.barriers(page)).toEqual([]);
    await menu.getByRole('link', { name: 'Migrations' }).click();
    await page.getByRole('heading', { name: 'Migrations', level: 1 }).waitFor();
    await menu.waitFor({ state: 'hidden' });
  });

  it('goes on by itself when the platform was out of reach', async () => {
    const page = await browser.open();
    await platform.visit(page, 'migrations');
    await page.context().setOffline(true);
    await page.getByText('The platform cannot be reached').waitFor({ timeout: 40_000 });
    await page.context().setOffline(false);
    await page.getByText('The platform cannot be reached').waitFor({ state: 'hidden', timeout: 40_000 });
  });
});
