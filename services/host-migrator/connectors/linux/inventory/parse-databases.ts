import type { HostInventory } from '../../../domain/inventory';
import { linesOf } from './sections';

type Database = HostInventory['databases'][number];

const PRODUCTS: [RegExp, string][] = [
  [/^(?:postgres|postmaster)$/, 'postgresql'],
  [/^mysqld$/, 'mysql'],
  [/^mariadbd$/, 'mariadb'],
  [/^redis-server$/, 'redis'],
  [/^valkey-server$/, 'valkey'],
  [/^mongod$/, 'mongodb'],
  [/^(?:ora_pmon_.*|oracle.*)$/, 'oracle'],
];
/** Options that name the directory. The servers of Oracle tell it nowhere. */
const DIRECTORY = /(?:^| )(?:-D ?|-D=|--datadir[= ]|--dbpath[= ]|--pgdata[= ])(\/\S+)/;

/**
 * Databases that run, by their processes. Servers of PostgreSQL, MySQL and Redis work in their data directory; an option says it where one
 * is given. One server's processes are one database.
 */
export function parseDatabases(text: string): Database[] {
  const databases = new Map<string, Database>();
  const configured = /^MONGO dbPath: *["']?([^"'\n]+)/m.exec(text)?.[1]?.trim();
  for (const block of text.split(/^PROCESS /m).slice(1)) {
    const [process = '', ...lines] = linesOf(block);
    const value = (name: string) =>
      lines
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1)
        .trim() ?? '';
    const product = PRODUCTS.find(([pattern]) => pattern.test(process.trim()))?.[1];
    if (!product) continue;
    const args = value('ARGS');
    const given = DIRECTORY.exec(args)?.[1] ?? (product === 'mongodb' ? configured : undefined);
    const dataDirectory = product === 'oracle' ? '' : (given ?? value('CWD')).replace(/(.)\/+$/, '$1');
    const real = product === 'mysql' && /MariaDB/i.test(value('VERSION')) ? 'mariadb' : product;
    const key = `${real} ${dataDirectory}`;
    if (!databases.has(key))
      databases.set(key, { product: real, version: versionIn(value('VERSION')), dataDirectory, process: process.trim() });
  }
  return [...databases.values()];
}

/** "mysqld  Ver 8.0.36 for Linux", "Redis server v=7.0.15 sha=…", "db version v6.0.5", "15" */
function versionIn(text: string): string {
  return /(?:^|[ =v])(\d+(?:\.\d+)*)/.exec(text)?.[1] ?? '';
}
