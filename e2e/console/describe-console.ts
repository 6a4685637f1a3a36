import { describeIf } from '@smartant/test-servers';
import { ConsoleBrowser } from './browser';
import { noChromium } from './chromium';
import { ConsolePlatform } from './console-platform';

/**
 * A suite over a platform of its own with an administrator and a viewer, looked at in Chromium; skipped with its reason where there is none.
 * After each test its pages are closed, and none of them may have offended against its policy or asked anybody else.
 */
export function describeConsole(name: string, suite: (platform: ConsolePlatform, browser: ConsoleBrowser) => void): void {
  describeIf(noChromium, name, () => {
    const platform = new ConsolePlatform();
    const browser = new ConsoleBrowser(() => platform.url);

    beforeAll(async () => {
      await platform.start();
      await platform.addViewer();
    });
    afterEach(async () => {
      await browser.closePages();
      expect(browser.offences.splice(0)).toEqual([]);
    });
    afterAll(async () => {
      await browser.close();
      await platform.dispose();
    });
    suite(platform, browser);
  });
}
