import type { FieldError } from '@smartant/kernel';
import type { Language } from '../../domain/message';
import { BUILT_IN } from '../../domain/templates/built-in';
import type { Told } from '../../domain/templates/template-context';
import { notFound, templateInvalid, versionStale } from '../errors';
import type { ChannelTypes } from '../ports/channel';
import type { AlertStore, TemplateRecord, TemplateStore } from '../ports/stores';
import { TemplateProblem, type TemplateEngine } from '../ports/template-engine';
import { write } from '../write-message';
import { sampleAlert } from './sample-alert';

export interface TemplateDraft {
  workspaceId: string;
  /** Empty: for channels of every type. */
  channelType: string;
  language: string;
  title: string;
  body: string;
}

/** The words of messages: built-in ones, and a workspace's own in their place. */
export class TemplateService {
  constructor(
    private readonly stores: { templates: TemplateStore; alerts: AlertStore },
    private readonly kinds: ChannelTypes,
    private readonly engine: TemplateEngine,
  ) {}

  async list(workspaceId: string): Promise<(TemplateRecord & { builtIn: boolean })[]> {
    const own = await this.stores.templates.list(workspaceId);
    const builtIn = (['en', 'zh'] as const).map((language) => ({
      workspaceId,
      channelType: '',
      language,
      ...BUILT_IN[language],
      version: 0,
      builtIn: true,
    }));
    return [...own.map((template) => ({ ...template, builtIn: false })), ...builtIn];
  }

  /** Raises NOTIFY_TEMPLATE_INVALID and NOTIFY_VERSION_STALE. */
  async put(draft: TemplateDraft, ifVersion: number, actor: string): Promise<TemplateRecord> {
    const problems = this.problems(draft);
    if (problems.length > 0) throw templateInvalid(problems);
    const template = { ...draft, language: draft.language as Language };
    const stored = await this.stores.templates.put(template, ifVersion, actor);
    if (stored) return stored;
    const found = (await this.stores.templates.list(draft.workspaceId)).find(
      ({ channelType, language }) => channelType === draft.channelType && language === draft.language,
    );
    throw versionStale('template', found?.version ?? 0);
  }

  async remove(workspaceId: string, channelType: string, language: string): Promise<void> {
    await this.stores.templates.remove(workspaceId, channelType, language);
  }

  /** Of an alert, or of a sample where `alertId` is empty. `problem` says what is wrong with the template; empty: nothing. */
  async preview(draft: TemplateDraft, alertId: string): Promise<{ title: string; body: string; problem: string }> {
    const language: Language = draft.language === 'zh' ? 'zh' : 'en';
    const alert = alertId === '' ? sampleAlert(new Date()) : await this.stores.alerts.find(draft.workspaceId, alertId);
    if (!alert) throw notFound('alert', alertId);
    const told: Told = { ...tellingOf([alert], language, draft.workspaceId), groupLabels: { alertname: alert.name } };
    try {
      const { title, text } = write(this.engine, draft, told);
      return { title, body: text, problem: '' };
    } catch (error) {
      if (error instanceof TemplateProblem) return { title: '', body: '', problem: error.message };
      throw error;
    }
  }

  private problems(draft: TemplateDraft): FieldError[] {
    const { channelType, language } = draft;
    return [
      ...(language === 'en' || language === 'zh' ? [] : [{ field: 'language', message: 'expected en or zh' }]),
      ...(channelType === '' || this.kinds.has(channelType)
        ? []
        : [{ field: 'channelType', message: `expected nothing, or one of ${[...this.kinds.keys()].join(', ')}` }]),
      ...this.textProblems(draft, 'title'),
      ...this.textProblems(draft, 'body'),
    ];
  }

  private textProblems(draft: TemplateDraft, field: 'title' | 'body'): FieldError[] {
    const told = tellingOf([sampleAlert(new Date())], draft.language === 'zh' ? 'zh' : 'en', draft.workspaceId);
    try {
      const written = write(this.engine, { title: '', body: '', [field]: draft[field] }, told);
      return written[field === 'title' ? 'title' : 'text'] === '' ? [{ field, message: 'says nothing of a sample alert' }] : [];
    } catch (error) {
      if (error instanceof TemplateProblem) return [{ field, message: error.message }];
      throw error;
    }
  }
}

function tellingOf(alerts: Told['alerts'], language: Language, workspaceId: string): Told {
  const firing = alerts.filter(({ status }) => status === 'firing').length;
  return {
    language,
    workspaceId,
    groupLabels: {},
    alerts,
    firing,
    resolved: alerts.length - firing,
    stillFiring: firing,
    kind: 'group',
    url: '',
  };
}
