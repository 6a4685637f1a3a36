/** A change to the tree of a clone. Paths are absolute, of the clone. */
export type Edit =
  | { kind: 'write'; path: string; content: string; mode: number; why: string }
  | { kind: 'remove'; path: string; why: string }
  | { kind: 'link'; path: string; target: string; why: string };

/** Texts of a clone's files by their path; what is not there is not in it. */
export type TreeFiles = ReadonlyMap<string, string>;

/** Nothing where the text is as it was. The mode is kept where the file is there already. */
export function rewrite(files: TreeFiles, path: string, content: string, why: string): Edit[] {
  return files.get(path) === content ? [] : [{ kind: 'write', path, content, mode: 0o644, why }];
}

export function filesBelow(files: TreeFiles, folder: string, pattern: RegExp): [string, string][] {
  return [...files].filter(([path]) => path.startsWith(`${folder}/`) && pattern.test(path.slice(folder.length + 1)));
}

/** Files over each other: edits of one planner are seen by the next. */
export function withEdits(files: TreeFiles, edits: readonly Edit[]): TreeFiles {
  const result = new Map(files);
  for (const edit of edits) {
    if (edit.kind === 'write') result.set(edit.path, edit.content);
    else result.delete(edit.path);
  }
  return result;
}
