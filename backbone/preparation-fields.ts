// Apart from the configuration, whose declarations users see: these name the types of the package that checks.
import * as v from 'valibot';
import { channelOrders, cropModes, cropRoundings, interpolations } from '../datasets/index.ts';

/** The fields of `PreparationSettings` in a configuration or in a training's settings. */
export const preparationFields = {
  interpolation: v.optional(v.picklist(interpolations)),
  crop_mode: v.optional(v.picklist(cropModes)),
  crop_rounding: v.optional(v.picklist(cropRoundings)),
  channel_order: v.optional(v.picklist(channelOrders)),
};
