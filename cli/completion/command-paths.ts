import type { Command } from 'commander';

/** A command as completion sees it. */
export interface CommandPath {
  /** Words after `smartant`: "", "migration", "migration pause". */
  words: string;
  /** Subcommands by name. */
  children: { name: string; description: string }[];
  /** Long options. */
  options: { flag: string; description: string }[];
}

/** All commands of a program, the program itself first. */
export function describeCommands(program: Command): CommandPath[] {
  const common = program.options;
  const walk = (command: Command, words: string[]): CommandPath[] => [
    {
      words: words.join(' '),
      children: command.commands.map((child) => ({ name: child.name(), description: firstLine(child.description()) })),
      options: [...new Set([...command.options, ...common])]
        .filter((option) => option.long)
        .map((option) => ({ flag: option.long ?? '', description: firstLine(option.description) })),
    },
    ...command.commands.flatMap((child) => walk(child, [...words, child.name()])),
  ];
  return walk(program, []);
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
