import type { NotificationDesk, NotificationOwner, Template, TemplateKey } from '../ports/notification-desk';
import { templateTarget } from './notification-details';
import type { NotificationPlace } from './notification-place';
import type { NotificationUseCases } from './notification-use-cases';

type TemplateUseCases = Pick<NotificationUseCases, 'listTemplates' | 'updateTemplate' | 'removeTemplate' | 'previewTemplate'>;

export function templateUseCases(place: NotificationPlace): TemplateUseCases {
  const { desk } = place;
  return {
    listTemplates: async (caller) => desk.listTemplates(place.ownerFor(caller, 'read')),
    updateTemplate: async (caller, key, text, { expectedVersion }) => {
      const owner = place.ownerFor(caller, 'configure');
      const before = await ownTemplate(desk, owner, key);
      const after = await desk.replaceTemplate(owner, key, expectedVersion ?? before?.version ?? 0, text, place.actorOf(caller));
      await place.record(caller, 'notification-template.update', templateTarget(key), before && detail(before), detail(after));
      return after;
    },
    removeTemplate: async (caller, key) => {
      const owner = place.ownerFor(caller, 'configure');
      const before = await ownTemplate(desk, owner, key);
      await desk.removeTemplate(owner, key, place.actorOf(caller));
      if (before) await place.record(caller, 'notification-template.reset', templateTarget(key), detail(before), null);
    },
    previewTemplate: async (caller, key, text, alertId) => desk.previewTemplate(place.ownerFor(caller, 'operate'), key, text, alertId),
  };
}

/** What stands in the place of a built-in template; null where nothing does. */
async function ownTemplate(desk: NotificationDesk, owner: NotificationOwner, key: TemplateKey): Promise<Template | null> {
  const templates = await desk.listTemplates(owner);
  const isMeant = (template: Template) => template.channelType === key.channelType && template.language === key.language;
  return templates.find((template) => isMeant(template) && !template.builtIn) ?? null;
}

const detail = ({ title, body, version }: Template) => ({ title, body, version });
