import type { CST } from 'yaml';

/** Limits of settings: far above any data set's, and read within a second or two. */
const MAX_CHARACTERS = 2 ** 22;
const MAX_TOKENS = 500_000;
const MAX_DEPTH = 50;
const MAX_ALIASES = 100;

/**
 * The value of a YAML document. Size, depth and aliases are checked before it is built.
 *
 * @throws Error with the reason when the text is not YAML or exceeds a limit
 */
export async function parseYaml(text: string): Promise<unknown> {
  if (text.length > MAX_CHARACTERS) {
    throw new Error(`it has ${text.length} characters; settings have at most ${MAX_CHARACTERS}`);
  }
  const { Composer, isScalar, visit } = await import('yaml');
  // Keys are compared below: the parser compares each key with all earlier ones.
  const [document] = [...new Composer({ uniqueKeys: false }).compose(await boundedTokens(text), true, text.length)];
  const [error] = document?.errors ?? [];
  if (error) throw error;
  if (!document) return undefined;
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name)) throw new Error(`the key ${JSON.stringify(name)} is there twice`);
        seen.add(name);
      }
    },
  });
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    if (!(cause instanceof ReferenceError) || !/alias count/i.test(cause.message)) throw cause;
    const message = `its aliases (*name) stand for more than ${MAX_ALIASES} values in values; write them out`;
    throw new Error(message, { cause });
  }
}

/** Parses token by token, so that a document too deep or too large is refused early. */
async function boundedTokens(text: string): Promise<CST.Token[]> {
  const { CST, Lexer, Parser } = await import('yaml');
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  let aliases = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > MAX_TOKENS) throw new Error(`it has more than ${MAX_TOKENS} words and signs`);
    if (CST.tokenType(lexeme) === 'alias' && ++aliases > MAX_ALIASES) {
      throw new Error(`it has more than ${MAX_ALIASES} aliases (*name)`);
    }
    for (const token of parser.next(lexeme)) tokens.push(token);
    // The stack also holds the document and its first token.
    if (parser.stack.length > MAX_DEPTH + 2) throw new Error(`it nests deeper than ${MAX_DEPTH} levels`);
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}
