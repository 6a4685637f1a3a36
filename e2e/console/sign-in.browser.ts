import { TOTP, Secret } from 'otpauth';
import type { Page } from 'playwright-core';
import type { ConsolePlatform } from './console-platform';
import { describeConsole } from './describe-console';

describeConsole('signing in to the console', (platform, browser) => {
  const signedIn = (page: Page) => page.waitForSelector('.frame h1');

  it('leads from the bare address to the console, and from there to what was asked for', async () => {
    const page = await browser.open();
    await page.goto(platform.url);
    await page.waitForURL('**/console/');
    await page.waitForSelector('input[autocomplete=username]');
    await browser.screenshot(page, 'sign-in-en');
    expect(await browser.barriers(page)).toEqual([]);
    await page.goto(`${platform.consoleUrl}welcome`);
    await platform.enter(page, platform.admin);
    await signedIn(page);
    expect(await page.textContent('h1')).toBe('What would you like to move?');
  });

  it('says what is wrong with a password, by code and trace', async () => {
    const page = await browser.open();
    await page.goto(platform.consoleUrl);
    await platform.enter(page, { username: 'admin', password: 'not this one' });
    const alert = page.getByRole('alert').filter({ hasText: 'SIGN_IN_FAILED' });
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/Trace [0-9a-f]{32}/);
    await browser.screenshot(page, 'sign-in-refused-en');
    expect(await browser.barriers(page)).toEqual([]);
  });

  it('keeps the session over a reload, with nothing of it where a script can look', async () => {
    const page = await browser.open();
    await platform.visit(page, 'migrations');
    await page.reload();
    await signedIn(page);
    expect(page.url()).toBe(`${platform.consoleUrl}migrations`);
    expect(await page.evaluate('document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toMatch(/srt_|eyJ/);
    const [cookie] = await page.context().cookies(`${platform.url}/v1/auth/browser-session`);
    expect(cookie).toMatchObject({ name: 'smartant-session', httpOnly: true, sameSite: 'Strict', path: '/v1/auth/browser-session' });
  });

  it('signs out, in every tab', async () => {
    const page = await browser.open();
    await platform.visit(page, '');
    const other = await page.context().newPage();
    await other.goto(platform.consoleUrl);
    await other.waitForSelector('.frame h1');
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForSelector('input[autocomplete=username]');
    await other.waitForSelector('input[autocomplete=username]');
    await page.reload();
    await page.waitForSelector('input[autocomplete=username]');
  });

  it('asks again when the session has ended, and keeps what was typed', async () => {
    const page = await browser.open();
    await platform.visit(page, 'migrations?kind=host', platform.viewer);
    await page.fill('input[type=search]', 'half a name');
    await endSessionsOf(platform, platform.viewer);
    await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor({ timeout: 30_000 });
    await browser.screenshot(page, 'session-ended-en');
    expect(await browser.barriers(page)).toEqual([]);
    await platform.enter(page, { password: platform.viewer.password });
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await page.inputValue('input[type=search]')).toBe('half a name');
  });

  it('asks for the second factor of who has one', async () => {
    const totp = await enrol(platform);
    const page = await browser.open();
    await page.goto(platform.consoleUrl);
    await platform.enter(page, platform.viewer);
    await page.waitForSelector('input[autocomplete=one-time-code]');
    await browser.screenshot(page, 'second-factor-en');
    expect(await browser.barriers(page)).toEqual([]);
    await page.fill('input[autocomplete=one-time-code]', '000000');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'SECOND_FACTOR_WRONG' }).waitFor();
    // Each code is good once, and that of this half minute confirmed the enrolment.
    await page.fill('input[autocomplete=one-time-code]', totp.generate({ timestamp: Date.now() + 30_000 }));
    await page.keyboard.press('Enter');
    await signedIn(page);
  });
});

async function tokenOf(platform: ConsolePlatform, user: { username: string; password: string }): Promise<{ authorization: string }> {
  const { accessToken } = await platform.api<{ accessToken: string }>('POST', '/v1/auth/token', user);
  return { authorization: `Bearer ${accessToken}` };
}

async function endSessionsOf(platform: ConsolePlatform, user: { username: string; password: string }): Promise<void> {
  const headers = await tokenOf(platform, user);
  const { items } = await platform.api<{ items: { id: string; current: boolean }[] }>('GET', '/v1/auth/sessions', undefined, { headers });
  for (const { id } of items.filter(({ current }) => !current))
    await platform.api('DELETE', `/v1/auth/sessions/${id}`, undefined, { headers });
}

async function enrol(platform: ConsolePlatform): Promise<TOTP> {
  const headers = await tokenOf(platform, platform.viewer);
  const { password } = platform.viewer;
  const { secret } = await platform.api<{ secret: string }>('POST', '/v1/auth/second-factor', { password }, { headers });
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  await platform.api('POST', '/v1/auth/second-factor/confirm', { code: totp.generate() }, { headers });
  return totp;
}
