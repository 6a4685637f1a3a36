import { Button, Popconfirm } from 'antd';
import type { Schema } from '@smartant/contracts/openapi';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

export interface FixButtonProps {
  fix: Schema<'Fix'>;
  isBusy: boolean;
  onFix: (includeUnsafe: boolean) => void;
}

/** Shows what would be run before it is. */
export function FixButton({ fix, isBusy, onFix }: FixButtonProps) {
  const t = useTexts(texts);
  return (
    <Popconfirm
      title={fix.isSafe ? t.fixRuns : t.fixUnsafe}
      description={<pre className="statements">{fix.statements.join('\n')}</pre>}
      okText={t.fix}
      cancelText={t.keep}
      onConfirm={() => onFix(!fix.isSafe)}
    >
      <Button size="small" loading={isBusy}>
        {t.fix}
      </Button>
    </Popconfirm>
  );
}
