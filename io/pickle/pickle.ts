import type { ResnetCocoError } from '../../errors.ts';
import { ByteReader } from './byte-reader.ts';
import type { FileSlice } from './file-slice.ts';

/** A built value of a pickle: dictionaries become `Map`s, lists and tuples arrays. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PickleValue[]
  | ReadonlyMap<PickleValue, PickleValue>
  | ReadonlySet<PickleValue>
  | Global
  | object;

/** A class or function that a pickle names. It is never callable. */
export class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Which names a pickle may use, and what is built instead of running them. */
export interface PickleWorld {
  /** Whether a class or function may be named. */
  knows(name: string): boolean;
  /** The result of a call. */
  call(global: Global, args: readonly PickleValue[]): PickleValue;
  /** Sets the state of an object that a call returned; objects without `build` are unchanged. */
  build?(object: PickleValue, state: PickleValue): void;
  /** Resolves an object outside the pickle, such as a storage. */
  persistent(id: PickleValue): PickleValue;
  /** Converts raw bytes, given as a slice of the file. */
  bytes(part: FileSlice): PickleValue;
  /** Converts a text that is too long for a name, given as a slice of the file; without it, all are text. */
  longText?(part: FileSlice): PickleValue;
  /** Python 2 had one type for text and bytes; this decides which its strings become. */
  readonly python2Strings: 'text' | 'bytes';
  /** The error for a class or function that may not be named. */
  refusal(name: string, file: string): ResnetCocoError;
}

/**
 * Budget of one pickle: one unit per opcode, and more for opcodes that take more time or memory. Training checkpoints
 * of the deepest ResNets need a twentieth of it, CIFAR's batches a fifth. It stops pickles made to exhaust memory or
 * time.
 */
const BUDGET = 2_000_000;
const MAP_COST = 10;
const LIST_COST = 4;
const MEMO_COST = 2;
/** Letters of text per unit of cost. */
const TEXT_PER_COST = 64;
/** Letters of a text that `longText` does not get. */
const LONGEST_NAME = 256;

const MARK = Symbol('mark');

/**
 * Builds the value of a pickle of protocols 0 to 5 (Python's `pickletools` documents the opcodes) without running
 * anything. A name that `world` does not know stops it.
 *
 * @param start where the pickle begins in `source`
 * @param budget the most it may cost
 * @returns the value, and where the pickle ends
 * @throws the world's refusal of an unknown name; Error for anything else
 */
