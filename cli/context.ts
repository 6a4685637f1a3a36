import type { ClientTrace } from './api/client-trace';
import type { Messages } from './messages/messages';
import type { Terminal } from './output/terminal';

/** Everything of the outside world that commands touch. */
export interface CliContext {
  env: Record<string, string | undefined>;
  cwd: string;
  homeDir: string;
  terminal: Terminal;
  messages: Messages;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  fetch: typeof fetch;
  /** Of this run. */
  trace?: ClientTrace;
}
