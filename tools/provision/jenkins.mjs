// JenkinsPipelineUnit and what it runs on, from Maven Central, for the test of the Jenkinsfile: `npm run provision -- jenkins`. Later versions than 1.1 are
// not on Maven Central.
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ofSha256, verifiedDownload } from './verified-download.mjs';
import { makeWorkFolder } from './work-folder.mjs';

const CENTRAL = 'https://repo.maven.apache.org/maven2';
const JARS = [
  ['com/lesfurets', 'jenkins-pipeline-unit', '1.1', 'db8c05a36b4ba6d480ea1dd9acc40411789ee5541cbcb9fe8eb12e2764898f4f'],
  ['org/codehaus/groovy', 'groovy-all', '2.4.6', 'ba94e82261f50d6122a3500e7c2d2c739a6fe66064b4a2babb3a15628e095b2d'],
  ['com/cloudbees', 'groovy-cps', '1.12', 'f4886e833a1c0d1b73b1f45f4ea74a2d691def4e6562ec17d10598313d596e74'],
  ['commons-io', 'commons-io', '2.5', 'a10418348d234968600ccb1d988efcbbd08716e1d96936ccc1880e7d22513474'],
  ['org/apache/ivy', 'ivy', '2.4.0', 'ce81cb234406b093b5b8de9f6f5b2a50ed0824d6a235891353e8d3e941a53970'],
  ['org/assertj', 'assertj-core', '3.4.1', 'af1208bf1d891f0d762a0149b4ce740d79d48669c40d6e7db785850ff7828470'],
  ['com/google/guava', 'guava', '11.0.1', 'aa7cef9d2ba0110a2db7be0fb6e679cd71f6a26fc3ba9da7715f41d3300def1d'],
];

const folder = (cache) => join(cache, 'jenkins-pipeline-unit-1.1');

export const jenkinsIsThere = (cache) => existsSync(folder(cache));

/** Raises when a download fails or is not what it should be. */
export async function installJenkins(cache, say) {
  if (jenkinsIsThere(cache)) return 'there';
  if (spawnSync('java', ['-version']).status !== 0)
    return 'skipped: java is not installed; install a JRE (17 or newer) to run the Jenkinsfile';
  const work = makeWorkFolder(cache, 'jenkins');
  try {
    for (const [group, name, version, sha256] of JARS) {
      const file = `${name}-${version}.jar`;
      const integrity = ofSha256(sha256);
      await verifiedDownload({ name: file, url: `${CENTRAL}/${group}/${name}/${version}/${file}`, integrity, file: join(work, file), say });
    }
    renameSync(work, folder(cache));
    return 'installed';
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
