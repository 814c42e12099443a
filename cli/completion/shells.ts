import type { CompletedFlag, Place } from './places.ts';

type Places = ReadonlyMap<string, Place>;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** fish knows no `'\''` within quotes; it escapes. */
const fishQuoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const flagsWithValues = (places: Places) =>
  [...places].flatMap(([place, { flags }]) =>
    flags.flatMap(({ spellings, value }) => (value ? [{ place, spellings, value }] : [])),
  );

/** Patterns of a `case` that matches `PLACE FLAG`. */
const afterFlag = (place: string, spellings: readonly string[]): string =>
  spellings.map((flag) => quoted(`${place} ${flag}`)).join('|');

/** The names of places, each between blanks, `/` within: what a loop over the words of the command line looks for. */
const placeList = (places: Places): string =>
  quoted(
    ` ${[...places.keys()]
      .filter(Boolean)
      .map((place) => place.replace(' ', '/'))
      .join(' ')} `,
  );

function bash(places: Places): string {
  const values = flagsWithValues(places).map(
    ({ place, spellings, value }) =>
      `    ${afterFlag(place, spellings)}) found=${quoted(value.words.join(' '))} paths=${Number(value.isPath)} ;;`,
  );
  const words = [...places].map(([place, { flags, takesPaths, words }]) => {
    const all = [words.map(([word]) => word), flags.flatMap(({ spellings }) => spellings)];
    const [found, options] = all.map((some) => quoted(some.join(' ')));
    return `      ${quoted(place)}) found=${found} options=${options} paths=${Number(takesPaths)} ;;`;
  });
  return `# source <(resnet-coco completion bash)
_resnet_coco() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} place='' found='' options='' paths='' next i
  # bash cuts --flag=value into three words.
  if [[ $current == = ]]; then
    current=''
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD && i < 3; i++)); do
    next=\${place:+$place/}\${COMP_WORDS[i]}
    [[ $_resnet_coco_places == *" $next "* ]] || break
    place=$next
  done
  place=\${place/\\// }
  case "$place $previous" in
${values.join('\n')}
  esac
  if [[ -z $paths ]]; then
    case "$place" in
${words.join('\n')}
    esac
  fi
  [[ $current != -* ]] || found=$options paths=0
  COMPREPLY=()
  while IFS= read -r next; do
    COMPREPLY+=("$next")
  done < <(
    compgen -W "$found" -- "$current"
    [[ $paths != 1 ]] || compgen -f -- "$current"
  )
  [[ $paths != 1 ]] || compopt -o filenames 2>/dev/null
}
_resnet_coco_places=${placeList(places)}
complete -F _resnet_coco resnet-coco
`;
}

function zsh(places: Places): string {
  const values = flagsWithValues(places).map(({ place, spellings, value }) => {
    const words = value.words.length ? `compadd -- ${value.words.map(quoted).join(' ')}; ` : '';
    return `    ${afterFlag(place, spellings)}) ${words}${value.isPath ? '_files; ' : ''}return ;;`;
  });
  const described = (word: string, help: string) => quoted(`${word}:${help.replaceAll(':', '\\:')}`);
  const words = [...places].map(([place, { flags, takesPaths, words }]) => {
    const options = flags.flatMap(({ help, spellings }) => spellings.map((one) => described(one, help)));
    return `    ${quoted(place)})
      found=(${words.map(([word, help]) => described(word, help)).join(' ')})
      options=(${options.join(' ')})
      paths=${Number(takesPaths)} ;;`;
  });
  return `#compdef resnet-coco
# source <(resnet-coco completion zsh), after compinit
_resnet_coco() {
  local place='' next previous=\${words[CURRENT-1]} i paths=0
  local -a found options
  for ((i = 2; i < CURRENT && i < 4; i++)); do
    next=\${place:+$place/}\${words[i]}
    [[ $_resnet_coco_places == *" $next "* ]] || break
    place=$next
  done
  place=\${place/\\// }
  if [[ $PREFIX == --*=* ]]; then
    previous=\${PREFIX%%=*}
    compset -P '*='
  fi
  case "$place $previous" in
${values.join('\n')}
  esac
  case "$place" in
${words.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o flag options
    return
  fi
  (( ! $#found )) || _describe word found
  (( ! paths )) || _files
}
_resnet_coco_places=${placeList(places)}
(( ! $+functions[compdef] )) || compdef _resnet_coco resnet-coco
`;
}

function fish(places: Places): string {
  const complete = (place: string, rest: string) =>
    `complete -c resnet-coco -n ${fishQuoted(`__resnet_coco_at ${fishQuoted(place)}`)} ${rest}`;
  const ofFlag = (place: string, { help, spellings, value }: CompletedFlag): string => {
    const names = spellings.map((one) => (one.startsWith('--') ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`));
    const words = value?.words.length ? ` -a ${fishQuoted(value.words.join(' '))}` : '';
    const kind = value ? ` -r ${value.isPath ? '-F' : '-f'}` : '';
    return complete(place, `${names.join(' ')}${kind}${words} -d ${fishQuoted(help)}`);
  };
  const lines = [...places].flatMap(([place, { flags, takesPaths, words }]) => [
    complete(place, takesPaths ? '-F' : '-f'),
    ...words.map(([word, help]) => complete(place, `-a ${fishQuoted(word)} -d ${fishQuoted(help)}`)),
    ...flags.map((flag) => ofFlag(place, flag)),
  ]);
  return `# resnet-coco completion fish | source
set -g __resnet_coco_places ${[...places.keys()].filter(Boolean).map(fishQuoted).join(' ')}
function __resnet_coco_at
    set -l words (commandline -opc)[2..]
    set -l place ''
    for word in $words[1..2]
        set -l next (string trim "$place $word")
        contains -- "$next" $__resnet_coco_places; or break
        set place $next
    end
    test "$place" = "$argv[1]"
end
${lines.join('\n')}
`;
}

/** The script that completes the command line, for each shell that can have one. */
export const completionScripts: Readonly<Record<'bash' | 'zsh' | 'fish', (places: Places) => string>> = {
  bash,
  zsh,
  fish,
};