export function readPickle(
  source: FileSlice,
  start: number,
  world: PickleWorld,
  budget = BUDGET,
): { value: PickleValue; end: number } {
  const reader = new ByteReader(source, start);
  const stack: (PickleValue | typeof MARK)[] = [];
  const memo = new Map<number, PickleValue>();
  let left = budget;
  const spend = (cost: number) => {
    left -= cost;
    if (!(left >= 0)) throw new Error('its pickle builds more than any file of its kind needs');
  };

  const pop = (): PickleValue => {
    const value = stack.pop();
    if (value === undefined || value === MARK) throw new Error('an opcode without its operand');
    return value as PickleValue;
  };
  const popMark = (): PickleValue[] => {
    const at = stack.lastIndexOf(MARK);
    if (at < 0) throw new Error('an opcode without its mark');
    return stack.splice(at).slice(1) as PickleValue[];
  };
  const top = (): PickleValue => {
    const value = stack[stack.length - 1];
    if (value === undefined || value === MARK) throw new Error('an opcode without its object');
    return value as PickleValue;
  };
  const recall = (index: number): PickleValue => {
    const value = memo.get(index);
    if (value === undefined) throw new Error(`memo ${index} was never set`);
    return value;
  };
  const memoize = (index: number) => {
    spend(MEMO_COST);
    memo.set(index, top());
  };
  /** Bounded before reading: a text can claim the length of the whole file. */
  const text = (length: number): string => {
    spend(Math.ceil(length / TEXT_PER_COST));
    return reader.text(length);
  };
  const unicode = (length: number): PickleValue => {
    if (!world.longText || length <= LONGEST_NAME) return text(length);
    reader.skip(length);
    return world.longText(source.slice(reader.position - length, length));
  };
  const line = (): string => {
    const value = reader.line();
    spend(Math.ceil(value.length / TEXT_PER_COST));
    return value;
  };
  const blob = (length: number): PickleValue => {
    reader.skip(length);
    return world.bytes(source.slice(reader.position - length, length));
  };
  const python2String = world.python2Strings === 'text' ? text : blob;
  const named = (module: PickleValue, name: PickleValue): Global => {
    if (typeof module !== 'string' || typeof name !== 'string') throw new Error('a name that is no text');
    const full = `${module}.${name}`;
    if (world.knows(full)) return new Global(full);
    throw world.refusal(printable(full), source.file);
  };
  const setItems = (pairs: readonly PickleValue[]) => {
    const map = top();
    if (!(map instanceof Map)) throw new Error('items are set on what is no dictionary');
    for (let i = 0; i + 1 < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
  };
  const append = (items: readonly PickleValue[]) => {
    const list = top();
    if (!Array.isArray(list)) throw new Error('items are appended to what is no list');
    for (const item of items) list.push(item);
  };
  const call = () => {
    const args = pop();
    const callee = pop();
    if (!(callee instanceof Global) || !Array.isArray(args)) throw new Error('a call of what is no function');
    // A call may copy its arguments, and the same arguments may be passed again and again.
    spend(args.length);
    for (const arg of args) spend(Array.isArray(arg) ? arg.length : arg instanceof Map ? arg.size * MAP_COST : 0);
    stack.push(world.call(callee, args));
  };

  for (;;) {
    spend(1);
    const opcode = reader.byte();
    switch (opcode) {
      case 0x80: // PROTO
        if (reader.byte() > 5) throw new Error('a pickle protocol newer than 5');
        break;
      case 0x95: // FRAME
        reader.skip(8);
        break;
      case 0x2e: // STOP
        return { value: pop(), end: reader.position };
      case 0x28: // MARK
        stack.push(MARK);
        break;
      case 0x30: // POP
        stack.pop();
        break;
      case 0x31: // POP_MARK
        popMark();
        break;
      case 0x32: // DUP
        stack.push(top());
        break;
      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack.push(opcode === 0x88);
        break;
      case 0x49: // INT
      case 0x4c: {
        // LONG
        const digits = line();
        if (digits === '00' || digits === '01') stack.push(digits === '01');
        else stack.push(wholeNumber(digits.replace(/L$/, '')));
        break;
      }
      case 0x46: // FLOAT
        stack.push(Number(line()));
        break;
      case 0x4a: // BININT
        stack.push(reader.signed(4));
        break;
      case 0x4b: // BININT1
        stack.push(reader.byte());
        break;
      case 0x4d: // BININT2
        stack.push(reader.unsigned(2));
        break;
      case 0x8a: // LONG1
        stack.push(reader.signed(reader.byte()));
        break;
      case 0x8b: // LONG4
        stack.push(reader.signed(reader.unsigned(4)));
        break;
      case 0x47: {
        // BINFLOAT
        const bytes = reader.bytes(8);
        stack.push(new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0));
        break;
      }
      case 0x53: // STRING
        stack.push(line().replace(/^(['"])(.*)\1$/, '$2'));
        break;
      case 0x56: // UNICODE
        stack.push(line());
        break;
      case 0x54: // BINSTRING
        stack.push(python2String(reader.unsigned(4)));
        break;
      case 0x55: // SHORT_BINSTRING
        stack.push(python2String(reader.byte()));
        break;
      case 0x58: // BINUNICODE
        stack.push(unicode(reader.unsigned(4)));
        break;
      case 0x8c: // SHORT_BINUNICODE
        stack.push(text(reader.byte()));
        break;
      case 0x8d: // BINUNICODE8
        stack.push(unicode(reader.unsigned(8)));
        break;
      case 0x42: // BINBYTES
        stack.push(blob(reader.unsigned(4)));
        break;
      case 0x43: // SHORT_BINBYTES
        stack.push(blob(reader.byte()));
        break;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        stack.push(blob(reader.unsigned(8)));
        break;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        spend(LIST_COST);
        stack.push([]);
        break;
      case 0x7d: // EMPTY_DICT
        spend(MAP_COST);
        stack.push(new Map());
        break;
      case 0x8f: // EMPTY_SET
        spend(MAP_COST);
        stack.push(new Set());
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: {
        // TUPLE3
        spend(LIST_COST);
        const items: PickleValue[] = [];
        for (let i = 0x84; i < opcode; i++) items.unshift(pop());
        stack.push(items);
        break;
      }
      case 0x74: // TUPLE
      case 0x6c: // LIST
        stack.push(popMark());
        break;
      case 0x64: {
        // DICT
        const pairs = popMark();
        spend(MAP_COST);
        stack.push(new Map());
        setItems(pairs);
        break;
      }
      case 0x61: // APPEND
        append([pop()]);
        break;
      case 0x65: // APPENDS
        append(popMark());
        break;
      case 0x73: {
        // SETITEM
        const value = pop();
        setItems([pop(), value]);
        break;
      }
      case 0x75: // SETITEMS
        setItems(popMark());
        break;
      case 0x90: {
        // ADDITEMS
        const items = popMark();
        const set = top();
        if (!(set instanceof Set)) throw new Error('items are added to what is no set');
        for (const item of items) set.add(item);
        break;
      }
      case 0x91: // FROZENSET
        spend(MAP_COST);
        stack.push(new Set(popMark()));
        break;
      case 0x67: // GET
        stack.push(recall(Number(line())));
        break;
      case 0x68: // BINGET
        stack.push(recall(reader.byte()));
        break;
      case 0x6a: // LONG_BINGET
        stack.push(recall(reader.unsigned(4)));
        break;
      case 0x70: // PUT
        memoize(Number(line()));
        break;
      case 0x71: // BINPUT
        memoize(reader.byte());
        break;
      case 0x72: // LONG_BINPUT
        memoize(reader.unsigned(4));
        break;
      case 0x94: // MEMOIZE
        memoize(memo.size);
        break;
      case 0x63: // GLOBAL
        stack.push(named(line(), line()));
        break;
      case 0x93: {
        // STACK_GLOBAL
        const name = pop();
        stack.push(named(pop(), name));
        break;
      }
      case 0x52: // REDUCE
      case 0x81: // NEWOBJ
        call();
        break;
      case 0x92: // NEWOBJ_EX
        pop();
        call();
        break;
      case 0x62: {
        // BUILD
        const state = pop();
        world.build?.(top(), state);
        break;
      }
      case 0x51: // BINPERSID
        stack.push(world.persistent(pop()));
        break;
      case 0x69: // INST
        named(line(), line());
        throw new Error('an instance of an old-style class');
      default:
        throw new Error(`opcode 0x${opcode.toString(16)}, which no data need`);
    }
  }
}

function wholeNumber(text: string): number | bigint {
  if (!/^-?\d{1,40}$/.test(text)) throw new Error(`'${text.slice(0, 40)}' is no whole number`);
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

/** A name from an untrusted file, made safe for a terminal. */
function printable(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > 100 ? `${plain.slice(0, 100)}…` : plain;
}
