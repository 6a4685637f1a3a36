import { credentialV1, migrationV1 } from '@smartant/contracts';
import { RPC_CLASSES } from './rpc-admission';

it('knows the class of every RPC that the scheduler serves, and no other', () => {
  const services = [credentialV1.CredentialServiceService, migrationV1.MigrationServiceService];
  const served = services.flatMap((service) => Object.values(service).map(({ path }) => path as string));
  expect(Object.keys(RPC_CLASSES).sort()).toEqual(served.sort());
});
