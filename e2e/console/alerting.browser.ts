import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { waitFor } from '../platform/embedded-platform';
import { HookReceiver } from '../platform/hook-receiver';
import { describeConsole } from './describe-console';

const WORKSPACE = '/v1/workspaces/default';
const KEY = 'a key of sixteen or more';
const PATIENCE_MS = 120_000;
const PAGES = ['alerts', 'silences', 'rules', 'channels', 'routing', 'deliveries', 'templates'] as const;
const pathOf = (page: (typeof PAGES)[number]) => (page === 'alerts' ? 'alerts' : `alerts/${page}`);

describeConsole('pages of alerts', (platform, browser) => {
  const receiver = new HookReceiver(KEY);
  let address: string;

  beforeAll(async () => {
    address = await receiver.listen();
  });
  afterAll(() => receiver.close());

  const drawer = (page: Page) => page.locator('.ant-drawer-content-wrapper').last();
  // A drawer is a dialog, too.
  const dialog = (page: Page) => page.locator('.ant-modal[role=dialog]').last();
  const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });
  const choose = async (page: Page, field: Locator, option: string) => {
    // Long lists draw only what is in view: what is typed brings it there.
    await field.fill(option);
    await page.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: option }).first().click();
  };
  const expectNoBarriers = async (page: Page, name: string) => {
    await browser.screenshot(page, name);
    expect(await browser.barriers(page)).toEqual([]);
  };

  async function report(name: string, severity: string, status: 'firing' | 'resolved' = 'firing'): Promise<void> {
    const { workspaceId } = await platform.api<{ workspaceId: string }>('GET', '/v1/auth/me');
    const token = readFileSync(join(platform.dataFolder, 'secrets', 'intake-token'), 'utf8').trim();
    const intake = `http://127.0.0.1:${platform.port('SMARTANT_NOTIFIER_INTAKE_PORT')}/intake/alertmanager?workspace=${workspaceId}`;
    const annotations = { summary: `${name} happened`, description: 'Look at the host.', runbook_url: 'https://example.com/runbook' };
    const alert = { status, labels: { alertname: name, severity, host: 'db-1' }, annotations };
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(intake, { method: 'POST', headers, body: JSON.stringify({ version: '4', alerts: [alert] }) });
    if (answer.status !== 202) throw new Error(`the intake answered ${answer.status}: ${await answer.text()}`);
  }

  it('makes a channel from what its kind asks for, tries it, and shows its secrets to nobody', async () => {
    const page = await browser.open();
    await platform.visit(page, 'alerts/channels');
    await page.getByRole('button', { name: 'New channel' }).click();
    const form = drawer(page);
    await form.getByLabel('Name').fill('ops');
    await choose(page, form.getByLabel('Kind'), 'Webhook of your own');
    await form.getByLabel('Address').fill(address);
    await form.getByLabel('Signing key').fill('short');
    await expectNoBarriers(page, 'channel-form-en');
    await form.getByRole('button', { name: 'Save and test' }).click();
    await form.getByText('At least 16 characters are expected.').first().waitFor();
    await form.getByLabel('Signing key').fill(KEY);
    await form.getByRole('button', { name: 'Save and test' }).click();
    await form.getByText('The provider took the test message.').waitFor();
    expect(receiver.received).toMatchObject([{ signed: true }]);
    await expectNoBarriers(page, 'channel-test-en');
    await page.reload();
    await page.getByRole('button', { name: 'Details of ops' }).click();
    await drawer(page).getByText('Signing key, Address').or(drawer(page).getByText('Address, Signing key')).waitFor();
    expect(await page.content()).not.toContain(KEY);
    expect(await page.content()).not.toContain(address);
  });

  it('says what a provider answered that refused, and has it corrected', async () => {
    const page = await browser.open();
    await platform.visit(page, 'alerts/channels');
    receiver.status = 403;
    await page.getByRole('button', { name: 'Test ops' }).click();
    await drawer(page).getByText('The provider did not take the test message.').waitFor();
    await drawer(page).getByText('NOTIFY_CHANNEL_CREDENTIALS_REFUSED').waitFor();
    receiver.status = 204;
    await drawer(page).getByRole('button', { name: 'Test again' }).click();
    await drawer(page).getByText('The provider took the test message.').waitFor();
    await page.keyboard.press('Escape');
    await row(page, 'ops').getByText('Works').waitFor();
  });

  it('makes a route in the tree, and says which way an alert would take', async () => {
    const page = await browser.open();
    await platform.visit(page, 'alerts/routing');
    await page.getByRole('button', { name: 'Add a route: default' }).click();
    const form = drawer(page);
    await form.getByLabel('Name').fill('disks');
    await form.getByRole('button', { name: 'One more condition' }).click();
    await form.getByLabel('Label 1').fill('alertname');
    await form.getByLabel('Value 1').fill('DiskFull');
    await choose(page, form.getByLabel('Goes to'), 'ops');
    await form.getByLabel('First message waits').fill('soon');
    await form.getByRole('button', { name: 'Take over' }).click();
    await page.getByRole('button', { name: 'Save the routing' }).click();
    await page.locator('.route-node', { hasText: 'disks' }).getByRole('alert').getByText('expected a duration').waitFor();
    await page.getByRole('button', { name: 'Change: disks' }).click();
    await drawer(page).getByText('expected a duration').waitFor();
    await expectNoBarriers(page, 'route-form-en');
    await drawer(page).getByLabel('First message waits').fill('0s');
    await drawer(page).getByRole('button', { name: 'Take over' }).click();
    await page.getByRole('button', { name: 'Save the routing' }).click();
    await page.getByText('Changed, and not saved yet.').waitFor({ state: 'detached' });
    await page.getByLabel('An alert with these labels').fill('alertname=DiskFull\nseverity=critical');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('default › disks').waitFor();
    await page.locator('.route-node[data-taken]', { hasText: 'disks' }).waitFor();
    const { document } = await platform.api<{ document: object }>('GET', `${WORKSPACE}/alert-routing`);
    expect(document).toMatchObject({ route: { routes: [{ name: 'disks', matchers: ['alertname="DiskFull"'], groupWait: '0s' }] } });
  });

  it('refuses a change of the routing that was made to an older one, and shows what changed', async () => {
    const page = await browser.open();
    await platform.visit(page, 'alerts/routing');
    await page.getByRole('button', { name: 'Change: disks' }).click();
    await drawer(page).getByLabel('Said again every').fill('2h');
    await drawer(page).getByRole('button', { name: 'Take over' }).click();
    const { document } = await platform.api<{ document: { route: { routes: object[] } } }>('GET', `${WORKSPACE}/alert-routing`);
    const [disks] = document.route.routes;
    const theirs = { ...document, route: { ...document.route, routes: [{ ...disks, groupInterval: '1s' }] } };
    await platform.api('PUT', `${WORKSPACE}/alert-routing`, { document: theirs });
    await page.getByRole('button', { name: 'Save the routing' }).click();
    await page.getByText('Somebody else has changed it meanwhile').waitFor();
    await page.getByText('route.routes.disks.groupInterval').waitFor();
    await expectNoBarriers(page, 'routing-stale-en');
    await page.getByRole('button', { name: 'Take theirs, drop mine' }).click();
    await page.locator('.route-node', { hasText: 'disks' }).getByText('1 sec').waitFor();
    await page.getByText('Changed, and not saved yet.').waitFor({ state: 'detached' });
  });

  it('shows an alert as it comes in, who was told, and takes that somebody sees to it', async () => {
    const page = await browser.open();
    await platform.visit(page, 'alerts');
    await page.getByText('All is quiet').waitFor();
    await report('DiskFull', 'critical');
    await page.getByRole('button', { name: /^Details of DiskFull happened/ }).click({ timeout: PATIENCE_MS });
    await waitFor('the message', () => receiver.taken('DiskFull').length === 1, PATIENCE_MS);
    await drawer(page).getByText('Delivered').waitFor({ timeout: PATIENCE_MS });
    await drawer(page).getByRole('link', { name: 'https://example.com/runbook' }).waitFor();
    await expectNoBarriers(page, 'alert-details-en');
    await drawer(page)
      .getByRole('button', { name: /^Acknowledge/ })
      .click();
    await dialog(page).getByLabel('What others should know').fill('disk ordered');
    await dialog(page).getByRole('button', { name: 'Acknowledge' }).click();
    await drawer(page).getByText('Seen to: admin').waitFor();
    const { items } = await platform.api<{ items: object[] }>('GET', `${WORKSPACE}/alerts?text=diskfull`);
    expect(items).toMatchObject([{ name: 'DiskFull', acknowledgedBy: 'admin' }]);
    await page.getByText('1 firing').first().waitFor({ state: 'attached', timeout: PATIENCE_MS });
  });

  it('silences from an alert what it says of itself, and ends the silence', async () => {
    await report('Noise', 'warning');
    const page = await browser.open();
    await platform.visit(page, 'alerts?text=noise');
    await page.getByRole('button', { name: /^Silence Noise/ }).click({ timeout: PATIENCE_MS });
    const form = drawer(page);
    expect(await form.getByLabel('Value 1').inputValue()).toBe('Noise');
    expect(await form.getByLabel('Value 2').inputValue()).toBe('db-1');
    await form.getByRole('button', { name: 'Silence', exact: true }).click();
    await form.getByRole('alert').first().waitFor();
    await form.getByLabel(/^Why/).fill('maintenance');
    await expectNoBarriers(page, 'silence-form-en');
    await form.getByRole('button', { name: 'Silence', exact: true }).click();
    await row(page, 'Noise').locator('.alert-state:visible', { hasText: 'Silenced' }).waitFor();
    await page.getByRole('navigation', { name: 'Sections of alerts' }).getByRole('link', { name: 'Silences' }).click();
    await row(page, 'maintenance').getByText('Active').waitFor();
    await row(page, 'maintenance')
      .getByRole('button', { name: /^End now/ })
      .click();
    await dialog(page).getByRole('button', { name: 'End now' }).click();
    await row(page, 'maintenance').getByText('Expired').waitFor();
  });

  it('previews a template as text, refuses one that does not work, and goes back to the built-in one', async () => {
    const page = await browser.open();
    await platform.visit(page, 'alerts/templates');
    await page.locator('.message-text[data-part=body]').waitFor();
    await page.getByLabel('Title', { exact: true }).fill('{{ alerts[0].nme');
    await page.getByRole('button', { name: 'Show the preview' }).click();
    await page.getByText('The template does not work').waitFor();
    await page.getByLabel('Title', { exact: true }).fill('<img src=x onerror=alert(1)> {{ count }}');
    await page.getByRole('button', { name: 'Show the preview' }).click();
    await page.locator('.message-text[data-part=title]', { hasText: '<img src=x onerror=alert(1)> 1' }).waitFor();
    expect(await page.locator('.message-text img').count()).toBe(0);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved: messages are made of it').waitFor();
    await page.getByRole('button', { name: 'Back to built-in' }).click();
    await dialog(page).getByRole('button', { name: 'Back to built-in' }).click();
    await page.getByText('Built in').waitFor();
    expect(await page.getByLabel('Title', { exact: true }).inputValue()).not.toContain('onerror');
  });

  it('sets a rule, says what is usual, and goes back to it', async () => {
    const page = await browser.open();
    await platform.visit(page, 'alerts/rules');
    await page.getByRole('button', { name: 'Change Migration stalled' }).click();
    await drawer(page).getByLabel('Minutes').fill('0');
    await drawer(page).getByRole('button', { name: 'Save' }).click();
    await drawer(page).getByRole('alert').first().waitFor();
    await drawer(page).getByLabel('Minutes').fill('60');
    await expectNoBarriers(page, 'rule-form-en');
    await drawer(page).getByRole('button', { name: 'Save' }).click();
    await row(page, 'migration-stalled').getByText('Usually 30.').waitFor();
    await row(page, 'migration-stalled')
      .getByRole('button', { name: /^Back to usual/ })
      .click();
    await dialog(page).getByRole('button', { name: 'Back to usual' }).click();
    await row(page, 'migration-stalled').getByText('Usually 30.').waitFor({ state: 'detached' });
  });

  it('sends a message again, with every attempt in view', async () => {
    const page = await browser.open();
    await platform.visit(page, 'alerts/deliveries?state=delivered');
    await page
      .getByRole('button', { name: /^Attempts of .*DiskFull/ })
      .first()
      .click();
    await drawer(page).getByText('taken').first().waitFor();
    await drawer(page)
      .getByRole('button', { name: /^Send again/ })
      .click();
    await dialog(page).getByRole('button', { name: 'Send again' }).click();
    await waitFor('the message', () => receiver.taken('DiskFull').length === 2, PATIENCE_MS);
  });

  it('has alerts of migrations on the overview, which lead to them', async () => {
    await platform.migrate();
    await platform.migrateLongName();
    const page = await browser.open();
    await platform.visit(page, '');
    await page.getByRole('heading', { name: 'Recent alerts' }).waitFor();
    await page.getByRole('link', { name: 'DiskFull happened' }).waitFor();
    await page.getByRole('link', { name: /put aside|quarantin/i }).click({ timeout: PATIENCE_MS });
    await drawer(page).getByText('What to do first').waitFor();
    await drawer(page).getByRole('link', { name: 'deep' }).click();
    await page.getByRole('heading', { name: 'deep', level: 1 }).waitFor();
  });

  it.each([
    ['en', 'en-US', 'light'],
    ['zh-CN', 'zh-CN', 'dark'],
  ] as const)('has no barriers in %s', async (language, locale, colorScheme) => {
    const page = await browser.open({ locale, colorScheme });
    const found: string[] = [];
    for (const name of PAGES) {
      await platform.visit(page, pathOf(name));
      await page.locator('#content :is(tbody tr[data-row-key], .route-node, .message-text)').first().waitFor();
      found.push(...(await browser.flaws(page, `alerting-${name}`, language)));
    }
    expect(found).toEqual([]);
  });

  it('shows a viewer all of it and no button, and the API refuses it too', async () => {
    const page = await browser.open();
    const acts = /^(Acknowledge|Silence|New|End now|Test|Change|Delete|Add|More|Save|Send again|Back to)/;
    for (const name of PAGES) {
      await platform.visit(page, pathOf(name), platform.viewer);
      await page.locator('#content :is(tbody tr[data-row-key], .route-node, textarea)').first().waitFor();
      expect(`${name}: ${await page.locator('#content').getByRole('button', { name: acts }).count()}`).toBe(`${name}: 0`);
    }
    const { accessToken } = await platform.api<{ accessToken: string }>('POST', '/v1/auth/token', platform.viewer);
    const more = { headers: { authorization: `Bearer ${accessToken}` }, anyStatus: true };
    for (const [method, path] of [
      ['POST', 'notification-channels'],
      ['PUT', 'alert-routing'],
      ['POST', 'alert-silences'],
      ['PUT', 'alert-rules/migration-stalled'],
    ] as const)
      expect(await platform.api(method, `${WORKSPACE}/${path}`, {}, more)).toMatchObject({ code: 'ROLE_FORBIDDEN' });
  });

  it("keeps the platform's own apart, for administrators alone", async () => {
    const page = await browser.open();
    await platform.visit(page, 'alerts/channels?scope=platform');
    await page.getByText('Nobody is told yet').waitFor();
    await page.getByRole('navigation', { name: 'Sections of alerts' }).getByRole('link', { name: 'Rules' }).click();
    await row(page, 'outbox-behind').waitFor();
    expect(await row(page, 'migration-failed').count()).toBe(0);
  });
});
