import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startS3, type S3Server } from '@smartant/test-servers';
import { EmbeddedPlatform } from '../platform/embedded-platform';
import { ApiMigration, storageSpec } from '../platform/migration';

const WORKSPACE = '/v1/workspaces/default';
const VIEWER = { username: 'vera', password: 'a quiet walk along seven canals' };

/** The whole platform with something on it to be looked at. */
export class ConsolePlatform extends EmbeddedPlatform {
  readonly viewer = VIEWER;
  #server: S3Server | undefined;

  get admin(): { username: string; password: string } {
    return { username: 'admin', password: readFileSync(join(this.dataFolder, 'secrets', 'admin-password'), 'utf8').trim() };
  }

  get consoleUrl(): string {
    return `${this.url}/console/`;
  }

  async addViewer(): Promise<void> {
    const invitation = await this.api<{ token: string }>('POST', `${WORKSPACE}/invitations`, { role: 'viewer', invitee: VIEWER.username });
    await this.api('POST', '/v1/invitations/accept', { token: invitation.token, ...VIEWER });
  }

  /** One migration that is done and one that waits for its cutover, of a few files each; resolves with the latter. */
  async migrate(): Promise<ApiMigration> {
    this.#server = await startS3('sample');
    const folder = join(this.dataFolder, 'photos');
    mkdirSync(folder);
    for (let index = 0; index < 40; index += 1) writeFileSync(join(folder, `photo-${index}.jpg`), Buffer.alloc(40_000 + index, index));
    await this.api('POST', '/v1/file-roots', { name: 'photos', path: folder });
    const done = await this.#begin('photos-archive', {});
    await done.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
    const waiting = await this.#begin('photos-live', { mode: 'manual', finalize: 'manual', sourceFrozen: false });
    await waiting.until(({ phase, status }) => phase === 'incremental' && status === 'waiting');
    return waiting;
  }

  /** One with an object that cannot be moved: its name is longer than a bucket takes. After `migrate`. */
  async migrateLongName(): Promise<ApiMigration> {
    const folder = join(this.dataFolder, 'deep');
    const deep = join(folder, ...Array.from({ length: 5 }, () => 'd'.repeat(220)));
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, 'note.txt'), 'too far down');
    writeFileSync(join(folder, 'note.txt'), 'near');
    await this.api('POST', '/v1/file-roots', { name: 'deep', path: folder });
    return this.#begin('deep', { mode: 'manual' }, 'deep');
  }

  async #begin(name: string, cutover: object, root = 'photos'): Promise<ApiMigration> {
    const server = this.#server!;
    await server.createBucket(name);
    const { serviceUrl, region, accessKeyId, secretAccessKey } = server;
    return ApiMigration.create(this, {
      name,
      source: { location: { kind: 'file', root, path: '' }, secret: { kind: 'none' } },
      target: {
        location: { kind: 's3', serviceUrl, region, bucket: name, prefix: '', addressing: 'path' },
        secret: { kind: 's3', accessKeyId, secretAccessKey },
      },
      // No round is made while a page is looked at.
      spec: storageSpec({ cutover, incrementalIntervalSeconds: 600 }),
    });
  }

  /** Types name and password into the form that is open. */
  async enter(page: Page, { username, password }: { username?: string; password: string }): Promise<void> {
    if (username !== undefined) await page.fill('input[autocomplete=username]', username);
    await page.fill('input[autocomplete=current-password]', password);
    await page.keyboard.press('Enter');
  }

  /** Opens a page of the console as this user, and resolves when its heading is there. */
  async visit(page: Page, path: string, user = this.admin): Promise<void> {
    await page.goto(`${this.consoleUrl}${path}`);
    await page.waitForSelector('h1');
    if ((await page.locator('.sign-in input[autocomplete=username]').count()) > 0) await this.enter(page, user);
    await page.waitForSelector('.frame h1');
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    await this.#server?.stop();
  }
}
