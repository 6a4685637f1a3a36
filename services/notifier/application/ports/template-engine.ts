import type { TemplateContext } from '../../domain/templates/template-context';

/** Turns a text with placeholders into words. Reads values and can call nothing; time, memory and output are bounded. */
export interface TemplateEngine {
  /** Raises TemplateProblem for a template that is not in order, or takes too much. */
  render(template: string, context: TemplateContext): string;
}

/** What is wrong with a template, for whoever wrote it. */
export class TemplateProblem extends Error {}
