// Fetches the jars of a real Kafka broker (KRaft, one node) into the user's cache, for the Kafka suites:
// `node tools/provision/kafka.mjs`. Needs java and mvn. Does nothing when the jars are already there.
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { copyJars, whyNoMaven } from './maven-jars.mjs';
import { makeWorkFolder } from './work-folder.mjs';

/** The broker we test against; libs/test-servers/kafka takes the newest version it finds in the cache. */
const KAFKA_VERSION = '3.9.1';
const SCALA_VERSION = '2.13';

const cache = process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant');
const folder = join(cache, `kafka-${KAFKA_VERSION}`);

function provisioned() {
  const lib = join(folder, 'lib');
  return existsSync(lib) && readdirSync(lib).includes(`kafka_${SCALA_VERSION}-${KAFKA_VERSION}.jar`);
}

async function provision() {
  if (provisioned()) return console.log(`kafka: ${KAFKA_VERSION} is in ${folder}`);
  const missing = whyNoMaven();
  if (missing) {
    console.error(`kafka: SKIPPED: ${missing} to run the Kafka suites`);
    process.exitCode = 2;
    return undefined;
  }
  const work = makeWorkFolder(cache, `kafka-${KAFKA_VERSION}`);
  try {
    const broker = { group: 'org.apache.kafka', artifact: `kafka_${SCALA_VERSION}`, version: KAFKA_VERSION };
    const status = await copyJars('kafka', [broker], work);
    if (status !== 0) {
      console.error(`kafka: mvn dependency:copy-dependencies ended with status ${status}`);
      process.exitCode = 1;
      return undefined;
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
    return console.log(`kafka: ${KAFKA_VERSION} is now in ${folder} (${readdirSync(join(folder, 'lib')).length} jars)`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

await provision();
