// The browser that the console is tested in, with a font that has Chinese letters. As root on Debian; elsewhere it is named in one line.
import { installPackages, packagesAreThere } from './debian-packages.mjs';

const PACKAGES = ['chromium', 'fonts-noto-cjk'];

export const chromiumIsThere = () => packagesAreThere(PACKAGES);

/** 'there', 'installed', or why not. */
export const installChromium = (say) => installPackages(PACKAGES, say);
