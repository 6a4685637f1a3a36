import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Bundles the console: `node tools/build/build.mjs` calls it when something has changed, and compresses what it wrote. */
export default defineConfig({
  root: fileURLToPath(new URL('web', import.meta.url)),
  // Where the scheduler and the gateway serve it (services/scheduler/adapters/http/console).
  base: '/console/',
  plugins: [react()],
  // Each answer has a nonce of its own in place of this text: libs/platform/static-site.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Inlined files would need a policy that lets data: in for more than images.
    assetsInlineLimit: 0,
    manifest: 'manifest.json',
    modulePreload: {
      polyfill: false,
      // What a page needs is found by its chunk; a list of it for every page would be part of the first load. Styles have no other way.
      resolveDependencies: (_file, needed, { hostType }) => (hostType === 'js' ? needed.filter((name) => name.endsWith('.css')) : needed),
    },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
  },
});
