import { useTexts } from '../language/texts';
import { texts } from './texts';

/** Holds the place of a page whose code is on its way, so that nothing jumps when it comes. */
export function PageSkeleton() {
  return (
    <div className="page-skeleton" role="status" aria-label={useTexts(texts).loading}>
      <i />
      <i />
      <i />
    </div>
  );
}
