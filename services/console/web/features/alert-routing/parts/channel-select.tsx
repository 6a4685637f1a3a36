import { useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import type { FieldControl } from '../../../elements/field';
import { useTexts } from '../../../language/texts';
import { useAlertScope } from '../../alerts/scope';
import { channelsQuery, useChannelNames } from '../../channels/queries';
import type { Rotation } from '../routing-document';
import { texts } from '../texts';

const ON_CALL = 'on-call:';

/** What a document calls a channel, as people read it. */
export function useChannelWords(): (reference: string) => string {
  const t = useTexts(texts);
  const nameOf = useChannelNames(useAlertScope());
  return (reference) => {
    if (reference === '*') return t.everyChannel;
    if (reference.startsWith(ON_CALL)) return t.onCall(reference.slice(ON_CALL.length));
    return nameOf(reference) ?? reference;
  };
}

export interface ChannelSelectProps {
  control: FieldControl;
  value: readonly string[];
  /** Whoever's turn it is can be told, too; absent where only channels may stand. */
  rotations?: readonly Rotation[];
  placeholder?: string;
  onChange: (channels: string[]) => void;
}

/** Channels by name; what a route says by id is the API's. */
export function ChannelSelect({ control, value, rotations, placeholder, onChange }: ChannelSelectProps) {
  const words = useChannelWords();
  const { data } = useQuery(channelsQuery(useAlertScope()));
  const others = rotations === undefined ? [] : ['*', ...rotations.map(({ name }) => `${ON_CALL}${name}`)];
  const references = [...new Set([...(data?.items ?? []).map(({ id }) => id), ...others, ...value])];
  return (
    <Select
      {...control}
      mode="multiple"
      value={[...value]}
      placeholder={placeholder}
      showSearch={{ optionFilterProp: 'label' }}
      options={references.map((reference) => ({ value: reference, label: words(reference) }))}
      onChange={onChange}
    />
  );
}
