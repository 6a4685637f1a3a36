import { XMLParser } from 'fast-xml-parser';
import { SmartantError } from '@smartant/kernel';

/** Parsed XML: elements by name, text as strings, repeated elements as arrays. */
export type XmlNode = { [name: string]: XmlNode | XmlNode[] | string };

/**
 * Text is neither trimmed nor converted ("0012" stays, so do blanks), and entities are decoded by us: the parser's own
 * decoding counts expansions and gives up on a page of a thousand quoted etags.
 */
const parser = new XMLParser({ ignoreAttributes: true, trimValues: false, parseTagValue: false, processEntities: false });

/** Raises STORAGE_ANSWER_INVALID when it is not XML with this root element. */
export function parseXml(body: Buffer, root: string): XmlNode {
  let parsed: unknown;
  try {
    parsed = parser.parse(body.toString('utf8'));
  } catch (error) {
    throw invalidAnswer(`The answer is not XML; ${root} was expected.`, error);
  }
  const node = (parsed as XmlNode)[root];
  if (typeof node === 'string') return {};
  if (node === undefined || Array.isArray(node)) throw invalidAnswer(`The answer is not ${root}.`);
  return node;
}

export function invalidAnswer(message: string, cause?: unknown): SmartantError {
  return new SmartantError('STORAGE_ANSWER_INVALID', message, {
    kind: 'unavailable',
    hint: 'Check that the service URL is an S3 interface; a proxy or a web console answers otherwise.',
    cause,
  });
}

/** The decoded text of a child element; undefined when it is absent. */
export function textOf(node: XmlNode, name: string): string | undefined {
  const child = node[name];
  return typeof child === 'string' ? decodeEntities(child) : undefined;
}

/** Child elements, however many there are. */
export function childrenOf(node: XmlNode, name: string): XmlNode[] {
  const child = node[name];
  if (child === undefined) return [];
  return (Array.isArray(child) ? child : [child]).filter((each): each is XmlNode => typeof each === 'object');
}

const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The five named entities and character references; anything else stays as it is. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));/g,
    (whole, hex: string, decimal: string, name: string) => {
      if (name) return NAMED[name] ?? whole;
      const point = hex ? Number.parseInt(hex, 16) : Number(decimal);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}

/** Text for an element. Carriage returns need a reference, or parsers read them as line feeds. */
export function encodeEntities(text: string): string {
  return text.replace(/[&<>"\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** False for keys that XML 1.0 cannot carry in any form (most control characters). */
export function fitsXml(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text);
}

/** The store's own code, message and request id from an error's body; empty when there is none. */
export function readErrorBody(body: Buffer): { code?: string; message?: string; requestId?: string } {
  if (!body.subarray(0, 1_024).includes('<Error')) return {};
  try {
    const node = parseXml(body, 'Error');
    return { code: textOf(node, 'Code'), message: textOf(node, 'Message'), requestId: textOf(node, 'RequestId') };
  } catch {
    return {};
  }
}
