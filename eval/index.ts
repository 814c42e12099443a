export * as mask from './mask/mask.ts';
