import { X509Certificate } from 'node:crypto';
import type { EndpointSecret } from './endpoint';

/** From and until when the client certificate in a secret is good; null where it has none, or none that can be read. */
export function certificateLife({ network }: EndpointSecret): { from: Date; until: Date } | null {
  const pem = network?.clientCertificate?.certificatePem;
  if (pem === undefined) return null;
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    return { from: new Date(validFrom), until: new Date(validTo) };
  } catch {
    return null;
  }
}
