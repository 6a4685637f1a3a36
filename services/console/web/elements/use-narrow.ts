import { useSearchParams } from 'react-router';

/** Narrows a list by one of its filters, kept in the address; empty: by that one no more. Another filter begins at the first page. */
export function useNarrow(): (name: string, value: string | undefined) => void {
  const [, setSearch] = useSearchParams();
  return (name, value) =>
    setSearch((before) => {
      const params = new URLSearchParams(before);
      params.delete('after');
      if (value) params.set(name, value);
      else params.delete(name);
      return params;
    });
}
