import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { describeConsole } from './describe-console';

const CAROL = { username: 'carol', password: 'eleven green umbrellas in a row' };

describeConsole('pages of administration', (platform, browser) => {
  const dialog = (page: Page) => page.getByRole('dialog');
  const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });
  const isAccepted = async (key: string) =>
    'accessToken' in (await platform.api<object>('POST', '/v1/auth/token', { apiKey: key }, { anyStatus: true }));

  /** Reads what is shown once, and closes it. */
  const takeSecret = async (page: Page): Promise<string> => {
    const secret = await dialog(page).locator('.command').textContent();
    await browser.screenshot(page, 'secret-once-en');
    expect(await browser.barriers(page)).toEqual([]);
    await dialog(page).getByRole('button', { name: 'I have kept it' }).click();
    await dialog(page).waitFor({ state: 'hidden' });
    return secret ?? '';
  };

  it('makes an API key that is shown once, works, and is refused when revoked', async () => {
    const page = await browser.open();
    await platform.visit(page, 'api-keys');
    await page.getByRole('button', { name: 'New key' }).click();
    await dialog(page).getByLabel('Name').fill('nightly');
    await browser.screenshot(page, 'api-key-form-en');
    expect(await browser.barriers(page)).toEqual([]);
    await dialog(page).getByRole('button', { name: 'New key' }).click();
    await dialog(page).getByText('Copy it now').waitFor();
    const key = await takeSecret(page);
    expect(await isAccepted(key)).toBe(true);
    await page.reload();
    await row(page, 'nightly').getByText('Viewer').waitFor();
    expect(await page.content()).not.toContain(key);
    await page.getByRole('button', { name: 'Revoke nightly' }).click();
    await page.locator('.ant-popconfirm').getByRole('button', { name: 'Revoke' }).click();
    await row(page, 'nightly').waitFor({ state: 'detached' });
    expect(await isAccepted(key)).toBe(false);
  });

  it('invites somebody, changes their role, and removes them', async () => {
    const page = await browser.open();
    await platform.visit(page, 'members');
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    await dialog(page).getByLabel('Whom').fill('carol@example.com');
    await dialog(page).getByRole('button', { name: 'Invite somebody' }).click();
    await dialog(page).getByText('Copy it now').waitFor();
    const token = await takeSecret(page);
    await page.getByText('carol@example.com').waitFor();
    await platform.api('POST', '/v1/invitations/accept', { token, ...CAROL });
    await page.reload();
    await row(page, CAROL.username).getByRole('combobox').click();
    await page.getByText('Operator: creates and runs migrations').click();
    await row(page, CAROL.username).getByTitle('Operator').waitFor();
    const members = await platform.api<{ items: object[] }>('GET', '/v1/workspaces/default/members');
    expect(members.items).toContainEqual(expect.objectContaining({ username: 'carol', role: 'operator' }));
    await page.getByRole('button', { name: 'Remove carol' }).click();
    await page.locator('.ant-popconfirm').getByRole('button', { name: 'Remove' }).click();
    await row(page, CAROL.username).waitFor({ state: 'detached' });
  });

  it('makes a service account and a key of it, and disables it', async () => {
    const page = await browser.open();
    await platform.visit(page, 'members');
    await page.getByRole('button', { name: 'New service account' }).click();
    await dialog(page).getByLabel('Name').fill('pipeline');
    await dialog(page).getByRole('button', { name: 'New service account' }).click();
    await page.getByRole('button', { name: 'New key for pipeline' }).click();
    await dialog(page).getByLabel('Name').fill('ci');
    await dialog(page).getByRole('button', { name: 'New key' }).click();
    await dialog(page).getByText('Copy it now').waitFor();
    const key = await takeSecret(page);
    expect(await isAccepted(key)).toBe(true);
    await page.getByRole('button', { name: 'Disable pipeline' }).click();
    await page.getByRole('button', { name: 'Enable pipeline' }).waitFor();
    expect(await isAccepted(key)).toBe(false);
  });

  it('makes a workspace, and limits what it may take', async () => {
    const page = await browser.open();
    await platform.visit(page, 'admin/workspaces');
    await page.getByRole('button', { name: 'New workspace' }).click();
    await dialog(page).getByLabel('Name').fill('branch-office');
    await dialog(page).getByRole('button', { name: 'New workspace' }).click();
    await page.getByRole('button', { name: 'Quotas of branch-office' }).click();
    await dialog(page).getByLabel('Bandwidth, MiB/s').fill('20');
    await dialog(page).getByLabel('Migrations under way').fill('3');
    await browser.screenshot(page, 'quotas-en');
    expect(await browser.barriers(page)).toEqual([]);
    await dialog(page).getByRole('button', { name: 'Save' }).click();
    await dialog(page).waitFor({ state: 'hidden' });
    const { quotas } = await platform.api<{ quotas: object }>('GET', '/v1/admin/workspaces/branch-office/quotas');
    expect(quotas).toMatchObject({ migrations: 3, bytesPerSecond: 20 * 1024 ** 2 });
  });

  it('disables a user, who is refused, and enables them again', async () => {
    const signsIn = () => platform.api<{ code?: string }>('POST', '/v1/auth/token', platform.viewer, { anyStatus: true });
    const page = await browser.open();
    await platform.visit(page, 'admin/users');
    await page.getByRole('button', { name: 'Disable vera' }).click();
    await page.locator('.ant-popconfirm').getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Enable vera' }).click();
    await page.getByRole('button', { name: 'Disable vera' }).waitFor();
    expect((await signsIn()).code).toBeUndefined();
  });

  it('shows in the audit what was done, field by field, narrowed at the server', async () => {
    const page = await browser.open();
    await platform.visit(page, 'audit?scope=platform');
    await page.getByPlaceholder(/^Action/).fill('workspace');
    await page.keyboard.press('Enter');
    await page.waitForURL('**action=workspace**');
    await page
      .getByRole('button', { name: /^Details of workspace/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'What changed' }).waitFor();
    await page.locator('.changes ins').first().waitFor();
    await browser.screenshot(page, 'audit-entry-en');
    expect(await browser.barriers(page)).toEqual([]);
  });

  it('shows a viewer neither these pages nor their links, but the own account', async () => {
    const page = await browser.open();
    await platform.visit(page, 'members', platform.viewer);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const menu = await page.getByRole('navigation').textContent();
    for (const title of ['Members', 'API keys', 'Audit', 'All users', 'All workspaces']) expect(menu).not.toContain(title);
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('link', { name: 'Your account' }).click();
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
  });

  it('enrols a second factor, ends another session, and changes the password', async () => {
    const { viewer } = platform;
    await platform.api('POST', '/v1/auth/token', viewer);
    const page = await browser.open();
    await platform.visit(page, 'account', viewer);
    await page.getByText('this one').waitFor();
    const before = await page.getByRole('button', { name: /^End the session/ }).count();
    expect(before).toBeGreaterThan(0);
    await page
      .getByRole('button', { name: /^End the session/ })
      .first()
      .click();
    await page
      .getByRole('button', { name: /^End the session/ })
      .nth(before - 1)
      .waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Set up a second factor' }).click();
    await dialog(page).getByLabel('Present password').fill(viewer.password);
    await page.keyboard.press('Enter');
    const secret = (await dialog(page).locator('code').first().textContent()) ?? '';
    await browser.screenshot(page, 'second-factor-en');
    expect(await browser.barriers(page)).toEqual([]);
    const code = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(/\s/g, '')) }).generate();
    await dialog(page).getByLabel('Code').fill(code);
    await page.keyboard.press('Enter');
    await dialog(page).getByText('Each replaces the app once').waitFor();
    expect((await takeSecret(page)).split('\n').length).toBeGreaterThan(5);
    await page.getByRole('button', { name: 'Remove the second factor' }).waitFor();

    await page.getByLabel('Present password').fill(viewer.password);
    await page.getByLabel('New password', { exact: true }).fill('nine slow boats on a grey river');
    await page.getByLabel('New password again').fill('nine slow boats on a grey river');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('The password is changed').waitFor();
    expect(await page.getByRole('button', { name: /^End the session/ }).count()).toBe(0);
  });
});
