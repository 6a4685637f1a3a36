import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { FieldProblems, fieldMessagesOf } from '../../elements/field-problems';
import { ProblemView } from '../../elements/problem-view';
import { PageSkeleton } from '../../frame/page-skeleton';
import { useTexts } from '../../language/texts';
import { AlertingHeader } from '../alerts/parts/alerting-header';
import { ChangedMeanwhile, useTheirs } from '../alerts/parts/changed-meanwhile';
import { useAlertScope, useMayIn } from '../alerts/scope';
import { NamedPanel } from './parts/named-panel';
import { PartDrawer } from './parts/part-drawer';
import { RouteDrawer, type OpenedRoute } from './parts/route-drawer';
import { RouteTreeView } from './parts/route-tree-view';
import { RoutingBar } from './parts/routing-bar';
import { RoutingTest } from './parts/routing-test';
import { routingQuery, useSaveRouting, type Routing } from './queries';
import { moved, withoutRoute } from './route-tree';
import { byName, type NamedList, type NamedParts, type RoutingDocument } from './routing-document';
import { texts } from './texts';

const LISTS: readonly NamedList[] = ['calendars', 'rotations', 'escalations', 'inhibitions'];

/** How alerts find their channels. */
export default function RoutingPage() {
  const t = useTexts(texts);
  const scope = useAlertScope();
  const { data, error, refetch } = useQuery(routingQuery(scope));
  return (
    <>
      <AlertingHeader title={t.title} lead={t.lead} />
      {error && !data && <ProblemView error={error} onRetry={() => void refetch()} />}
      {data ? <RoutingEditor key={scope.key} saved={data} /> : !error && <PageSkeleton />}
    </>
  );
}

/** What was changed is kept here until it is saved as a whole, which the API judges as a whole. */
function RoutingEditor({ saved }: { saved: Routing }) {
  const scope = useAlertScope();
  const client = useQueryClient();
  const mayConfigure = useMayIn(scope, 'configure');
  const [kept, setKept] = useState(saved);
  const [draft, setDraft] = useState<RoutingDocument>();
  const { theirs, onError, forget } = useTheirs(() => client.fetchQuery({ ...routingQuery(scope), staleTime: 0 }));
  const [route, openRoute] = useState<OpenedRoute>();
  const [part, openPart] = useState<{ list: NamedList; at: number | undefined }>();
  const [taken, setTaken] = useState<readonly (readonly string[])[]>([]);
  const { mutate, isPending, error, reset } = useSaveRouting(scope);
  // What is read anew is shown while nothing is being changed; a change is made to what was seen when it began.
  const base = draft === undefined && saved.version >= kept.version ? saved : kept;
  const document = draft ?? base.document;
  const change = (wish: Partial<RoutingDocument>) => {
    setKept(base);
    setDraft({ ...document, ...wish });
  };
  const start = (from: Routing, wished: RoutingDocument | undefined) => {
    setKept(from);
    setDraft(wished);
    forget();
    reset();
  };
  const save = () => mutate({ document, version: base.version }, { onSuccess: (after) => start(after, undefined), onError });
  const putPart = (list: NamedList, at: number | undefined, given: NamedParts[NamedList]) => {
    const parts = document[list] ?? [];
    change({ [list]: at === undefined ? [...parts, given] : parts.map((each, index) => (index === at ? given : each)) });
    openPart(undefined);
  };
  return (
    <FieldProblems value={fieldMessagesOf(error)}>
      <div className="routing">
        <div className="column">
          {draft && <RoutingBar isBusy={isPending} onSave={save} onDiscard={() => start(base, undefined)} />}
          {theirs && (
            <ChangedMeanwhile
              before={byName(base.document) as object}
              after={byName(theirs.document) as object}
              onKeep={() => start(theirs, draft)}
              onTake={() => start(theirs, undefined)}
            />
          )}
          {error && !theirs && <ProblemView error={error} />}
          <RouteTreeView
            root={document.route}
            taken={taken}
            onAct={
              mayConfigure
                ? (act, path) => {
                    if (act === 'change' || act === 'add') openRoute({ act, path });
                    else if (act === 'remove') change({ route: withoutRoute(document.route, path) });
                    else change({ route: moved(document.route, path, act === 'up' ? -1 : 1) });
                  }
                : undefined
            }
          />
        </div>
        <RoutingTest onTaken={setTaken} />
      </div>
      <div className="columns">
        {LISTS.map((list) => (
          <NamedPanel
            key={list}
            list={list}
            document={document}
            onOpen={mayConfigure ? (at) => openPart({ list, at }) : undefined}
            onRemove={(at) => change({ [list]: (document[list] ?? []).filter((_each, index) => index !== at) })}
          />
        ))}
      </div>
      {route && (
        <RouteDrawer
          opened={route}
          document={document}
          onDone={(root) => {
            change({ route: root });
            openRoute(undefined);
          }}
          onClose={() => openRoute(undefined)}
        />
      )}
      {part && (
        <PartDrawer
          {...part}
          document={document}
          onDone={(given) => putPart(part.list, part.at, given)}
          onClose={() => openPart(undefined)}
        />
      )}
    </FieldProblems>
  );
}
