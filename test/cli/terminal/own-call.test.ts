import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ownCall } from '../../../cli/terminal/own-call.ts';

test('calls that come next are by npx where npx was the call', () => {
  assert.is(ownCall({ npm_command: 'exec' }), 'npx resnet-coco');
  assert.is(ownCall({ npm_command: 'run-script' }), 'resnet-coco');
  assert.is(ownCall({}), 'resnet-coco');
});

test.run();
