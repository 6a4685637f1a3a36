/** A simple query, for whoever took over a session's socket. */
export function queryMessage(sql: string): Buffer {
  const length = Buffer.byteLength(sql) + 5;
  const message = Buffer.alloc(length + 1);
  message.write('Q', 0, 'latin1');
  message.writeInt32BE(length, 1);
  message.write(sql, 5, 'utf8');
  return message;
}

/** The fields of an ErrorResponse by their letters ("C": SQLSTATE, "M": message, "D": detail). `body`: without type and length. */
export function errorFields(body: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; body[at] !== 0 && at < body.length;) {
    const end = body.indexOf(0, at + 1);
    fields[String.fromCharCode(body[at] ?? 0)] = body.toString('utf8', at + 1, end);
    at = end + 1;
  }
  return fields;
}
