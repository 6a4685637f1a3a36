import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/query-client';
import { Console } from './frame/console';
import { Surroundings } from './look/surroundings';
import { giveStylesTheNonce } from './look/style-nonce';
import { followOtherTabs } from './session/other-tabs';
import './look/look.css';
import './look/pages.css';

giveStylesTheNonce();
followOtherTabs();

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <Surroundings>
        <QueryClientProvider client={queryClient}>
          <Console />
        </QueryClientProvider>
      </Surroundings>
    </StrictMode>,
  );
