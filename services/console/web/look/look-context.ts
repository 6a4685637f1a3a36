import { createContext, use } from 'react';
import type { Look } from './theme';

export interface LookChoice {
  look: Look;
  isDark: boolean;
  choose(look: Look): void;
}

export const LookContext = createContext<LookChoice>({ look: 'system', isDark: false, choose: () => undefined });

export const useLook = (): LookChoice => use(LookContext);
