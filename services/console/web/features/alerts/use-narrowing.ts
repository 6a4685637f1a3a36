import { useSearchParams } from 'react-router';

/** What the address says besides what the list is narrowed to. */
const BESIDE = ['scope', 'workspace', 'alert', 'delivery'];

/** What a list is narrowed to, as the address says it. Another filter begins at the first page. */
export function useNarrowing() {
  const [search, setSearch] = useSearchParams();
  return {
    given: (name: string) => search.get(name) ?? undefined,
    isNarrowed: [...search.keys()].some((name) => !BESIDE.includes(name)),
    narrow: (name: string, value: string | undefined) =>
      setSearch((before) => {
        const params = withParam(before, name, value);
        params.delete('after');
        return params;
      }),
    /** Opens one of the list, or none; the list stays where it is. */
    open: (name: string, value: string | undefined) => setSearch((before) => withParam(before, name, value)),
  };
}

function withParam(before: URLSearchParams, name: string, value: string | undefined): URLSearchParams {
  const params = new URLSearchParams(before);
  if (value) params.set(name, value);
  else params.delete(name);
  return params;
}
