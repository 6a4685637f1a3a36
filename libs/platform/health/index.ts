export { listenError, startAdminServer, type AdminServer, type AdminServerOptions } from './admin-server';
export { HealthRegistry, type HealthReport } from './health-registry';
