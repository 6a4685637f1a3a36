import MenuOutlined from '@ant-design/icons/MenuOutlined';
import { Button, Drawer } from 'antd';
import { Suspense, useState } from 'react';
import { Outlet, useLocation } from 'react-router';
import { ErrorBoundary } from '../elements/error-boundary';
import { OpenPages } from '../elements/page-link';
import { useTexts } from '../language/texts';
import { PAGES } from '../pages';
import { useIdentity } from '../session/use-session';
import { Brand } from './brand';
import { Navigation } from './navigation';
import { PageSkeleton } from './page-skeleton';
import { texts } from './texts';
import { UserMenu } from './user-menu';
import { WorkspaceSwitcher } from './workspace-switcher';

/** What stands around every page: menu, workspace, user. On a narrow screen the menu is folded away. */
export function Frame() {
  const t = useTexts(texts);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const { pathname } = useLocation();
  const { permissions, workspaceId } = useIdentity();
  const pages = PAGES.filter(({ permission }) => permission === undefined || permissions.includes(permission));
  return (
    <OpenPages value={pages.map(({ path }) => path)}>
      <div className="frame">
        <a className="skip-link" href="#content">
          {t.skip}
        </a>
        <aside className="sidebar">
          <div>
            <Brand />
            <Navigation pages={pages} />
          </div>
        </aside>
        <div className="frame-main">
          <div className="topbar" role="banner">
            <Button
              className="narrow-only"
              type="text"
              aria-label={t.openMenu}
              icon={<MenuOutlined aria-hidden="true" />}
              onClick={() => setMenuOpen(true)}
            />
            <WorkspaceSwitcher />
            <UserMenu />
          </div>
          <main id="content" tabIndex={-1}>
            {/* Anew for each page, so that a failure does not outlast a click on the menu, and for each workspace, as nothing of it may stay. */}
            <ErrorBoundary key={`${workspaceId} ${pathname}`}>
              <Suspense fallback={<PageSkeleton />}>
                <Outlet />
              </Suspense>
            </ErrorBoundary>
          </main>
        </div>
        <Drawer placement="left" size={260} open={isMenuOpen} onClose={() => setMenuOpen(false)} title={<Brand />}>
          <Navigation pages={pages} onChoose={() => setMenuOpen(false)} />
        </Drawer>
      </div>
    </OpenPages>
  );
}
