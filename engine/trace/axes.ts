/** Orders of axes: axis `i` of ONNX's tensor is axis `order[i]` of tfjs's. */

/** ONNX's feature maps are NCHW, tfjs's NHWC. */
export const NCHW: readonly number[] = [0, 3, 1, 2];
/** ONNX's filters are OIHW, tfjs's HWIO. */
export const OIHW: readonly number[] = [3, 2, 0, 1];
