// pnpm bench pipeline: the station's whole pipeline against one ffmpeg that makes an archive FLAC, FLAC segments and
// Opus segments from the same music with the same settings, in turn, on this machine.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, slope } from '@bucket-radio/testing/statistics';

const MUSIC = '/usr/share/games/wesnoth/1.16/data/core/music';
const { values } = parseArgs({
  options: {
    /** Files of music to join; default: Debian's wesnoth-1.16-music. */
    music: { type: 'string', default: MUSIC },
    seconds: { type: 'string', default: '600' },
    runs: { type: 'string', default: '3' },
    /** Instead: so many hours of that music (1 or more) through our pipeline alone, over and over, and what memory does. */
    hours: { type: 'string' },
  },
});
const directory = mkdtempSync(join(tmpdir(), 'bench-pipeline-'));
const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Run {
  readonly audioSeconds: number;
  readonly wallSeconds: number;
  readonly cpu: number;
  readonly peakRssMb: number;
  readonly startCpu?: number;
  readonly backend?: { readonly flac: string; readonly opus: string };
  readonly memory?: readonly { readonly hour: number; readonly rssMb: number; readonly heapMb: number }[];
}

function must(
  command: string,
  args: readonly string[],
  env = process.env,
): { readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env,
  });
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

interface OurOptions {
  readonly backend?: 'auto' | 'wasm';
  readonly desk?: boolean;
  readonly hours?: string;
}

/** With the sources compiled once and memory given back, as `npm start` and `npm run radio` have them. */
function runOurs(source: string, { backend = 'auto', desk = false, hours = 'Infinity' }: OurOptions): Run {
  const script = new URL('./pipeline-run.ts', import.meta.url).pathname;
  const options = ['--source', source, '--directory', join(directory, 'recordings'), '--backend', backend];
  const args = ['--conditions=@bucket-radio/source', script, ...options, '--hours', hours];
  const settings = { NODE_COMPILE_CACHE: join(directory, 'compiled'), MALLOC_MMAP_THRESHOLD_: '131072' };
  const env = { ...process.env, ...settings };
  return JSON.parse(must(process.execPath, desk ? [...args, '--desk'] : args, env).stdout) as Run;
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

const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

type Memory = NonNullable<Run['memory']>;

/** All but what came before everything was loaded and compiled: the first hour, of a short run its first third. */
function settled(memory: Memory): Memory {
  const last = memory.at(-1)?.hour ?? 0;
  return memory.filter(({ hour }) => hour > Math.min(1, last / 3));
}

function memoryOverHours(input: string, hours: string): void {
  if (!(Number(hours) >= 1)) throw new Error(`--hours ${hours}: give 1 or more; 24 shows what a day does`);
  const run = runOurs(`ffmpeg-loop:${input}`, { hours });
  const memory = run.memory ?? [];
  for (const { hour, rssMb, heapMb } of memory) {
    say(`hour ${hour.toFixed(2).padStart(5)}: ${rssMb} MB resident, ${heapMb} MB in use`);
  }
  const counted = settled(memory);
  say(
    JSON.stringify({
      bench: 'pipeline',
      hours: run.audioSeconds / 3600,
      realtime: round(run.audioSeconds / run.wallSeconds, 1),
      peakRssMb: run.peakRssMb,
      rssMb: memory.filter(({ hour }) => Number(hours) < 3 || Number.isInteger(hour)).map(({ rssMb }) => rssMb),
      rssMbPerHour: round(slope(counted.map(({ hour, rssMb }) => [hour, rssMb])), 1),
      inUseMbPerHour: round(slope(counted.map(({ hour, heapMb }) => [hour, heapMb])), 1),
      slopeOverHours: [counted[0]?.hour, counted.at(-1)?.hour],
      backend: run.backend,
    }),
  );
}

function beside(input: string): void {
  say(
    `FLAC level 5, blocks of 1920; Opus 128 kbit/s VBR, complexity 10, 20 ms; segments of 10 s; ${values.runs} runs in turn`,
  );
  const source = `ffmpeg:${input}`;
  // Warms the page cache for both, and compiles ours.
  runFfmpeg(input);
  runOurs(source, {});
  const kinds = { native: [] as Run[], desk: [] as Run[], wasm: [] as Run[], ffmpeg: [] as Run[] };
  for (let n = 0; n < Number(values.runs); n++) {
    kinds.native.push(runOurs(source, {}));
    kinds.ffmpeg.push(runFfmpeg(input));
    kinds.wasm.push(runOurs(source, { backend: 'wasm' }));
    kinds.desk.push(runOurs(source, { desk: true }));
  }
  const titles = {
    native: 'capture to bucket, native',
    desk: 'the same with meters and guard',
    wasm: 'capture to bucket, WebAssembly',
    ffmpeg: 'ffmpeg',
  };
  const figuresOf = (kind: keyof typeof kinds) => {
    const middle = (of: (run: Run) => number): number => median(kinds[kind].map(of));
    const cpu = middle((run) => run.cpu);
    const start = middle((run) => run.startCpu ?? 0);
    const wall = middle((run) => run.wallSeconds);
    const rss = middle((run) => run.peakRssMb);
    const audio = kinds[kind][0]?.audioSeconds ?? 0;
    const started = start === 0 ? '' : ` (and ${start.toFixed(2)} to start)`;
    say(
      `${titles[kind].padEnd(31)} ${cpu.toFixed(2)} CPU s${started}, ${wall.toFixed(2)} s for ${audio} s of music, peak ${rss} MB`,
    );
    return { cpu, start, wall, rss, audio };
  };
  const [native, desk] = [figuresOf('native'), figuresOf('desk')];
  const [wasm, ffmpeg] = [figuresOf('wasm'), figuresOf('ffmpeg')];
  say(
    JSON.stringify({
      bench: 'pipeline',
      realtime: round(native.audio / native.wall, 1),
      cpuSecondsPerHour: round((native.cpu * 3600) / native.audio, 1),
      peakRssMb: native.rss,
      cpuRatio: round(native.cpu / ffmpeg.cpu),
      cpuRatioWithStart: round((native.cpu + native.start) / ffmpeg.cpu),
      wasmCpuRatio: round(wasm.cpu / ffmpeg.cpu),
      wasmPeakRssMb: wasm.rss,
      deskCpuRatio: round(desk.cpu / ffmpeg.cpu),
      deskPeakRssMb: desk.rss,
      backend: kinds.native[0]?.backend,
    }),
  );
}

try {
  say(`${process.version}, ${must('ffmpeg', ['-version']).stdout.split('\n')[0]}`);
  const input = makeInput();
  if (values.hours === undefined) beside(input);
  else memoryOverHours(input, values.hours);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
