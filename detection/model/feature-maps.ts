/** Of the levels of a pyramid above a ResNet: those of its stages, and one of half the last one's size. */
export const PYRAMID_STRIDES: readonly number[] = [4, 8, 16, 32, 64];

/** Of the levels P3 … P7 of RetinaNet's pyramid. */
export const RETINANET_STRIDES: readonly number[] = [8, 16, 32, 64, 128];

/**
 * The maps that heads look at: `fpn`, a feature pyramid (Lin et al. 2017); `c4`, the fourth stage's (the detector of He
 * et al. 2015, whose fifth stage looks at regions); `dc5`, the fifth stage's, dilated to the fourth's size (Dai et al.
 * 2017).
 */
export const featureMaps = ['fpn', 'c4', 'dc5'] as const;
export type FeatureMaps = (typeof featureMaps)[number];

/** Of each level of such maps. */
export const stridesOf = (maps: FeatureMaps): readonly number[] => (maps === 'fpn' ? PYRAMID_STRIDES : [16]);

/** Of the levels that regions are pooled from: all but a pyramid's coarsest. */
export const regionStridesOf = (maps: FeatureMaps): readonly number[] =>
  maps === 'fpn' ? PYRAMID_STRIDES.slice(0, -1) : stridesOf(maps);
