import { credentials, experimental, ServerCredentials, type ChannelCredentials } from '@grpc/grpc-js';
import { ServiceIdentity, type TlsMaterial } from '@smartant/platform/tls';

/** Either fixed, or followed while its files are renewed. */
export type RpcTls = TlsMaterial | ServiceIdentity;

type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

export function channelCredentials(tls: RpcTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  if (!(tls instanceof ServiceIdentity)) return credentials.createSsl(tls.ca, tls.key, tls.cert);
  const provider = new IdentityProvider(tls);
  return experimental.createCertificateProviderChannelCredentials(provider, provider);
}

export function serverCredentials(tls: RpcTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  if (!(tls instanceof ServiceIdentity)) return ServerCredentials.createSsl(tls.ca, [{ cert_chain: tls.cert, private_key: tls.key }], true);
  const provider = new IdentityProvider(tls);
  return experimental.createCertificateProviderServerCredentials(provider, provider, true);
}

/**
 * Hands renewals to gRPC. Its own FileWatcherCertificateProvider (grpc-js 1.14.7) takes files that cannot be read for having no
 * certificate any more, and may pair a new certificate with the old key.
 */
class IdentityProvider implements experimental.CertificateProvider {
  private readonly caListeners = new Set<CaListener>();
  private readonly identityListeners = new Set<IdentityListener>();
  private readonly onRenewal = (material: TlsMaterial) => this.tell(material);

  constructor(private readonly identity: ServiceIdentity) {}

  addCaCertificateListener(listener: CaListener): void {
    this.caListeners.add(listener);
    this.identity.subscribe(this.onRenewal);
    process.nextTick(listener, { caCertificate: this.identity.material.ca });
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.identityListeners.add(listener);
    this.identity.subscribe(this.onRenewal);
    process.nextTick(listener, pairOf(this.identity.material));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.caListeners.delete(listener);
    this.unsubscribeWhenIdle();
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.identityListeners.delete(listener);
    this.unsubscribeWhenIdle();
  }

  private tell(material: TlsMaterial): void {
    for (const listener of this.caListeners) listener({ caCertificate: material.ca });
    for (const listener of this.identityListeners) listener(pairOf(material));
  }

  private unsubscribeWhenIdle(): void {
    if (this.caListeners.size + this.identityListeners.size === 0) this.identity.unsubscribe(this.onRenewal);
  }
}

function pairOf({ cert, key }: TlsMaterial): experimental.IdentityCertificateUpdate {
  return { certificate: cert, privateKey: key };
}
