import type { MigrationKind } from '../../elements/kind-icon';

/** As README.md shows them, with placeholders in capitals. */
export const COMMANDS: Readonly<Record<MigrationKind, string>> = {
  host: 'npx smartant root add images /srv/images\nnpx smartant migrate ssh://root@SOURCE image:/srv/images/NAME.qcow2 --watch',
  database: "npx smartant migrate 'postgres://USER@SOURCE/DATABASE' 'postgres://USER@TARGET/DATABASE' --watch",
  storage: "npx smartant migrate 's3://BUCKET?endpoint=https://SOURCE' 's3://BUCKET?endpoint=https://TARGET' --watch",
};
