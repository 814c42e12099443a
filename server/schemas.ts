import { SHOWN_SCORE } from '../detection/index.ts';

/** What the documentation of the HTTP API says of bodies and answers, in JSON Schema. */
const picture = {
  type: 'object',
  properties: {
    image: { type: 'string', description: 'a picture as base64, or a data: URL of it' },
    images: {
      type: 'array',
      description: 'several, each base64 or with a name',
      items: {
        anyOf: [
          { type: 'string' },
          { type: 'object', properties: { file: { type: 'string' }, data: { type: 'string' } }, required: ['data'] },
        ],
      },
    },
  },
};

const field = {
  classify: { top: { type: 'integer', minimum: 1, default: 5, description: 'classes to return of each picture' } },
  detect: {
    score: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: SHOWN_SCORE,
      description: 'only objects above this score',
    },
  },
};

const model = { model: { type: 'string', description: 'a name from /v1/models; by default the first that can' } };

const failed = {
  type: 'object',
  description: 'a picture that could not be read',
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
            wnid: { type: 'string', description: 'WordNet id, of models of ImageNet' },
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
              description: 'x, y, width, height in pixels of the picture',
              items: { type: 'number' },
              minItems: 4,
              maxItems: 4,
            },
          },
        },
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
    403: 'the service is not known by the name in the header Host',
    404: 'no such model',
    413: 'too many bytes, pixels or pictures',
    415: 'a body of another type, or one that is compressed',
    422: 'no picture of the request could be read',
    503: 'too much is waiting; come again after Retry-After seconds',
    504: 'it took too long',
  }).map(([status, description]) => [status, answer(description, problem)]),
);

/** Of `POST /v1/classify` and `/v1/detect`. */
export const predictSchema = (task: 'classify' | 'detect') => {
  const fields = { ...field[task], ...model };
  const files = { files: { type: 'array', items: { type: 'string', format: 'binary' } } };
  const binary = { schema: { type: 'string', format: 'binary' } };
  return {
    summary: task === 'classify' ? 'The top classes of pictures' : 'The objects in pictures',
    tags: ['pictures'],
    querystring: {
      type: 'object',
      properties: { ...fields, file: { type: 'string', description: 'the name of a picture that is the body itself' } },
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
      200: answer('in the order of the pictures', { type: 'array', items: { anyOf: [seen[task], failed] } }),
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
            description: 'of a classifier: pixels of a side of what its net is given',
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
  summary: 'A model as an ONNX graph: a classifier has one, `model`; a detector two, `proposals` and `boxes`',
  tags: ['service'],
  params: { type: 'object', properties: { ...ofModel, part: { type: 'string' } } },
};

export const plainSchema = (summary: string) => ({ summary, tags: ['service'] });
