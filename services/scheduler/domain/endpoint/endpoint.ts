import type { ImageFormat, NetworkSecret, PostgresLocation, SshLocation, TlsChoice, Way } from '@smartant/connectors';

export type EndpointLocation =
  | {
      kind: 's3';
      /** Empty: AWS' own service for the region. */
      serviceUrl: string;
      region: string;
      bucket: string;
      prefix: string;
      addressing: 'path' | 'virtual';
      tlsCaPem?: string;
      tls?: TlsChoice;
      /** Steps of the way to it, in the order of travel. Absent or empty: reached directly. */
      via?: Way[];
    }
  | {
      kind: 'file';
      /** Name of a registered file root. */
      root: string;
      /** Path below the root; empty: the root itself. */
      path: string;
    }
  | PostgresLocation
  | SshLocation
  | {
      kind: 'image';
      /** Name of a registered file root. */
      root: string;
      /** Of the image, below the root. */
      path: string;
      format: ImageFormat;
    };

export type EndpointSecret = (
  | { kind: 's3'; accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  | { kind: 'password'; password: string }
  | { kind: 'ssh'; privateKeyPem?: string; passphrase?: string; password?: string; becomePassword?: string }
  | { kind: 'none' }
) & {
  network?: NetworkSecret;
};

export interface Endpoint {
  id: string;
  workspaceId: string;
  /** Unique in its workspace. Generated for one-migration endpoints. */
  name: string;
  location: EndpointLocation;
  /** Set for an endpoint that was given inline and is deleted with this migration. */
  ownedByMigrationId: string | null;
  createdAt: string;
  updatedAt: string;
  /** Its secret was given up with a lost key: a new one has to be entered before it can be used. */
  needsSecret?: boolean;
}

/** A directory of the migrators' machine that an administrator opened to file endpoints and disk images. */
export interface FileRoot {
  name: string;
  path: string;
}
