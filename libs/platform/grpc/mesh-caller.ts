import type { Metadata } from '@grpc/grpc-js';
import type { IncomingCall } from './call-context';

const HEADER = 'x-forwarded-client-cert';
const SPIFFE = /^spiffe:\/\/([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/;

/**
 * The service account of a caller in the mesh, as our own sidecar tells it: without TLS of ours there is no certificate to look at.
 * Undefined where nobody that can be believed says who calls.
 *
 * The sidecar takes the header away from a connection without a certificate, and appends to it on one with, so the last element is its
 * word; earlier ones are the client's. It must reach us over loopback, and name an account of our own namespace, which `By` tells.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert
 */
export function meshCallerOf(metadata: Pick<Metadata, 'get'>, call: Pick<IncomingCall, 'getPeer'>): string | undefined {
  if (!isLoopback(call.getPeer())) return undefined;
  const element = elementsOf(metadata.get(HEADER).map(String).join(',')).at(-1) ?? [];
  const [caller, second] = valuesOf(element, 'uri');
  const [self] = valuesOf(element, 'by');
  const [, callerDomain, callerNamespace, account] = SPIFFE.exec(caller ?? '') ?? [];
  const [, domain, namespace] = SPIFFE.exec(self ?? '') ?? [];
  const isOurs = callerDomain !== undefined && callerDomain === domain && callerNamespace === namespace;
  return isOurs && second === undefined ? account : undefined;
}

function isLoopback(peer: string): boolean {
  return /^(ipv4:)?127\.\d+\.\d+\.\d+:\d+$/.test(peer) || /^(ipv6:)?\[?(::1|::6|::ffff:127\.\d+\.\d+\.\d+)\]?:\d+$/.test(peer);
}

/** Elements end at commas, their pairs at semicolons; both may stand inside quotes. */
function elementsOf(header: string): [key: string, value: string][][] {
  return split(header, ',').map((element) =>
    split(element, ';').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at).trim().toLowerCase(), pair.slice(at + 1).replace(/^"(.*)"$/, '$1')];
    }),
  );
}

function valuesOf(element: [key: string, value: string][], wanted: string): string[] {
  return element.filter(([key]) => key === wanted).map(([, value]) => value);
}

function split(text: string, separator: ',' | ';'): string[] {
  const parts = [''];
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === '"' && text[at - 1] !== '\\') isQuoted = !isQuoted;
    if (character === separator && !isQuoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
