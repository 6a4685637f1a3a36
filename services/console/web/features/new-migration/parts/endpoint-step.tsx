import PlusOutlined from '@ant-design/icons/PlusOutlined';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Radio, Skeleton } from 'antd';
import { useState } from 'react';
import type { MigrationKind } from '../../../elements/kind-icon';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useIdentity, useMay } from '../../../session/use-session';
import { placeOf } from '../../endpoints/endpoint-place';
import { EndpointForm } from '../../endpoints/parts/endpoint-form';
import { PlaceIcon } from '../../endpoints/parts/place-icon';
import { TestView } from '../../endpoints/parts/test-view';
import { endpointChoicesQuery, type Endpoint } from '../../endpoints/queries';
import { PLACES } from '../plan';
import { texts } from '../texts';

export interface EndpointStepProps {
  side: 'source' | 'target';
  kind: MigrationKind;
  /** The name of a saved endpoint; empty while there is none. */
  chosen: string;
  onChoose: (name: string) => void;
}

/** A saved endpoint, or a new one that is saved right here; either is tested at once. */
export function EndpointStep({ side, kind, chosen, onChoose }: EndpointStepProps) {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const mayWrite = useMay('endpoint:write');
  const [wantsNew, setWantsNew] = useState(false);
  const kinds = PLACES[kind][side];
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(endpointChoicesQuery(workspace));
  if (error) return <ProblemView error={error} onRetry={() => void refetch()} />;
  if (isPending) return <Skeleton active />;
  const fitting = data.pages.flatMap(({ items }) => items).filter(({ location }) => kinds.includes(location.kind));
  const found = fitting.find(({ name }) => name === chosen);
  const isNew = mayWrite && (wantsNew || fitting.length === 0);
  const onSaved = (endpoint: Endpoint) => {
    setWantsNew(false);
    onChoose(endpoint.name);
  };
  return (
    <div className="endpoint-step">
      {fitting.length > 0 && (
        <EndpointChoices
          label={t.steps[side]}
          endpoints={fitting}
          chosen={isNew ? '' : chosen}
          onChoose={(name) => {
            setWantsNew(false);
            onChoose(name);
          }}
        />
      )}
      {hasNextPage && <Button onClick={() => void fetchNextPage()}>{t.moreEndpoints}</Button>}
      {mayWrite && !isNew && (
        <Button className="add-endpoint" type="dashed" icon={<PlusOutlined aria-hidden="true" />} onClick={() => setWantsNew(true)}>
          {t.newEndpoint}
        </Button>
      )}
      {isNew && <EndpointForm kinds={kinds} onSaved={onSaved} onCancel={fitting.length > 0 ? () => setWantsNew(false) : undefined} />}
      {!isNew && found && mayWrite && <TestView key={found.id} endpoint={found} />}
    </div>
  );
}

interface EndpointChoicesProps {
  label: string;
  endpoints: Endpoint[];
  chosen: string;
  onChoose: (name: string) => void;
}

function EndpointChoices({ label, endpoints, chosen, onChoose }: EndpointChoicesProps) {
  return (
    <Radio.Group
      className="endpoint-choices"
      aria-label={label}
      value={chosen || undefined}
      onChange={({ target }) => onChoose(String(target.value))}
    >
      {endpoints.map(({ id, name, location }) => (
        <Radio key={id} value={name}>
          <span className="endpoint-choice">
            <PlaceIcon kind={location.kind} />
            <strong>{name}</strong>
            <code>{placeOf(location)}</code>
          </span>
        </Radio>
      ))}
    </Radio.Group>
  );
}
