import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Server,
  ServerCredentials,
  status,
  type ServerWritableStream,
  type ServiceDefinition,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { credentialV1, migrationV1, migratorV1, notificationV1 } from '@smartant/contracts';
import { SmartantError } from '@smartant/kernel';
import { meshCallerOf, toGrpcError } from '@smartant/platform/grpc';

/**
 * What a replica does with a call: answers with an empty message, refuses because it or an endpoint of the user is away, or says nothing until it
 * is released.
 */
export type Answer = 'ok' | 'unavailable' | 'endpoint-away' | 'hold';

const ENDPOINT_AWAY = toGrpcError(new SmartantError('STORAGE_UNREACHABLE', 'It is away.', { kind: 'unavailable', actor: 'user' })).code;

type Call = ServerUnaryCall<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>;

/** A replica that serves all gRPC services of the platform, and counts what it is asked. Over HTTP it answers everything with its name. */
export class Replica {
  /** Paths of the RPCs that arrived, in order. */
  readonly calls: string[] = [];
  /** Who called, as far as a sidecar beside it says so. */
  readonly callers: (string | undefined)[] = [];
  /** Used up one call after another; then `otherwise`. */
  private next: Answer[] = [];
  private otherwise: Answer = 'ok';
  private readonly held: (() => void)[] = [];
  private constructor(
    private readonly server: Server,
    private readonly http: HttpServer,
    readonly port: number,
  ) {}

  static async start(name: string): Promise<Replica> {
    const server = new Server();
    let replica: Replica | undefined = undefined;
    const services: ServiceDefinition[] = [
      credentialV1.CredentialServiceService,
      migrationV1.MigrationServiceService,
      migratorV1.MigratorServiceService,
      notificationV1.NotificationServiceService,
    ];
    for (const service of services) server.addService(...emptyAnswers(service, (path, call, end) => replica!.take(path, call, end)));
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
    );
    const http = createServer((_request, response) => response.end(name));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return (replica = new Replica(server, http, port));
  }

  get httpPort(): number {
    return (this.http.address() as AddressInfo).port;
  }

  /** From now on: `first`, one call each, then `otherwise`. Forgets what arrived. */
  does(otherwise: Answer, ...first: Answer[]): void {
    this.calls.length = 0;
    this.callers.length = 0;
    this.next = first;
    this.otherwise = otherwise;
  }

  /** How many calls it keeps waiting. */
  get holding(): number {
    return this.held.length;
  }

  /** Answers all that it kept waiting. */
  release(): void {
    for (const answer of this.held.splice(0)) answer();
  }

  stop(): void {
    this.server.forceShutdown();
    this.http.close();
    this.http.closeAllConnections();
  }

  private take(path: string, call: Call, end: (code: status) => void): void {
    this.calls.push(path);
    this.callers.push(meshCallerOf(call.metadata, call));
    const answer = this.next.shift() ?? this.otherwise;
    if (answer === 'ok') end(status.OK);
    if (answer === 'unavailable') end(status.UNAVAILABLE);
    if (answer === 'endpoint-away') end(ENDPOINT_AWAY);
    if (answer !== 'hold') return;
    const release = () => end(status.OK);
    this.held.push(release);
    call.on('cancelled', () => this.held.includes(release) && this.held.splice(this.held.indexOf(release), 1));
  }
}

/** The service with messages left as bytes: an empty one is a right answer to every RPC. */
function emptyAnswers(
  service: ServiceDefinition,
  take: (path: string, call: Call, end: (code: status) => void) => void,
): Parameters<Server['addService']> {
  const entries = Object.entries(service).map(([name, method]) => {
    const raw = { ...method, requestDeserialize: (bytes: Buffer) => bytes, responseSerialize: () => Buffer.alloc(0) };
    const unary = (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<object>) =>
      take(method.path, call, (code) => (code === status.OK ? answer(null, {}) : answer({ code })));
    const stream = (call: ServerWritableStream<Buffer, Buffer>) =>
      take(method.path, call, (code) => (code === status.OK ? call.end() : call.emit('error', { code, details: 'unavailable' })));
    return [name, raw, method.responseStream ? stream : unary] as const;
  });
  return [
    Object.fromEntries(entries.map(([name, raw]) => [name, raw])) as ServiceDefinition,
    Object.fromEntries(entries.map(([name, , handler]) => [name, handler])) as never,
  ];
}
