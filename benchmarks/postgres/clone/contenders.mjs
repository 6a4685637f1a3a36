// Who clones: each takes the two URLs and a scratch folder, and resolves with seconds, CPU seconds, peak MiB;
// ours also with a function that measures what comparing both sides costs. Ours is without the start of its process, and tells it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureTree } from './measure-tree.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

export function contenders(programs, { jobs }) {
  const bin = programs.bin('');
  const pgcopydb = ['/usr/bin/pgcopydb', '/usr/local/bin/pgcopydb'].find((path) => existsSync(path));
  const path = { PATH: `${bin}:${process.env.PATH}` };
  const ours = (program, source, target) => `"${process.execPath}" "${join(here, `${program}.mjs`)}" "${source}" "${target}" ${jobs}`;
  const all = {
    smartant: async (source, target) => {
      const whole = await measureTree(ours('clone', source, target), path);
      const { start, stages, peakMiB } = JSON.parse(whole.output.trim().split('\n').at(-1));
      return {
        seconds: whole.seconds - start.seconds,
        secondsWithStart: whole.seconds,
        cpuSeconds: whole.cpuSeconds - start.cpuSeconds,
        peakMiB: whole.peakMiB,
        own: { start: start.seconds.toFixed(2), ...stages, residentMiB: peakMiB },
        verify: async () => {
          const { output, cpuSeconds, peakMiB } = await measureTree(ours('verify', source, target), path);
          return { seconds: JSON.parse(output.trim().split('\n').at(-1)).seconds, cpuSeconds, peakMiB };
        },
      };
    },
    'pg_dump | pg_restore': (source, target, folder) =>
      measureTree(
        `"${bin}/pg_dump" -Fd -j ${jobs} -Z0 -f "${folder}/dump" "${source}" && "${bin}/pg_restore" -j ${jobs} --no-owner -d "${target}" "${folder}/dump" && "${bin}/vacuumdb" -q -Z -j ${jobs} -d "${target}"`,
      ),
    pgcopydb: (source, target, folder) =>
      measureTree(
        `"${pgcopydb}" clone --source "${source}" --target "${target}" --table-jobs ${jobs} --index-jobs ${jobs} --no-owner --dir "${folder}/pgcopydb"`,
        path,
      ),
  };
  if (pgcopydb) return all;
  console.log('SKIPPED: bench:postgres: pgcopydb is not installed (apt-get install pgcopydb)');
  delete all.pgcopydb;
  return all;
}
