import { ELEMENT_TYPES } from '../../onnx/encode.ts';
import { ROI_ALIGN, type RoiAlignAttributes } from '../../ops/roi-align.ts';
import { NCHW } from '../axes.ts';
import { traceKernel } from '../backend.ts';

traceKernel<RoiAlignAttributes>(
  ROI_ALIGN,
  (graph, { features, regions }, { outputSize, spatialScale, samplingRatio, aligned }) => {
    const [count, channels] = [regions.shape[0], features.shape[3]];
    const columns = (from: number, to: number) =>
      graph.emit('Slice', [graph.plain(regions), graph.int64s([from]), graph.int64s([to]), graph.int64s([1])], {
        shape: [count, to - from],
      });
    const images = graph.emit('Squeeze', [columns(0, 1).name, graph.int64s([1])], { shape: [count] });
    const indices = graph.emit('Cast', [images.name], { shape: [count], dtype: 'int64' }, { to: ELEMENT_TYPES.int64 });
    return graph.emit(
      'RoiAlign',
      [graph.inOrder(features, NCHW), columns(1, 5).name, indices.name],
      { shape: [count, outputSize, outputSize, channels], order: NCHW },
      {
        mode: 'avg',
        coordinate_transformation_mode: aligned ? 'half_pixel' : 'output_half_pixel',
        output_height: outputSize,
        output_width: outputSize,
        sampling_ratio: samplingRatio,
        spatial_scale: { float: spatialScale },
      },
    );
  },
);
