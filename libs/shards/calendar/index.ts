export * from './calendar';
export * from './calendar-keeper';
export * from './calendar-rules';
