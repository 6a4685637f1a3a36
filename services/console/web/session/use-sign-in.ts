import { useState } from 'react';
import { ApiProblem } from '../api/api-problem';
import { session } from './session';

export interface Credentials {
  username: string;
  password: string;
  code?: string;
}

/** What the form asks for next, after what the server has said to what was sent. */
export type SignInStep = 'password' | 'code' | 'enrolment';

const NEXT_STEPS: Readonly<Record<string, SignInStep>> = {
  SECOND_FACTOR_REQUIRED: 'code',
  SECOND_FACTOR_ENROLMENT_REQUIRED: 'enrolment',
};

/** Signs in by as many steps as the account needs. */
export function useSignIn() {
  const [step, setStep] = useState<SignInStep>('password');
  const [credentials, setCredentials] = useState<Credentials>({ username: '', password: '' });
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);

  const submit = async (entered: Partial<Credentials>) => {
    const all = { ...credentials, ...entered };
    setCredentials(all);
    setBusy(true);
    setError(undefined);
    try {
      await session.signIn(all);
    } catch (thrown) {
      const next = thrown instanceof ApiProblem ? NEXT_STEPS[thrown.problem.code] : undefined;
      if (next) setStep(next);
      else setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  const startOver = () => {
    setStep('password');
    setCredentials({ username: '', password: '' });
    setError(undefined);
  };
  return { step, credentials, error, isBusy, submit, startOver };
}
