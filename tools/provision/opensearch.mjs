// Puts OpenSearch together from its jars, in the user's cache: `npm run provision -- opensearch`. Ends with 2 where java or mvn is missing.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { linkNewest } from './link-newest.mjs';
import { copyJars, whyNoMaven } from './maven-jars.mjs';
import { makeWorkFolder } from './work-folder.mjs';

/** The last of version 2: newer ones want Java 21. */
export const OPENSEARCH = '2.19.6';
const LOG4J = '2.25.4';

const wanted = [
  ...['opensearch', 'opensearch-plugin-classloader'].map((artifact) => ({ group: 'org.opensearch', artifact, version: OPENSEARCH })),
  ...['transport-netty4-client', 'analysis-common'].map((artifact) => ({ group: 'org.opensearch.plugin', artifact, version: OPENSEARCH })),
  // Optional for a library, which the server is not.
  { group: 'org.apache.logging.log4j', artifact: 'log4j-core', version: LOG4J },
];

/** What the server's distribution has in folders of their own, each with a class loader; a jar must not be in two. */
const modules = [
  { name: 'transport-netty4', className: 'org.opensearch.transport.Netty4Plugin', jars: /^(netty-|transport-netty4-)/ },
  { name: 'analysis-common', className: 'org.opensearch.analysis.common.CommonAnalysisPlugin', jars: /^analysis-common-/ },
];

/** As in the distribution: the server lets no module near the network without. */
const networkPolicy = `grant {
  permission java.net.SocketPermission "*", "accept,connect";
  permission java.io.FilePermission "/proc/sys/net/core/somaxconn", "read";
};
`;

const descriptor = ({ name, className }) =>
  [
    `name=${name}`,
    `description=${name}`,
    `version=${OPENSEARCH}`,
    `opensearch.version=${OPENSEARCH}`,
    'java.version=11',
    `classname=${className}`,
    '',
  ].join('\n');

/** Tests find it under `opensearch`, a link. */
const folderOf = (cache) => join(cache, `opensearch-${OPENSEARCH}`);
const CORE = join('lib', `opensearch-${OPENSEARCH}.jar`);
export const opensearchIsThere = (cache) => existsSync(join(folderOf(cache), CORE)) && existsSync(join(cache, 'opensearch', CORE));

function layOut(work) {
  const lib = join(work, 'lib');
  for (const module of modules) {
    const folder = join(work, 'modules', module.name);
    mkdirSync(folder, { recursive: true });
    for (const jar of readdirSync(lib).filter((name) => module.jars.test(name))) renameSync(join(lib, jar), join(folder, jar));
    writeFileSync(join(folder, 'plugin-descriptor.properties'), descriptor(module));
  }
  writeFileSync(join(work, 'modules', 'transport-netty4', 'plugin-security.policy'), networkPolicy);
  mkdirSync(join(work, 'plugins'));
}

async function provision(cache) {
  if (opensearchIsThere(cache)) return 0;
  const missing = whyNoMaven();
  if (missing) {
    console.error(`opensearch: ${missing}`);
    return 2;
  }
  const work = makeWorkFolder(cache, 'opensearch');
  try {
    const status = await copyJars('opensearch', wanted, work);
    if (status !== 0) return status;
    layOut(work);
    rmSync(folderOf(cache), { recursive: true, force: true });
    renameSync(work, folderOf(cache));
    linkNewest(cache, 'opensearch', folderOf(cache));
    return 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = await provision(process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant'));
}
