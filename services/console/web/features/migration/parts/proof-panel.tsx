import { Alert, Button } from 'antd';
import { useMutation } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { downloadReport } from '../queries';
import { texts } from '../texts';

/** What was compared and found, and the signed report of it. */
export function ProofPanel({ migration, workspace }: { migration: Schema<'Migration'>; workspace: string }) {
  const t = useTexts(texts);
  const report = useMutation({ mutationFn: () => downloadReport(workspace, migration.id) });
  const { verification } = migration;
  return (
    <section className="panel" aria-label={t.verification}>
      <h2>{t.verification}</h2>
      {verification ? (
        <>
          <Verdict verification={verification} />
          <Button loading={report.isPending} onClick={() => report.mutate()}>
            {t.report}
          </Button>
          {report.error && <ProblemView error={report.error} />}
        </>
      ) : (
        <p className="quiet">{t.reportLater}</p>
      )}
    </section>
  );
}

function Verdict({ verification }: { verification: Schema<'VerificationSummary'> }) {
  const t = useTexts(texts);
  const format = useFormats();
  const { equal, sourceObjects, sourceBytes, differenceCount, waivedCount, sourceRoot, differences } = verification;
  return (
    <Alert
      showIcon
      type={equal ? 'success' : 'error'}
      title={equal ? t.verifiedEqual : t.verifiedDifferent}
      description={
        <div className="problem">
          <p>{t.verifiedOf(format.count(sourceObjects), format.bytes(sourceBytes))}</p>
          {differenceCount > 0 && <p>{t.differences(format.count(differenceCount))}</p>}
          {waivedCount > 0 && <p>{t.waived(format.count(waivedCount))}</p>}
          <ul>
            {differences.slice(0, 10).map(({ key, kind, detail }) => (
              <li key={`${kind}-${key}`}>
                <code>{key}</code> {kind} {detail}
              </li>
            ))}
          </ul>
          {sourceRoot && (
            <p className="problem-marks">
              {t.root} <code className="digest">{sourceRoot}</code>
            </p>
          )}
        </div>
      }
    />
  );
}
