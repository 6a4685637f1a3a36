// The browser that the console is tested in, with a font that has Chinese letters. As root on Debian; elsewhere it is named in one line.
import { existsSync } from 'node:fs';
import { installPackages, packagesAreThere } from './debian-packages.mjs';

/** Where the console's suites look for it: e2e/console/chromium.ts. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const PACKAGES = ['chromium', 'fonts-noto-cjk'];

/** A browser to test in, whoever installed it. */
export const browserIsThere = (env = process.env) => Boolean(env.SMARTANT_CHROMIUM) || PLACES.some((path) => existsSync(path));

export const chromiumIsThere = () => packagesAreThere(PACKAGES);

/** 'there', 'installed', or why not. */
export const installChromium = (say) => installPackages(PACKAGES, say);
