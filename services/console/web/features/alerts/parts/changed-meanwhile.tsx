import { Alert, Button } from 'antd';
import { useState } from 'react';
import { ApiProblem } from '../../../api/api-problem';
import { useTexts } from '../../../language/texts';
import { changedFields } from '../../audit/changed-fields';
import { texts } from '../texts';

/** Whether the API refused a change because somebody else made one in between. */
const isStale = (error: unknown): boolean => error instanceof ApiProblem && error.problem.status === 412;

/** What holds by now where a change was refused for somebody else's, until one of the two is chosen. `read` asks for it anew. */
export function useTheirs<T>(read: () => Promise<T | undefined>) {
  const [theirs, setTheirs] = useState<T>();
  return {
    theirs,
    /** For the mutation that saves. */
    onError: (reason: unknown) => {
      if (isStale(reason)) void read().then(setTheirs);
    },
    forget: () => setTheirs(undefined),
  };
}

export interface ChangedMeanwhileProps {
  /** As it was when this user began, and as it is now. */
  before: object;
  after: object;
  /** Goes on with one's own, on top of what holds now. */
  onKeep: () => void;
  /** Throws one's own away. */
  onTake: () => void;
}

/** A change that was refused: what somebody else has changed since, and the choice. */
export function ChangedMeanwhile({ before, after, onKeep, onTake }: ChangedMeanwhileProps) {
  const t = useTexts(texts);
  const changes = changedFields({ ...before }, { ...after });
  return (
    <Alert
      role="alert"
      type="warning"
      showIcon
      title={t.changedMeanwhile}
      description={
        <div className="stack">
          <table className="changes">
            <thead>
              <tr>
                <th scope="col">{t.changed.field}</th>
                <th scope="col">{t.changed.before}</th>
                <th scope="col">{t.changed.after}</th>
              </tr>
            </thead>
            <tbody>
              {changes.map((change) => (
                <tr key={change.field}>
                  <th scope="row">
                    <code>{change.field}</code>
                  </th>
                  <td className="unit">{change.before !== null && <del>{change.before}</del>}</td>
                  <td className="unit">{change.after !== null && <ins>{change.after}</ins>}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <div className="buttons">
            <Button onClick={onTake}>{t.changed.take}</Button>
            <Button onClick={onKeep}>{t.changed.keep}</Button>
          </div>
        </div>
      }
    />
  );
}
