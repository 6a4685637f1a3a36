export * from './active-runs';
export * from './release-migration';
export * from './stage-counters';
export * from './stage-endings';
export * from './stage-job';
export * from './stage-stores';
export * from './stage-works';
export * from './staged-kind';
