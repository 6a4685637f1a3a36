import { lazy, Suspense, useState, type ComponentType } from 'react';
import { NavLink } from 'react-router';
import { useLanguage, useTexts } from '../language/texts';
import type { PageEntry } from '../page-entry';
import { texts } from './texts';

/** The menu, as the list of links that it is: every way of using a page knows what to do with it. */
export function Navigation({ pages, onChoose }: { pages: readonly PageEntry[]; onChoose?: () => void }) {
  const t = useTexts(texts);
  const { language } = useLanguage();
  const entries = pages.flatMap(({ menu, ...page }) => (menu ? [{ ...page, menu }] : []));
  entries.sort((one, other) => one.menu.order - other.menu.order);
  return (
    <nav aria-label={t.menu} className="navigation">
      <ul>
        {entries.map(({ path, title, menu: { icon: Icon, mark } }) => (
          <li key={path}>
            <NavLink to={path} end={path === '/'} onClick={onChoose}>
              <Icon aria-hidden={true} />
              {title[language]}
              {mark && <Mark load={mark} />}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Without it where its code cannot be had: the menu itself goes on. */
function Mark({ load }: { load: () => Promise<{ default: ComponentType }> }) {
  const [Loaded] = useState(() => lazy(() => load().catch(() => ({ default: Nothing }))));
  return (
    <Suspense>
      <Loaded />
    </Suspense>
  );
}

const Nothing = () => null;
