/** Of the program itself: help of all commands, errors, questions. `../zh/program.ts` has the same entries. */
export const program = {
  help: {
    headings: {
      'Usage:': 'Usage:',
      'Options:': 'Options:',
      'Commands:': 'Commands:',
      'Arguments:': 'Arguments:',
      'Global Options:': 'Global Options:',
    } as Record<string, string>,
    root: 'Moves file trees, buckets and databases, and proves that nothing was lost.',
    exitCodes: `Exit codes:
  0 done and verified   1 failed   2 wrong usage   3 differences found
  4 sign-in needed      5 may succeed when repeated   6 cancelled, or waiting was interrupted`,
    output: 'how to print results: table, wide, json or yaml',
    workspace: 'name or id of the workspace',
    help: 'show this help',
    helpCommand: 'show help of a command',
    yes: 'do not ask',
    dryRun: 'say what would be done, and do nothing',
    completion: 'print a completion script for bash, zsh or fish',
  },
  texts: {
    error: { error: 'error', hint: 'hint', trace: 'trace', docs: 'see' },
    confirm: (what: string) => `${what} Go on? [y/N] `,
    declined: 'Nothing was changed.',
    dryRun: (what: string) => `Would do: ${what} Nothing was changed.`,
  },
};
