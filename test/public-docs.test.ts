import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript5';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { projectRoot } from './shared-data.ts';

const { exports } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, { readonly types?: string }>>;
};
const declarations = Object.values(exports).flatMap(({ types }) => (types ? [join(projectRoot, types)] : []));
const program = ts.createProgram(declarations, {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  types: ['node'],
});
const checker = program.getTypeChecker();

/** What users import, by name: where it is declared, of which there may be several. */
function publicExports(): Map<string, Set<ts.Symbol>> {
  const all = new Map<string, Set<ts.Symbol>>();
  for (const file of declarations) {
    const entry = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    for (const one of checker.getExportsOfModule(entry)) {
      const symbol = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
      all.set(one.name, (all.get(one.name) ?? new Set()).add(symbol));
    }
  }
  return all;
}

test('every public export has a docstring', () => {
  const without: string[] = [];
  for (const [name, symbols] of publicExports()) {
    // A module as a whole: what it is stands at its head.
    if (name === 'mask') continue;
    for (const symbol of symbols) if (!symbol.getDocumentationComment(checker).length) without.push(name);
  }
  assert.equal(without, []);
});

test('a public name means one thing, from whichever entry it comes', () => {
  const several = [...publicExports()].filter(([, symbols]) => symbols.size > 1).map(([name]) => name);
  assert.equal(several, []);
});

test.run();
