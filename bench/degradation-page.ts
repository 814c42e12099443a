import { chart, chartStyle, type Line } from '../eval/report/charts.ts';
import type { LogEntry } from '../training/index.ts';

/** A network of the comparison, and the log of its training. */
export interface TrainedNet {
  readonly arch: string;
  readonly shortcut?: string;
  readonly log: readonly LogEntry[];
}

/** What holds for all of them. */
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

/** One chart, as an SVG image that stands alone. Dashed: training; drawn through: test. */
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

/** The page, and by file name the figures in it. */
export function degradationPage(
  nets: readonly TrainedNet[],
  { dataset, device, epochs }: Conditions,
): { readonly markdown: string; readonly figures: Readonly<Record<string, string>> } {
  const depths = nets.filter(({ shortcut = 'A' }) => shortcut === 'A');
  const options = nets.filter(({ arch }) => arch === 'resnet20');
  const head = ['', `training error, epoch ${epochs}`, 'test error'];
  const markdown = `# Degradation, and what shortcuts do about it

He et al. 2015 begin with an observation: a deeper plain network ends with a *greater training error* than a shallower
one, which cannot be overfitting. With shortcuts the order is turned round. Here is the same comparison (their figure 6),
trained by this toolkit on ${dataset}.

![Training and test error by epoch](degradation/depths.svg)

Dashed: training error, over the augmented images of the epoch. Drawn through: test error.

${table(head, rowsOf(depths, false))}

## Shortcuts of options A, B and C

Where shapes differ, A pads with zeros and has no parameters, B projects; C projects in every block (§4.1).

![Training and test error of ResNet-20 with shortcuts of three kinds](degradation/options.svg)

${table(head, rowsOf(options, true))}

## What was run

\`\`\`sh
npx resnet-coco datasets fetch cifar10
npm run bench:degradation -- --dataset cifar10:cifar10 --epochs ${epochs}
\`\`\`

All networks under one schedule: ${epochs} epochs of ${dataset}, batches of 32, SGD with momentum .9 and weight decay 1e-4, the
learning rate rising to .05 over the first 30 % of the run and falling to nothing along a cosine (one-cycle: the short form
of the paper's warmup and steps), pad-4 crops and flips, seed 1, ${device}.
The paper trains for 164 epochs: errors here are greater, and the figure is about their order. How far apart they are
belongs to the schedule, too: a deep plain network has hardly begun when so short a one ends, a residual one has not been
held up.
`;
  const figures = {
    'depths.svg': figure('Errors of plain and residual networks', depths, (net) => title(net, false)),
    'options.svg': figure('Errors of shortcut options', options, ({ shortcut }) => `option ${shortcut}`),
  };
  return { markdown, figures };
}
