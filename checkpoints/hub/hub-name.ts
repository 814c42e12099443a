import { ResnetCocoError } from '../../errors.ts';
import { shownValue } from '../../io/shown-value.ts';
import { hubModels } from '../hub-models.ts';

/** A model on the Hugging Face hub, as users name it: `hf:owner/name[@revision][/file]`. */
export interface HubName {
  /** The name as it was written. */
  readonly text: string;
  readonly owner: string;
  readonly name: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** The file with the weights, by its path in the repository; undefined for the usual ones. */
  readonly file: string | undefined;
}

const PREFIX = 'hf:';
/** What the hub allows: letters, digits, `-`, `_`, `.`, of which the last two and `-` do not stand at the ends. */
const PART = /^(?=.{1,96}$)\w(?:[\w.-]*\w)?$/;
const REVISION = /^(?=.{1,200}$)\w[\w.+-]*$/;
const COMMIT = /^[0-9a-f]{40}$/;

export const isHubName = (model: string): boolean => model.startsWith(PREFIX);

/** Whether a revision is a commit, which never changes. */
export const isCommit = (revision: string): boolean => COMMIT.test(revision);

/**
 * Parses the name of a model on the hub.
 *
 * @throws ResnetCocoError UNKNOWN_MODEL that says which part is wrong
 */
export function parseHubName(text: string): HubName {
  const refuse = (problem: string): never => {
    const forms = 'write hf:OWNER/NAME, hf:OWNER/NAME@REVISION or hf:OWNER/NAME/FILE, such as hf:timm/resnet50.a1_in1k';
    throw new ResnetCocoError('UNKNOWN_MODEL', `${shownValue(text)}: ${problem}; ${forms}`);
  };
  if (/^hf:\/+[^/]+\/[^/]/.test(text)) refuse(`no slash comes after hf:, so ${text.replace(/^hf:\/+/, PREFIX)}`);
  const [owner, named, ...path] = text.slice(PREFIX.length).split('/');
  if (named === undefined) refuse('the owner of the repository is missing');
  const at = named.indexOf('@');
  const name = at < 0 ? named : named.slice(0, at);
  const revision = at < 0 ? 'main' : named.slice(at + 1);
  for (const [what, part] of Object.entries({ owner, name })) {
    if (!PART.test(part) || /--|\.\./.test(part)) refuse(`the ${what} ${shownValue(part)} is none that the hub has`);
  }
  if (!REVISION.test(revision) || revision.includes('..')) {
    refuse(`the revision ${shownValue(revision)} is no branch, tag or commit`);
  }
  const isInside = path.every(
    (part) => part !== '' && part !== '.' && part !== '..' && !/[\p{Cc}\\:*?"<>|]/u.test(part),
  );
  if (!isInside || path.join('/').length > 500) {
    refuse(`the file ${shownValue(path.join('/'))} is no path in a repository`);
  }
  const isHash = /^[0-9a-fA-F]{40}$/.test(revision);
  return {
    text,
    owner,
    name,
    revision: isHash ? revision.toLowerCase() : revision,
    file: path.length ? path.join('/') : undefined,
  };
}

/** Addresses of the hub, as users copy them from a browser. */
const ADDRESS =
  /^(?:https?:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\/|(?:www\.)?(?:huggingface\.co|hf\.co)\/)(?<repository>[^/?#\s]+\/[^/?#\s]+)(?:\/(?:tree|blob|resolve|raw)\/(?<revision>[^/?#\s]+)(?:\/(?<file>[^?#\s]+))?)?\/?(?:[?#].*)?$/;
const WEIGHTS = /\.(safetensors|pth?|th|bin|ckpt|pkl|onnx|json|tar|zip|h5|npz?)$/i;

/**
 * The name on the hub that a user may have meant with a text that names nothing here: an address of the hub,
 * `owner/name` without the prefix, or a recommended name without its owner or its recipe.
 */
export function hubNameMeant(text: string): string | undefined {
  if (text.length > 300) return undefined;
  const address = ADDRESS.exec(text)?.groups;
  if (address) {
    const { repository, revision = 'main', file } = address;
    return `${PREFIX}${repository}${revision === 'main' ? '' : `@${revision}`}${file === undefined ? '' : `/${file}`}`;
  }
  // Other spellings of the prefix; with `hf/` only where three parts tell it from an owner.
  const spelled = /^(?:(?:hf|hub|huggingface):\/*|(?:hf|huggingface)\/(?=[^/]+\/[^/]))(?<rest>[^/:]+\/[^:]+)$/i.exec(
    text,
  );
  if (spelled?.groups) return PREFIX + spelled.groups.rest;
  const recommended = hubModels.find(({ name }) => `${name.split('/')[1]}.`.startsWith(`${text.toLowerCase()}.`));
  if (recommended) return recommended.name;
  const [owner, name = '', ...path] = text.split('/');
  const isRepository = PART.test(owner) && PART.test(name.split('@')[0]) && !WEIGHTS.test(name);
  return isRepository && path.length < 3 ? PREFIX + text : undefined;
}
