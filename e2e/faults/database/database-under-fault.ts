import { startRestartablePostgres, type FaultProxy, type RestartablePostgres, type Toxiproxy } from '@smartant/test-servers';
import { inlineEndpoint } from '../../database/bank';
import { persistently } from '../chaos/persistently';

/** A real PostgreSQL that is crashed and started again on its data, reached by the platform through a network that fails. */
export class DatabaseUnderFault {
  private constructor(
    readonly server: RestartablePostgres,
    readonly network: FaultProxy,
  ) {}

  static async start(toxiproxy: Toxiproxy): Promise<DatabaseUnderFault> {
    const server = await startRestartablePostgres({ settings: { max_replication_slots: '40', max_wal_senders: '40' } });
    return new DatabaseUnderFault(server, await toxiproxy.createProxy(`127.0.0.1:${server.port}`));
  }

  /** For the test itself: past the failing network. */
  makeDatabase(name: string): Promise<string> {
    return persistently(() => this.server.createDatabase(name).catch((error: unknown) => this.unlessMade(error, name)));
  }

  /** How the platform reaches a database of it. */
  endpointOf(url: string): object {
    return inlineEndpoint(url, this.network.address);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** Made by an earlier try whose answer was lost. */
  private unlessMade(error: unknown, name: string): string {
    if ((error as { code?: string }).code !== '42P04') throw error;
    const url = new URL(this.server.adminUrl);
    url.pathname = `/${encodeURIComponent(name)}`;
    return url.toString();
  }
}
