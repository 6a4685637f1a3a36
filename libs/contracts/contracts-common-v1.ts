export * from './generated/proto/smartant/common/v1/endpoint';
export * from './generated/proto/smartant/common/v1/migration';
