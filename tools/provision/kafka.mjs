// Fetches the jars of a real Kafka broker (KRaft, one node) into the user's cache, for the Kafka suites:
// `node tools/provision/kafka.mjs`. Needs java and mvn. Does nothing when the jars are already there.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeWorkFolder } from './work-folder.mjs';

/** The broker we test against; libs/test-servers/kafka takes the newest version it finds in the cache. */
const KAFKA_VERSION = '3.9.1';
const SCALA_VERSION = '2.13';

const cache = process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant');
const folder = join(cache, `kafka-${KAFKA_VERSION}`);

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>io.smartant</groupId><artifactId>kafka-broker</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_${SCALA_VERSION}</artifactId><version>${KAFKA_VERSION}</version></dependency>
  </dependencies>
</project>
`;

const works = (command, args) => spawnSync(command, args, { stdio: 'ignore', shell: process.platform === 'win32' }).status === 0;

function provisioned() {
  const lib = join(folder, 'lib');
  return existsSync(lib) && readdirSync(lib).includes(`kafka_${SCALA_VERSION}-${KAFKA_VERSION}.jar`);
}

/** Copies the broker and all it needs; resolves with Maven's exit status. */
function copyDependencies(work) {
  const args = ['-B', '-q', '-f', join(work, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${join(work, 'lib')}`];
  return new Promise((resolve) => {
    const child = spawn('mvn', args, { stdio: 'inherit', shell: process.platform === 'win32' });
    child.on('error', () => resolve(1));
    child.on('close', (status) => resolve(status ?? 1));
  });
}

/** Says every few seconds how far the download is, since Maven itself is quiet. */
function reportProgress(work) {
  return setInterval(() => {
    const lib = join(work, 'lib');
    console.log(`kafka: ${existsSync(lib) ? `${readdirSync(lib).length} jars` : 'resolving with Maven'} …`);
  }, 5_000);
}

async function provision() {
  if (provisioned()) return console.log(`kafka: ${KAFKA_VERSION} is in ${folder}`);
  for (const [command, flag] of [
    ['java', '-version'],
    ['mvn', '-v'],
  ]) {
    if (!works(command, [flag])) {
      console.error(`kafka: SKIPPED: ${command} is not installed; install a JDK (17 or newer) and Maven to run the Kafka suites`);
      process.exitCode = 2;
      return undefined;
    }
  }
  const work = makeWorkFolder(cache, `kafka-${KAFKA_VERSION}`);
  const progress = reportProgress(work);
  try {
    writeFileSync(join(work, 'pom.xml'), pom);
    const status = await copyDependencies(work);
    if (status !== 0) {
      console.error(`kafka: mvn dependency:copy-dependencies ended with status ${status}`);
      process.exitCode = 1;
      return undefined;
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
    return console.log(`kafka: ${KAFKA_VERSION} is now in ${folder} (${readdirSync(join(folder, 'lib')).length} jars)`);
  } finally {
    clearInterval(progress);
    rmSync(work, { recursive: true, force: true });
  }
}

await provision();
