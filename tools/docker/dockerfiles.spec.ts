import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

interface Instruction {
  name: string;
  value: string;
}

/** Instructions in order, continued lines joined, comments dropped. */
function parseDockerfile(text: string): Instruction[] {
  return text
    .replace(/^#.*$/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => /^\s*([A-Z]+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => ({ name: match[1]!, value: match[2]!.trim() }));
}

const services = readdirSync(join(ROOT, 'services')).filter((name) => existsSync(join(ROOT, 'services', name, 'main.ts')));

describe.each(services)('image of %s', (service) => {
  const text = readFileSync(join(ROOT, 'services', service, 'Dockerfile'), 'utf8');
  const instructions = parseDockerfile(text);
  const valuesOf = (name: string) => instructions.filter((instruction) => instruction.name === name).map(({ value }) => value);
  const finalStage = instructions.slice(instructions.map(({ name }) => name).lastIndexOf('FROM'));

  it('has several stages on one pinned, slim base', () => {
    const stages = valuesOf('FROM').map((value) => value.split(/ AS /i));
    const bases = stages.map(([from]) => from).filter((from) => !stages.some(([, name]) => name === from));
    expect(bases.length).toBeGreaterThan(1);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^node:\d+[\d.]*-bookworm-slim$/);
  });

  it('runs without root, and not as the mesh sidecar', () => {
    expect(finalStage.filter(({ name }) => name === 'USER').map(({ value }) => value)).toEqual(['10001:10001']);
  });

  it('installs what the lockfile says, without development packages in the last stage', () => {
    const installs = valuesOf('RUN').filter((command) => /\bnpm\b/.test(command));
    expect(installs.every((command) => /\bnpm ci\b/.test(command))).toBe(true);
    const [dependencies] = installs.filter((command) => command.includes('--omit=dev'));
    expect(dependencies).toBeDefined();
    expect(finalStage.filter(({ name }) => name === 'RUN')).toEqual([]);
  });

  it('holds no secret and fetches nothing on its own', () => {
    expect([...valuesOf('ENV'), ...valuesOf('ARG')].filter((value) => /pass|secret|token|key|credential/i.test(value))).toEqual([]);
    expect(valuesOf('ADD')).toEqual([]);
    expect(valuesOf('RUN').filter((command) => /curl|wget/.test(command))).toEqual([]);
  });

  it('starts the service itself, so that signals reach it', () => {
    expect(valuesOf('CMD')).toEqual([`["node", "--enable-source-maps", "--v8-pool-size=1", "services/${service}/dist/main.js"]`]);
  });
});

it('gives the database migrator the pg_dump whose digest is pinned', () => {
  const text = readFileSync(join(ROOT, 'services', 'db-migrator', 'Dockerfile'), 'utf8');
  const folder = /COPY --from=postgres-tools \S+ (\S+)/.exec(text)?.[1];
  expect(parseDockerfile(text)).toContainEqual({ name: 'ENV', value: `SMARTANT_POSTGRES_TOOLS=${folder}/bin` });
  expect(text).toContain('node tools/provision/provision.mjs postgres-tools');
});

it('sends no local data, history or secrets to the builder', () => {
  const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['.git', '.env*', 'data', 'logs', '**/node_modules', '**/dist']));
});
