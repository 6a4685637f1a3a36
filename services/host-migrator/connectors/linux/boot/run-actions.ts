import type { BootProof } from '../../../domain/boot-proof';
import type { PostAction } from '../../../domain/host-scope';
import type { HostSession } from '../session/host-session';

const OUTPUT_BYTES = 64 * 1024;
const GRACE_MS = 15_000;

/** From a file of its own, so that it may be of any language and may read its stdin; the file is gone afterwards, whatever happens. */
const RUN = `f=$(mktemp) || exit 125
trap 'rm -f "$f"' EXIT
cat >"$f"
chmod 700 "$f"
timeout -k 5 "$1" "$f" </dev/null 2>&1 | tail -c ${OUTPUT_BYTES}
exit "\${PIPESTATUS[0]}"`;

/** Runs scripts at a target after its start, one after another; a required one that fails ends the row. */
export async function runActions(session: HostSession, actions: readonly PostAction[], signal: AbortSignal): Promise<BootProof['actions']> {
  const results: BootProof['actions'] = [];
  for (const { name, script, timeoutMs, required } of actions) {
    const text = script.startsWith('#!') ? script : `#!/bin/sh\n${script}`;
    const result = await session
      .run(['bash', '-c', RUN, 'bash', String(Math.ceil(timeoutMs / 1000))], {
        signal,
        stdin: text,
        timeoutMs: timeoutMs + GRACE_MS,
        okCodes: Array.from({ length: 256 }, (_, code) => code),
      })
      .then(({ exitCode, stdout }) => ({ exitCode, output: stdout.toString('utf8') }))
      .catch((error: unknown) => {
        signal.throwIfAborted();
        return { exitCode: null, output: error instanceof Error ? error.message : String(error) };
      });
    const passed = result.exitCode === 0;
    results.push({ name, passed, ...result });
    if (!passed && required) break;
  }
  return results;
}
