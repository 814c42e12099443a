/**
 * Imported before tfjs, makes it compute in double precision: its JavaScript backend keeps numbers in `Float32Array`s,
 * which it finds by that name. For gradients against finite differences, which need the digits.
 */
globalThis.Float32Array = Float64Array as unknown as Float32ArrayConstructor;
