import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { ProblemView } from '../../../elements/problem-view';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { workspacesQuery } from '../../admin-workspaces/queries';
import { everywhereQuery } from '../health-queries';
import { texts } from '../texts';
import { workspaceCensus } from '../workspace-census';

const FIGURES = ['running', 'waiting', 'failed', 'done'] as const;

/** How every workspace fares, for administrators. */
export function Everywhere() {
  const t = useTexts(texts);
  const format = useFormats();
  const titleId = useId();
  const { data, error } = useQuery(everywhereQuery);
  const { data: workspaces } = useQuery(workspacesQuery);
  const rows = workspaceCensus(data?.items ?? []);
  const nameOf = (id: string) => workspaces?.items.find((workspace) => workspace.id === id)?.name ?? id;
  return (
    <section className="panel" aria-labelledby={titleId}>
      <h2 id={titleId}>{t.everywhereTitle}</h2>
      {error && <ProblemView error={error} />}
      <div className="census" tabIndex={0} role="group" aria-labelledby={titleId}>
        <table className="changes">
          <thead>
            <tr>
              <th scope="col">{t.workspace}</th>
              {FIGURES.map((name) => (
                <th key={name} scope="col">
                  {t.census[name]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.workspaceId}>
                <th scope="row">{nameOf(row.workspaceId)}</th>
                {FIGURES.map((name) => (
                  <td key={name}>{format.count(row[name])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
