import { useTexts } from '../../language/texts';
import { texts } from './texts';

export const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** To be chosen from, the worst first. */
export function useSeverityOptions(): { value: (typeof SEVERITIES)[number]; label: string | undefined }[] {
  const { severities } = useTexts(texts);
  return SEVERITIES.map((value) => ({ value, label: severities[value] }));
}
