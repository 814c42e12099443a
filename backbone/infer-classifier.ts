import type { DialectConfig } from '../checkpoints/dialects/dialect.ts';
import { refuseDialect, tellingNames } from '../checkpoints/dialects/table.ts';
import { checkFit, straysFrom } from '../checkpoints/fit.ts';
import { WHAT_LOADS } from '../checkpoints/foreign-formats.ts';
import type { Shapes } from '../checkpoints/shapes.ts';
import { ResnetCocoError } from '../errors.ts';
import { parseArchitecture } from './architecture.ts';
import { architectureFromShapes, blocksPerStage } from './architecture-from-shapes.ts';
import { classifierShapes, planResNet, type ResNetConfig, type ResNetPlan } from './resnet-plan.ts';

export interface InferOptions {
  /** The architecture's name, if it is known. */
  readonly arch?: string | undefined;
  /** Whether a part of a classifier, such as its body, is enough, and whether extra tensors are allowed. */
  readonly partial?: boolean;
}

/** The number of classes of a body without a head. */
const USUAL_CLASSES = 1000;

/**
 * Infers a classifier's architecture from the names and shapes of its tensors. They do not tell which convolution of a
 * bottleneck strides: torchvision's 3×3 is assumed. Nor do they tell a plain net from a residual one with option A.
 *
 * @param dialect the dialect of the names; undefined if no readable dialect has such names
 * @throws ResnetCocoError BAD_MODEL if it is not a ResNet of the family
 */
export function inferResNet(
  shapes: Shapes,
  file: string,
  dialect: DialectConfig | undefined,
  { arch, partial = false }: InferOptions = {},
): ResNetConfig {
  const bad = (problem: string): never => {
    throw new ResnetCocoError('BAD_MODEL', `${file}: ${problem}`);
  };
  const unlike = (problem: string): never => {
    refuseDialect(shapes, file);
    const has = shapes.size ? `; it has ${tellingNames([...shapes.keys()])}` : '';
    return bad(`not a ResNet classifier that can be told from its tensors: ${problem}${has}; ${WHAT_LOADS}`);
  };
  const names = [...shapes.keys()];
  if (names.some((name) => /^(backbone\.body|rpn|roi_heads)\./.test(name))) {
    refuseDialect(shapes, file);
    return bad('a detector, not a classifier; use it with detect, or start a detector training from it');
  }
  const head = ['fc.weight', 'linear.weight'].find((name) => shapes.has(name));
  const hasBlocks = blocksPerStage(shapes).length > 0;
  if (dialect && !head && !partial && hasBlocks) {
    refuseDialect(shapes, file);
    return bad(
      "the body of a ResNet without a head ('fc.weight'), which cannot classify; start a training from it, as train backbone --init does",
    );
  }
  if (!dialect) return unlike(`it has neither 'fc.weight' (ImageNet) nor 'linear.weight' (CIFAR)${straysFrom(shapes)}`);
  const projects = names.some((name) => /^layer\d\.0\.(downsample|shortcut)\.[01]\.weight$/.test(name));
  // Where shapes are equal, only option C projects.
  const everywhere = names.some((name) => /^layer(\d\.1\.downsample|1\.0\.shortcut)\.[01]\.weight$/.test(name));
  const plain = arch !== undefined && parseArchitecture(arch).kind === 'plain';
  if (plain && projects) return bad(`has projection shortcuts, but ${arch} has no shortcuts`);
  const residual = architectureFromShapes(shapes);
  const architecture = plain ? residual.replace(/^resnet/, 'plain') : residual;
  const config: ResNetConfig = {
    architecture,
    stem: dialect.stem,
    shortcut: plain ? 'none' : everywhere ? 'C' : projects ? 'B' : 'A',
    stride_on: '3x3',
    num_classes: (head && shapes.get(head)![0]) || USUAL_CLASSES,
  };
  if (!hasBlocks) return unlike(`it has no 'layer1.0.conv1.weight'${straysFrom(shapes)}`);
  let plan: ResNetPlan;
  try {
    plan = planResNet(config);
  } catch (error) {
    return unlike((error as Error).message);
  }
  if (!partial) checkFit(shapes, classifierShapes(plan), file, architecture);
  return config;
}
