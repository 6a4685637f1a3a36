import { Drawer } from 'antd';
import { useTexts } from '../../../language/texts';
import { fieldOf, routeAt, withChild, withRoute, type RoutePath } from '../route-tree';
import type { Route, RoutingDocument } from '../routing-document';
import { texts } from '../texts';
import { RouteForm } from './route-form';

/** `add`: a route below the one at `path`. */
export interface OpenedRoute {
  act: 'change' | 'add';
  path: RoutePath;
}

export interface RouteDrawerProps {
  opened: OpenedRoute;
  document: RoutingDocument;
  /** With the whole tree as it is then. */
  onDone: (root: Route) => void;
  onClose: () => void;
}

const WIDTH = 680;

/** Changes one route of the tree, or makes one below it. */
export function RouteDrawer({ opened: { act, path }, document, onDone, onClose }: RouteDrawerProps) {
  const t = useTexts(texts);
  const { route: root } = document;
  const parent = routeAt(root, path);
  if (!parent) return null;
  const isNew = act === 'add';
  const route = isNew ? { name: '' } : parent;
  const own = isNew ? [...path, parent.routes?.length ?? 0] : path;
  return (
    <Drawer
      open
      size={WIDTH}
      title={isNew ? t.newRoute(parent.name) : `${t.acts.change}: ${parent.name}`}
      closable={{ 'aria-label': t.close }}
      onClose={onClose}
    >
      <RouteForm
        route={route}
        document={document}
        isRoot={!isNew && path.length === 0}
        path={fieldOf(own)}
        onDone={(after) => onDone(isNew ? withChild(root, path, after) : withRoute(root, path, after))}
      />
    </Drawer>
  );
}
