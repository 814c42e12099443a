import type { FileSlice } from '../io/pickle/file-slice.ts';

/** What to use instead. */
export const WHAT_LOADS =
  "what loads are ResNets under torchvision's, timm's or Hugging Face transformers' names, and R-CNNs and RetinaNets under torchvision's, Detectron2's or MMDetection's, as safetensors, as PyTorch's state dicts (.pth, .pt, .th) or as Detectron2's pickles of arrays (.pkl)";
const SAVE_STATE_DICT = 'not a state dict; save model.state_dict() instead';
const EXPORTED = 'take the checkpoint that it was exported from';

interface ForeignFormat {
  /** Pattern of its first bytes, as `legible` shows them. */
  readonly begins?: RegExp;
  /** Pattern of its file name. */
  readonly ends?: RegExp;
  readonly what: string;
  readonly remedy?: string;
}

/** Files of other programs. The first row that matches applies. */
const FORMATS: readonly ForeignFormat[] = [
  { begins: /^<89>HDF/, what: 'an HDF5 file, as Keras writes its weights' },
  { begins: /^(<..>|.){4}TFL3/, what: 'a TensorFlow Lite model' },
  { begins: /^GGUF/, what: 'a GGUF file, as llama.cpp reads them' },
  { begins: /^(lmgg|ggml|tjgg|fmgg)/, what: 'a GGML file, as whisper.cpp reads them' },
  { begins: /^<93>NUMPY/, what: 'a NumPy array, whose tensors have no names' },
  { begins: /^<12><01>(<00>){6}/, what: 'a file of MXNet' },
  {
    begins: /^(<fd>7zXZ|BZh\d|\(<b5>\/<fd>|7z<bc><af>|Rar!|<04>"M<18>)/,
    what: 'a compressed archive',
    remedy: 'unpack it first',
  },
  { begins: /^(<ff><d8><ff>|<89>PNG|GIF8|RIFF(<..>|.){4}WEBP|BM(<..>|.){12}[(l|]<00>)/, what: 'an image' },
  { begins: /^%PDF/, what: 'a PDF document' },
  { begins: /^(<7f>ELF|MZ<90>)/, what: 'a program' },
  { begins: /^<3c>\?xml.*<3c>net /, what: 'a model of OpenVINO', remedy: EXPORTED },
  // Field 1 is the version. Field 2 is the whole model in a SavedModel, and the name of the producer in ONNX.
  { begins: /^<08><01><12>(<[89a-f].>)+(<..>|.)<0a>/, what: "TensorFlow's SavedModel (saved_model.pb)" },
  { begins: /^<08><0[1-9a-f]>(<12>|<1a>|["2(:B])/, what: 'an ONNX model', remedy: EXPORTED },
  { ends: /\.onnx$/, what: 'an ONNX model', remedy: EXPORTED },
  { ends: /\.(index|meta|data-\d{5}-of-\d{5})$/, what: 'a part of a checkpoint of TensorFlow' },
  { ends: /\.pb$/, what: 'a graph of TensorFlow' },
  { ends: /\.(caffemodel|prototxt)$/, what: 'a model of Caffe' },
  { ends: /\.(engine|plan|trt)$/, what: 'an engine of TensorRT', remedy: EXPORTED },
  { ends: /\.mlmodel$/, what: 'a model of Core ML', remedy: EXPORTED },
  { ends: /\.weights$/, what: 'weights of Darknet' },
  { ends: /\.msgpack$/, what: 'weights of Flax' },
];

/** Bytes as text. Bytes that are not printable ASCII are hexadecimal, such as `<89>`. */
const legible = (bytes: Uint8Array): string =>
  [...bytes]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return byte < 0x20 || byte > 0x7e || letter === '<' ? `<${byte.toString(16).padStart(2, '0')}>` : letter;
    })
    .join('');

/** Says which program wrote a file, by its first bytes and its name; undefined if that is unknown. */
export function foreignFormat(head: Uint8Array, name: string): string | undefined {
  const text = legible(head);
  const format = FORMATS.find(({ begins, ends }) => begins?.test(text) || ends?.test(name.toLowerCase()));
  return format && `${format.what}, which is not read; ${format.remedy ?? WHAT_LOADS}`;
}

/** Says what a zip archive is that torch.save did not write, by the names of its files. */
export function foreignArchive(names: readonly string[]): string | undefined {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (has(/(^|\/)(serialized_)?exported_program\.json$|^[^/]+\/models\/[^/]+\.json$/)) {
    return `a program of torch.export, ${SAVE_STATE_DICT}`;
  }
  if (has(/(^|\/)constants\.pkl$|(^|\/)code\/.*\.py$|^[^/]+\/model\.json$/)) {
    return `a TorchScript program, ${SAVE_STATE_DICT}`;
  }
  if (has(/(^|\/)model\.weights\.h5$/)) return `a model of Keras, which is not read; ${WHAT_LOADS}`;
  if (has(/(^|\/)saved_model\.pb$/)) return `TensorFlow's SavedModel, which is not read; ${WHAT_LOADS}`;
  if (has(/\.npy$/)) return `NumPy arrays (.npz), which are not read; ${WHAT_LOADS}`;
  const weights = names.find((name) => /\.(pth?|th|ckpt|safetensors)(\.tar)?$/i.test(name));
  return weights === undefined ? undefined : `an archive with ${shown(weights)} in it; unpack it first`;
}

/** How many bytes of an unreadable pickle are searched for names. */
const LOOK_THROUGH = 2 ** 20;

/** Whether a pickle begins as one of numpy arrays. */
export const looksLikeArrays = (file: FileSlice): boolean =>
  /numpy\.(_core|core)?/.test(Buffer.from(file.read(0, Math.min(2 ** 12, file.length))).toString('latin1'));

/** Says what a pickle is that torch.save did not write, with names of its tensors. */
export function foreignPickle(file: FileSlice): string {
  const edge = Math.min(LOOK_THROUGH, file.length);
  const [head, tail] = [file.read(0, edge), file.read(file.length - edge, edge)];
  const text = Buffer.concat([head, tail]).toString('latin1');
  const names = text.match(/\b[a-z]\w{0,40}(\.\w{1,40}){0,10}(\.(weight|bias|running_mean)|_[wb])\b/g) ?? [];
  const telling = [...new Set(names)]
    .filter((name) => /[._]/.test(name))
    .slice(0, 3)
    .map(shown);
  const holds = telling.length ? ` (${telling.join(', ')} …)` : '';
  const isOf = (pattern: RegExp) => pattern.test(text);
  const what = isOf(/StructuredToParameterName@@/)
    ? 'weights of PaddlePaddle'
    : isOf(/sklearn\./)
      ? 'a model of scikit-learn'
      : isOf(/numpy/)
        ? 'a pickle of NumPy arrays without names'
        : 'a pickle, but not of torch.save';
  return `${what}${holds}, which is not read; ${WHAT_LOADS}`;
}

/** A name from an untrusted file, made safe to print. */
export const shown = (name: string): string => name.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);

/** What else a folder without weights that load holds, by the names of its files; undefined if that is unknown. */
export function foreignFolder(names: readonly string[]): string | undefined {
  if (names.includes('saved_model.pb')) return `a folder of TensorFlow's SavedModel, which is not read; ${WHAT_LOADS}`;
  const foreign = names.find((name) => FORMATS.some(({ ends }) => ends?.test(name.toLowerCase())));
  return foreign === undefined
    ? undefined
    : `a folder with ${shown(foreign)}: ${foreignFormat(new Uint8Array(), foreign)}`;
}
