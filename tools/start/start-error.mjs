/** Why the platform cannot start, with what to do about it. Codes are documented in docs/errors/start.md. */
export class StartError extends Error {
  constructor(code, message, hint, options) {
    super(message, options);
    this.name = 'StartError';
    this.code = code;
    this.hint = hint;
  }
}
