import { ResnetCocoError } from '../errors.ts';
import { nearestName } from '../io/nearest.ts';
import { type CommandList, command } from './terminal/command.ts';
import { generalFlags } from './terminal/shared-flags.ts';

/** The command `completion` for a list of commands. */
export const completionOf = (commands: CommandList) =>
  command({
    summary: 'Commands, flags, models and files, completed by the tab key of your shell.',
    positionals: {
      usage: '<bash|zsh|fish>',
      min: 1,
      max: 1,
      help: [['<bash|zsh|fish>', 'the shell']],
    },
    flags: {},
    examples: [
      ['resnet-coco completion bash > ~/.resnet-coco.bash', 'for bash: then source ~/.resnet-coco.bash in ~/.bashrc'],
      ['resnet-coco completion zsh > ~/.resnet-coco.zsh', 'for zsh: then source it in ~/.zshrc, below compinit'],
      ['resnet-coco completion fish > ~/.config/fish/completions/resnet-coco.fish', 'for fish'],
    ],
    async run({ positionals: [shell], terminal }) {
      const [{ placesOf }, { completionScripts }, { knownModels }, { embeddedModels }] = await Promise.all([
        import('./completion/places.ts'),
        import('./completion/shells.ts'),
        import('../checkpoints/known-models.ts'),
        import('../checkpoints/embedded-models.ts'),
      ]);
      if (!Object.hasOwn(completionScripts, shell)) {
        const shells = Object.keys(completionScripts);
        const nearest = nearestName(shell, shells);
        throw new ResnetCocoError(
          'USAGE',
          `completion knows ${shells.join(', ')}, not '${shell}'; the nearest is '${nearest}'`,
        );
      }
      const models = [...embeddedModels().keys(), ...knownModels.map(({ name }) => name)];
      const places = await placesOf(commands, generalFlags, models);
      await terminal.write(completionScripts[shell as keyof typeof completionScripts](places));
      return 0;
    },
  });
