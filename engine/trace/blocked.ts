/** ONNX Runtime's own operators on maps whose channels lie in blocks: [N, C / B, H, W, B], declared as [N, C, H, W]. */
export const BLOCKED = 'com.microsoft.nchwc';
