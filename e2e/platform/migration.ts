import { waitFor, type EmbeddedPlatform } from './embedded-platform';

export interface MigrationView {
  id: string;
  phase: string;
  status: string;
  round: number;
  error: { code: string; message: string; hint: string } | null;
  findings: { code: string }[];
  ledger: Record<string, number>;
  verification: {
    equal: boolean;
    sourceFrozen: boolean;
    sourceObjects: number;
    targetObjects: number;
    sourceRoot: string;
    targetRoot: string;
    differenceCount: number;
    differences: { key: string; kind: string }[];
  } | null;
}

const BASE = '/v1/workspaces/default/migrations';

/** A migration driven by REST, as an integration would. */
export class ApiMigration {
  private constructor(
    private readonly platform: Pick<EmbeddedPlatform, 'api'>,
    readonly id: string,
  ) {}

  static async create(platform: Pick<EmbeddedPlatform, 'api'>, body: object): Promise<ApiMigration> {
    return new ApiMigration(platform, (await platform.api<MigrationView>('POST', BASE, body)).id);
  }

  /** One that is already there. */
  static of(platform: Pick<EmbeddedPlatform, 'api'>, id: string): ApiMigration {
    return new ApiMigration(platform, id);
  }

  get(): Promise<MigrationView> {
    return this.platform.api<MigrationView>('GET', `${BASE}/${this.id}`);
  }

  act(action: string, body: object = {}): Promise<MigrationView> {
    return this.platform.api<MigrationView>('POST', `${BASE}/${this.id}/${action}`, body);
  }

  call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return this.platform.api<T>(method, `${BASE}/${this.id}/${path}`, body);
  }

  /** Waits until the migration is as wanted; a failure that is not wanted ends the wait at once. */
  async until(condition: (migration: MigrationView) => boolean, timeoutMs = 120_000): Promise<MigrationView> {
    let last: MigrationView | undefined;
    await waitFor(
      'the migration',
      async () => {
        last = await this.get();
        if (condition(last)) return true;
        if (last.status === 'failed') throw new Error(`the platform ended it: ${JSON.stringify(last.error)}`);
        return false;
      },
      timeoutMs,
      () => JSON.stringify(last),
    );
    return last!;
  }
}

export const storageSpec = (
  options: { storage?: object; cutover?: object; limits?: object; incrementalIntervalSeconds?: number } = {},
): object => ({
  kind: 'storage',
  storage: { ...options.storage },
  ...(options.limits ? { limits: options.limits } : {}),
  cutover: { mode: 'automatic', sourceFrozen: true, finalize: 'automatic', ...options.cutover },
  incrementalIntervalSeconds: options.incrementalIntervalSeconds ?? 2,
});
