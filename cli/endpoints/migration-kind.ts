import { SmartantError } from '@smartant/kernel';
import type { Api, MigrationKind } from '../api/api';
import type { CliContext } from '../context';
import { parseEndpoint } from './endpoint-url';

/** What SRC and DST are places of. Where both are saved, the server knows; that two places fit is the server's to say. */
export async function kindOf(context: Pick<CliContext, 'cwd'>, api: Api, src: string, dst: string): Promise<MigrationKind> {
  const [source, target] = [parseEndpoint(src, context.cwd), parseEndpoint(dst, context.cwd)];
  if (source.kind === 'saved' && target.kind === 'saved') return savedKind(api, source.name);
  return kindOfPlaces([source.kind, target.kind]);
}

function kindOfPlaces(places: string[]): MigrationKind {
  if (places.some((place) => place === 'ssh' || place === 'image')) return 'host';
  return places.includes('postgres') ? 'database' : 'storage';
}

/** An endpoint that is not there is refused when the migration is created. */
async function savedKind(api: Api, name: string): Promise<MigrationKind> {
  try {
    return kindOfPlaces([(await api.endpoint(name)).location.kind]);
  } catch (error) {
    if (error instanceof SmartantError && error.kind === 'not-found') return 'storage';
    throw error;
  }
}
