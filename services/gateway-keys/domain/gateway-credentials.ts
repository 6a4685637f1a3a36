/** A public key of the scheduler's, by which Kong checks the tokens that are signed with it. */
export interface TokenKey {
  kid: string;
  algorithm: 'ES256';
  publicKeyPem: string;
}

/** The key by which a machine that cannot sign in is known. A secret. */
export interface MachineKey {
  consumer: string;
  key: string;
}

export interface GatewayCredentials {
  tokenKeys: TokenKey[];
  machineKeys: MachineKey[];
}

/** The consumer that stands for everybody who comes with a token of the platform. */
export const TOKEN_CONSUMER = 'smartant-tokens';

/** Which machine's key is too short to be left on an edge, or not printable. */
export function weakMachineKeys({ machineKeys }: Pick<GatewayCredentials, 'machineKeys'>): string[] {
  return machineKeys.filter(({ key }) => !/^[\x21-\x7e]{24,512}$/.test(key)).map(({ consumer }) => consumer);
}
