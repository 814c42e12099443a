import { SHOWN_SCORE } from '../detection/index.ts';
import { overlapMetrics } from '../detection/slicing/box-overlap.ts';
import { mergeMethods } from '../detection/slicing/non-maximum-merging.ts';
import { MERGE_THRESHOLD, OVERLAP } from '../detection/slicing/slicing-options.ts';

/** JSON Schemas of bodies and answers, for the documentation of the HTTP API. */
const picture = {
  type: 'object',
  properties: {
    image: { type: 'string', description: 'an image as base64 or as a data: URL' },
    images: {
      type: 'array',
      description: 'several images, each as base64 or with a name',
      items: {
        anyOf: [
          { type: 'string' },
          { type: 'object', properties: { file: { type: 'string' }, data: { type: 'string' } }, required: ['data'] },
        ],
      },
    },
  },
};

const share = { type: 'number', minimum: 0, maximum: 1 };

const field = {
  classify: {
    top: { type: 'integer', minimum: 1, default: 5, description: 'number of classes to return for each image' },
  },
  detect: {
    score: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: SHOWN_SCORE,
      description: 'only objects above this score',
    },
    classes: { type: 'string', description: 'only objects of these categories, with commas between them' },
    class_score: {
      type: 'string',
      description: 'the score that objects of a category must be above, such as person=0.7,dog=0.4',
    },
    max_detections: { type: 'integer', minimum: 1, description: 'at most so many objects of an image, the best' },
    nms: { ...share, description: 'leave out a box that a better one of its category overlaps by more, as IoU' },
    agnostic_nms: { type: 'boolean', default: false, description: 'a better box of any category does so' },
    min_area: { type: 'number', minimum: 0, description: 'the least area of a box, in pixels' },
    slice: {
      type: 'string',
      description: 'look at the images in tiles of this side, or WIDTHxHEIGHT, from 64 to 4096 pixels',
    },
    overlap: { ...share, maximum: 0.5, default: OVERLAP, description: 'share of a tile that the next has, too' },
    whole: { type: 'boolean', default: true, description: 'look at the whole image, too' },
    merge: { type: 'string', enum: mergeMethods, description: 'what becomes of what several tiles found' },
    merge_metric: { type: 'string', enum: overlapMetrics, default: 'ios' },
    merge_threshold: { ...share, default: MERGE_THRESHOLD, description: 'least overlap of boxes of one object' },
    merge_agnostic: { type: 'boolean', default: false, description: 'objects of different categories may be one' },
  },
};

const model = {
  model: { type: 'string', description: 'a name from /v1/models; by default the first model of the task' },
};

const failed = {
  type: 'object',
  description: 'an image that could not be read',
  properties: { file: { type: 'string' }, error: { type: 'string' } },
  required: ['file', 'error'],
};

const seen = {
  classify: {
    type: 'object',
    properties: {
      file: { type: 'string' },
      predictions: {
        type: 'array',
        description: 'most probable first',
        items: {
          type: 'object',
          properties: {
            index: { type: 'integer' },
            label: { type: 'string' },
            wnid: { type: 'string', description: 'WordNet id, for models of ImageNet' },
            probability: { type: 'number' },
          },
        },
      },
    },
  },
  detect: {
    type: 'object',
    properties: {
      file: { type: 'string' },
      width: { type: 'integer' },
      height: { type: 'integer' },
      detections: {
        type: 'array',
        description: 'highest score first',
        items: {
          type: 'object',
          properties: {
            category_id: { type: 'integer' },
            label: { type: 'string' },
            score: { type: 'number' },
            bbox: {
              type: 'array',
              description: 'x, y, width, height in pixels of the image',
              items: { type: 'number' },
              minItems: 4,
              maxItems: 4,
            },
            segmentation: {
              type: 'object',
              description: "of a model with a mask head: the object's pixels, COCO's compressed RLE",
              properties: {
                size: {
                  type: 'array',
                  description: 'height and width of the image',
                  items: { type: 'integer' },
                  minItems: 2,
                  maxItems: 2,
                },
                counts: { type: 'string' },
              },
              required: ['size', 'counts'],
            },
            keypoints: {
              type: 'array',
              description:
                "of a model with a keypoint head: x, y in pixels of the image and COCO's visibility, which is 1, of each joint; /v1/models/{name} has their names",
              items: { type: 'number' },
            },
            keypoint_scores: {
              type: 'array',
              description: 'of each joint, a logit: above 0 for one that is more likely there than not',
              items: { type: 'number' },
            },
          },
          required: ['category_id', 'label', 'score', 'bbox'],
        },
      },
      left_out: {
        type: 'object',
        description: 'how many objects each filter leaves out, by its name, if any',
        additionalProperties: { type: 'integer' },
      },
    },
  },
};

const problem = {
  type: 'object',
  properties: {
    error: { type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' } } },
  },
};

const answer = (description: string, schema: object) => ({ description, content: { 'application/json': { schema } } });

/** Errors that several routes share, by status. */
const problems = Object.fromEntries(
  Object.entries({
    400: 'the request is wrong',
    401: 'the token is missing or wrong',
    403: 'the name in the header Host is not allowed',
    404: 'no such model',
    413: 'too many bytes, pixels or images',
    415: 'the type of the body is not supported, or the body is compressed',
    422: 'no image of the request could be read',
    503: 'too many requests wait; try again after Retry-After seconds',
    504: 'it took too long',
  }).map(([status, description]) => [status, answer(description, problem)]),
);

/** The schema of `POST /v1/classify` and `/v1/detect`. */
export const predictSchema = (task: 'classify' | 'detect') => {
  const fields = { ...field[task], ...model };
  const files = { files: { type: 'array', items: { type: 'string', format: 'binary' } } };
  const binary = { schema: { type: 'string', format: 'binary' } };
  return {
    summary: task === 'classify' ? 'The top classes of images' : 'The objects in images',
    tags: ['pictures'],
    querystring: {
      type: 'object',
      properties: {
        ...fields,
        file: { type: 'string', description: 'the name of the image, if the body is the image itself' },
      },
    },
    body: {
      content: {
        'multipart/form-data': { schema: { type: 'object', properties: { ...files, ...fields } } },
        'image/jpeg': binary,
        'image/png': binary,
        'application/json': { schema: { ...picture, properties: { ...picture.properties, ...fields } } },
      },
    },
    response: {
      200: answer('in the order of the images', { type: 'array', items: { anyOf: [seen[task], failed] } }),
      ...problems,
    },
  };
};

export const modelsSchema = {
  summary: 'The models of this service',
  tags: ['service'],
  response: {
    200: answer('each with its labels', {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          task: { type: 'string', enum: ['classify', 'detect'] },
          architecture: { type: 'string' },
          labels: { type: 'array', items: { type: 'string' } },
          device: { type: 'string' },
          input_size: {
            type: 'integer',
            description: "for a classifier: side of the network's input, in pixels",
          },
        },
      },
    }),
  },
};

const ofModel = { name: { type: 'string', description: 'from /v1/models' } };

export const modelSchema = {
  summary: 'A model with all of its configuration',
  tags: ['service'],
  params: { type: 'object', properties: ofModel },
};

export const graphSchema = {
  summary:
    'A model as an ONNX graph, `model`, or a part of one: a Faster R-CNN has `proposals`, `boxes` and, with such heads, `masks` and `keypoints`',
  tags: ['service'],
  params: { type: 'object', properties: { ...ofModel, part: { type: 'string' } } },
};

export const plainSchema = (summary: string) => ({ summary, tags: ['service'] });
