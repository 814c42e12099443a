import { chart, chartStyle, type Line } from '../eval/report/charts.ts';
import type { LogEntry } from '../training/index.ts';

/** A network of the comparison, and the log of its training. */
export interface TrainedNet {
  readonly arch: string;
  readonly shortcut?: string;
  readonly log: readonly LogEntry[];
}

/** The conditions of all runs. */
interface Conditions {
  readonly dataset: string;
  readonly epochs: number;
  readonly device: string;
}

type Points = readonly (readonly [epoch: number, error: number])[];

/** Errors in percent by epoch: over the epoch's augmented training images, and over the test images after it. */
function errorsOf({ log }: TrainedNet): { readonly training: Points; readonly test: Points } {
  const points = (split: LogEntry['split'], name: string): Points =>
    log
      .filter((entry) => entry.split === split && entry.values[name] !== undefined)
      .map(({ epoch, values }) => [epoch, 100 * (1 - values[name])] as const);
  return { training: points('train', 'epoch_top1'), test: points('val', 'top1') };
}

const last = (points: Points): number => points[points.length - 1][1];
const title = ({ arch, shortcut }: TrainedNet, withOption: boolean): string => {
  const name = arch.replace(/^plain/, 'plain-').replace(/^resnet/, 'ResNet-');
  return withOption && shortcut ? `${name}, option ${shortcut}` : name;
};

const [WIDTH, HEIGHT, LEGEND] = [440, 300, 44];

/** One chart, as a self-contained SVG image. Dashed: training; solid: test. */
function figure(label: string, nets: readonly TrainedNet[], nameOf: (net: TrainedNet) => string): string {
  const errors = nets.flatMap((net) => Object.values(errorsOf(net)).flatMap((points) => points.map(([, y]) => y)));
  const greatest = 20 * Math.ceil(Math.max(...errors) / 20);
  const { epochs } = nets.reduce(
    (most, net) => ({ epochs: Math.max(most.epochs, ...errorsOf(net).test.map(([epoch]) => epoch)) }),
    { epochs: 1 },
  );
  const series = nets.flatMap((net, color): Line[] => {
    const { training, test } = errorsOf(net);
    return [
      { kind: 'line', label: '', points: training, color, dashed: true },
      { kind: 'line', label: '', points: test, color },
    ];
  });
  const format = (value: number) => String(Math.round(value * 10) / 10);
  const x = { label: 'epoch', min: 0, max: epochs, format, ticks: Array.from({ length: epochs + 1 }, (_, i) => i) };
  const drawn = chart({
    title: label,
    x,
    y: {
      label: 'error, %',
      min: 0,
      max: greatest,
      format,
      ticks: Array.from({ length: greatest / 20 + 1 }, (_, i) => 20 * i),
    },
    series,
  });
  const svg = drawn.slice(0, drawn.indexOf('</svg>') + '</svg>'.length);
  const legend = nets.map((net, i) => {
    const at = { x: 54 + (i % 3) * 130, y: HEIGHT + 14 + Math.floor(i / 3) * 18 };
    const line = `<line x1="${at.x}" x2="${at.x + 18}" y1="${at.y - 4}" y2="${at.y - 4}"/>`;
    return `<g class="series-${i} key">${line}<text x="${at.x + 24}" y="${at.y}">${nameOf(net)}</text></g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT + LEGEND}" width="${2 * WIDTH}" font-family="sans-serif" font-size="12">
<style>:root { --soft: #57606a; --line: #d0d7de; --surface: #fff; }${chartStyle}
.key line { stroke: var(--series); stroke-width: 2; } .key text { fill: #24292f; }</style>
<rect width="100%" height="100%" fill="#fff"/>
${svg.replace('<svg ', `<svg width="${WIDTH}" height="${HEIGHT}" `)}
${legend.join('\n')}
</svg>
`;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i ? '--:' : '---')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function rowsOf(nets: readonly TrainedNet[], withOption: boolean): string[][] {
  return nets.map((net) => {
    const { training, test } = errorsOf(net);
    return [title(net, withOption), `${last(training).toFixed(2)} %`, `${last(test).toFixed(2)} %`];
  });
}

/** The page, and its figures by file name. */
export function degradationPage(
  nets: readonly TrainedNet[],
  { dataset, device, epochs }: Conditions,
): { readonly markdown: string; readonly figures: Readonly<Record<string, string>> } {
  const depths = nets.filter(({ shortcut = 'A' }) => shortcut === 'A');
  const options = nets.filter(({ arch }) => arch === 'resnet20');
  const head = ['', `training error, epoch ${epochs}`, 'test error'];
  const markdown = `# Degradation, and what shortcuts do about it

He et al. 2015 begin with an observation: a deeper plain network ends with a *greater training error* than a shallower
one, which cannot be overfitting. With shortcuts the deeper network is better. Here is the same comparison (their
figure 6), trained by this toolkit on ${dataset}.

![Training and test error by epoch](degradation/depths.svg)

Dashed: training error, over the augmented images of the epoch. Solid: test error.

${table(head, rowsOf(depths, false))}

## Shortcuts of options A, B and C

If shapes differ, A pads with zeros, without parameters, and B projects. C projects in every block (§4.1).

![Training and test error of ResNet-20 with shortcuts of three kinds](degradation/options.svg)

${table(head, rowsOf(options, true))}

## What was run

\`\`\`sh
npx resnet-coco datasets fetch cifar10
npm run bench:degradation -- --dataset cifar10:cifar10 --epochs ${epochs}
\`\`\`

All networks have the same schedule: ${epochs} epochs of ${dataset}, batches of 32, SGD with momentum .9 and weight decay 1e-4. The
learning rate rises to .05 over the first 30 % of the run and falls to nothing along a cosine (one-cycle, a short form of
the paper's warmup and steps). Augmentation: pad-4 crops and flips. Seed 1, ${device}.
The paper trains for 164 epochs, so errors here are greater; the figure shows their order. The distances depend on the
schedule, too: after so few epochs a deep plain network has hardly begun to learn.
`;
  const figures = {
    'depths.svg': figure('Errors of plain and residual networks', depths, (net) => title(net, false)),
    'options.svg': figure('Errors of shortcut options', options, ({ shortcut }) => `option ${shortcut}`),
  };
  return { markdown, figures };
}
