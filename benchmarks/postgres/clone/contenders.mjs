// Who clones: each takes the two URLs and a scratch folder, and resolves with seconds, CPU seconds, peak MiB.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureTree } from './measure-tree.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

export function contenders(programs, { jobs }) {
  const bin = programs.bin('');
  const pgcopydb = ['/usr/bin/pgcopydb', '/usr/local/bin/pgcopydb'].find((path) => existsSync(path));
  const all = {
    smartant: async (source, target) => {
      const result = await measureTree(`"${process.execPath}" "${join(here, 'clone.mjs')}" "${bin}" "${source}" "${target}" ${jobs}`);
      return { ...result, own: JSON.parse(result.output.trim().split('\n').at(-1)) };
    },
    'pg_dump | pg_restore': (source, target, folder) =>
      measureTree(
        `"${bin}/pg_dump" -Fd -j ${jobs} -Z0 -f "${folder}/dump" "${source}" && "${bin}/pg_restore" -j ${jobs} --no-owner -d "${target}" "${folder}/dump" && "${bin}/vacuumdb" -q -Z -j ${jobs} -d "${target}"`,
      ),
    pgcopydb: (source, target, folder) =>
      measureTree(
        `"${pgcopydb}" clone --source "${source}" --target "${target}" --table-jobs ${jobs} --index-jobs ${jobs} --no-owner --dir "${folder}/pgcopydb"`,
        { PATH: `${bin}:${process.env.PATH}` },
      ),
  };
  if (pgcopydb) return all;
  console.log('SKIPPED: bench:postgres: pgcopydb is not installed (apt-get install pgcopydb)');
  delete all.pgcopydb;
  return all;
}
