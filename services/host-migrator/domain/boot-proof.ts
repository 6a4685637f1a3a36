import type { PostAction } from './host-scope';

/** What was seen of a target after its boot: of a rehearsal in a clone, or of the target itself. */
export interface BootProof {
  /** RFC 3339. */
  startedAt: string;
  /** From power on until SSH answered; null: it never did. */
  answeredAfterMs: number | null;
  probes: { probe: string; passed: boolean; detail: string }[];
  actions: { name: string; passed: boolean; exitCode: number | null; output: string }[];
  /** The end of the serial console, where there is one. */
  console: string;
}

/** What of a boot failed, in words: that the machine did not answer, probes, and actions that somebody called required. Empty: it is proved. */
export function bootFailures({ answeredAfterMs, probes, actions }: BootProof, wanted: Pick<PostAction, 'name' | 'required'>[]): string[] {
  const required = new Set(wanted.filter((action) => action.required).map(({ name }) => name));
  return [
    ...(answeredAfterMs === null ? ['the machine did not answer'] : []),
    ...probes.filter(({ passed }) => !passed).map(({ probe, detail }) => `probe ${probe}: ${detail}`),
    ...actions.filter(({ name, passed }) => !passed && required.has(name)).map(({ name }) => `action ${name}`),
  ];
}
