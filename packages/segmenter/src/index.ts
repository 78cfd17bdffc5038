export { createSegmenter, type Segmenter, type SegmenterOptions } from './segmenter.ts';
