import type { ComponentType } from 'react';
import type { Language } from './language/language';

/** A page of the console. Its own code is loaded when somebody opens it. */
export interface PageEntry {
  /** As react-router writes it, below /console: `/migrations/:id`. */
  path: string;
  title: Readonly<Record<Language, string>>;
  load: () => Promise<{ default: ComponentType }>;
  /** Its place in the menu; pages without one are reached from others. */
  menu?: {
    icon: ComponentType<{ 'aria-hidden'?: boolean }>;
    order: number;
    /** What stands behind its title, such as a count; its code comes after the page is there. */
    mark?: () => Promise<{ default: ComponentType }>;
  };
  /** Who does not hold it neither sees the page in the menu nor can open it. */
  permission?: string;
}
