import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startS3, type S3Server } from '@smartant/test-servers';
import { ApiMigration } from '../platform/migration';
import { PHONE } from './browser';
import { describeConsole } from './describe-console';

const DRAFTS = '/v1/workspaces/default/migration-drafts';
const FILES = 30;

describeConsole('the wizard and the endpoints', (platform, browser) => {
  let server: S3Server;
  const isSaved = new Set<string>();

  beforeAll(async () => {
    server = await startS3('sample');
    await server.createBucket('photos-new');
    const folder = join(platform.dataFolder, 'photos');
    for (const year of ['2025', '2026']) {
      mkdirSync(join(folder, year), { recursive: true });
      for (let index = 0; index < FILES; index += 1) writeFileSync(join(folder, year, `photo-${index}.jpg`), Buffer.alloc(9_000, index));
    }
    await platform.api('POST', '/v1/file-roots', { name: 'photos', path: folder });
  });
  afterAll(async () => {
    await server?.stop();
  });

  /** Looked at, and found without barriers, at the desk and on a phone. */
  async function look(page: Page, name: string): Promise<void> {
    await page.evaluate('scrollTo(0, 0)');
    await browser.screenshot(page, name);
    expect(await browser.barriers(page)).toEqual([]);
    const size = page.viewportSize()!;
    await page.setViewportSize(PHONE);
    await browser.screenshot(page, `${name}-phone`);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width);
    await page.setViewportSize(size);
  }

  async function saveBucket(page: Page, name: string, bucket: string): Promise<void> {
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByLabel('Service address').fill(server.serviceUrl);
    await page.getByRole('textbox', { name: 'Bucket' }).fill(bucket);
    await page.getByLabel('Access key').fill(server.accessKeyId);
    await page.getByLabel('Secret key').fill(server.secretAccessKey);
    await page.getByRole('button', { name: 'Save and test' }).click();
  }

  const saved = (page: Page) => page.getByText('Draft saved').waitFor();
  const next = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click();

  it('takes who has never done it from a card to a migration that runs', async () => {
    const page = await browser.open();
    await platform.visit(page, 'welcome');
    await page.getByRole('button', { name: 'Begin' }).nth(2).click();
    await page.getByRole('heading', { name: 'Where from?' }).waitFor();
    expect(new URL(page.url()).search).toBe('?kind=storage');
    await look(page, 'wizard-source-new-en');

    // A new place of files, saved here and tested at once.
    await page.getByText('File tree').click();
    await page.getByRole('textbox', { name: 'Name' }).first().fill('photos-old');
    await page.getByLabel('File root').click();
    await page.getByTitle('photos', { exact: true }).click();
    await page.getByRole('button', { name: 'Save and test' }).click();
    await page.getByText('Reached and signed in').waitFor();
    await saved(page);
    await page.waitForURL(/draft=/);
    await look(page, 'wizard-source-en');
    await next(page, /Where to/);

    // What is wrong the API says, at its field.
    await page.getByRole('button', { name: 'Save a new endpoint' }).click();
    await saveBucket(page, 'a name with blanks', 'photos-new');
    const name = page.getByRole('textbox', { name: 'Name' });
    await page.locator('.field-message').first().waitFor();
    expect(await name.getAttribute('aria-invalid')).toBe('true');
    await browser.screenshot(page, 'wizard-field-en');
    expect(await browser.barriers(page)).toEqual([]);
    await saveBucket(page, 'photos-new', 'photos-new');
    await page.getByText('Reached and signed in').waitFor();
    await look(page, 'wizard-target-en');
    await next(page, /What, and how/);

    await page.getByRole('tree').getByText('2026').waitFor();
    await page
      .getByRole('checkbox', { name: 'Select 2026' })
      .or(page.locator('.ant-tree-treenode', { hasText: '2026' }).locator('.ant-tree-checkbox'))
      .first()
      .click();
    await page.getByTitle('2026/**').waitFor();
    await page.getByRole('textbox', { name: 'Name' }).fill('photos-2026');
    await saved(page);
    await look(page, 'wizard-scope-en');

    // A reload in the middle loses nothing.
    await page.reload();
    await page.getByRole('heading', { name: 'What, and how?' }).waitFor();
    await page.getByTitle('2026/**').waitFor();
    expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('photos-2026');
    await next(page, /Check and start/);

    await page.getByRole('button', { name: 'Start the migration' }).waitFor();
    expect(await page.locator('.figure', { hasText: 'Objects' }).locator('dd').textContent()).toBe(String(FILES));
    await look(page, 'wizard-review-en');
    await acceptedByCli(page);
    const [draft] = (await platform.api<{ items: { id: string; content: object }[] }>('GET', DRAFTS)).items;
    expect(JSON.stringify(draft)).not.toContain(server.secretAccessKey);

    await page.getByRole('button', { name: 'Start the migration' }).click();
    await page.waitForURL(/migrations\/mig_/);
    const id = /mig_[^/?]+/.exec(page.url())![0];
    await ApiMigration.of(platform, id).until(({ phase, status }) => phase === 'incremental' && status === 'waiting');
    const { items } = await platform.api<{ items: object[] }>('GET', '/v1/workspaces/default/endpoints/photos-new/items?path=2026%2F');
    expect(items.length).toBe(FILES);
    expect((await platform.api<{ items: object[] }>('GET', DRAFTS)).items).toEqual([]);
  });

  /** What is there to be copied is what the command line takes. */
  async function acceptedByCli(page: Page): Promise<void> {
    const shown = () => page.getByRole('tabpanel').locator('.command code').textContent();
    const words = (await shown())!.replaceAll("'", '').split(/\s*\\\n\s*|\s+/);
    expect(words[0]).toBe('smartant');
    expect(await platform.cli([...words.slice(1), '--dry-run'])).toMatchObject({ status: 0 });
    await page.getByRole('tab', { name: 'Manifest (YAML)' }).click();
    const file = join(platform.dataFolder, 'photos.yaml');
    await page.getByText('apiVersion: smartant.io/v1').waitFor();
    writeFileSync(file, (await shown())!);
    expect(readFileSync(file, 'utf8')).toContain('2026/**');
    expect(await platform.cli(['apply', '-f', file, '--dry-run'])).toMatchObject({ status: 0 });
  }

  it('says who changed the draft meanwhile, and loses neither version', async () => {
    const content = { name: 'shared', source: 'photos-old', target: 'photos-new', spec: { kind: 'storage' } };
    const { id } = await platform.api<{ id: string }>('POST', DRAFTS, { name: 'shared', content });
    const [mine, theirs] = [await browser.open(), await browser.open()];
    for (const page of [mine, theirs]) {
      await platform.visit(page, `migrations/new?draft=${id}`);
      await page.getByRole('heading', { name: 'What, and how?' }).waitFor();
    }
    await theirs.getByRole('textbox', { name: 'Name' }).fill('shared by them');
    await theirs.getByText('Draft saved').waitFor();
    await waitForDraft(id, 'shared by them');
    await mine.getByRole('textbox', { name: 'Name' }).fill('shared by me');
    await mine.getByText('This draft was changed by yourself in another window').waitFor();
    await browser.screenshot(mine, 'wizard-stale-en');
    expect(await browser.barriers(mine)).toEqual([]);
    await mine.getByRole('button', { name: 'Reload' }).click();
    await expectValue(mine, 'shared by them');
    await mine.getByRole('textbox', { name: 'Name' }).fill('shared by both');
    await waitForDraft(id, 'shared by both');
    await mine.goto(`${platform.consoleUrl}migrations/new`);
    await mine.getByRole('link', { name: 'shared by both' }).waitFor();
    await look(mine, 'wizard-kinds-en');
  });

  it('mends what stands in the way, and looks again: a bucket that is not there', async () => {
    const { serviceUrl, accessKeyId, secretAccessKey } = server;
    const location = { kind: 's3', serviceUrl, bucket: 'photos-later' };
    await endpoint('photos-later', location, { kind: 's3', accessKeyId, secretAccessKey });
    const content = { name: 'later', source: 'photos-old', target: 'photos-later', spec: { kind: 'storage' } };
    const { id } = await platform.api<{ id: string }>('POST', DRAFTS, { name: 'later', content });
    const page = await browser.open();
    await platform.visit(page, `migrations/new?draft=${id}&step=review`);
    const blockers = page.getByRole('region', { name: 'Blockers' });
    await blockers.getByText('STORAGE_BUCKET_NOT_FOUND').waitFor();
    await look(page, 'wizard-blocked-en');
    await blockers.getByRole('button', { name: 'Fix it for me' }).click();
    await page.getByText('CreateBucket photos-later').waitFor();
    await page.locator('.ant-popconfirm').getByRole('button', { name: 'Fix it for me' }).click();
    await blockers.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Start the migration' }).waitFor();
    await platform.api('DELETE', `${DRAFTS}/${id}`);
  });

  it('takes what few people need from fields that are folded away, and says it in the command', async () => {
    await saveDatabases();
    const content = { name: 'shop', source: 'shop-old', target: 'shop-new', spec: { kind: 'database' } };
    const { id } = await platform.api<{ id: string }>('POST', DRAFTS, { name: 'shop', content });
    const page = await browser.open();
    await platform.visit(page, `migrations/new?draft=${id}&step=scope`);
    await page.getByRole('button', { name: 'More options' }).click();
    await page.getByRole('button', { name: 'Add: Only some rows of a table' }).click();
    const row = page.getByRole('group', { name: 'Only some rows of a table 1' });
    await row.getByRole('textbox', { name: 'Schema and table' }).fill('app.orders');
    await row.getByRole('textbox', { name: 'Condition' }).fill("state = 'open'");
    await page.getByRole('button', { name: 'Add: Columns of a table' }).click();
    const columns = page.getByRole('group', { name: 'Columns of a table 1' });
    await columns.getByRole('textbox', { name: 'Schema and table' }).fill('app.users');
    await columns.getByRole('combobox', { name: 'Columns with another name' }).fill('mail=email');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Add: Other names at the target' }).click();
    await saved(page);
    await look(page, 'wizard-database-more-en');
    // A row that nobody filled in is not left out in silence.
    await next(page, /Check and start/);
    await page.getByRole('alert').filter({ hasText: 'renames' }).waitFor();
    await page.getByRole('button', { name: 'To the fields' }).click();
    await page.locator('.field-message').filter({ hasText: '#1 from' }).waitFor();
    await page.getByRole('button', { name: 'Remove: Other names at the target 1' }).click();
    await saved(page);
    await next(page, /Check and start/);
    const command = page.getByRole('tabpanel').locator('.command code');
    await command.filter({ hasText: '--where' }).waitFor();
    expect(await command.textContent()).toContain("--rename-column 'app.users.mail=email'");
    await platform.api('DELETE', `${DRAFTS}/${id}`);
  });

  it('has fields for the disks, the network and the identity of a host, and for the way to it', async () => {
    await saveHosts();
    const content = { name: 'web', source: 'web-old', target: 'web-image', spec: { kind: 'host' } };
    const { id } = await platform.api<{ id: string }>('POST', DRAFTS, { name: 'web', content });
    const page = await browser.open();
    await platform.visit(page, `migrations/new?draft=${id}&step=scope`);
    await page.getByRole('button', { name: 'Disks, network and identity of the target' }).click();
    await page.getByRole('button', { name: 'Add: Network' }).click();
    await page.getByRole('group', { name: 'Network 1' }).getByRole('textbox', { name: 'Interface' }).fill('eth0');
    await page.getByRole('button', { name: 'Add: What proves that it works' }).click();
    await page.getByRole('button', { name: 'Add: Scripts after the start' }).click();
    await saved(page);
    await look(page, 'wizard-host-more-en');
    await platform.visit(page, `migrations/new?draft=${id}&step=source`);
    await page.getByRole('button', { name: 'Save a new endpoint' }).click();
    await page.getByRole('button', { name: 'Add: Proxies and bastions on the way' }).click();
    await look(page, 'wizard-ways-en');
    await platform.api('DELETE', `${DRAFTS}/${id}`);
  });

  async function expectValue(page: Page, value: string): Promise<void> {
    await page
      .locator(`input[value=${JSON.stringify(value)}]`)
      .first()
      .waitFor({ state: 'attached' });
  }

  async function waitForDraft(id: string, name: string): Promise<void> {
    for (;;) {
      const draft = await platform.api<{ name: string }>('GET', `${DRAFTS}/${id}`);
      if (draft.name === name) return;
    }
  }

  it.each([
    ['storage', 'photos-old', 'photos-new'],
    ['database', 'shop-old', 'shop-new'],
    ['host', 'web-old', 'web-image'],
  ])('is as good in Chinese, in the dark: %s', async (kind, source, target) => {
    if (kind === 'database') await saveDatabases();
    if (kind === 'host') await saveHosts();
    const content = { name: '', source, target, spec: { kind } };
    const { id } = await platform.api<{ id: string }>('POST', DRAFTS, { name: kind, content });
    const page = await browser.open({ locale: 'zh-CN', colorScheme: 'dark' });
    for (const step of kind === 'storage' ? ['source', 'target', 'scope', 'review'] : ['scope']) {
      await platform.visit(page, `migrations/new?draft=${id}&step=${step}`);
      if (step === 'review') await page.getByRole('button', { name: '启动迁移' }).waitFor();
      else if (step === 'scope') await page.getByText('迁移内容').waitFor();
      else await page.getByText('已连通并登录').waitFor();
      if (step === 'scope' && kind === 'storage') await page.getByRole('tree').getByText('2026').waitFor();
      if (step === 'scope' && kind !== 'storage') await page.locator('.wizard-step .ant-alert').waitFor();
      await look(page, `wizard-${kind}-${step}-zh-CN`);
    }
  });

  const endpoint = (name: string, location: object, secret: object = { kind: 'none' }) =>
    platform.api('POST', '/v1/workspaces/default/endpoints', { name, location, secret });

  /** Nobody answers there: what the page says of that is looked at, too. */
  async function saveDatabases(): Promise<void> {
    if (isSaved.has('databases')) return;
    isSaved.add('databases');
    for (const name of ['shop-old', 'shop-new']) {
      const location = { kind: 'postgres', host: '127.0.0.1', port: 1, database: 'shop', user: 'mover' };
      await endpoint(name, location, { kind: 'password', password: 'open sesame' });
    }
  }

  async function saveHosts(): Promise<void> {
    if (isSaved.has('hosts')) return;
    isSaved.add('hosts');
    await endpoint('web-old', { kind: 'ssh', host: '127.0.0.1', port: 1, user: 'root' }, { kind: 'ssh', password: 'open sesame' });
    await endpoint('web-image', { kind: 'image', root: 'photos', path: 'web.qcow2' });
  }

  describe.each([
    ['en', 'en-US', 'light', /^Browse: photos-old/],
    ['zh-CN', 'zh-CN', 'dark', /^浏览: photos-old/],
  ] as const)('endpoints in %s', (language, locale, colorScheme, browse) => {
    it('are listed, and looked into', async () => {
      const page = await browser.open({ locale, colorScheme });
      await platform.visit(page, 'endpoints');
      await page.getByText('photos-old').first().waitFor();
      await look(page, `endpoints-${language}`);
      await page.getByRole('button', { name: browse }).click();
      await page.getByRole('tree').getByText('2026').waitFor();
      await browser.screenshot(page, `endpoints-browse-${language}`);
      expect(await browser.barriers(page)).toEqual([]);
    });
  });

  it('saves an endpoint, gives it another secret, and deletes it', async () => {
    const page = await browser.open();
    await platform.visit(page, 'endpoints');
    await page.getByRole('button', { name: 'Add an endpoint' }).first().click();
    await page.getByRole('textbox', { name: 'Bucket' }).waitFor();
    await saveBucket(page, 'spare', 'photos-new');
    await page.getByText('Reached and signed in').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Replace secret: spare' }).click();
    await page.getByLabel('Access key').fill(server.accessKeyId);
    await page.getByLabel('Secret key').fill('wrong');
    await page.getByRole('button', { name: 'Save and test' }).click();
    await page.getByText('Not reached').waitFor();
    await browser.screenshot(page, 'endpoints-test-en');
    expect(await browser.barriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Delete: spare' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete: spare' }).waitFor({ state: 'detached' });
  });

  it('keeps an endpoint that a migration uses, and says why', async () => {
    const page = await browser.open();
    await platform.visit(page, 'endpoints');
    await page.getByRole('button', { name: 'Delete: photos-old' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('alert').filter({ hasText: 'ENDPOINT_IN_USE' }).waitFor();
  });

  it('shows a viewer no wizard, and endpoints without a button that changes them', async () => {
    const page = await browser.open();
    await platform.visit(page, 'migrations/new?kind=storage', platform.viewer);
    expect(await page.getByText('Where from?').count()).toBe(0);
    await platform.visit(page, 'migrations', platform.viewer);
    expect(await page.getByRole('button', { name: 'New migration' }).count()).toBe(0);
    await platform.visit(page, 'endpoints', platform.viewer);
    await page.getByRole('button', { name: 'Browse: photos-old' }).waitFor();
    expect(await page.getByRole('button', { name: /^(Test|Delete|Replace secret|Add)/ }).count()).toBe(0);
  });
});
