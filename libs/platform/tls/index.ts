export { advanceRollover, requestRollover, takeRolloverRequest, type RolloverStep } from './authority-rollover';
export { authorityEndsSoon, ensureAuthority, issueCertificate, type IssuedCertificate } from './certificate-authority';
export { openServiceIdentity, ServiceIdentity } from './service-identity';
export { readServiceTls, readTlsMaterial, type TlsFiles, type TlsMaterial } from './tls-material';
export { readIdentity, WatchedIdentity, type Identity, type IdentityFiles, type WatchOptions } from './watched-identity';
