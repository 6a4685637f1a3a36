/** How the id of a request is kept: ids are their senders' own, and those of one workspace are nothing to another. Null: it had none. */
export function storedRequest(workspaceId: string, requestId: string | null): string | null {
  return requestId ? `${workspaceId}/${requestId}` : null;
}
