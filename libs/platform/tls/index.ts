export { ensureAuthority, issueCertificate, type IssuedCertificate } from './certificate-authority';
export { readServiceTls, readTlsMaterial, type TlsFiles, type TlsMaterial } from './tls-material';
