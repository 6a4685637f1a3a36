/** Measures this process from now on: seconds, processor seconds, and resident memory looked at five times a second. */
export function watchProcess() {
  globalThis.gc?.();
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const samples = [];
  const timer = setInterval(() => samples.push(process.memoryUsage.rss()), 200);
  const mib = (bytes) => Math.round(bytes / 1024 / 1024);
  return {
    end: () => {
      clearInterval(timer);
      const { user, system } = process.cpuUsage(before);
      const third = Math.max(1, Math.floor(samples.length / 3));
      const peak = (part) => mib(Math.max(0, ...part));
      return {
        seconds: (performance.now() - startedMs) / 1_000,
        cpuSeconds: (user + system) / 1e6,
        peakMiBFirstThird: peak(samples.slice(0, third)),
        peakMiBLastThird: peak(samples.slice(-third)),
      };
    },
  };
}

/** Processor share of the quietest of so many idle seconds, in percent. */
export async function idlePercent(seconds) {
  let least = Infinity;
  for (let second = 0; second < seconds; second += 1) {
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1e4);
  }
  return least;
}
