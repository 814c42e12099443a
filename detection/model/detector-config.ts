import type { FasterRcnnConfig } from './faster-rcnn/faster-rcnn-config.ts';
import type { RetinaNetConfig } from './retinanet/retinanet-config.ts';

/** Everything that rebuilds a detector, as a model file's `config` holds it; `architecture` says which fields there are. */
export type DetectorConfig = FasterRcnnConfig | RetinaNetConfig;
