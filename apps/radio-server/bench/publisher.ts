// pnpm bench publisher: from a whole segment to a manifest and a playlist that name it, and requests per segment, on a
// real S3 server. ffmpeg's HLS muxer publishes the same sound in the same two formats beside us, through the same proxy.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { withPrefix } from '@bucket-radio/object-store';
import { createBucket, createS3Store } from '@bucket-radio/object-store-s3';
import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';
import { createPublisher } from '@bucket-radio/publisher';
import { median } from '@bucket-radio/testing/statistics';
import { ulid } from 'ulid';
import { freePort } from '../src/testing/station-process.ts';
import { Meter } from './publisher-meter.ts';

const { values } = parseArgs({
  options: {
    /** Segments per length that are measured; two more come before. */
    segments: { type: 'string', default: '10' },
    lengths: { type: 'string', default: '1,2,4,10' },
  },
});
const WINDOW = 3;
/** The largest hq: noise, which FLAC cannot make smaller; lq at 128 kbit/s. */
const BYTES_PER_SECOND = { hq: 288_000, lq: 16_000 } as const satisfies Record<RenditionName, number>;
const WARM_UP = 2;
const measured = Number(values.segments);
const lengths = values.lengths.split(',').map(Number);
const directory = mkdtempSync(join(tmpdir(), 'bench-publisher-'));
const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Account {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const SERVICE = new URL('../../../scripts/services/ceph-rgw.sh', import.meta.url).pathname;

/** The server the environment names, or one of our own. */
async function openServer(): Promise<{ readonly account: Account; readonly stop: () => void }> {
  const { S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY } = process.env;
  if (S3_ENDPOINT !== undefined && S3_ACCESS_KEY !== undefined && S3_SECRET_KEY !== undefined) {
    const account = { endpoint: S3_ENDPOINT, accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY };
    return { account, stop: () => undefined };
  }
  const where = join(directory, 's3');
  const { status, stdout, stderr } = spawnSync('bash', [SERVICE, 'start', where, String(await freePort())], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`no S3 server: ${stderr.trim().split('\n').at(-1)}; npm run setup:services`);
  const line = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
  return {
    account: {
      endpoint: line('S3_ENDPOINT'),
      accessKeyId: line('S3_ACCESS_KEY'),
      secretAccessKey: line('S3_SECRET_KEY'),
    },
    stop: () => void spawnSync('bash', [SERVICE, 'stop', where]),
  };
}

interface Figures {
  /** Milliseconds, medians. */
  readonly manifestMs: number;
  readonly playlistMs: number;
  readonly requestsPerSegment: number;
}

function segment(rendition: RenditionName, index: number, seconds: number, utcMs: number): EncodedSegment {
  return {
    rendition,
    index,
    position: index * seconds * 48_000,
    frames: seconds * 48_000,
    utcMs,
    data: new Uint8Array(BYTES_PER_SECOND[rendition] * seconds).fill(index),
    init: new Uint8Array(600),
  };
}

async function runOurs(account: Account, bucket: string, seconds: number): Promise<Figures> {
  const prefix = `ours-${seconds}/`;
  const meter = await Meter.start(account.endpoint);
  const store = createS3Store({ ...account, endpoint: meter.endpoint, bucket });
  const manifestMs: number[] = [];
  const handedOver = new Map<number, number>();
  const publisher = createPublisher({
    store: withPrefix(store, prefix),
    station: 'Bench',
    epoch: ulid(),
    segmentSeconds: seconds,
    windowSegments: WINDOW,
    fidelity: 'bit-perfect',
    stateFile: join(directory, prefix, 'state.json'),
    spoolDirectory: join(directory, prefix, 'spool'),
    onEvent: (event) => {
      if (event.type !== 'published') return;
      const { index } = event.segment;
      if (index >= WARM_UP) manifestMs.push(performance.now() - (handedOver.get(index) ?? 0));
    },
  });
  await publisher.start();
  const startMs = performance.now();
  for (let index = 0; index < WARM_UP + measured; index++) {
    await delay(startMs + (index + 1) * seconds * 1000 - performance.now());
    if (index === WARM_UP) meter.reset();
    handedOver.set(index, performance.now());
    const utcMs = Date.now() - seconds * 1000;
    for (const rendition of ['lq', 'hq'] as const) publisher.enqueue(segment(rendition, index, seconds, utcMs));
  }
  await publisher.whenIdle();
  const { requests } = meter;
  const playlistMs = [...handedOver].slice(WARM_UP).flatMap(([index, at]) => {
    const named = meter.namedAt(`hq/${String(index).padStart(8, '0')}.mp4`);
    return named === undefined ? [] : [named - at];
  });
  await publisher.stop(10_000);
  store.close();
  meter.close();
  return {
    manifestMs: median(manifestMs),
    playlistMs: median(playlistMs),
    requestsPerSegment: requests / measured,
  };
}

/** ffmpeg cannot sign requests, so the proxy does. It sends a segment while it is made: time counts from its last byte. */
async function runFfmpeg(account: Account, bucket: string, seconds: number): Promise<Figures> {
  const store = createS3Store({ ...account, bucket });
  const meter = await Meter.startSigning(withPrefix(store, `ffmpeg-${seconds}/`));
  const total = (WARM_UP + measured) * seconds;
  const url = (path: string): string => `${meter.endpoint}/${path}`;
  const child = spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-re', '-f', 'lavfi', '-i', `aevalsrc=random(0)-0.5|random(1)-0.5:s=48000:d=${total}`],
      ...['-map', '0:a', '-map', '0:a', '-c:a:0', 'flac', '-sample_fmt:a:0', 's32', '-bits_per_raw_sample:a:0', '24'],
      ...['-frame_size:a:0', '1920', '-c:a:1', 'libopus', '-b:a:1', '128k', '-strict', '-2'],
      ...['-f', 'hls', '-hls_time', String(seconds), '-hls_list_size', String(WINDOW), '-hls_delete_threshold', '1'],
      ...['-hls_segment_type', 'fmp4', '-hls_flags', 'delete_segments', '-method', 'PUT', '-http_persistent', '1'],
      ...['-var_stream_map', 'a:0,name:hq a:1,name:lq', '-hls_segment_filename', url('%v/%08d.m4s')],
      url('%v.m3u8'),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  // Counted as for us: from the first measured segment on.
  void meter.waitForBody(`hq/${String(WARM_UP).padStart(8, '0')}.m4s`).then(() => meter.reset());
  const code = await ended;
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
  const playlistMs: number[] = [];
  for (let index = WARM_UP; index < WARM_UP + measured; index++) {
    const name = `hq/${String(index).padStart(8, '0')}.m4s`;
    const whole = meter.bodyEndedAt(name);
    const named = meter.namedAt(name);
    if (whole !== undefined && named !== undefined) playlistMs.push(named - whole);
  }
  meter.close();
  store.close();
  const ms = median(playlistMs);
  return { manifestMs: ms, playlistMs: ms, requestsPerSegment: meter.requests / measured };
}

const { account, stop } = await openServer();
try {
  const bucket = `bench-${process.pid}`;
  await createBucket({ ...account, bucket });
  const version = spawnSync('ffmpeg', ['-version'], { encoding: 'utf8' }).stdout.split('\n')[0];
  say(`${process.version}, ${version}; ${account.endpoint}`);
  say(
    `hq ${BYTES_PER_SECOND.hq} and lq ${BYTES_PER_SECOND.lq} bytes per second, window of ${WINDOW}, ${measured} segments each`,
  );
  const visibleMs: Record<string, number> = {};
  const playlistMs: Record<string, number> = {};
  const peerPlaylistMs: Record<string, number> = {};
  const requests: number[] = [];
  const peerRequests: number[] = [];
  for (const seconds of lengths) {
    const [ours, ffmpeg] = await Promise.all([runOurs(account, bucket, seconds), runFfmpeg(account, bucket, seconds)]);
    visibleMs[seconds] = Math.round(ours.manifestMs);
    playlistMs[seconds] = Math.round(ours.playlistMs);
    peerPlaylistMs[seconds] = Math.round(ffmpeg.playlistMs);
    requests.push(ours.requestsPerSegment);
    peerRequests.push(ffmpeg.requestsPerSegment);
    say(
      `${String(seconds).padStart(2)} s: in the manifest after ${ours.manifestMs.toFixed(0)} ms, in hq.m3u8 after ${ours.playlistMs.toFixed(0)} ms ` +
        `(ffmpeg: ${ffmpeg.playlistMs.toFixed(0)} ms); ${ours.requestsPerSegment.toFixed(1)} requests per segment (ffmpeg: ${ffmpeg.requestsPerSegment.toFixed(1)})`,
    );
  }
  const round = (value: number): number => Number(value.toFixed(1));
  say(
    JSON.stringify({
      bench: 'publisher',
      visibleMs,
      requestsPerSegment: round(median(requests)),
      playlistMs,
      ffmpeg: { playlistMs: peerPlaylistMs, requestsPerSegment: round(median(peerRequests)) },
    }),
  );
} finally {
  stop();
  rmSync(directory, { recursive: true, force: true });
}
