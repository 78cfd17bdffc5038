// One measured run: a file through capture → archive + hq + lq + CMAF → memory store. Prints its figures as JSON.
import { rmSync } from 'node:fs';
import { createArchive } from '@bucket-radio/archive';
import { openSource } from '@bucket-radio/capture';
import { type BackendChoice, createFlacEncoder, createOpusEncoder, createSegmentMuxer } from '@bucket-radio/encoders';
import { createMemoryStore } from '@bucket-radio/object-store';
import { segmentFrames } from '@bucket-radio/pcm';
import { createPublisher } from '@bucket-radio/publisher';
import { createSegmenter } from '@bucket-radio/segmenter';
import { ulid } from 'ulid';
import { Meters } from '../src/meters/meters.ts';
import { runPipeline } from '../src/pipeline.ts';
import { cpuSeconds, peakRssMb } from './usage.ts';

const SEGMENT_SECONDS = 10;
const [path = '', directory = '', choice = 'auto'] = process.argv.slice(2);
const backend = choice as BackendChoice;
const epoch = ulid();
const createFlac = () => createFlacEncoder({ level: 5, backend });
const probe = await createFlac();
const { header, backend: flac } = probe;
probe.finish();
const opus = await createOpusEncoder({
  bitrate: 128_000,
  complexity: 10,
  vbr: 'vbr',
  backend,
  segmentFrames: segmentFrames(SEGMENT_SECONDS),
});
const station = 'bench';
const publisher = createPublisher({
  store: createMemoryStore(),
  station,
  epoch,
  segmentSeconds: SEGMENT_SECONDS,
  fidelity: 'bit-perfect',
});
const archive = createArchive({
  directory,
  onAlarm: (message) => {
    throw new Error(message);
  },
});
const startedCpu = cpuSeconds();
const startedMs = performance.now();
const { nextFrame } = await runPipeline(
  {
    source: await openSource(`ffmpeg:${path}`, { fast: true }),
    segmenter: createSegmenter({ segmentSeconds: SEGMENT_SECONDS }),
    createFlac,
    opus,
    hq: createSegmentMuxer({ rendition: 'hq', epoch, segmentSeconds: SEGMENT_SECONDS, flacHeader: header }),
    lq: createSegmentMuxer({ rendition: 'lq', epoch, segmentSeconds: SEGMENT_SECONDS }),
    archive,
    publisher,
    meter: new Meters(),
  },
  {
    station,
    startFrame: 0,
    signal: new AbortController().signal,
    sourceWaits: true,
    onChunk: () => undefined,
    onBlock: () => undefined,
    onSegment: () => undefined,
  },
);
await Promise.all([archive.flush(), publisher.stop(10_000)]);
const wallSeconds = (performance.now() - startedMs) / 1000;
const result = {
  audioSeconds: nextFrame / 48_000,
  wallSeconds,
  cpu: cpuSeconds() - startedCpu,
  peakRssMb: peakRssMb(),
  backend: { flac, opus: opus.backend },
};
process.stdout.write(`${JSON.stringify(result)}\n`);
rmSync(directory, { recursive: true });
