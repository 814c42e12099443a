import type { CommandList } from './terminal/command.ts';

/** Every command, each loaded only when it is called. */
export const commands: CommandList = {
  'Look at images': {
    classify: {
      summary: 'top classes of each image',
      load: async () => (await import('./classify.ts')).default,
    },
    detect: {
      summary: 'objects in each image; draws them and writes COCO results and a page',
      load: async () => (await import('./detect.ts')).default,
    },
    embed: {
      summary: 'feature vectors of images, for numpy and others',
      load: async () => (await import('./embed.ts')).default,
    },
    similar: {
      summary: 'images most similar to one; near-duplicates',
      load: async () => (await import('./similar.ts')).default,
    },
  },
  'Answer others': {
    serve: {
      summary: 'classify and detect over HTTP',
      load: async () => (await import('./serve.ts')).default,
    },
  },
  Evaluate: {
    evaluate: {
      summary: "measure: mAP of detections, a detector's mAP, a classifier's accuracy",
      subcommands: {
        coco: {
          summary: 'mAP of detections in a file',
          load: async () => (await import('./evaluate-coco.ts')).default,
        },
        detector: {
          summary: 'detect in a folder, then mAP',
          load: async () => (await import('./evaluate-detector.ts')).default,
        },
        classifier: {
          summary: 'top-1, top-5, per-class accuracy, confusion and calibration on a data set',
          load: async () => (await import('./evaluate-classifier.ts')).default,
        },
      },
    },
  },
  Train: {
    train: {
      summary: 'train networks',
      subcommands: {
        backbone: {
          summary: 'an image classifier, from scratch or from the weights of another',
          load: async () => (await import('./train-backbone.ts')).default,
        },
        detector: {
          summary: 'a Faster R-CNN or RetinaNet, from a backbone, another detector or scratch',
          load: async () => (await import('./train-detector.ts')).default,
        },
      },
    },
  },
  Models: {
    models: {
      summary: 'list, describe, download and convert models',
      subcommands: {
        list: { summary: 'known models', load: async () => (await import('./models.ts')).list },
        info: {
          summary: 'details of a known model or of a model file',
          load: async () => (await import('./models.ts')).info,
        },
        fetch: { summary: 'download official weights', load: async () => (await import('./models.ts')).fetch },
        convert: {
          summary: 'make a .pth, .th or .safetensors checkpoint self-describing',
          load: async () => (await import('./models.ts')).convert,
        },
      },
    },
    quantize: {
      summary: 'make a model compute in eight bits: faster on CPUs, a quarter of the size',
      load: async () => (await import('./quantize.ts')).default,
    },
    export: {
      summary: 'write a model as an ONNX file',
      load: async () => (await import('./export.ts')).default,
    },
  },
  'Data sets': {
    datasets: {
      summary: 'describe, check, split, merge, filter, convert and download data sets',
      subcommands: {
        list: { summary: 'known data sets', load: async () => (await import('./datasets.ts')).list },
        info: {
          summary: 'counts, sizes and classes of a data set, and what is wrong in it',
          load: async () => (await import('./dataset-info.ts')).info,
        },
        convert: {
          summary: 'between COCO JSON, Pascal VOC and YOLO',
          load: async () => (await import('./datasets.ts')).convert,
        },
        check: {
          summary: 'duplicates, leakage between parts, imbalance, odd boxes, missing labels',
          load: async () => (await import('./dataset-check.ts')).check,
        },
        split: {
          summary: 'into train, val …, stratified by category',
          load: async () => (await import('./dataset-split.ts')).split,
        },
        merge: {
          summary: 'several into one, categories by name',
          load: async () => (await import('./dataset-edit.ts')).merge,
        },
        filter: {
          summary: 'keep some categories, objects or images',
          load: async () => (await import('./dataset-edit.ts')).filter,
        },
        sample: {
          summary: 'some of the images, stratified by category',
          load: async () => (await import('./dataset-edit.ts')).sample,
        },
        remap: {
          summary: 'rename or join categories',
          load: async () => (await import('./dataset-edit.ts')).remap,
        },
        crops: {
          summary: 'crop the objects, to train a classifier on them',
          load: async () => (await import('./dataset-crops.ts')).crops,
        },
        slice: {
          summary: 'tiles of large images with their objects, to train on',
          load: async () => (await import('./dataset-slice.ts')).slice,
        },
        fetch: { summary: 'download and unpack one', load: async () => (await import('./datasets.ts')).fetch },
      },
    },
  },
  'This machine': {
    doctor: {
      summary: 'its engines, devices and decoders, and why others do not work',
      load: async () => (await import('./doctor.ts')).default,
    },
    completion: {
      summary: 'commands, flags and models completed by the tab key of bash, zsh or fish',
      load: async () => (await import('./completion.ts')).completionOf(commands),
    },
  },
};
