import DownloadOutlined from '@ant-design/icons/DownloadOutlined';
import { useMutation } from '@tanstack/react-query';
import { App, Button, Tooltip } from 'antd';
import { toProblem } from '../../../api/api-problem';
import { useTexts } from '../../../language/texts';
import { saveChain, saveTable } from '../export-audit';
import type { AuditPageWanted } from '../queries';
import { texts } from '../texts';

export interface ExportButtonsProps {
  /** Null: of the whole platform. */
  workspace: string | null;
  wanted: AuditPageWanted;
}

/** What is listed as a table, and the whole chain with its seals for who checks it offline. */
export function ExportButtons({ workspace, wanted }: ExportButtonsProps) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const onError = (error: unknown) => void message.error(toProblem(error).detail);
  const table = useMutation({
    mutationFn: () => saveTable(workspace, wanted),
    onSuccess: (isWhole) => void (isWhole || message.warning(t.csvCut)),
    onError,
  });
  const chain = useMutation({ mutationFn: () => saveChain(workspace), onError });
  return (
    <div className="buttons">
      <Tooltip title={t.csvHelp}>
        <Button icon={<DownloadOutlined aria-hidden="true" />} loading={table.isPending} onClick={() => table.mutate()}>
          {t.csv}
        </Button>
      </Tooltip>
      <Tooltip title={t.chainHelp}>
        <Button icon={<DownloadOutlined aria-hidden="true" />} loading={chain.isPending} onClick={() => chain.mutate()}>
          {t.chain}
        </Button>
      </Tooltip>
    </div>
  );
}
