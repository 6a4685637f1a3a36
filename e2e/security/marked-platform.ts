import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedPlatform, type CliResult } from '../platform/embedded-platform';
import { Canaries, findIn } from './canaries';
import { commandLines, environmentsBelow, type Place } from './places';

const OWN_SECRETS = [
  'api-key-pepper',
  'admin-password',
  'postgres-password',
  'scheduler-database-password',
  'storage-migrator-database-password',
  'db-migrator-database-password',
  'host-migrator-database-password',
  'notifier-database-password',
  'intake-token',
];
const LOOK_MS = 250;

/** A platform whose own secrets carry the mark, and which remembers everything that it answered and showed. */
export class MarkedPlatform {
  readonly canaries = new Canaries();
  readonly platform: EmbeddedPlatform;
  readonly answers: string[] = [];
  private readonly outputs: CliResult[] = [];
  private readonly exposed = new Map<string, string>();
  private watch: NodeJS.Timeout | undefined;
  private supervisor = 0;
  private token = '';

  constructor() {
    this.platform = new EmbeddedPlatform({
      // As users have them in the shell from which they start it.
      AWS_SECRET_ACCESS_KEY: this.canaries.secret(),
      SMARTANT_SOURCE_SECRET_ACCESS_KEY: this.canaries.secret(),
      SMARTANT_LOG_LEVEL: 'debug',
      SMARTANT_LATE_WRITE_SECONDS: '5',
    });
  }

  /** The platform keeps the secrets that it finds in its folder, so they are laid there first. */
  async start(): Promise<void> {
    mkdirSync(join(this.platform.dataFolder, 'secrets'), { mode: 0o700 });
    for (const name of OWN_SECRETS) this.writeSecret(name, this.canaries.secret());
    this.writeSecret('master-key', this.canaries.key());
    await this.platform.start();
    this.canaries.also(this.platform.token.apiKey);
    const lock = readFileSync(join(this.platform.dataFolder, 'run', 'supervisor.lock'), 'utf8');
    this.supervisor = (JSON.parse(lock) as { pid: number }).pid;
    // Processes come and go: they are looked at all the time.
    this.watch = setInterval(() => this.lookAtProcesses(), LOOK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.watch);
    await this.platform.stop();
  }

  async dispose(): Promise<void> {
    await this.stop();
    await this.platform.dispose();
  }

  writeSecret(name: string, value: string): string {
    const path = join(this.platform.dataFolder, 'secrets', name);
    writeFileSync(path, `${value}\n`, { mode: 0o600 });
    return path;
  }

  readSecret(name: string): string {
    return readFileSync(join(this.platform.dataFolder, 'secrets', name), 'utf8').trim();
  }

  /** One call of which everything that comes back is kept, whatever it is. */
  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<number> {
    const response = await fetch(`${this.platform.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.accessToken()}`, 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    this.answers.push(`${method} ${path.split('?')[0]} ${response.status} ${JSON.stringify([...response.headers])} ${text}`);
    return response.status;
  }

  async cli(args: string[], environment: Record<string, string> = {}): Promise<number> {
    const result = await this.platform.cli(args, environment);
    this.outputs.push(result);
    return result.status;
  }

  /** What the command line and the supervisor printed. */
  shown(): Place[] {
    const texts = [this.platform.output, ...this.outputs.flatMap(({ stdout, stderr }) => [stdout, stderr])];
    return texts.map((text) => ({ name: 'output', content: Buffer.from(text) }));
  }

  /** Each of these places with a mark in it, and what is around it. */
  marked(places: Iterable<Place>): string[] {
    const needles = this.canaries.needles();
    const found: string[] = [];
    for (const { name, content } of places) {
      const around = findIn(content, needles);
      if (around !== null) found.push(`${name}: ${around}`);
    }
    return found;
  }

  /** Processes that showed a mark since the start, on their command line or in an environment that the platform gave them. */
  exposedByProcesses(): string[] {
    this.lookAtProcesses();
    return [...this.exposed].map(([name, around]) => `${name}: ${around}`);
  }

  private lookAtProcesses(): void {
    const needles = this.canaries.needles();
    for (const { name, content } of [...commandLines(), ...environmentsBelow(this.supervisor)]) {
      const found = findIn(content, needles);
      if (found !== null) this.exposed.set(name, found);
    }
  }

  private async accessToken(): Promise<string> {
    if (this.token) return this.token;
    const response = await fetch(`${this.platform.url}/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: this.readSecret('admin-password') }),
    });
    this.token = ((await response.json()) as { accessToken: string }).accessToken;
    // The signature is what makes it a secret.
    this.canaries.also(this.token.split('.')[2] ?? '');
    return this.token;
  }
}
