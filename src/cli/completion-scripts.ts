import type { CompletedCommand, CompletedOption, Values } from './completed.ts';

type Commands = readonly CompletedCommand[];

/** For bash 3.2 and newer. */
export function bashScript(commands: Commands): string {
  const words = (found: readonly string[]): string => `words=$'${found.join('\\n')}'`;
  const act = (values: Values): string => {
    if (values === 'anything') return 'return';
    return typeof values === 'string' ? `kind=${values}` : words(values);
  };
  const afterOptions = commands.flatMap(({ name, options }) =>
    valued(options).map(
      ([flags, values]) => `    ${flags.map((flag) => `'${name} ${flag}'`).join(' | ')}) ${act(values)} ;;`,
    ),
  );
  const inCommands = commands.map(({ name, options, argument }) => {
    const flags = words(options.flatMap((option) => option.flags));
    const rest = argument === undefined ? 'return' : act(argument);
    return `        ${name}) if [[ $current == -* ]]; then ${flags}; else ${rest}; fi ;;`;
  });
  return `# Completion of mendwatch for bash: eval "$(mendwatch completion bash)"
_mendwatch() {
  local IFS=$'\\n' current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local at command='' kind='' words=''
  for ((at = 1; at < COMP_CWORD; at++)); do
    if [[ \${COMP_WORDS[at]} != -* ]]; then
      command=\${COMP_WORDS[at]}
      break
    fi
  done
  COMPREPLY=()
  case "$command $previous" in
${afterOptions.join('\n')}
    *)
      case $command in
        '') ${words([...commands.map(({ name }) => name), '--help', '--version'])} ;;
${inCommands.join('\n')}
      esac
      ;;
  esac
  case $kind in
    files) COMPREPLY=($(compgen -f -- "$current")) && compopt -o filenames 2>/dev/null ;;
    folders) COMPREPLY=($(compgen -d -- "$current")) && compopt -o filenames 2>/dev/null ;;
    ids) words=$("\${COMP_WORDS[0]}" complete-ids "$command" "$current" 2>/dev/null | cut -f 1) ;;
  esac
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -F _mendwatch mendwatch
`;
}

export function zshScript(commands: Commands): string {
  const item = (name: string, does: string): string => quoted(`${name}:${does}`);
  const act = (values: Values): string => {
    if (values === 'anything') return 'return';
    if (values === 'files') return '_files; return';
    if (values === 'folders') return '_files -/; return';
    if (values === 'ids') return `found=(\${(f)"$($words[1] complete-ids $command $PREFIX 2>/dev/null)"})`;
    return `found=(${values.join(' ')})`;
  };
  const afterOptions = commands.flatMap(({ name, options }) =>
    valued(options).map(
      ([flags, values]) => `    ${flags.map((flag) => `'${name} ${flag}'`).join('|')}) ${act(values)} ;;`,
    ),
  );
  const inCommands = commands.map(({ name, options, argument }) => {
    const flags = options.flatMap((option) => option.flags.map((flag) => item(flag, option.does)));
    const rest = argument === undefined ? 'return' : act(argument);
    return `        ${name}) if [[ $PREFIX == -* ]]; then found=(${flags.join(' ')}); else ${rest}; fi ;;`;
  });
  const all = commands.map(({ name, does }) => item(name, does));
  return `#compdef mendwatch
# Completion of mendwatch for zsh: source <(mendwatch completion zsh)
_mendwatch() {
  local command='' word
  local -a found
  for word in \${words[2,CURRENT-1]}; do
    if [[ $word != -* ]]; then
      command=$word
      break
    fi
  done
  case "$command $words[CURRENT-1]" in
${afterOptions.join('\n')}
    *)
      case $command in
        '') found=(${all.join(' ')}) ;;
${inCommands.join('\n')}
      esac
      ;;
  esac
  found=(\${found//$'\\t'/:})
  (( $#found )) && _describe mendwatch found
}
compdef _mendwatch mendwatch
if [[ $funcstack[1] == _mendwatch ]]; then _mendwatch; fi
`;
}

export function fishScript(commands: Commands): string {
  const line = (...words: readonly string[]): string => `complete -c mendwatch ${words.join(' ')}`;
  const values = (given: Values, name: string): string => {
    if (given === 'anything') return '-x';
    if (given === 'files') return '-r -F';
    if (given === 'folders') return `-x -a '(__fish_complete_directories)'`;
    if (given === 'ids') return `-x -a '(mendwatch complete-ids ${name} (commandline -ct) 2>/dev/null)'`;
    return `-x -a ${quoted(given.join(' '))}`;
  };
  const ofCommand = ({ name, options, argument }: CompletedCommand): readonly string[] => {
    const here = `-n '__fish_seen_subcommand_from ${name}'`;
    return [
      ...(argument === undefined
        ? []
        : [line(here, values(argument, name).replace('-r -F', '-F').replace(/^-x/, '-f'))]),
      ...options.map(({ flags, does, value }) => {
        const forms = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
        return line(here, ...forms, ...(value === undefined ? [] : [values(value, name)]), `-d ${quoted(does)}`);
      }),
    ];
  };
  return [
    '# Completion of mendwatch for fish: mendwatch completion fish | source',
    line('-f'),
    ...commands.map(({ name, does }) => line('-n __fish_use_subcommand', `-a ${name}`, `-d ${quoted(does)}`)),
    ...commands.flatMap(ofCommand),
    '',
  ].join('\n');
}

/** Options that take a value, with what it may be. */
function valued(options: readonly CompletedOption[]): ReadonlyArray<readonly [readonly string[], Values]> {
  return options.flatMap(({ flags, value }) => (value === undefined ? [] : [[flags, value] as const]));
}

/** For zsh and fish alike: no quotes inside. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
