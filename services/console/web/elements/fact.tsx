import type { ReactNode } from 'react';

/** One line of a `<dl className="facts">`; nothing where there is nothing to say. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (!children) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd className="unit">{children}</dd>
    </div>
  );
}
