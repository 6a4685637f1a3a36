// Fetches the jars of a server that is had from a Maven repository, with all that they need.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const works = (command, args) => spawnSync(command, args, { stdio: 'ignore', shell: process.platform === 'win32' }).status === 0;

/** Null when jars can be fetched and run; else what is missing. */
export function whyNoMaven() {
  const missing = [
    ['java', '-version'],
    ['mvn', '-v'],
  ].find(([command, flag]) => !works(command, [flag]));
  return missing ? `${missing[0]} is not installed; install a JDK (17 or newer) and Maven` : null;
}

const dependency = ({ group, artifact, version }) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;

const pom = (name, wanted) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>io.smartant</groupId><artifactId>${name}</artifactId><version>1</version>
  <dependencies>${wanted.map(dependency).join('')}</dependencies>
</project>
`;

/** Copies what is `wanted` and all it needs into `<work>/lib`; resolves with Maven's exit status. A jar whose checksum differs is refused. */
export async function copyJars(name, wanted, work) {
  const lib = join(work, 'lib');
  writeFileSync(join(work, 'pom.xml'), pom(name, wanted));
  const args = [
    '-B',
    '-q',
    '-C',
    '-f',
    join(work, 'pom.xml'),
    'dependency:copy-dependencies',
    `-DoutputDirectory=${lib}`,
    '-DincludeScope=runtime',
  ];
  // Maven itself is quiet.
  const progress = setInterval(() => {
    console.log(`${name}: ${existsSync(lib) ? `${readdirSync(lib).length} jars` : 'resolving with Maven'} …`);
  }, 5_000);
  try {
    return await new Promise((resolve) => {
      const child = spawn('mvn', args, { stdio: 'inherit', shell: process.platform === 'win32' });
      child.on('error', () => resolve(1));
      child.on('close', (status) => resolve(status ?? 1));
    });
  } finally {
    clearInterval(progress);
  }
}
