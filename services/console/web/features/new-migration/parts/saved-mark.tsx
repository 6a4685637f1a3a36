import { Button, Tooltip } from 'antd';
import { toProblem } from '../../../api/api-problem';
import { useTexts } from '../../../language/texts';
import type { DraftState } from '../draft-keeper';
import { texts } from '../texts';

/** Whether what is filled in is kept, so that nobody has to wonder. */
export function SavedMark({ saving, error, onRetry }: Pick<DraftState, 'saving' | 'error'> & { onRetry: () => void }) {
  const t = useTexts(texts);
  return (
    <span className="saved-mark" role="status" data-saving={saving}>
      {saving === 'failed' ? <Tooltip title={toProblem(error).detail}>{t.saving.failed}</Tooltip> : t.saving[saving]}
      {saving === 'failed' && (
        <Button size="small" onClick={onRetry}>
          {t.saveAgain}
        </Button>
      )}
    </span>
  );
}
