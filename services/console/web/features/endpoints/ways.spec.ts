import { BLANK_WAY, withVia, withWays } from './ways';

const s3 = { kind: 's3', bucket: 'photos' } as const;
const bastion = { ...BLANK_WAY.ssh, host: 'bastion', user: 'ann', hostKeys: ['SHA256:k'] };

it('says nothing of a way where there is none', () => {
  expect(withVia(s3, [])).toBe(s3);
  expect(withWays({ kind: 'none' }, [{}])).toEqual({ kind: 'none' });
});

it('keeps the order of the steps, and a place for each in the secret', () => {
  const steps = [
    { way: BLANK_WAY.proxy, secret: {} },
    { way: bastion, secret: { password: 'open sesame' } },
  ];
  expect(withVia(s3, steps)).toEqual({ ...s3, via: [BLANK_WAY.proxy, bastion] });
  const secrets = steps.map(({ secret }) => secret);
  expect(withWays({ kind: 'none' }, secrets)).toEqual({ kind: 'none', network: { ways: [{}, { password: 'open sesame' }] } });
});
