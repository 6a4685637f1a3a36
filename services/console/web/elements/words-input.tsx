import { Select, type SelectProps } from 'antd';

/** Any number of words, none of them to choose from; Enter ends one. */
export function WordsInput(props: SelectProps<string[]>) {
  return <Select<string[]> {...props} mode="tags" open={false} suffixIcon={null} />;
}
