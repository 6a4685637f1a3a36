import { grantsOf, verifiedEmail, type OidcMapping } from './oidc-mapping';

const byDomain: OidcMapping = { emailDomain: 'Example.com', workspaceId: 'ws_a', role: 'viewer' };
const byGroup: OidcMapping = { claim: 'groups', value: 'ops', workspaceId: 'ws_a', role: 'operator' };
const other: OidcMapping = { claim: 'department', value: 'storage', workspaceId: 'ws_b', role: 'owner' };

describe('what a provider says of a user', () => {
  it.each([
    ['a verified address of the domain', { email: 'Ann@EXAMPLE.com', email_verified: true }, ['ws_a viewer']],
    ['an address that is not verified', { email: 'ann@example.com', email_verified: false }, []],
    ['an address whose verification is a text', { email: 'ann@example.com', email_verified: 'true' }, []],
    ['an address of another domain', { email: 'ann@example.com.evil.test', email_verified: true }, []],
    ['an address with two signs', { email: 'ann@example.com@evil.test', email_verified: true }, []],
    ['a group of a list', { groups: ['dev', 'ops'] }, ['ws_a operator']],
    ['a group that only contains the name', { groups: 'devops' }, []],
    [
      'several claims, of which the most powerful counts',
      { email: 'a@example.com', email_verified: true, groups: ['ops'] },
      ['ws_a operator'],
    ],
    ['claims for two workspaces', { groups: ['ops'], department: 'storage' }, ['ws_a operator', 'ws_b owner']],
    ['nothing', {}, []],
  ])('%s', (_name, claims, expected) => {
    const grants = grantsOf([byDomain, byGroup, other], claims);
    expect(grants.map(({ workspaceId, role }) => `${workspaceId} ${role}`)).toEqual(expected);
  });

  it('is not read from what every object has', () => {
    expect(grantsOf([{ claim: 'constructor', value: 'Object', workspaceId: 'ws_a', role: 'owner' }], {})).toEqual([]);
  });

  it('is in small letters where it is an address', () => {
    expect(verifiedEmail({ email: 'Ann@Example.com', email_verified: true })).toBe('ann@example.com');
  });
});
