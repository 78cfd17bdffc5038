import type { BenchResult } from './figures.ts';

/** One number of a benchmark's result, and what it was meant to be. */
export interface Figure {
  /** Where it stands in the result: `file.cpuRatio`. */
  readonly path: string;
  readonly value: number;
  readonly meaning: string;
  /** The peer's own number has none; nor has one that is only told. */
  readonly goal?: Goal;
  readonly isPeer: boolean;
}

export type Goal = { readonly atMost: number } | { readonly atLeast: number };

/** By benchmark and path. They were set before anything was measured, and stay when they are missed. */
const GOALS: Readonly<Record<string, Goal>> = {
  'pipeline.cpuRatio': { atMost: 0.9 },
  'pipeline.wasmCpuRatio': { atMost: 1.4 },
  'pipeline.peakRssMb': { atMost: 150 },
  'pipeline.wasmPeakRssMb': { atMost: 150 },
  'upload.file.throughputRatio': { atLeast: 1 },
  'upload.file.cpuRatio': { atMost: 0.6 },
  'upload.file.rssRatio': { atMost: 0.6 },
  'upload.file.connections': { atMost: 4 },
  'upload.small.throughputRatio': { atLeast: 1 },
  'upload.small.cpuRatio': { atMost: 0.6 },
  'player.gzipKb.worklet': { atMost: 12 },
  'player.gzipKb.both': { atMost: 18 },
  'player.gzipKb.element': { atMost: 35 },
  'player.pressToSoundMs.ours': { atMost: 100 },
  'player.cpuRatio': { atMost: 1.5 },
  'latency.p95Ms.1': { atMost: 3000 },
  'latency.p95Ms.2': { atMost: 4500 },
  'latency.p95Ms.10': { atMost: 14_000 },
  'fanout.originRequestsPerSecond.1': { atMost: 1 },
  'fanout.originRequestsPerSecond.100': { atMost: 1 },
  'fanout.originRequestsPerSecond.1000': { atMost: 1 },
  'fanout.originRequestsPerSecond.2000': { atMost: 1 },
};

/** What a number means, by benchmark and the beginning of its path; the longest that fits counts. */
const MEANINGS: Readonly<Record<string, string>> = {
  'pipeline.realtime': 'times as fast as the music plays',
  'pipeline.cpuSecondsPerHour': 'processor seconds for an hour of music',
  'pipeline.peakRssMb': 'peak memory, MB',
  'pipeline.cpuRatio': 'processor time / ffmpeg',
  'pipeline.cpuRatioWithStart': "the same with the process's start",
  'pipeline.wasmCpuRatio': 'processor time in WebAssembly / ffmpeg',
  'pipeline.wasmPeakRssMb': 'peak memory in WebAssembly, MB',
  'pipeline.deskCpuRatio': 'processor time with meters and signal guard, which ffmpeg has not / ffmpeg',
  'pipeline.deskPeakRssMb': 'peak memory with meters and signal guard, MB',
  'upload.file.throughputRatio': 'a large file: throughput / lib-storage',
  'upload.file.cpuRatio': 'a large file: processor time / lib-storage',
  'upload.file.rssRatio': 'a large file: peak memory / lib-storage',
  'upload.file.peakRssMb': 'a large file: peak memory of the process, MiB',
  'upload.file.connections': 'a large file: connections on 4 lanes',
  'upload.small.throughputRatio': 'small objects: throughput / lib-storage',
  'upload.small.cpuRatio': 'small objects: processor time / lib-storage',
  'publisher.visibleMs': 'ms from a whole segment to the manifest that names it, by segment length in s',
  'publisher.requestsPerSegment': 'requests for a segment',
  'publisher.playlistMs': 'ms from a whole segment to the HLS playlist that names it, by segment length in s',
  'publisher.ffmpeg.playlistMs': "ffmpeg's, which sends a segment while it is made",
  'publisher.ffmpeg.requestsPerSegment': "ffmpeg's",
  'player.gzipKb.worklet': 'one engine, KB gzip',
  'player.gzipKb.both': 'both engines, KB gzip',
  'player.gzipKb.element': 'all of <radio-player> in English, KB gzip',
  'player.gzipKb.hlsjs': 'hls.js, KB gzip',
  'player.pressToSoundMs.ours': 'ms from the press to sound, warm',
  'player.pressToSoundMs.hlsjs': "hls.js's, on the same station",
  'player.cpuRatio': 'processor time of playing / a bare MediaSource element',
  'latency.p50Ms': 'ms from the sound card to the ear, median, by segment length in s',
  'latency.p95Ms': 'the same, 95 of 100 seconds are within',
  'latency.hlsjs': 'HLS of 10 s by ffmpeg, played by hls.js',
  'fanout.originRequestsPerSecond': 'requests a second at the site, by listeners',
  'fanout.icecastOriginBytesPerSecond': 'bytes a second out of Icecast, by listeners',
  'hybrid-buffer.': 'buffer on a file, with this middleware; the ratios are to fs streams',
};

const PEER = /^(hlsjs|ffmpeg|icecast\w*)$/;

/** Every number of a result, in its order. */
export function figuresOf(bench: string, result: BenchResult): readonly Figure[] {
  return leaves(result).map(([path, value]) => {
    const name = `${bench}.${path}`;
    const goal = GOALS[name];
    return {
      path,
      value,
      meaning: meaningOf(name),
      isPeer: path.split('.').some((step) => PEER.test(step)),
      ...(goal === undefined ? {} : { goal }),
    };
  });
}

/** Goals of a benchmark that its result has no number for: a quick run leaves some out, a change of names would too. */
export function goalsWithoutFigure(bench: string, result: BenchResult): readonly string[] {
  const found = new Set(leaves(result).map(([path]) => `${bench}.${path}`));
  return Object.keys(GOALS).filter((name) => name.startsWith(`${bench}.`) && !found.has(name));
}

export function isMet(value: number, goal: Goal): boolean {
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

export function goalText(goal: Goal): string {
  return 'atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
}

function meaningOf(name: string): string {
  const fitting = Object.keys(MEANINGS).filter((start) => name === start || name.startsWith(withDot(start)));
  const longest = fitting.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? '' : (MEANINGS[longest] ?? '');
}

function withDot(start: string): string {
  return start.endsWith('.') ? start : `${start}.`;
}

function leaves(value: unknown, path: readonly string[] = []): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [[path.join('.'), value]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name]));
}
