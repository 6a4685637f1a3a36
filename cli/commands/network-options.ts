import { Command, Option } from 'commander';
import type { Side } from '../endpoints/credentials';
import type { Messages } from '../messages/messages';
import { collect } from './collect';

/** How an endpoint is reached: proxies and bastions on the way, and its TLS. Read by `readNetwork`. */
export function addNetworkOptions(command: Command, { help }: Messages): Command {
  return command
    .option('--via-proxy <url>', help.viaProxy, collect)
    .option('--via-socks <address>', help.viaSocks, collect)
    .option('--via-ssh <address>', help.viaSsh, collect)
    .option('--via-host-key <fingerprint>', help.viaHostKey, collect)
    .option('--via-key <file>', help.viaKey, collect)
    .option('--tls-server-name <name>', help.tlsServerName)
    .option('--tls-min <version>', help.tlsMin)
    .option('--tls-pin <sha256>', help.tlsPin)
    .option('--tls-client-cert <file>', help.tlsClientCert)
    .option('--tls-client-key <file>', help.tlsClientKey);
}

const SIDES: readonly Side[] = ['source', 'target'];

/**
 * The same for each side of a migration, with its name in front: `--source-via-ssh`. Twenty more options would bury the others, so they are
 * told of in one paragraph of the help. Read by `networkOptionsOf`.
 */
export function addSideNetworkOptions(command: Command, messages: Messages): Command {
  const { options } = addNetworkOptions(new Command(), messages);
  for (const side of SIDES) {
    for (const { flags, description, parseArg } of options) {
      const option = new Option(flags.replace(/^--/, `--${side}-`), description).hideHelp();
      if (parseArg) option.argParser(parseArg);
      command.addOption(option);
    }
  }
  return command.addHelpText('after', `\n${messages.help.sideNetwork}`);
}
