// One measured run: sound through capture → archive + hq + lq + CMAF → memory store. Prints its figures as JSON.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createArchive } from '@bucket-radio/archive';
import { openSource } from '@bucket-radio/capture';
import { type BackendChoice, createFlacEncoder, createOpusEncoder, createSegmentMuxer } from '@bucket-radio/encoders';
import { createMemoryStore } from '@bucket-radio/object-store';
import { segmentFrames } from '@bucket-radio/pcm';
import { createPublisher } from '@bucket-radio/publisher';
import { createSegmenter } from '@bucket-radio/segmenter';
import { ulid } from 'ulid';
import { keepYoungGenerationSmall } from '../src/cli/small-heap.ts';
import { SignalGuard } from '../src/guard/guard.ts';
import { Meters } from '../src/meters/meters.ts';
import { runPipeline } from '../src/pipeline.ts';
import { cpuSeconds, peakRssMb } from './usage.ts';

// As `radio start` does.
keepYoungGenerationSmall();

const SEGMENT_SECONDS = 10;
const MB = 1024 * 1024;
const { values } = parseArgs({
  options: {
    source: { type: 'string', default: '' },
    /** Where recordings go; removed in the end. */
    directory: { type: 'string', default: '' },
    backend: { type: 'string', default: 'auto' },
    level: { type: 'string', default: '5' },
    complexity: { type: 'string', default: '10' },
    /** With what the monitor shows and the signal guard looks at: true peak, loudness, hum, clipping. */
    desk: { type: 'boolean', default: false },
    /** Stops a source without an end. Default: at the end of the source. */
    hours: { type: 'string', default: 'Infinity' },
  },
});
const { directory } = values;
const backend = values.backend as BackendChoice;
const epoch = ulid();
const createFlac = () => createFlacEncoder({ level: Number(values.level), backend });
const probe = await createFlac();
const { header, backend: flac } = probe;
probe.finish();
const opus = await createOpusEncoder({
  bitrate: 128_000,
  complexity: Number(values.complexity),
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
  // Only a remote bucket limits how often one key is written.
  minManifestIntervalMs: 0,
});
const archive = createArchive({
  directory,
  onAlarm: (message) => {
    throw new Error(message);
  },
});
const stop = new AbortController();
const memory: { readonly hour: number; readonly rssMb: number; readonly heapMb: number }[] = [];

/** Every ten minutes of audio: what is in memory, and only the newest recording stays on the disk. */
function afterTenMinutes(hour: number): void {
  const { rss, heapUsed, external } = process.memoryUsage();
  memory.push({
    hour: Number(hour.toFixed(3)),
    rssMb: Math.round(rss / MB),
    heapMb: Math.round((heapUsed + external) / MB),
  });
  process.stderr.write(`${JSON.stringify(memory.at(-1))}\n`);
  const keep = archive.status.file;
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (keep !== undefined && name.endsWith('.flac') && !keep.endsWith(name)) rmSync(join(directory, name));
  }
  if (hour >= Number(values.hours)) stop.abort();
}

const HOUR_FRAMES = 3600 * 48_000;
const TEN_MINUTES_FRAMES = HOUR_FRAMES / 6;
const meters = new Meters();
const guard = new SignalGuard({ silenceDbfs: -65, silenceSeconds: 20, bitDepth: 24 }, () => undefined);
const startedCpu = cpuSeconds();
const startedMs = performance.now();
const { nextFrame } = await runPipeline(
  {
    source: await openSource(values.source, { fast: true }),
    segmenter: createSegmenter({ segmentSeconds: SEGMENT_SECONDS }),
    createFlac,
    opus,
    hq: createSegmentMuxer({ rendition: 'hq', epoch, segmentSeconds: SEGMENT_SECONDS, flacHeader: header }),
    lq: createSegmentMuxer({ rendition: 'lq', epoch, segmentSeconds: SEGMENT_SECONDS }),
    archive,
    publisher,
    meter: {
      add: (block) => {
        if (!values.desk) return;
        meters.add(block);
        guard.add(block);
      },
    },
  },
  {
    station,
    startFrame: 0,
    signal: stop.signal,
    sourceWaits: true,
    onChunk: () => undefined,
    onBlock: ({ position, frames }) => {
      if ((position + frames) % TEN_MINUTES_FRAMES === 0) afterTenMinutes((position + frames) / HOUR_FRAMES);
    },
    onSegment: () => undefined,
  },
);
await Promise.all([archive.flush(), publisher.stop(10_000)]);
const wallSeconds = (performance.now() - startedMs) / 1000;
const result = {
  audioSeconds: nextFrame / 48_000,
  wallSeconds,
  cpu: cpuSeconds() - startedCpu,
  /** Node's start and loading the program: once for a station that runs for months. */
  startCpu: startedCpu,
  peakRssMb: peakRssMb(),
  backend: { flac, opus: opus.backend },
  memory,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
rmSync(directory, { recursive: true });
