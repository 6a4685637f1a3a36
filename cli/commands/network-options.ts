import type { Command } from 'commander';
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
