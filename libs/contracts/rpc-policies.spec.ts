import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as contracts from './index';

const PROTO = join(__dirname, '..', '..', 'proto', 'smartant');

/** Paths of all RPCs, as they stand in `proto/` itself: a service that was never generated must not slip through. */
function declaredRpcs(): string[] {
  const files = readdirSync(PROTO, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.proto'));
  return files.flatMap((file) => {
    const text = readFileSync(join(PROTO, file), 'utf8').replaceAll(/\/\/.*$/gm, '');
    const [, scope = ''] = /^package\s+([\w.]+)\s*;/m.exec(text) ?? [];
    return text.split(/^service\s+/m).flatMap((service, index) => {
      if (index === 0) return [];
      const [name = ''] = /^\w+/.exec(service) ?? [];
      return [...service.matchAll(/^\s*rpc\s+(\w+)/gm)].map(([, rpc = '']) => `/${scope}.${name}/${rpc}`);
    });
  });
}

/** Of the service definitions that a server is made with. */
function servedRpcs(): string[] {
  const definitions = Object.values(contracts)
    .flatMap((namespace) => Object.entries(namespace as Record<string, unknown>))
    .filter(([name]) => name.endsWith('ServiceService'))
    .map(([, definition]) => definition as Record<string, { path: string }>);
  return definitions.flatMap((definition) => Object.values(definition).map(({ path }) => path));
}

it('knows the RPCs of each service', () => {
  expect(declaredRpcs()).toEqual(expect.arrayContaining(['/smartant.credential.v1.CredentialService/Resolve']));
  expect(servedRpcs().sort()).toEqual(declaredRpcs().sort());
});

it.each(declaredRpcs())('%s declares who may call it', (path) => {
  expect(contracts.rpcPolicies[path]?.callers.length).toBeGreaterThan(0);
});

it('has no policy for an RPC that there is not', () => {
  expect(Object.keys(contracts.rpcPolicies).sort()).toEqual(declaredRpcs().sort());
});
