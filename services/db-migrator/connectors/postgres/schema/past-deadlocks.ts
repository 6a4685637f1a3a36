const DEADLOCK = '40P01';
const ATTEMPTS = 5;

/**
 * A statement that locks more than one table, as a foreign key does or one for which columns get their old names back, may meet a stream that writes to
 * the same ones: the server may end it as the victim. Nothing of its transaction was done then, and it is done again.
 */
export async function pastDeadlocks<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
      if (code !== DEADLOCK || attempt === ATTEMPTS) throw error;
    }
  }
}
