const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Text for XML; control characters become character references, as minio writes them (XML 1.0 has no better way). */
export const escapeText = (text) =>
  // eslint-disable-next-line no-control-regex
  String(text).replace(/[&<>"'\u0000-\u001f\u007f]/g, (char) => entities[char] ?? `&#${char.codePointAt(0)};`);

/** An element that was rendered already, so that it is not escaped again. */
class Rendered extends String {}

/** `<name>content</name>`: content is text, a rendered element, or a list of elements (null entries are left out). */
export function element(name, content) {
  const inner = Array.isArray(content)
    ? content.filter((part) => part !== null).join('')
    : content instanceof Rendered
      ? content
      : escapeText(content);
  return new Rendered(`<${name}>${inner}</${name}>`);
}

export const document = (rootElement) => `<?xml version="1.0" encoding="UTF-8"?>\n${rootElement}`;

/** The same with Amazon's namespace on the root element. */
export const namespaced = (name, content) =>
  document(String(element(name, content)).replace(`<${name}>`, `<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`));

const decoded = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export const unescapeText = (text) =>
  text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return decoded[name] ?? whole;
  });

/** The inner texts of every `<name>` in a request body, undecoded. The bodies S3 takes never nest an element in itself. */
export const innerOf = (xml, name) =>
  [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))].map((match) => match[1]);

/** The decoded text of the first `<name>`, undefined when there is none. */
export const textOf = (xml, name) => {
  const [first] = innerOf(xml, name);
  return first === undefined ? undefined : unescapeText(first);
};
