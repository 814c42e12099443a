import { ROI_ALIGN_GRAD, type RoiAlignAttributes } from '../../ops/roi-align.ts';
import { NCHW } from '../axes.ts';
import { traceKernel } from '../backend.ts';
import { HOST } from '../host-steps.ts';

/**
 * The gradient of ROIAlign by the map. Many samples add to one cell; ONNX Runtime's `ScatterND` loses such sums with
 * two or more threads, so the host computes it (`host-steps.ts`). dy `[R, P, P, C]`, regions `[R, 5]`, the map's shape.
 */
traceKernel<RoiAlignAttributes>(ROI_ALIGN_GRAD, (graph, { dy, features, regions }, attributes) => {
  const shape = graph.emit('Shape', [graph.inOrder(features, NCHW)], { shape: [4], dtype: 'int64' });
  const { aligned, outputSize, samplingRatio, spatialScale } = attributes;
  return graph.emit(
    ROI_ALIGN_GRAD,
    [graph.plain(dy), graph.plain(regions), shape.name],
    { shape: features.shape, order: NCHW },
    { outputSize, samplingRatio, spatialScale: { float: spatialScale }, aligned: Number(aligned) },
    HOST,
  );
});
