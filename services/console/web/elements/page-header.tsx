import { useEffect, type ReactNode } from 'react';

export interface PageHeaderProps {
  title: string;
  /** One sentence on what the page is for. */
  lead?: string;
  /** What can be done here; left out for who may not. */
  actions?: ReactNode;
}

/** The heading of a page, which is also the title of its tab. */
export function PageHeader({ title, lead, actions }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · SmartAnt`;
  }, [title]);
  return (
    <header className="page-header">
      <div>
        <h1>{title}</h1>
        {lead && <p>{lead}</p>}
      </div>
      {actions && <div className="page-actions">{actions}</div>}
    </header>
  );
}
