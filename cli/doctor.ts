import { command, noPositionals } from './terminal/command.ts';
import { jsonFlag } from './terminal/shared-flags.ts';
import { formatTable } from './terminal/table.ts';

export default command({
  summary: 'Engines, devices and decoders of this machine, and why others do not work.',
  positionals: noPositionals,
  flags: jsonFlag,
  examples: [['resnet-coco doctor', '']],
  async run({ flags, terminal }) {
    const [{ examineEngines, int8Support }, { decoders }] = await Promise.all([
      import('../engine/index.ts'),
      import('../datasets/index.ts'),
    ]);
    const report = {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      engines: await examineEngines(),
      int8: int8Support(),
      decoders: await decoders(),
    };
    if (flags.json) {
      await terminal.printJson(report);
      return 0;
    }
    const tick = (works: boolean): string => (works ? 'yes' : 'no');
    const engines = report.engines.map((e) => [e.engine, tick(e.works), e.works ? e.device : e.reason]);
    const images = report.decoders.map((d) => [d.name, tick(d.available), `${d.formats.join(' ')}: ${d.detail}`]);
    await terminal.print(
      [
        `Node ${report.node}, ${report.platform}`,
        `\nEngines\n${formatTable(engines, '', '  ')}`,
        `\nQuantized models (int8): ${report.int8.detail}`,
        `\nDecoders of images\n${formatTable(images, '', '  ')}`,
      ].join('\n'),
    );
    return 0;
  },
});
