export * from './bytes';
export * from './clock';
export * from './durations';
export * from './errors';
export * from './glob-problem';
export * from './ids';
export * from './name-matcher';
export * from './utf8-order';
