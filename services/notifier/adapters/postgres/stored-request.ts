/** How the id of a request is kept: ids are their senders' own, and those of one workspace are nothing to another. */
export function storedRequest(workspaceId: string, requestId: string): string {
  return `${workspaceId}/${requestId}`;
}
