import type { Language } from '../../language/language';
import type { Channel, ChannelInput } from './queries';
import { filled, type Typed } from './schema-fields';

/** A channel as it stands in its form. */
export interface TypedChannel {
  name: string;
  type: string;
  settings: Typed;
  /** What was typed in; what the channel has already is never here. */
  secrets: Typed;
  /** Names of secrets that are to be taken away. */
  removed: readonly string[];
  language: 'en' | 'zh';
  enabled: boolean;
  fallbackChannelId: string | null;
}

/** A new one speaks the language of whoever makes it. */
export function typedOf(channel: Channel | undefined, language: Language): TypedChannel {
  if (!channel) {
    const spoken = language === 'en' ? 'en' : 'zh';
    return { name: '', type: '', settings: {}, secrets: {}, removed: [], language: spoken, enabled: true, fallbackChannelId: null };
  }
  const { name, type, settings, enabled, fallbackChannelId } = channel;
  return { name, type, settings, secrets: {}, removed: [], language: channel.language === 'zh' ? 'zh' : 'en', enabled, fallbackChannelId };
}

/** As the API takes it: a secret that is not named stays, an empty one is taken away. */
export function inputOf({ name, type, settings, secrets, removed, ...common }: TypedChannel): ChannelInput {
  const typed = filled(secrets) as Record<string, string>;
  return {
    ...common,
    name: name.trim(),
    type,
    settings: filled(withoutEmptyLines(settings)),
    secrets: { ...Object.fromEntries(removed.map((secret) => [secret, ''])), ...typed },
  };
}

function withoutEmptyLines(settings: Typed): Typed {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((line) => String(line).trim()).filter((line) => line !== '') : value,
    ]),
  );
}
