import { lazy, type ComponentType } from 'react';
import { createBrowserRouter } from 'react-router';
import { PAGES } from '../pages';
import type { PageEntry } from '../page-entry';
import { useMay } from '../session/use-session';
import { Frame } from './frame';
import { NotFound } from './not-found';

/** The address that is open keeps all that a page wants to be found by: a link to it shows others the same. */
export const makeRouter = () =>
  createBrowserRouter(
    [
      {
        path: '/',
        element: <Frame />,
        children: [...PAGES.map(routeOf), { path: '*', element: <NotFound /> }],
      },
    ],
    { basename: '/console' },
  );

function routeOf({ path, load, permission }: PageEntry) {
  const Page = lazy(load);
  return { path, element: permission === undefined ? <Page /> : <Guarded page={Page} permission={permission} /> };
}

function Guarded({ page: Page, permission }: { page: ComponentType; permission: string }) {
  return useMay(permission) ? <Page /> : <NotFound />;
}
