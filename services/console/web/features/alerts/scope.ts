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

/** As the address says (`scope=platform`); whoever may not see the platform's own sees the workspace's. */
export function useAlertScope(): AlertScope {
  const { workspace: ws } = useIdentity();
  const mayPlatform = useMay('notification:manage-platform');
  const [search] = useSearchParams();
  return mayPlatform && search.get('scope') === 'platform'
    ? { ws, isPlatform: true, api: platformApi, key: 'platform' }
    : { ws, isPlatform: false, api, key: `workspace ${ws}` };
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
