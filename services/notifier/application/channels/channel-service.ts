import { newId } from '@smartant/kernel';
import { channelsNamed } from '../../domain/routing/routing-document';
import { parseRouting } from '../../domain/routing/routing-schema';
import { channelInUse, channelInvalid, nameTaken, notFound, versionStale } from '../errors';
import { pageOf, toPage, type Page, type PageRequest } from '../paging';
import type { ChannelType, ChannelTypes } from '../ports/channel';
import type { ChannelSecrets, SecretBox } from '../ports/secret-box';
import type { ChannelFacts, ChannelRecord, ChannelStore, RoutingStore } from '../ports/stores';

export interface PutChannel {
  requestId: string;
  workspaceId: string;
  /** Empty: a new one. */
  id: string;
  ifVersion: number;
  name: string;
  type: string;
  settings: Record<string, unknown>;
  /** Those named are replaced, an empty value removes one, the others are kept. */
  secrets: ChannelSecrets;
  language: string;
  enabled: boolean;
  /** Empty: none. */
  fallbackChannelId: string;
}

const NAME = /^[^\p{C}*]{1,100}$/u;

/** The channels of workspaces. Secrets go in, and never out. */
export class ChannelService {
  constructor(
    private readonly stores: { channels: ChannelStore; routing: RoutingStore },
    private readonly kinds: ChannelTypes,
    private readonly box: SecretBox,
  ) {}

  types(): ChannelType[] {
    return [...this.kinds.values()];
  }

  async get(workspaceId: string, id: string): Promise<ChannelRecord> {
    const channel = await this.stores.channels.find(workspaceId, id);
    if (!channel) throw notFound('channel', id);
    return channel;
  }

  async list(workspaceId: string, request: PageRequest): Promise<Page<ChannelRecord>> {
    const { size, after } = pageOf(request);
    return toPage(await this.stores.channels.list(workspaceId, size + 1, after), size);
  }

  /** Raises NOTIFY_CHANNEL_INVALID, NOTIFY_CHANNEL_NAME_TAKEN, NOTIFY_CHANNEL_NOT_FOUND and NOTIFY_VERSION_STALE. */
  async put(request: PutChannel): Promise<ChannelRecord> {
    const { channels } = this.stores;
    if (request.id === '') {
      const made = request.requestId === '' ? null : await channels.madeBy(request.workspaceId, request.requestId);
      if (made) return made;
      const facts = await this.checked({ ...request, id: newId('chn') }, null);
      const inserted = await channels.insert(facts, request.requestId);
      if (!inserted) throw nameTaken(request.name);
      return inserted;
    }
    const before = await this.get(request.workspaceId, request.id);
    if (before.version !== request.ifVersion) throw versionStale('channel', before.version);
    const replaced = await channels.replace(await this.checked(request, before), request.ifVersion);
    if (replaced === 'name-taken') throw nameTaken(request.name);
    if (replaced === 'stale') throw versionStale('channel', (await this.get(request.workspaceId, request.id)).version);
    return replaced;
  }

  /** Raises NOTIFY_CHANNEL_IN_USE while the routing or another channel names it. */
  async remove(workspaceId: string, id: string): Promise<void> {
    const { channels, routing } = this.stores;
    const channel = await channels.find(workspaceId, id);
    if (!channel) return;
    const { document } = await routing.read(workspaceId);
    const places = (await channels.fallbackOf(workspaceId, id)).map((name) => `channel "${name}" (as its fallback)`);
    if (channelsNamed(parseRouting(document)).includes(id)) places.unshift('the routing');
    if (places.length > 0) throw channelInUse(places);
    await channels.remove(workspaceId, id);
  }

  private async checked(request: PutChannel, before: ChannelRecord | null): Promise<ChannelFacts> {
    const { id, workspaceId, name, type, settings, language, enabled, fallbackChannelId } = request;
    const kind = this.kinds.get(type);
    const secrets = this.secretsOf(request, before);
    const problems = [
      ...(NAME.test(name.trim()) ? [] : [{ field: 'name', message: 'expected 1 to 100 characters, without *' }]),
      ...(name.startsWith('on-call:') ? [{ field: 'name', message: 'must not begin with on-call:, as rotations do in routing' }] : []),
      ...(language === 'en' || language === 'zh' ? [] : [{ field: 'language', message: 'expected en or zh' }]),
      ...(kind ? kind.check(settings, secrets) : [{ field: 'type', message: `expected one of ${[...this.kinds.keys()].join(', ')}` }]),
      ...(await this.fallbackProblems(workspaceId, id, fallbackChannelId)),
    ];
    if (problems.length > 0) throw channelInvalid(problems);
    const secretNames = Object.keys(secrets).sort();
    return {
      id,
      workspaceId,
      name: name.trim(),
      type,
      settings,
      secrets: secretNames.length === 0 ? null : this.box.seal(workspaceId, id, secrets),
      secretNames,
      language: language as ChannelFacts['language'],
      enabled,
      fallbackChannelId: fallbackChannelId === '' ? null : fallbackChannelId,
    };
  }

  private secretsOf({ type, secrets }: PutChannel, before: ChannelRecord | null): ChannelSecrets {
    // What was a secret of one kind is nothing to another.
    const kept = before?.secrets && before.type === type ? this.keptSecrets(before, secrets) : {};
    return Object.fromEntries(Object.entries({ ...kept, ...secrets }).filter(([, value]) => value !== ''));
  }

  /** All of them are entered anew where the old ones can't be opened any more. */
  private keptSecrets(before: ChannelRecord, entered: ChannelSecrets): ChannelSecrets {
    if (before.secretNames.every((name) => Object.hasOwn(entered, name))) return {};
    return this.box.open(before.workspaceId, before.id, before.secrets!);
  }

  private async fallbackProblems(workspaceId: string, id: string, fallback: string) {
    if (fallback === '') return [];
    if (fallback === id) return [{ field: 'fallbackChannelId', message: 'is the channel itself' }];
    const found = await this.stores.channels.find(workspaceId, fallback);
    return found ? [] : [{ field: 'fallbackChannelId', message: 'there is no such channel' }];
  }
}
