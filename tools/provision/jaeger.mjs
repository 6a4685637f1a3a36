// Builds Jaeger's all-in-one into the user's cache: `npm run provision -- jaeger`. Ends with 2 where Go is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { whyNoGo } from './go-tools.mjs';
import { linkNewest } from './link-newest.mjs';
import { makeWorkFolder } from './work-folder.mjs';

/** The last of version 1: it takes Thrift from `@opentelemetry/exporter-jaeger` as well as OTLP. */
export const JAEGER = 'v1.76.0';
const PROGRAM = 'jaeger-all-in-one';

/** A module of its own: Jaeger replaces a dependency, which `go install` refuses. */
const goModule = `module smartant/jaeger

go 1.26.0

require github.com/jaegertracing/jaeger ${JAEGER}

replace github.com/Shopify/sarama => github.com/Shopify/sarama v1.33.0
`;

/** Tests find it under `jaeger`, a link. */
const folderOf = (cache) => join(cache, `jaeger-${JAEGER}`);
export const jaegerIsThere = (cache) => existsSync(join(folderOf(cache), PROGRAM)) && existsSync(join(cache, 'jaeger', PROGRAM));

function build(cache) {
  const work = makeWorkFolder(cache, 'jaeger');
  try {
    writeFileSync(join(work, 'go.mod'), goModule);
    const env = { ...process.env, GOFLAGS: '-mod=mod -buildvcs=false' };
    const args = ['build', '-ldflags=-s -w', '-o', join(work, PROGRAM), 'github.com/jaegertracing/jaeger/cmd/all-in-one'];
    const { status } = spawnSync('go', args, { cwd: work, env, stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) return status ?? 1;
    mkdirSync(folderOf(cache), { recursive: true });
    renameSync(join(work, PROGRAM), join(folderOf(cache), PROGRAM));
    linkNewest(cache, 'jaeger', folderOf(cache));
    return 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const missing = whyNoGo();
  if (missing) console.error(`jaeger: ${missing}`);
  process.exitCode = missing ? 2 : build(process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant'));
}
