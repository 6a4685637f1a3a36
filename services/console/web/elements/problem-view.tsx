import { Alert, Button } from 'antd';
import { toProblem, type Problem } from '../api/api-problem';
import { useTexts } from '../language/texts';
import { texts } from './texts';

export interface ProblemViewProps {
  error: unknown;
  onRetry?: () => void;
}

/** What went wrong, what to do about it, and what to tell whoever looks into it: never a bare "something went wrong". */
export function ProblemView({ error, onRetry }: ProblemViewProps) {
  const t = useTexts(texts);
  const problem = localized(toProblem(error), t);
  return (
    <Alert
      role="alert"
      type={problem.retryable ? 'warning' : 'error'}
      showIcon
      title={problem.detail || problem.title}
      description={<ProblemDetails problem={problem} />}
      action={
        onRetry && (
          <Button size="small" onClick={onRetry}>
            {t.retry}
          </Button>
        )
      }
    />
  );
}

function ProblemDetails({ problem }: { problem: Problem }) {
  const t = useTexts(texts);
  return (
    <div className="problem">
      {problem.hint && <p>{problem.hint}</p>}
      {problem.fields && (
        <ul aria-label={t.problemFields}>
          {problem.fields.map(({ field, message }) => (
            <li key={field}>
              <code>{field}</code> {message}
            </li>
          ))}
        </ul>
      )}
      <p className="problem-marks">
        <Mark name={t.problemCode} value={problem.code} />
        <Mark name={t.problemTrace} value={problem.traceId} />
        <Mark name={t.problemDocs} value={problem.docs} />
      </p>
    </div>
  );
}

function Mark({ name, value }: { name: string; value: string }) {
  if (value === '') return null;
  return (
    <span>
      {name} <code>{value}</code>
    </span>
  );
}

/** The console's own problems have no text of the API. */
function localized(problem: Problem, t: (typeof texts)['en']): Problem {
  if (problem.code === 'CONSOLE_API_UNREACHABLE') return { ...problem, detail: t.unreachableTitle, hint: t.unreachableHint };
  if (problem.code === 'CONSOLE_FAILED') return { ...problem, title: t.failedTitle, hint: t.failedHint };
  return problem;
}
