import type { Language } from '../../language/language';
import type { Alert } from './queries';

type Named = Pick<Alert, 'name' | 'labels' | 'annotations' | 'texts'>;

const knownOf = (texts: Named['texts'], language: Language) => texts?.[language === 'en' ? 'en' : 'zh'];

/** What an alert is called: by what is known of its name, else by what its source says of it, else by its name alone. */
export function titleOf({ name, annotations, texts }: Pick<Named, 'name' | 'annotations' | 'texts'>, language: Language): string {
  return knownOf(texts, language)?.title ?? annotations['summary'] ?? name;
}

/** What it says besides its title: what its source found. */
export function saidBy({ annotations, texts }: Pick<Named, 'annotations' | 'texts'>): string | undefined {
  const { error_message: error, description, summary, message } = annotations;
  return error ?? description ?? message ?? (texts ? summary : undefined);
}

/** What to do first: of a known name in the reader's language, else what its source advises. */
export function adviceFor({ annotations, texts }: Pick<Named, 'annotations' | 'texts'>, language: Language): string | undefined {
  return knownOf(texts, language)?.advice ?? annotations['hint'];
}

const SUBJECTS = ['migration', 'endpoint', 'credential', 'node', 'namespace', 'pod', 'workload', 'host', 'instance', 'service'] as const;

/** What it is about, shortly: the first labels that name something. */
export function subjectOf({ labels }: Pick<Named, 'labels'>): string {
  const named = SUBJECTS.flatMap((label) => (labels[label] === undefined ? [] : [labels[label]]));
  return named.slice(0, 2).join(' · ');
}

/** Where its runbook is, where its source gives an address that a browser can open safely. */
export function runbookOf({ annotations }: Pick<Named, 'annotations'>): string | undefined {
  const given = annotations['runbook_url'] ?? annotations['runbook'];
  return given !== undefined && /^https?:\/\/\S+$/i.test(given) ? given : undefined;
}
