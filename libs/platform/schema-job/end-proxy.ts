const PATIENCE_MS = 5_000;

/** Tells a sidecar to end: a pod of a Job is done only when all its containers are. Raises when nobody takes the request. */
export async function endProxy(url: string): Promise<void> {
  const { ok, status } = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!ok) throw new Error(`the sidecar answered ${status}`);
}
