import type { Labels, Severity } from '../../domain/alert';
import { compileMatchers, matchableLabels, type LabelTest, type MatchedAlert, type Matcher } from '../../domain/routing/matcher';
import { Inhibitions } from '../../domain/routing/inhibition';
import type { QuietHours, RoutingDocument } from '../../domain/routing/routing-document';
import { quietAt } from '../../domain/routing/times';

export interface Hold {
  by: 'silenced' | 'inhibited' | 'quiet-hours';
  /** The silence, inhibition or calendar. */
  holder: string;
}

type FiringPage = (matchers: readonly Matcher[], size: number, after: string) => Promise<(MatchedAlert & { id: string })[]>;

const PAGE = 1_000;

/** What holds alerts of a workspace back at a moment. */
export class Holds {
  private constructor(
    private readonly document: RoutingDocument,
    private readonly silences: { id: string; test: LabelTest }[],
    private readonly inhibitions: Inhibitions,
    private readonly at: Date,
  ) {}

  /** Asks for what fires only where there are inhibitions. */
  static async at(
    at: Date,
    document: RoutingDocument,
    silences: readonly { id: string; matchers: readonly Matcher[] }[],
    firing: FiringPage,
  ): Promise<Holds> {
    const inhibitions = new Inhibitions(document.inhibitions);
    for (const { source } of document.inhibitions) await addSources(inhibitions, source, firing);
    const compiled = silences.map(({ id, matchers }) => ({ id, test: compileMatchers(matchers) }));
    return new Holds(document, compiled, inhibitions, at);
  }

  /** All silences that meet it. */
  silencesOf(labels: Labels): string[] {
    return this.silences.filter(({ test }) => test(labels)).map(({ id }) => id);
  }

  /** Null: it may be told. */
  of(alert: MatchedAlert, quiet: QuietHours | null): Hold | null {
    const labels = matchableLabels(alert);
    const [silence] = this.silencesOf(labels);
    if (silence !== undefined) return { by: 'silenced', holder: silence };
    const inhibition = this.inhibitions.holding(labels);
    if (inhibition !== null) return { by: 'inhibited', holder: inhibition };
    return quiet && this.isQuiet(quiet, alert.severity) ? { by: 'quiet-hours', holder: quiet.calendar } : null;
  }

  /** When quiet hours end that hold something now; null: none do. */
  quietUntil(quiet: QuietHours | null): Date | null {
    const calendar = quiet && this.document.calendars.find(({ name }) => name === quiet.calendar);
    if (!calendar) return null;
    const state = quietAt(calendar, this.at.getTime());
    return state.quiet && state.untilMs !== null ? new Date(state.untilMs) : null;
  }

  private isQuiet({ calendar: name, except }: QuietHours, severity: Severity): boolean {
    const calendar = this.document.calendars.find((each) => each.name === name);
    return calendar !== undefined && !except.includes(severity) && quietAt(calendar, this.at.getTime()).quiet;
  }
}

async function addSources(inhibitions: Inhibitions, matchers: readonly Matcher[], firing: FiringPage): Promise<void> {
  for (let after = ''; ;) {
    const page = await firing(matchers, PAGE, after);
    for (const alert of page) inhibitions.add(matchableLabels(alert));
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.id;
  }
}
