import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const ROOT = join(__dirname, '..', '..');

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: Record<string, never>;
  data?: Record<string, string>;
}

/** Where `npm run provision` puts it, or on the PATH; null: not there. */
export function helmBinary(): string | null {
  for (const candidate of [join(process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant'), 'bin', 'helm'), 'helm']) {
    try {
      execFileSync(candidate, ['version', '--short'], { stdio: 'ignore' });
      return candidate;
    } catch {
      // not this one
    }
  }
  return null;
}

/** A copy of the charts, with what one depends on in place. */
export class ChartCopy {
  private readonly work = mkdtempSync(join(tmpdir(), 'smartant-chart-'));
  readonly path = join(this.work, 'helm', 'smartant');

  constructor(private readonly helm: string) {
    for (const folder of ['helm', 'gateway', 'istio', 'observability'])
      cpSync(join(ROOT, folder), join(this.work, folder), { recursive: true });
    this.updateDependencies();
  }

  /** Raises what helm says. `values`: as for --set; `files`: values files beside the chart's own. */
  render(values: readonly string[] = [], files: readonly string[] = []): Manifest[] {
    const given = [...files.flatMap((file) => ['-f', join(this.path, file)]), ...values.flatMap((value) => ['--set', value])];
    const text = execFileSync(this.helm, ['template', 'smartant', this.path, '-n', 'prod', ...given], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
    return parseAllDocuments(text)
      .map((document) => document.toJS() as Manifest | null)
      .filter((manifest): manifest is Manifest => manifest !== null);
  }

  /** Changes what the mesh's templates are told of the RPCs, in this copy alone. */
  editRpcPolicies(change: (rpcs: Record<string, unknown>[]) => Record<string, unknown>[]): void {
    const file = join(this.work, 'istio', 'files', 'rpc-policies.json');
    const { rpcs } = JSON.parse(readFileSync(file, 'utf8')) as { rpcs: Record<string, unknown>[] };
    writeFileSync(file, JSON.stringify({ rpcs: change(rpcs) }));
    this.updateDependencies();
  }

  lint(): string {
    return execFileSync(this.helm, ['lint', '--strict', this.path], { encoding: 'utf8' });
  }

  private updateDependencies(): void {
    execFileSync(this.helm, ['dependency', 'update', this.path, '--skip-refresh'], { stdio: 'ignore' });
  }

  remove(): void {
    rmSync(this.work, { recursive: true, force: true });
  }
}
