import { Button, Dropdown } from 'antd';
import { use } from 'react';
import { FieldProblems } from '../../../elements/field-problems';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { spanText } from '../span-text';
import { fieldOf, type RoutePath } from '../route-tree';
import type { Route } from '../routing-document';
import { texts } from '../texts';
import { useChannelWords } from './channel-select';

export type RouteAct = 'change' | 'add' | 'up' | 'down' | 'remove';

export interface RouteTreeViewProps {
  root: Route;
  /** Absent where nothing may be changed. */
  onAct?: (act: RouteAct, path: RoutePath) => void;
  /** Names from the root of the routes that a tried alert takes. */
  taken: readonly (readonly string[])[];
}

/** The tree as it is asked: from above to below, each route with what it says. */
export function RouteTreeView(props: RouteTreeViewProps) {
  return (
    <ul className="route-tree">
      <RouteNode {...props} route={props.root} path={[]} names={[]} siblings={1} />
    </ul>
  );
}

interface RouteNodeProps extends RouteTreeViewProps {
  route: Route;
  path: RoutePath;
  names: readonly string[];
  siblings: number;
}

function RouteNode({ route, path, names, siblings, ...tree }: RouteNodeProps) {
  const t = useTexts(texts);
  const own = [...names, route.name];
  const isTaken = tree.taken.some((taken) => taken.length === own.length && taken.every((name, at) => name === own[at]));
  const children = route.routes ?? [];
  return (
    <li>
      <div className="route-node" data-taken={isTaken || undefined}>
        <div className="route-head">
          <strong>{route.name}</strong>
          {isTaken && <span className="route-taken">{t.takesIt}</span>}
          {tree.onAct && <RouteActs route={route} path={path} siblings={siblings} onAct={tree.onAct} />}
        </div>
        <RouteWords route={route} isRoot={path.length === 0} />
        <RouteProblems path={path} />
      </div>
      {children.length > 0 && (
        <ul>
          {children.map((child, at) => (
            <RouteNode key={`${at} ${child.name}`} {...tree} route={child} path={[...path, at]} names={own} siblings={children.length} />
          ))}
        </ul>
      )}
    </li>
  );
}

function RouteWords({ route, isRoot }: { route: Route; isRoot: boolean }) {
  const t = useTexts(texts);
  const format = useFormats();
  const words = useChannelWords();
  const { matchers = [], channels, groupBy, groupWait, groupInterval, repeatInterval, quiet, escalation, digest } = route;
  const facts: [string, string | undefined][] = [
    [t.channels, channels?.map(words).join(', ')],
    [t.groupBy, groupBy?.map((label) => (label === '...' ? t.everyLabel : label)).join(', ')],
    [t.groupWait, groupWait && spanText(format, groupWait)],
    [t.groupInterval, groupInterval && spanText(format, groupInterval)],
    [t.repeatInterval, repeatInterval && spanText(format, repeatInterval)],
    [t.quiet, quiet && [quiet.calendar, ...(quiet.except?.length ? [t.except(quiet.except.join(', '))] : [])].join(' ')],
    [t.escalation, escalation],
    [t.digest, digest && (digest.every === 'hour' ? t.hourly : t.daily(digest.at ?? '09:00', digest.timeZone ?? 'UTC'))],
  ];
  return (
    <>
      <p className="route-matchers">
        {matchers.map((matcher) => (
          <code key={matcher}>{matcher}</code>
        ))}
        {matchers.length === 0 && <span className="quiet">{isRoot ? t.takesAll : t.takesAllOfParent}</span>}
        {route.continue && <span className="quiet">{t.goesOn}</span>}
      </p>
      <dl className="route-facts">
        {facts.map(([name, text]) =>
          text === undefined ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ),
        )}
      </dl>
    </>
  );
}

/** What the API says of this route, and of no route below it. */
function RouteProblems({ path }: { path: RoutePath }) {
  const own = fieldOf(path);
  const found = use(FieldProblems).filter(
    ({ field }) => (field === own || field.startsWith(`${own}.`)) && !/^routes\.\d/.test(field.slice(own.length + 1)),
  );
  if (found.length === 0) return null;
  return (
    <div role="alert">
      {found.map(({ field, message }) => (
        <p key={field} className="field-message">
          <code>{field.slice(own.length + 1)}</code> {message}
        </p>
      ))}
    </div>
  );
}

function RouteActs({
  route,
  path,
  siblings,
  onAct,
}: Pick<RouteNodeProps, 'route' | 'path' | 'siblings'> & Required<Pick<RouteTreeViewProps, 'onAct'>>) {
  const t = useTexts(texts);
  const at = path.at(-1);
  const more = [
    { key: 'up', label: t.acts.up, disabled: at === undefined || at === 0 },
    { key: 'down', label: t.acts.down, disabled: at === undefined || at === siblings - 1 },
    { key: 'remove', label: t.acts.remove, danger: true, disabled: at === undefined },
  ];
  return (
    <span className="row-actions row-end">
      <Button size="small" aria-label={`${t.acts.change}: ${route.name}`} onClick={() => onAct('change', path)}>
        {t.acts.change}
      </Button>
      <Button size="small" aria-label={`${t.acts.add}: ${route.name}`} onClick={() => onAct('add', path)}>
        {t.acts.add}
      </Button>
      {at !== undefined && (
        <Dropdown trigger={['click']} menu={{ items: more, onClick: ({ key }) => onAct(key as RouteAct, path) }}>
          <Button size="small" aria-label={`${t.acts.more}: ${route.name}`}>
            {t.acts.more}
          </Button>
        </Dropdown>
      )}
    </span>
  );
}
