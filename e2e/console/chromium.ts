import { existsSync } from 'node:fs';

/** As Debian and its children install it. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const chromiumPath = process.env['SMARTANT_CHROMIUM'] ?? PLACES.find((path) => existsSync(path));

/** Null, or why there is no browser to test in. */
export const noChromium = chromiumPath === undefined ? 'there is no Chromium: npm run provision -- chromium' : null;
