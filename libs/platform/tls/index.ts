export { ensureAuthority, issueCertificate, type IssuedCertificate } from './certificate-authority';
export { readServiceTls, readTlsMaterial, type TlsFiles, type TlsMaterial } from './tls-material';
export { readIdentity, WatchedIdentity, type Identity, type IdentityFiles, type WatchOptions } from './watched-identity';
