// pnpm bench pipeline: the station's whole pipeline against one ffmpeg that makes an archive FLAC, FLAC segments and
// Opus segments from the same music with the same settings, in turn, on this machine.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const MUSIC = '/usr/share/games/wesnoth/1.16/data/core/music';
const { values } = parseArgs({
  options: {
    /** Files of music to join; default: Debian's wesnoth-1.16-music. */
    music: { type: 'string', default: MUSIC },
    seconds: { type: 'string', default: '600' },
    runs: { type: 'string', default: '3' },
  },
});
const directory = mkdtempSync(join(tmpdir(), 'bench-pipeline-'));
const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Run {
  readonly audioSeconds: number;
  readonly wallSeconds: number;
  readonly cpu: number;
  readonly peakRssMb: number;
  readonly backend?: { readonly flac: string; readonly opus: string };
}

function must(command: string, args: readonly string[]): { readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${error?.message ?? stderr.slice(-500)}`);
  return { stdout, stderr };
}

/** Real music, resampled once to 48 kHz / 24 bit. */
function makeInput(): string {
  if (!existsSync(values.music)) {
    throw new Error(`no music at ${values.music}: apt-get install wesnoth-1.16-music, or give --music DIRECTORY`);
  }
  const files = readdirSync(values.music)
    .filter((name) => /\.(ogg|flac|wav|mp3)$/.test(name))
    .sort();
  const inputs = files.flatMap((name) => ['-i', join(values.music, name)]);
  const streams = files.map((_, n) => `[${n}:a]aresample=48000:resampler=soxr,aformat=channel_layouts=stereo[a${n}]`);
  const graph = `${streams.join(';')};${files.map((_, n) => `[a${n}]`).join('')}concat=n=${files.length}:v=0:a=1[out]`;
  const path = join(directory, 'music.wav');
  must('ffmpeg', [
    '-v',
    'error',
    ...inputs,
    '-filter_complex',
    graph,
    '-map',
    '[out]',
    '-t',
    values.seconds,
    '-c:a',
    'pcm_s24le',
    path,
  ]);
  return path;
}

function runOurs(input: string, backend: string): Run {
  const script = new URL('./pipeline-run.ts', import.meta.url).pathname;
  const options = ['--source', `ffmpeg:${input}`, '--directory', join(directory, 'recordings'), '--backend', backend];
  const args = ['--conditions=@bucket-radio/source', script, ...options];
  return JSON.parse(must(process.execPath, args).stdout) as Run;
}

const FLAC = [
  '-c:a',
  'flac',
  '-sample_fmt',
  's32',
  '-bits_per_raw_sample',
  '24',
  '-compression_level',
  '5',
  '-frame_size',
  '1920',
];
const OPUS = ['-c:a', 'libopus', '-b:a', '128k', '-vbr', 'on', '-compression_level', '10', '-frame_duration', '20'];
const SEGMENTS = ['-f', 'segment', '-segment_time', '10'];

function runFfmpeg(input: string): Run {
  const out = join(directory, 'peer');
  must('mkdir', ['-p', out]);
  const map = ['-map', '0:a'];
  const { stderr } = must('ffmpeg', [
    ...['-hide_banner', '-benchmark', '-nostats', '-y', '-i', input],
    ...[...map, ...FLAC, join(out, 'archive.flac')],
    ...[...map, ...FLAC, ...SEGMENTS, join(out, 'hq%04d.flac')],
    ...[...map, ...OPUS, ...SEGMENTS, join(out, 'lq%04d.ogg')],
  ]);
  const [, user, system, real] = /utime=([\d.]+)s stime=([\d.]+)s rtime=([\d.]+)s/.exec(stderr) ?? [];
  const [, rssKb] = /maxrss=(\d+)/.exec(stderr) ?? [];
  rmSync(out, { recursive: true });
  return {
    audioSeconds: Number(values.seconds),
    wallSeconds: Number(real),
    cpu: Number(user) + Number(system),
    peakRssMb: Math.round(Number(rssKb) / 1024),
  };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

try {
  say(`${process.version}, ${must('ffmpeg', ['-version']).stdout.split('\n')[0]}`);
  say(
    `FLAC level 5, blocks of 1920; Opus 128 kbit/s VBR, complexity 10, 20 ms; segments of 10 s; ${values.runs} runs in turn`,
  );
  const input = makeInput();
  runFfmpeg(input); // warms the page cache for both
  const kinds = { native: [] as Run[], wasm: [] as Run[], ffmpeg: [] as Run[] };
  for (let n = 0; n < Number(values.runs); n++) {
    kinds.native.push(runOurs(input, 'auto'));
    kinds.ffmpeg.push(runFfmpeg(input));
    kinds.wasm.push(runOurs(input, 'wasm'));
  }
  const figures = Object.fromEntries(
    Object.entries(kinds).map(([kind, runs]) => {
      const cpu = median(runs.map((run) => run.cpu));
      const wall = median(runs.map((run) => run.wallSeconds));
      const rss = median(runs.map((run) => run.peakRssMb));
      const audio = runs[0]?.audioSeconds ?? 0;
      say(`${kind.padEnd(8)} ${cpu.toFixed(2)} CPU s, ${wall.toFixed(2)} s for ${audio} s of music, peak ${rss} MB`);
      return [kind, { cpu, wall, rss, audio }];
    }),
  );
  const { native, wasm, ffmpeg } = figures;
  if (native === undefined || wasm === undefined || ffmpeg === undefined) throw new Error('a run is missing');
  const round = (value: number, digits = 2): number => Number(value.toFixed(digits));
  say(
    JSON.stringify({
      bench: 'pipeline',
      realtime: round(native.audio / native.wall, 1),
      cpuSecondsPerHour: round((native.cpu * 3600) / native.audio, 1),
      peakRssMb: native.rss,
      cpuRatio: round(native.cpu / ffmpeg.cpu),
      wasmCpuRatio: round(wasm.cpu / ffmpeg.cpu),
      backend: kinds.native[0]?.backend,
    }),
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
