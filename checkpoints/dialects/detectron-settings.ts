/** What Detectron2's detectors, and MMDetection's after them, do otherwise than torchvision's. */
const DETECTOR = { anchor_rounding: false, measured_strides: false, box_min_size: 0 } as const;

export const DETECTRON_R_CNN = {
  ...DETECTOR,
  rpn_min_size: 0,
  roi_align_aligned: true,
  box_roi_pool_sampling_ratio: 0,
  mask_head: { roi_pool_sampling_ratio: 0 },
  mask_paste: 'grid_sample',
} as const;

export const DETECTRON_RETINANET = {
  ...DETECTOR,
  detections_per_img: 100,
  anchor_sizes: [32, 64, 128, 256, 512].map((size) => [size, size * 2 ** (1 / 3), size * 2 ** (2 / 3)]),
} as const;
