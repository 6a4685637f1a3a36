import { ALL_CHANNELS, ON_CALL, type RoutingDocument } from '../../domain/routing/routing-document';
import { turnAt } from '../../domain/routing/times';

/** The ids of the channels that a route's or a step's words mean at an instant, each once. Of `*` those that are enabled. */
export function meantChannels(
  words: readonly string[],
  document: RoutingDocument,
  channels: readonly { id: string; enabled: boolean }[],
  at: Date,
): string[] {
  const known = new Set(channels.map(({ id }) => id));
  const meant = words.flatMap((word) => {
    if (word === ALL_CHANNELS) return channels.filter(({ enabled }) => enabled).map(({ id }) => id);
    if (!word.startsWith(ON_CALL)) return [word];
    const rotation = document.rotations.find(({ name }) => name === word.slice(ON_CALL.length));
    return rotation ? (turnAt(rotation, at.getTime())?.channels ?? []) : [];
  });
  return [...new Set(meant)].filter((id) => known.has(id));
}
