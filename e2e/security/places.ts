import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Client } from 'pg';

/** One place at which something was written down, and what is there. */
export interface Place {
  name: string;
  content: Buffer;
}

/** All files of a folder, old logs unpacked. A file that is gone before it is read held nothing that stays. */
export function* filesBelow(folder: string, skip: (path: string) => boolean): Generator<Place> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || skip(relative(folder, path))) continue;
    let content: Buffer;
    try {
      content = readFileSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw error;
    }
    yield { name: path, content: path.endsWith('.gz') ? gunzipSync(content) : content };
  }
}

/** Every row of every table in text form, and the statements that sessions show to each other. */
export async function databaseRows(connectionString: string): Promise<Place[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ schema: string; name: string }>(
      `SELECT schemaname AS schema, tablename AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const places: Place[] = [];
    for (const { schema, name } of tables) {
      const table = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
      places.push(await asText(client, `table ${schema}.${name}`, `SELECT t::text AS row FROM ${table} t`));
    }
    places.push(await asText(client, 'pg_stat_activity', `SELECT query AS row FROM pg_stat_activity`));
    places.push(await asText(client, 'pg_authid', `SELECT a::text AS row FROM pg_authid a`));
    return places;
  } finally {
    await client.end();
  }
}

async function asText(client: Client, name: string, sql: string): Promise<Place> {
  const { rows } = await client.query<{ row: string }>(sql);
  return { name, content: Buffer.from(rows.map(({ row }) => row).join('\n')) };
}

const NUMBER = /^\d+$/;

/** What /proc says of a process; empty when it has ended meanwhile, or is none of ours to look into. */
function procFile(pid: string, file: string): Buffer {
  try {
    return readFileSync(`/proc/${pid}/${file}`);
  } catch {
    return Buffer.alloc(0);
  }
}

/** The command line of every process of this machine, as every user of it may read it. */
export function commandLines(): Place[] {
  return readdirSync('/proc')
    .filter((pid) => NUMBER.test(pid))
    .map((pid) => ({ name: `command line of ${pid}`, content: procFile(pid, 'cmdline') }));
}

/** The environment of everything that a process has started, at any depth. */
export function environmentsBelow(ancestor: number): Place[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((pid) => NUMBER.test(pid))
      // After the name in parentheses, which may hold anything: state, then the parent.
      .map((pid) => [pid, procFile(pid, 'stat').toString('latin1').split(') ').at(-1)?.split(' ')[1] ?? '']),
  );
  const isBelow = (pid: string): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === String(ancestor) || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).map((pid) => ({
    name: `environment of ${pid} (${procFile(pid, 'cmdline').toString('latin1').replaceAll('\0', ' ').slice(0, 100)})`,
    content: procFile(pid, 'environ'),
  }));
}
