import type { ComponentType, ReactNode } from 'react';

/** What stands where there is nothing yet: what would be here, and how to get it. */
export function EmptyState({ icon: Icon, title, children }: { icon: ComponentType; title: string; children: ReactNode }) {
  return (
    <div className="empty-state">
      <span className="empty-icon" aria-hidden="true">
        <Icon />
      </span>
      <h2>{title}</h2>
      <div>{children}</div>
    </div>
  );
}
