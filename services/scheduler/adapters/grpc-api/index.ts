export { noteRefusedCall } from './note-refused-call';
export { GrpcApiModule } from './grpc-api-module';
export { MigrationServiceController, type GrpcApiUseCases } from './migration-service-controller';
