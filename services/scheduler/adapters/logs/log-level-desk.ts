import { broadcastLogLevels, type EventBus } from '@smartant/platform/events';
import type { SqlExecutor } from '@smartant/platform/postgres';
import type { LogLevelSetting, LogLevelStore } from '../../application/logs/log-levels';

interface Row {
  service: string;
  module: string;
  level: LogLevelSetting['level'] | null;
  until: Date;
  set_by: string;
}

/**
 * Levels in a table, told to all processes by the lossy broadcast: at once, and again and again while one holds, so that who starts meanwhile
 * hears them too. One that was reset stays as a row without level until its time, so that its end is told again as well.
 */
export class LogLevelDesk implements LogLevelStore {
  constructor(
    private readonly sql: SqlExecutor,
    private readonly bus: Pick<EventBus, 'broadcast'>,
  ) {}

  async list(): Promise<LogLevelSetting[]> {
    return (await this.rows()).filter(({ level }) => level !== null).map(toSetting);
  }

  async set({ service, module, level, setBy }: Omit<LogLevelSetting, 'until'>, forSeconds: number): Promise<LogLevelSetting> {
    const [row] = await this.sql.query<Row>(
      `INSERT INTO log_level AS held (service, module, level, until, set_by)
       VALUES ($1, $2, $3, now() + $4 * interval '1 second', $5)
       ON CONFLICT (service, module) DO UPDATE SET level = excluded.level, until = excluded.until, set_by = excluded.set_by
       RETURNING service, module, level, until, set_by`,
      [service, module ?? '', level, forSeconds, setBy],
    );
    return toSetting(row!);
  }

  async reset(service: string): Promise<void> {
    await this.sql.query('UPDATE log_level SET level = NULL WHERE service = $1 AND until > now()', [service]);
  }

  async announce(): Promise<void> {
    const rows = await this.rows();
    const levels = rows.flatMap(({ service, module, level, until }) =>
      level === null ? [] : [{ service, module: module === '' ? null : module, level, untilMs: until.getTime() }],
    );
    // One that is lost is told again.
    await broadcastLogLevels(this.bus, levels).catch(() => undefined);
  }

  /** Tells again what holds, if anything does or did until a moment ago. */
  async repeat(): Promise<void> {
    await this.sql.query('DELETE FROM log_level WHERE until < now()');
    if ((await this.rows()).length > 0) await this.announce();
  }

  private rows(): Promise<Row[]> {
    return this.sql.query<Row>('SELECT service, module, level, until, set_by FROM log_level WHERE until > now() ORDER BY service, module');
  }
}

function toSetting({ service, module, level, until, set_by: setBy }: Row): LogLevelSetting {
  return { service, module: module === '' ? null : module, level: level!, until: new Date(until).toISOString(), setBy };
}
