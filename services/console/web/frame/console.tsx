import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { RouterProvider } from 'react-router';
import { ProblemView } from '../elements/problem-view';
import { ExpiredSession } from '../session/expired-session';
import { takeProviderAnswer } from '../session/provider-answer';
import { session } from '../session/session';
import { SignInPage } from '../session/sign-in-page';
import { useSession } from '../session/use-session';
import { PageSkeleton } from './page-skeleton';
import { makeRouter } from './router';

/** Goes on with a session, or with what a provider's sign-in has come back with. */
async function openSession(): Promise<void> {
  const answer = takeProviderAnswer();
  if (answer === undefined) return session.open();
  const { finishWith } = await import('../session/provider-sign-in');
  return finishWith(answer);
}

/** Everything, as the session allows it. */
export function Console() {
  const state = useSession();
  const [router] = useState(makeRouter);
  const [trouble, setTrouble] = useState<unknown>();
  const client = useQueryClient();
  const open = () => {
    setTrouble(undefined);
    openSession().catch(setTrouble);
  };
  useEffect(open, []);
  const owner = 'identity' in state ? state.identity.userId : undefined;
  // What one user has seen is not for the next one at the same screen.
  useEffect(() => () => void (owner !== undefined && client.clear()), [client, owner]);
  if (trouble !== undefined) return <ProblemView error={trouble} onRetry={open} />;
  if (state.kind === 'opening') return <PageSkeleton />;
  if (state.kind === 'signed-out') return <SignInPage />;
  return (
    <>
      <RouterProvider key={owner} router={router} />
      {state.kind === 'expired' && <ExpiredSession username={state.identity.username} />}
    </>
  );
}
