import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { openCheckpoint, toFloat32 } from '../../checkpoints/index.ts';
import { ResnetCocoError } from '../../errors.ts';

/**
 * Checks, for files written to a folder, that opening one gives an error of ours that names it, soon. Without a code,
 * that it does so or opens.
 */
export function refused(folder: string) {
  return async (name: string, content: Uint8Array, code?: string, pattern?: RegExp): Promise<void> => {
    const file = join(folder, name);
    writeFileSync(file, content);
    const before = process.cpuUsage();
    try {
      const checkpoint = await openCheckpoint(file);
      // Damage to the numbers alone cannot be told.
      for (const tensor of checkpoint.tensors.values()) toFloat32(tensor);
      checkpoint.close();
      if (code) assert.unreachable(`${name} was read`);
    } catch (error) {
      if (!(error instanceof ResnetCocoError)) throw new Error(`${name}: ${(error as Error).stack}`);
      assert.ok(error.message.includes(file), error.message);
      if (code) assert.is(error.code, code, error.message);
      if (pattern) assert.match(error.message, pattern);
    }
    // Of this process alone: what else the machine does must not fail a test.
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 1e6, `${name} took ${(user + system) / 1000} ms`);
  };
}

/** A zip archive, as plain as can be. */
export function zip(files: Record<string, Buffer>, compress = false): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = compress ? deflateRawSync(content) : content;
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(compress ? 8 : 0, 8);
    header.writeUInt32LE(data.length, 18);
    header.writeUInt32LE(content.length, 22);
    header.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    header.copy(entry, 6, 4, 30);
    entry.writeUInt32LE(offset, 42);
    parts.push(header, Buffer.from(name), data);
    directory.push(entry, Buffer.from(name));
    offset += 30 + name.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** A safetensors file of a header and data, the header padded to a length in bytes if one is given. */
export function safetensors(header: string, data = Buffer.alloc(0), length = Buffer.byteLength(header)): Buffer {
  const claimed = Buffer.alloc(8);
  claimed.writeBigUInt64LE(BigInt(length));
  const text = Buffer.from(header);
  return Buffer.concat([claimed, text, Buffer.alloc(Math.max(0, length - text.length), ' '), data]);
}
