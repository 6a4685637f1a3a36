import { Alert, Button } from 'antd';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { answerOf } from '../api/answer-of';
import { ProblemView } from '../elements/problem-view';
import { useTexts } from '../language/texts';
import { beginWith, forgetRefusal, lastRefusal } from './provider-sign-in';
import { listProviders } from './session-calls';
import { texts } from './texts';

/** Whom else one can sign in with, where administrators have added a provider. */
export default function ProviderButtons({ note }: { note?: string }) {
  const t = useTexts(texts);
  const { data } = useQuery({ queryKey: ['sign-in-providers'], queryFn: () => answerOf(listProviders()), staleTime: Infinity });
  const [trouble, setTrouble] = useState<unknown>(lastRefusal);
  useEffect(forgetRefusal, []);
  const [leavingFor, setLeavingFor] = useState<string>();
  const begin = (name: string) => {
    setLeavingFor(name);
    setTrouble(undefined);
    beginWith(name).catch((error: unknown) => {
      setLeavingFor(undefined);
      setTrouble(error instanceof TypeError ? 'INSECURE' : error);
    });
  };
  const names = data?.items.map(({ name }) => name) ?? [];
  return (
    <>
      {typeof trouble === 'string' ? <Refusal code={trouble} /> : trouble !== undefined && <ProblemView error={trouble} />}
      {names.length > 0 && (
        <div className="sign-in-providers" role="group" aria-label={t.otherWays}>
          <p className="quiet">
            {t.otherWays} {note}
          </p>
          {names.map((name) => (
            <Button key={name} size="large" block loading={leavingFor === name} onClick={() => begin(name)}>
              {t.signInWith(name)}
            </Button>
          ))}
        </div>
      )}
    </>
  );
}

function Refusal({ code }: { code: string }) {
  const t = useTexts(texts);
  return (
    <Alert
      role="alert"
      type="error"
      showIcon
      title={t.refusals[code] ?? t.refused}
      description={
        <p className="problem-marks">
          <code>{code}</code>
        </p>
      }
    />
  );
}
