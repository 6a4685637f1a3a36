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
        {entries.map(({ path, title, menu: { icon: Icon } }) => (
          <li key={path}>
            <NavLink to={path} end={path === '/'} onClick={onChoose}>
              <Icon aria-hidden={true} />
              {title[language]}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
