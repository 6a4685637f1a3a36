import { useQueryClient } from '@tanstack/react-query';
import createClient, { defaultPathSerializer } from 'openapi-fetch';
import { useSearchParams } from 'react-router';
import type { paths } from '@smartant/contracts/openapi';
import { api, authorizedFetch } from '../../api/client';
import { useIdentity, useMay } from '../../session/use-session';

/** The platform's own has the same operations below /v1/admin as a workspace below its name. */
const platformApi = createClient<paths>({
  baseUrl: '/',
  fetch: authorizedFetch,
  pathSerializer: (path, params) => defaultPathSerializer(path.replace('/v1/workspaces/{ws}/', '/v1/admin/'), params),
});

/** Whose alerts are looked at: those of the workspace, or the platform's own. */
export interface AlertScope {
  ws: string;
  isPlatform: boolean;
  /** Calls below /v1/workspaces/{ws}/ go to the platform's own where that is looked at. */
  api: typeof api;
  /** Begins the keys of what was loaded. */
  key: string;
}

/** The workspace's, whatever the address says. */
export function useWorkspaceScope(): AlertScope {
  const { workspace: ws } = useIdentity();
  return { ws, isPlatform: false, api, key: `workspace ${ws}` };
}

/** As the address says (`scope=platform`); whoever may not see the platform's own sees the workspace's. */
export function useAlertScope(): AlertScope {
  const own = useWorkspaceScope();
  const mayPlatform = useMay('notification:manage-platform');
  const [search] = useSearchParams();
  return mayPlatform && search.get('scope') === 'platform' ? { ...own, isPlatform: true, api: platformApi, key: 'platform' } : own;
}

/** Has what was loaded there by these names read anew. */
export function useReadAnew({ key }: AlertScope, ...names: string[]): () => Promise<unknown> {
  const client = useQueryClient();
  return () => Promise.all(names.map((name) => client.invalidateQueries({ queryKey: [name, key] })));
}

/** The address of a page of alerts, in the scope that is looked at. */
export function pathIn({ isPlatform }: AlertScope, path: string, params: Record<string, string> = {}): string {
  const search = new URLSearchParams({ ...(isPlatform && { scope: 'platform' }), ...params }).toString();
  return search === '' ? path : `${path}?${search}`;
}

/** What the user may do there. */
export function useMayIn({ isPlatform }: AlertScope, act: 'operate' | 'configure'): boolean {
  return useMay(isPlatform ? 'notification:manage-platform' : `notification:${act}`);
}
