import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { AccountApi } from './api/account-api';
import { Api } from './api/api';
import type { CliContext } from './context';
import type { ExitCode } from './exit-codes';
import type { Messages } from './messages/messages';
import { Printer, readOutputFormat } from './output/printer';
import { findAccountSession, findSession, type Session } from './session/session';

interface GlobalOptions {
  output: string;
  workspace?: string;
}

/** Options of commands that change what can't be brought back. */
export interface DestructiveOptions {
  yes?: boolean;
  dryRun?: boolean;
}

/** One run of a command: the outside world, the result's format, and the API on first use. */
export class Invocation {
  readonly printer: Printer;
  private openedApi: Api | undefined;
  private foundSession: Session | undefined;

  constructor(
    readonly context: CliContext,
    private readonly globals: GlobalOptions,
  ) {
    this.printer = new Printer(context.terminal, readOutputFormat(globals.output));
  }

  get messages(): Messages {
    return this.context.messages;
  }

  /** The workspace that was named on the command line. */
  get namedWorkspace(): string | undefined {
    return this.globals.workspace;
  }

  get session(): Session {
    return (this.foundSession ??= findSession(this.context, this.globals.workspace));
  }

  get api(): Api {
    return (this.openedApi ??= new Api(this.session, this.context.fetch, this.context.signal, this.context.trace));
  }

  /** For what only a user may do with the own account. */
  get account(): AccountApi {
    return this.userApi.account;
  }

  /** For what takes a user's session where there is one, and not the API key of an installation. */
  get userApi(): Api {
    const session = findAccountSession(this.context, this.globals.workspace);
    return new Api(session, this.context.fetch, this.context.signal, this.context.trace);
  }

  /** The session if there is one; commands that work offline don't need it. */
  get sessionIfAny(): Session | undefined {
    try {
      return this.session;
    } catch {
      return undefined;
    }
  }

  /**
   * Whether to go on with what can't be undone; false for a dry run. `what` says what will happen and what will not.
   * Raises CLI_CONFIRMATION_NEEDED where nobody can be asked, CLI_DECLINED when the answer is not yes.
   */
  async confirm(what: string, { yes, dryRun }: DestructiveOptions): Promise<boolean> {
    const { terminal, messages, signal } = this.context;
    if (dryRun) {
      terminal.print(messages.dryRun(what));
      return false;
    }
    if (yes) return true;
    if (!terminal.canAsk) {
      throw new SmartantError('CLI_CONFIRMATION_NEEDED', `${what} This needs your word.`, { kind: 'invalid', hint: 'Add --yes.' });
    }
    const answer = await terminal.ask(messages.confirm(what), signal);
    if (/^y(es)?$/i.test(answer.trim())) return true;
    throw new SmartantError('CLI_DECLINED', messages.declined, { kind: 'cancelled' });
  }
}

/** What a command does; without an exit code it ended well. */
export type Handler<Args extends unknown[]> = (invocation: Invocation, ...args: Args) => Promise<ExitCode | void>;

/** Gives commander handlers their invocation, and keeps the exit code that they end with. */
export class Runner {
  exitCode: ExitCode = 0;

  constructor(readonly context: CliContext) {}

  /** Commander passes arguments, options and the command itself. */
  action<Args extends unknown[]>(handler: Handler<Args>): (...args: unknown[]) => Promise<void> {
    return async (...args) => {
      const command = args.at(-1) as Command;
      const invocation = new Invocation(this.context, command.optsWithGlobals<GlobalOptions>());
      this.exitCode = (await handler(invocation, ...(args.slice(0, -1) as Args))) ?? 0;
    };
  }
}
