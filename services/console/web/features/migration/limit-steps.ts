/** From little to much; the last step is no limit, which the API writes as 0. */
export type Scale = readonly number[];

const MIB = 1024 ** 2;

export const STEPS = {
  bytesPerSecond: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000].map((each) => each * MIB).concat(0),
  requestsPerSecond: [1, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 0],
  concurrency: [1, 2, 4, 8, 16, 24, 32, 64, 128, 256, 0],
} as const satisfies Record<string, Scale>;

/** The step that stands for a value: the first that lets as much through. */
export function toStep(scale: Scale, value: number): number {
  if (value === 0) return scale.length - 1;
  const at = scale.findIndex((step) => step === 0 || step >= value);
  return at < 0 ? scale.length - 1 : at;
}

export const fromStep = (scale: Scale, step: number): number => scale[step] ?? 0;
