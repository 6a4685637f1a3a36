/** Whether a kernel ("5.14.0-427.el9.x86_64") is at least of a version; what tells no version counts as old. */
export function isKernelAtLeast(release: string, major: number, minor: number): boolean {
  const [, ownMajor = '0', ownMinor = '0'] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return Number(ownMajor) > major || (Number(ownMajor) === major && Number(ownMinor) >= minor);
}
