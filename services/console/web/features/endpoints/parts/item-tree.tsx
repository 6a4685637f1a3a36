import { useQueryClient } from '@tanstack/react-query';
import { Button, Skeleton, Tree, type TreeDataNode } from 'antd';
import { useEffect, useState } from 'react';
import { ProblemView } from '../../../elements/problem-view';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { isLeaf, nameWithin, withPage, type Item, type Levels } from '../item-nodes';
import { itemsQuery } from '../queries';
import { texts } from '../texts';

const HEIGHT = 320;

export interface ItemTreeProps {
  endpoint: string;
  label: string;
  /** Absent where nothing is to be chosen. What lies below a chosen item is chosen with it. */
  chosen?: readonly string[];
  onChoose?: (item: Item, isChosen: boolean) => void;
  /** What cannot be chosen. */
  isFixed?: (item: Item) => boolean;
}

/** What is at an endpoint, with sizes, read as it is opened. */
export function ItemTree({ endpoint, label, chosen, onChoose, isFixed = () => false }: ItemTreeProps) {
  const t = useTexts(texts);
  const { levels, load, error } = useLevels(endpoint);
  const top = levels[''];
  if (error !== undefined && !top) return <ProblemView error={error} onRetry={() => void load('')} />;
  if (!top) return <Skeleton active title={false} />;
  if (top.items.length === 0) return <p className="quiet">{t.nothingThere}</p>;
  const byPath = new Map(Object.values(levels).flatMap(({ items }) => items.map((item) => [item.path, item] as const)));
  const nodes = (parent: string, isCovered: boolean): TreeDataNode[] => {
    const level = levels[parent];
    const items = (level?.items ?? []).map((item): TreeDataNode => {
      const isChosen = chosen?.includes(item.path) ?? false;
      return {
        key: item.path,
        title: <ItemTitle item={item} parent={parent} />,
        isLeaf: isLeaf(item),
        disableCheckbox: isCovered || (!isChosen && isFixed(item)),
        children: levels[item.path] ? nodes(item.path, isCovered || isChosen) : undefined,
      };
    });
    if (!level?.next) return items;
    const more: TreeDataNode = { key: `more ${parent}`, title: <MoreButton onMore={() => load(parent)} />, isLeaf: true, checkable: false };
    return [...items, more];
  };
  return (
    <>
      {error !== undefined && <ProblemView error={error} />}
      <Tree
        className="item-tree"
        aria-label={label}
        height={HEIGHT}
        selectable={false}
        checkable={chosen !== undefined}
        checkStrictly
        checkedKeys={chosen && { checked: [...chosen], halfChecked: [] }}
        treeData={nodes('', false)}
        loadData={({ key, children }) => (children ? Promise.resolve() : load(String(key)))}
        onCheck={(_keys, { node, checked }) => {
          const item = byPath.get(String(node.key));
          if (item) onChoose?.(item, checked);
        }}
      />
    </>
  );
}

function ItemTitle({ item, parent }: { item: Item; parent: string }) {
  const format = useFormats();
  return (
    <span className="item">
      <span>{nameWithin(item.path, parent)}</span>
      {item.sizeBytes > 0 && <span className="quiet">{format.bytes(item.sizeBytes)}</span>}
    </span>
  );
}

function MoreButton({ onMore }: { onMore: () => Promise<void> }) {
  const t = useTexts(texts);
  return (
    <Button size="small" type="link" onClick={() => void onMore()}>
      {t.moreItems}
    </Button>
  );
}

function useLevels(endpoint: string) {
  const { workspace } = useIdentity();
  const client = useQueryClient();
  const [levels, setLevels] = useState<Levels>({});
  const [error, setError] = useState<unknown>();
  const load = async (path: string) => {
    try {
      const page = await client.fetchQuery(itemsQuery(workspace, endpoint, path, levels[path]?.next ?? undefined));
      setLevels((before) => withPage(before, path, page));
      setError(undefined);
    } catch (reason) {
      setError(reason);
    }
  };
  useEffect(() => {
    let isCurrent = true;
    client
      .fetchQuery(itemsQuery(workspace, endpoint, ''))
      .then((page) => isCurrent && setLevels(withPage({}, '', page)))
      .catch((reason: unknown) => isCurrent && setError(reason));
    return () => void (isCurrent = false);
  }, [client, workspace, endpoint]);
  return { levels, load, error };
}
