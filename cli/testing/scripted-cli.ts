import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSmartant, runSmartant, type CliResult, type RunOptions } from './run-smartant';
import { ScriptedApi, type Script } from './scripted-api';

/** `smartant` in a home of its own, with an API key of a scripted API. Made at the top of a `describe`, it lives as long as that. */
export class ScriptedCli {
  #home: string | undefined;
  #api: ScriptedApi | undefined;

  constructor(script: Script) {
    beforeAll(async () => {
      buildSmartant();
      this.#home = mkdtempSync(join(tmpdir(), 'smartant-cli-'));
      this.#api = await ScriptedApi.start(script);
    });
    afterAll(async () => {
      await this.#api?.close();
      if (this.#home) rmSync(this.#home, { recursive: true });
    });
  }

  /** The working folder of its commands too. From the first test on, as the API. */
  get home(): string {
    return this.#home!;
  }

  get api(): ScriptedApi {
    return this.#api!;
  }

  run(args: string[], { env, ...options }: RunOptions = {}): Promise<CliResult> {
    return runSmartant(args, { cwd: this.home, ...options, env: { SMARTANT_URL: this.api.url, SMARTANT_API_KEY: 'key', ...env } });
  }
}
