export type { AdmissionClass } from './admission-class';
export { rpcAdmission } from './rpc-admission';
export { createSchedulerGate, DEFAULT_GATE_SETTINGS, type GateSettings, type SchedulerGate } from './scheduler-gate';
