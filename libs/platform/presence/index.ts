export { announcePresence, type PresenceOptions } from './announce-presence';
export { hearPresence, type ServicePresence } from './hear-presence';
export { programVersion } from './program-version';
