import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cacheFolder } from '../../../io/download/cache-folder.ts';

const xdg = resolve('/xdg');

test('what is set comes first', () => {
  assert.is(cacheFolder({ RESNET_COCO_HOME: '/mine', XDG_CACHE_HOME: xdg }, 'linux'), resolve('/mine'));
  assert.is(cacheFolder({ RESNET_COCO_HOME: 'mine' }, 'linux'), resolve('mine'));
  assert.is(cacheFolder({ RESNET_COCO_HOME: '', XDG_CACHE_HOME: xdg }, 'linux'), join(xdg, 'resnet-coco'));
});

test("else the system's place", () => {
  assert.is(cacheFolder({}, 'linux'), join(homedir(), '.cache', 'resnet-coco'));
  assert.is(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux'), join(homedir(), '.cache', 'resnet-coco'));
  assert.is(cacheFolder({}, 'darwin'), join(homedir(), 'Library', 'Caches', 'resnet-coco'));
  assert.is(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32'), join('/local', 'resnet-coco'));
  assert.is(cacheFolder({}, 'win32'), join(homedir(), 'AppData', 'Local', 'resnet-coco'));
});

test.run();
