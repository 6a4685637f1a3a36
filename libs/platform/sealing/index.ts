export { deriveKey, KEY_BYTES, openBytes, sealBytes } from './aes-gcm';
