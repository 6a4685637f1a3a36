export type ChannelSecrets = Readonly<Record<string, string>>;

/** Seals what a channel may never show again, bound to its workspace and id. */
export interface SecretBox {
  seal(workspaceId: string, channelId: string, secrets: ChannelSecrets): Buffer;
  /** Raises NOTIFY_SECRETS_UNREADABLE. */
  open(workspaceId: string, channelId: string, sealed: Buffer): ChannelSecrets;
}
