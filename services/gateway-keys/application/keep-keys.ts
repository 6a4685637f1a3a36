import { SmartantError, toSmartantError } from '@smartant/kernel';
import { weakMachineKeys, type TokenKey } from '../domain/gateway-credentials';
import type { Gateway, MachineKeySource, SyncLog, TokenKeySource } from './ports';

export interface KeepKeysOptions {
  tokens: TokenKeySource;
  machines: MachineKeySource;
  gateway: Gateway;
  log: SyncLog;
  /** A new key is published ten minutes before it signs: well within that time it must be here. */
  everyMs: number;
}

/** How long one round may take. */
const ROUND_MS = 15_000;

/**
 * Keeps the gateway's keys as they are published. A scheduler that does not answer takes nobody's key away: those that were read last stay, until
 * it answers again.
 */
export class KeepKeys {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private lastTokenKeys: TokenKey[] | undefined;
  private round: Promise<void> = Promise.resolve();
  private failure: SmartantError | undefined = new SmartantError('GATEWAY_KEYS_UNREADABLE', 'No keys have been handed over yet.', {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    actor: 'operator',
    hint: 'Wait for the first round; if it stays so, look at the log.',
  });

  constructor(private readonly options: KeepKeysOptions) {}

  start(): void {
    const turn = () => {
      this.round = this.syncOnce().finally(() => {
        if (!this.stopping.signal.aborted) this.timer = setTimeout(turn, this.options.everyMs);
      });
    };
    turn();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.round;
  }

  /** Raises why the gateway may lack a key. */
  assertInOrder(): Promise<void> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }

  /** One round; a failure is told and kept, not raised. */
  async syncOnce(): Promise<void> {
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(ROUND_MS)]);
    const { machines, gateway, log } = this.options;
    try {
      const { tokenKeys, problem } = await this.tokenKeys(signal);
      const machineKeys = await machines.read();
      const weak = weakMachineKeys({ machineKeys });
      if (weak.length > 0) log.warn({ consumers: weak }, 'keys of machines are left out: expected 24 to 512 printable characters');
      const accepted = machineKeys.filter(({ consumer }) => !weak.includes(consumer));
      const outcome = await gateway.put({ tokenKeys, machineKeys: accepted }, signal);
      if (outcome === 'changed')
        log.info({ kids: tokenKeys.map(({ kid }) => kid), machines: accepted.length }, 'keys handed to the gateway');
      this.failure = problem;
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.failure = toSmartantError(error);
      log.warn({ err: this.failure }, 'keys could not be handed to the gateway');
    }
  }

  private async tokenKeys(signal: AbortSignal): Promise<{ tokenKeys: TokenKey[]; problem?: SmartantError }> {
    try {
      this.lastTokenKeys = await this.options.tokens.read(signal);
      return { tokenKeys: this.lastTokenKeys };
    } catch (error) {
      if (!this.lastTokenKeys || this.stopping.signal.aborted) throw error;
      const problem = toSmartantError(error);
      this.options.log.warn({ err: problem }, 'the scheduler tells no keys: those of before stay');
      return { tokenKeys: this.lastTokenKeys, problem };
    }
  }
}
