import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  classifierParameters,
  parameterCount,
  parseClassifierConfig,
  planClassifier,
} from '../../../backbone/index.ts';
import { hubNameMeant, parseHubName } from '../../../checkpoints/hub/hub-name.ts';
import { hubModels } from '../../../checkpoints/hub-models.ts';
import { findModel, knownModels, openModel } from '../../../checkpoints/index.ts';
import { ResnetCocoError } from '../../../errors.ts';

const commit = '0123456789abcdef0123456789abcdef01234567';

test('owner, name, revision and file', () => {
  const parse = (text: string) => {
    const { owner, name, revision, file } = parseHubName(text);
    return [owner, name, revision, file];
  };
  assert.equal(parse('hf:timm/resnet50.a1_in1k'), ['timm', 'resnet50.a1_in1k', 'main', undefined]);
  assert.equal(parse('hf:a/b@v1.0'), ['a', 'b', 'v1.0', undefined]);
  assert.equal(parse('hf:a/b/model.safetensors'), ['a', 'b', 'main', 'model.safetensors']);
  assert.equal(parse(`hf:a/b@${commit.toUpperCase()}/x/y z.pth`), ['a', 'b', commit, 'x/y z.pth']);
});

for (const [name, problem] of Object.entries({
  'hf:': /owner of the repository is missing/,
  'hf:resnet50': /owner of the repository is missing/,
  'hf:/resnet50': /the owner "" is none/,
  'hf:timm/': /the name "" is none/,
  'hf:../resnet50': /the owner "\.\." is none/,
  'hf:timm/..': /the name "\.\." is none/,
  'hf:timm/a..b': /the name "a\.\.b" is none/,
  'hf:timm/a b': /the name "a b" is none/,
  'hf:timm/a%2fb': /the name "a%2fb" is none/,
  'hf:timm/a?x': /the name "a\?x" is none/,
  'hf://timm/a': /no slash comes after hf:, so hf:timm\/a; write/,
  'hf:timm/a@': /the revision "" is no branch/,
  'hf:timm/a@..': /the revision "\.\." is no branch/,
  'hf:timm/a@b@c': /the revision "b@c" is no branch/,
  'hf:timm/a/': /the file "" is no path/,
  'hf:timm/a/../../b.pth': /the file "\.\.\/\.\.\/b\.pth" is no path/,
  'hf:timm/a/x//b.pth': /the file "x\/\/b\.pth" is no path/,
  'hf:timm/a/..\\..\\b.pth': /is no path/,
  'hf:timm/a/C:b.pth': /is no path/,
  'hf:timm/a/b\n.pth': /is no path/,
})) {
  test(`${JSON.stringify(name)} is refused with what to write`, () => {
    try {
      parseHubName(name);
    } catch (error) {
      assert.instance(error, ResnetCocoError);
      assert.is((error as ResnetCocoError).code, 'UNKNOWN_MODEL');
      assert.match((error as ResnetCocoError).message, problem);
      assert.match((error as ResnetCocoError).message, 'write hf:OWNER/NAME,');
      return;
    }
    assert.unreachable('it was taken');
  });
}

test('what a user may have meant', () => {
  const meant: Record<string, string | undefined> = {
    'timm/resnet50.a1_in1k': 'hf:timm/resnet50.a1_in1k',
    'timm/resnet50.a1_in1k@v2': 'hf:timm/resnet50.a1_in1k@v2',
    'timm/resnet50.a1_in1k/model.safetensors': 'hf:timm/resnet50.a1_in1k/model.safetensors',
    'resnet50.a1_in1k': 'hf:timm/resnet50.a1_in1k',
    ResNext50_32x4d: 'hf:timm/resnext50_32x4d.a1h_in1k',
    'https://huggingface.co/timm/resnet50.a1_in1k': 'hf:timm/resnet50.a1_in1k',
    'https://huggingface.co/timm/resnet50.a1_in1k/tree/main': 'hf:timm/resnet50.a1_in1k',
    'https://huggingface.co/a/b/blob/v1/x/y.pth': 'hf:a/b@v1/x/y.pth',
    'https://huggingface.co/a/b/resolve/main/model.safetensors?download=true': 'hf:a/b/model.safetensors',
    'huggingface.co/a/b': 'hf:a/b',
    'HF:timm/resnet50.a1_in1k@v2': 'hf:timm/resnet50.a1_in1k@v2',
    'huggingface:a/b/c.pth': 'hf:a/b/c.pth',
    'huggingface://a/b': 'hf:a/b',
    'hf/timm/resnet50.a1_in1k': 'hf:timm/resnet50.a1_in1k',
    'hf/resnet50': 'hf:hf/resnet50',
    'runs/model.safetensors': undefined,
    '/tmp/x/y': undefined,
    './a/b': undefined,
    'model.pth': undefined,
    'a/b/c/d/e': undefined,
    'https://example.org/a/b': undefined,
  };
  for (const [text, name] of Object.entries(meant)) assert.is(hubNameMeant(text), name, text);
});

const messageOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
  } catch (error) {
    return (error as ResnetCocoError).message;
  }
  return '';
};

test('errors of names say it', async () => {
  assert.match(
    await messageOf(() => openModel('timm/resnet50.a1_in1k')),
    /no such file; .*write hf:timm\/resnet50\.a1_in1k$/,
  );
  assert.match(await messageOf(() => openModel('https://huggingface.co/a/b')), /write hf:a\/b$/);
  assert.match(
    await messageOf(() => findModel('seresnet152d')),
    /on the Hugging Face hub there is hf:timm\/seresnet152d\.ra2_in1k$/,
  );
});

test('recommended names can be parsed, and are no known names', () => {
  for (const { name, metric } of hubModels) {
    parseHubName(name);
    assert.not(
      knownModels.some((known) => known.aliases.includes(name.split('/')[1])),
      name,
    );
    for (const { value } of metric) assert.ok(value > 70 && value < 100);
  }
  assert.is(new Set(hubModels.map(({ name }) => name)).size, hubModels.length);
});

test('recommended weights are of networks that there are, with their numbers of parameters', () => {
  for (const { name, parameters } of hubModels) {
    const architecture = name.split('/')[1].split('.')[0].replace('resnet-', 'resnet');
    const config = parseClassifierConfig(
      { architecture, num_classes: 1000, image_mean: [0, 0, 0], image_std: [1, 1, 1] },
      name,
    );
    assert.is(parameterCount(classifierParameters(planClassifier(config))), parameters, name);
  }
});

test.run();
