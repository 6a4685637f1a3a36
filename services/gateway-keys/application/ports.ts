import type { GatewayCredentials, MachineKey, TokenKey } from '../domain/gateway-credentials';

/** Where the keys that tokens are checked with are published. Raises GATEWAY_KEYS_UNREADABLE. */
export interface TokenKeySource {
  read(signal: AbortSignal): Promise<TokenKey[]>;
}

/** Where an operator leaves keys of machines. Raises GATEWAY_KEYS_UNREADABLE. */
export interface MachineKeySource {
  read(): Promise<MachineKey[]>;
}

/** A gateway that is to know them. `put` brings it to exactly these, and is cheap when it has them. Raises GATEWAY_REFUSED or GATEWAY_UNREACHABLE. */
export interface Gateway {
  put(credentials: GatewayCredentials, signal: AbortSignal): Promise<'changed' | 'unchanged'>;
}

export interface SyncLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
