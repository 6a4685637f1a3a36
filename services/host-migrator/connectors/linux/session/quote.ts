import { argumentInvalid } from './session-errors';

const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/;
/** POSIX's reserved words and those of bash: alone and unquoted they are no name of a program. */
const RESERVED = new Set('case do done elif else esac fi for function if in select then time until while coproc'.split(' '));

/**
 * One argument as a POSIX shell reads it back, byte for byte. Raises HOST_ARGUMENT_INVALID for what no argument can carry: a NUL, and
 * halves of surrogate pairs, which are no UTF-8. (Names that are not UTF-8 go over stdin.)
 */
export function quote(argument: string): string {
  if (argument.includes('\0') || !argument.isWellFormed()) throw argumentInvalid();
  if (PLAIN.test(argument) && !RESERVED.has(argument)) return argument;
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
