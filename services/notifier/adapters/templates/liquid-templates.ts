import { Liquid } from 'liquidjs';
import { TemplateProblem, type TemplateEngine } from '../../application/ports/template-engine';
import type { TemplateContext } from '../../domain/templates/template-context';

const LONGEST_TEMPLATE = 20_000;
const LONGEST_OUTPUT = 100_000;
/** Units of the engine's own counting: characters parsed, items made while rendering. */
const LIMITS = { parseLimit: 50_000, renderLimit: 250, memoryLimit: 1_000_000 };
/** Tags that read other templates. There are none to read: they are unknown, like any other word. */
const READING = ['include', 'render', 'layout', 'block'];

/**
 * Liquid (https://liquidjs.com) without files, without other templates, and without what lies behind an object's own values: templates
 * come from users. Unknown filters are errors, unknown variables are empty.
 */
export class LiquidTemplates implements TemplateEngine {
  private readonly engine: Liquid;

  constructor() {
    this.engine = new Liquid({
      ...LIMITS,
      templates: {},
      relativeReference: false,
      dynamicPartials: false,
      ownPropertyOnly: true,
      strictFilters: true,
      strictVariables: false,
      cache: false,
    });
    for (const tag of READING) delete this.engine.tags[tag];
  }

  render(template: string, context: TemplateContext): string {
    if (template.length > LONGEST_TEMPLATE) throw new TemplateProblem(`It is longer than ${LONGEST_TEMPLATE} characters.`);
    try {
      const text = String(this.engine.parseAndRenderSync(template, context));
      // eslint-disable-next-line no-control-regex -- What no channel shows, and some refuse.
      return text.slice(0, LONGEST_OUTPUT).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '');
    } catch (error) {
      throw new TemplateProblem((error as Error).message.split('\n')[0]?.slice(0, 500));
    }
  }
}
