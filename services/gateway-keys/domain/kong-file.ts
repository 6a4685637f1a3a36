import { TOKEN_CONSUMER, type GatewayCredentials } from './gateway-credentials';

export interface KongConsumer {
  username: string;
  jwt_secrets?: object[];
  keyauth_credentials?: object[];
  [field: string]: unknown;
}

/** A declarative file of Kong, as far as it matters here. */
export interface KongFile {
  consumers?: KongConsumer[];
  [field: string]: unknown;
}

/** The file with its consumers' keys. A consumer without a key stays, and is let in by nothing; a key without a consumer is left out. */
export function withCredentials(file: KongFile, { tokenKeys, machineKeys }: GatewayCredentials): KongFile {
  const consumers = (file.consumers ?? []).map((consumer) => {
    if (consumer.username === TOKEN_CONSUMER) {
      const secrets = tokenKeys.map(({ kid, algorithm, publicKeyPem }) => ({ key: kid, algorithm, rsa_public_key: publicKeyPem }));
      return { ...consumer, jwt_secrets: secrets };
    }
    const keys = machineKeys.filter((machine) => machine.consumer === consumer.username).map(({ key }) => ({ key }));
    return keys.length === 0 ? consumer : { ...consumer, keyauth_credentials: keys };
  });
  return { ...file, consumers };
}
