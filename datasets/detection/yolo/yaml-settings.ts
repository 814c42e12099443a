import type { CST } from 'yaml';

/** What settings may be: far more than any data set's, and read within a second or two. */
const MAX_CHARACTERS = 2 ** 22;
const MAX_TOKENS = 500_000;
const MAX_DEPTH = 50;
const MAX_ALIASES = 100;

/**
 * The value of a YAML document, its size, depth and aliases checked before it is built.
 *
 * @throws Error with the reason
 */
export async function parseYaml(text: string): Promise<unknown> {
  if (text.length > MAX_CHARACTERS) {
    throw new Error(`it has ${text.length} characters; settings have at most ${MAX_CHARACTERS}`);
  }
  const { Composer, isScalar, visit } = await import('yaml');
  // Keys are compared here: the parser compares each with all before it.
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

/** Parsed token by token, so that what is too deep or too much is refused where it begins to be. */
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
    // The document and what it begins with are on the stack too.
    if (parser.stack.length > MAX_DEPTH + 2) throw new Error(`it nests deeper than ${MAX_DEPTH} levels`);
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}
