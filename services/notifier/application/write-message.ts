import { BUILT_IN, type TemplateText } from '../domain/templates/built-in';
import { templateContext, type Told } from '../domain/templates/template-context';
import type { Language } from '../domain/message';
import type { TemplateRecord } from './ports/stores';
import { TemplateProblem, type TemplateEngine } from './ports/template-engine';

const LONGEST_TITLE = 300;
const LONGEST_TEXT = 30_000;

/** The template that a channel's messages are made of: the workspace's for its type, else for all types, else the built-in one. */
export function templateFor(templates: readonly TemplateRecord[], channelType: string, language: Language): TemplateText {
  const own = templates.filter((template) => template.language === language);
  return own.find((each) => each.channelType === channelType) ?? own.find((each) => each.channelType === '') ?? BUILT_IN[language];
}

/** Raises TemplateProblem. A title is one line. */
export function write(engine: TemplateEngine, template: TemplateText, told: Told): { title: string; text: string } {
  const context = templateContext(told);
  const title = engine.render(template.title, context).replace(/\s+/g, ' ').trim();
  const text = engine
    .render(template.body, context)
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return { title: cut(title, LONGEST_TITLE), text: cut(text, LONGEST_TEXT) };
}

/** As `write`; what a workspace's template can't say of these alerts is said by the built-in one: an alert is never lost to a template. */
export function writeAnyway(
  engine: TemplateEngine,
  template: TemplateText,
  told: Told,
): { title: string; text: string; problem: string | null } {
  try {
    const { title, text } = write(engine, template, told);
    if (title !== '' || text !== '') return { title: title || (text.split('\n')[0] ?? ''), text: text || title, problem: null };
    return { ...write(engine, BUILT_IN[told.language], told), problem: 'The template says nothing.' };
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    return { ...write(engine, BUILT_IN[told.language], told), problem: error.message };
  }
}

function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // Never half of a pair of surrogates.
  return `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
