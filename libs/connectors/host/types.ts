import type { NetworkSecret, Way } from '../network/ways';

/** A Linux machine that is reached over SSH: the source of a host migration, or a rescue system at its target. */
export interface SshLocation {
  kind: 'ssh';
  /** A name or an address. */
  host: string;
  port: number;
  user: string;
  /** OpenSSH fingerprints ("SHA256:…") of which the server's key must have one. Empty: nothing but the key itself is asked for, to be shown. */
  hostKeys: string[];
  /** How commands get the rights of root. */
  become: 'none' | 'sudo';
  /** Absent or empty: reached directly. */
  via?: Way[];
}

export type ImageFormat = 'raw' | 'qcow2' | 'vmdk';

/** A disk image in a file root of the migrator's machine: the target of a host migration. */
export interface ImageLocation {
  kind: 'image';
  /** Absolute path of the root that an administrator registered. */
  rootPath: string;
  /** Of the image, below the root. */
  path: string;
  format: ImageFormat;
}

export type HostLocation = SshLocation | ImageLocation;

/** The secrets of a host's endpoint; resolved just in time, never stored. */
export type HostSecret = (
  { kind: 'ssh'; privateKeyPem?: string; passphrase?: string; password?: string; becomePassword?: string } | { kind: 'none' }
) & { network?: NetworkSecret };
