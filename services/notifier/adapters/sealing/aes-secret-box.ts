import { deriveKey, openBytes, sealBytes } from '@smartant/platform/sealing';
import { secretsUnreadable } from '../../application/errors';
import type { ChannelSecrets, SecretBox } from '../../application/ports/secret-box';

/** Secrets of channels under keys that are derived from the notifier's own; the first seals, all open. */
export class AesSecretBox implements SecretBox {
  private readonly keys: Buffer[];

  constructor(keys: readonly [Buffer, ...Buffer[]]) {
    this.keys = keys.map((key) => deriveKey(key, 'smartant/notifier/channel-secrets'));
  }

  seal(workspaceId: string, channelId: string, secrets: ChannelSecrets): Buffer {
    const plaintext = Buffer.from(JSON.stringify(secrets));
    try {
      return sealBytes(this.keys[0]!, contextOf(workspaceId, channelId), plaintext);
    } finally {
      plaintext.fill(0);
    }
  }

  open(workspaceId: string, channelId: string, sealed: Buffer): ChannelSecrets {
    for (const key of this.keys) {
      const plaintext = openBytes(key, contextOf(workspaceId, channelId), sealed);
      if (plaintext === null) continue;
      try {
        return JSON.parse(plaintext.toString('utf8')) as ChannelSecrets;
      } finally {
        plaintext.fill(0);
      }
    }
    throw secretsUnreadable(channelId);
  }
}

// Lengths first, so that no two pairs of ids read the same.
const contextOf = (workspaceId: string, channelId: string) => `${workspaceId.length}:${workspaceId}/${channelId}`;
