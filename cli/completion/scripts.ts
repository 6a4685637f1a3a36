import type { CommandPath } from './command-paths';

/** For bash 3.2 and later: no associative arrays, no bash-completion package. */
export function bashCompletion(paths: CommandPath[]): string {
  const cases = paths.map(({ words, children, options }) => {
    return `    ${quote(words)}) children=${quote(children.map(({ name }) => name).join(' '))}; options=${quote(options.map(({ flag }) => flag).join(' '))} ;;`;
  });
  return `# smartant completion for bash: source <(smartant completion bash)
_smartant_lookup() {
  children='' options=''
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}
_smartant() {
  local word path='' children options current="\${COMP_WORDS[COMP_CWORD]}"
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in -*) continue ;; esac
    _smartant_lookup "\${path:+$path }$word" && path="\${path:+$path }$word"
  done
  _smartant_lookup "$path"
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$children" -- "$current")); [ -n "$children" ] || COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _smartant smartant
`;
}

export function zshCompletion(paths: CommandPath[]): string {
  const entry = (name: string, description: string) => quote(`${name.replaceAll(':', '\\:')}:${description}`);
  const cases = paths.map(({ words, children, options }) => {
    const items = children.map(({ name, description }) => entry(name, description));
    const flags = options.map(({ flag, description }) => entry(flag, description));
    return `    ${quote(words)}) children=(${items.join(' ')}); options=(${flags.join(' ')}) ;;`;
  });
  return `#compdef smartant
# smartant completion for zsh: source <(smartant completion zsh), after compinit
_smartant_lookup() {
  children=() options=()
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}
_smartant() {
  local found='' word
  local -a children options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] && continue
    _smartant_lookup "\${found:+$found }$word" && found="\${found:+$found }$word"
  done
  _smartant_lookup "$found"
  if [[ \${words[CURRENT]} == -* ]]; then _describe option options
  elif (( \${#children} )); then _describe command children
  else _files
  fi
}
compdef _smartant smartant
`;
}

export function fishCompletion(paths: CommandPath[]): string {
  const lines = paths.flatMap(({ words, children, options }) => {
    const at = `-n ${quote(`__smartant_at ${words}`)}`;
    return [
      ...children.map(({ name, description }) => `complete -c smartant -f ${at} -a ${quote(name)} -d ${quote(description)}`),
      ...options.map(({ flag, description }) => `complete -c smartant ${at} -l ${quote(flag.replace(/^--/, ''))} -d ${quote(description)}`),
    ];
  });
  const known = paths.map(({ words }) => quote(words)).join(' ');
  return `# smartant completion for fish: smartant completion fish | source
function __smartant_at
    set -l known ${known}
    set -l found ''
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; and continue
        set -l longer (string trim -- "$found $word")
        contains -- $longer $known; and set found $longer
    end
    test "$found" = "$argv"
end
${lines.join('\n')}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
