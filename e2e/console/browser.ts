import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { ROOT } from '../platform/embedded-platform';
import { chromiumPath } from './chromium';

const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');
export const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 800 };
const SCREENSHOTS = join(ROOT, 'tmp', 'console-screenshots');

/**
 * Resolves when nothing has moved for some frames, or after ten seconds, but for what moves without an end: what is half faded in has colours that nobody
 * is left with.
 */
const STILL = `(async () => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const moving = () => document.getAnimations().filter(({ playState, effect }) => playState === 'running' && effect?.getComputedTiming().endTime < Infinity);
  const deadline = performance.now() + 10_000;
  for (let still = 0; still < 5 && performance.now() < deadline; still += 1) {
    await frame();
    if (moving().length > 0) still = 0;
  }
})()`;

/** A Chromium whose pages note what must never happen. */
export class ConsoleBrowser {
  #browser: Browser | undefined;
  readonly #pages: Page[] = [];
  /** What the policy refused, what went to another place, and what a script threw. */
  readonly offences: string[] = [];

  constructor(private readonly origin: () => string) {}

  async open(options: BrowserContextOptions = {}): Promise<Page> {
    this.#browser ??= await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
    const context = await this.#browser.newContext({ viewport: DESK, locale: 'en-US', ...options });
    const page = await context.newPage();
    await this.#watch(page);
    this.#pages.push(page);
    return page;
  }

  async #watch(page: Page): Promise<void> {
    await page.exposeFunction('noteOffence', (text: string) => void this.offences.push(text));
    await page.addInitScript(
      `addEventListener('securitypolicyviolation', (e) => noteOffence('policy: ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample))`,
    );
    page.on('pageerror', (error) => this.offences.push(`script: ${error.message}`));
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(this.origin())) this.offences.push(`request: ${request.url()}`);
    });
  }

  /** Those that a person would be kept out by: serious and critical ones, as "rule: elements". */
  async barriers(page: Page): Promise<string[]> {
    // By the debugger, which the policy of the page does not bind.
    await page.evaluate(AXE);
    await page.evaluate(STILL);
    const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResults;
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} (${failureSummary})`).join(' ; ')}`);
  }

  /** Barriers of a page at the desk, and whether it is wider than a phone. Pictures of both are kept. The page ends up at the desk. */
  async flaws(page: Page, name: string, language: string): Promise<string[]> {
    await this.screenshot(page, `${name}-${language}`);
    const found = (await this.barriers(page)).map((barrier) => `${name}: ${barrier}`);
    await page.setViewportSize(PHONE);
    await this.screenshot(page, `${name}-phone-${language}`);
    if (Number(await page.evaluate('document.documentElement.scrollWidth')) > PHONE.width) found.push(`${name}: wider than a phone`);
    await page.setViewportSize(DESK);
    return found;
  }

  async screenshot(page: Page, name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }

  /** Ends the pages of one test. */
  async closePages(): Promise<void> {
    for (const page of this.#pages.splice(0)) await page.context().close();
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }
}
