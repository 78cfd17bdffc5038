import type { RatioBar } from '../plot/ratio-bars.ts';

/** The last line of a benchmark, whatever is in it. */
export type BenchResult = Readonly<Record<string, unknown>>;

/** A benchmark of `pnpm bench all`: what it is compared with, and how it is run. */
export interface BenchPlan {
  readonly name: string;
  readonly heading: string;
  readonly peer: string;
  readonly full: readonly string[];
  readonly quick: readonly string[];
  /** Programs, and `native` for the native encoders, without which it does not start. */
  readonly needs: readonly string[];
  /** A picture that the benchmark draws by itself, relative to docs. */
  readonly plot?: string;
}

export const PLANS: readonly BenchPlan[] = [
  {
    name: 'pipeline',
    heading: 'The pipeline, and ffmpeg making FLAC and Opus HLS',
    peer: 'ffmpeg',
    full: [],
    quick: ['--runs', '1', '--seconds', '60'],
    needs: ['ffmpeg', 'music', 'native'],
  },
  {
    name: 'upload',
    heading: 'Uploads, and @aws-sdk/lib-storage',
    peer: 'lib-storage',
    full: [],
    quick: ['--mb', '128', '--runs', '1'],
    needs: ['radosgw', 'pnpm'],
  },
  {
    name: 'publisher',
    heading: 'From the last sample to a readable segment, and ffmpeg',
    peer: 'ffmpeg',
    full: ['--segments', '8'],
    quick: ['--segments', '3', '--lengths', '1,2'],
    needs: ['radosgw', 'ffmpeg'],
  },
  {
    name: 'player',
    heading: 'The player, and hls.js',
    peer: 'hls.js',
    full: [],
    quick: ['--presses', '3', '--seconds', '5'],
    needs: ['chromium'],
  },
  {
    name: 'latency',
    heading: 'From the sound card to the ear, and a 10 s HLS made by ffmpeg and played by hls.js',
    peer: 'ffmpeg and hls.js',
    full: [],
    quick: ['--seconds', '12', '--lengths', '1', '--peer', 'no'],
    needs: ['chromium', 'pulseaudio', 'ffmpeg'],
  },
  {
    name: 'fanout',
    heading: 'What an audience costs the origin, and Icecast',
    peer: 'Icecast',
    full: ['--write'],
    quick: ['--seconds', '3'],
    needs: ['nginx', 'icecast2', 'ffmpeg'],
    plot: 'images/scale.svg',
  },
  {
    name: 'hybrid-buffer',
    heading: 'A hybrid buffer, and fs streams',
    peer: 'fs streams',
    full: ['--mb', '256'],
    quick: ['--mb', '32', '--runs', '1'],
    needs: [],
  },
];

/** Where a ratio stands in the results: benchmark, path, what a reader calls it. */
interface RatioPlace {
  readonly bench: string;
  readonly path: readonly string[];
  readonly name: string;
  readonly moreIsBetter: boolean;
  /** The peer's own figure, where the benchmark gives two numbers and no ratio. */
  readonly peerPath?: readonly string[];
}

const RATIOS: readonly RatioPlace[] = [
  { bench: 'pipeline', path: ['cpuRatio'], name: 'pipeline: CPU / ffmpeg', moreIsBetter: false },
  { bench: 'pipeline', path: ['wasmCpuRatio'], name: 'pipeline in WebAssembly: CPU / ffmpeg', moreIsBetter: false },
  { bench: 'upload', path: ['file', 'throughputRatio'], name: 'large files: throughput', moreIsBetter: true },
  { bench: 'upload', path: ['file', 'cpuRatio'], name: 'large files: CPU', moreIsBetter: false },
  { bench: 'upload', path: ['file', 'rssRatio'], name: 'large files: memory', moreIsBetter: false },
  { bench: 'upload', path: ['small', 'throughputRatio'], name: 'small objects: throughput', moreIsBetter: true },
  { bench: 'upload', path: ['small', 'cpuRatio'], name: 'small objects: CPU', moreIsBetter: false },
  {
    bench: 'player',
    path: ['gzipKb', 'element'],
    peerPath: ['gzipKb', 'hlsjs'],
    name: 'player: size / hls.js',
    moreIsBetter: false,
  },
  {
    bench: 'player',
    path: ['pressToSoundMs', 'ours'],
    peerPath: ['pressToSoundMs', 'hlsjs'],
    name: 'player: press to sound / hls.js',
    moreIsBetter: false,
  },
  { bench: 'player', path: ['cpuRatio'], name: 'player: CPU / bare element', moreIsBetter: false },
  {
    bench: 'publisher',
    path: ['playlistMs', '10'],
    peerPath: ['ffmpeg', 'playlistMs', '10'],
    name: 'segment of 10 s in the playlist / ffmpeg',
    moreIsBetter: false,
  },
  {
    bench: 'latency',
    path: ['p50Ms', '1'],
    peerPath: ['hlsjs', 'p50Ms'],
    name: 'ear latency at 1 s / HLS of 10 s',
    moreIsBetter: false,
  },
  {
    bench: 'latency',
    path: ['p50Ms', '10'],
    peerPath: ['hlsjs', 'p50Ms'],
    name: 'ear latency at 10 s / HLS of 10 s',
    moreIsBetter: false,
  },
  { bench: 'hybrid-buffer', path: ['file', 'writeRatio'], name: 'hybrid buffer: writing', moreIsBetter: true },
  { bench: 'hybrid-buffer', path: ['file', 'readRatio'], name: 'hybrid buffer: reading', moreIsBetter: true },
];

function numberAt(result: BenchResult | undefined, path: readonly string[]): number | undefined {
  let value: unknown = result;
  for (const step of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}

/** Every ratio that the results hold, in a fixed order. */
export function ratios(results: ReadonlyMap<string, BenchResult>): readonly RatioBar[] {
  return RATIOS.flatMap(({ bench, path, peerPath, name, moreIsBetter }) => {
    const ours = numberAt(results.get(bench), path);
    const peer = peerPath === undefined ? 1 : numberAt(results.get(bench), peerPath);
    return ours === undefined || peer === undefined ? [] : [{ name, ratio: ours / peer, moreIsBetter }];
  });
}

/** The last line of a benchmark's output. @throws Error when it is not a JSON object */
export function lastJsonLine(output: string): BenchResult {
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  const value: unknown = line.startsWith('{') ? JSON.parse(line) : undefined;
  if (typeof value !== 'object' || value === null) throw new Error(`the last line is not JSON: ${line.slice(0, 200)}`);
  return value as BenchResult;
}
