import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifestSchema } from '@bucket-radio/manifest/schema';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { StationStatus } from './status.ts';
import { decodeWithFfmpeg, decodeWithFlac, noiseS24le, run, wavS24le } from './testing/decode.ts';
import { type StationProcess, StationRunner } from './testing/station-process.ts';

const runner = new StationRunner();
afterEach(async () => await runner.cleanUp());

async function filesBelow(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1));
}

/** Objects of the embedded bucket by key, the store's own files left out. */
async function bucketKeys({ directory }: StationProcess): Promise<string[]> {
  return (await filesBelow(join(directory, 'data/bucket'))).filter((key) => !key.startsWith('.')).sort();
}

async function readStoredManifest({ directory }: StationProcess) {
  return manifestSchema.parse(JSON.parse(await readFile(join(directory, 'data/bucket/live/manifest.json'), 'utf8')));
}

async function recordings({ directory }: StationProcess): Promise<string[]> {
  const names = (await filesBelow(join(directory, 'recordings'))).filter((name) => name.endsWith('.flac'));
  return names.map((name) => join(directory, 'recordings', name));
}

async function writeNoise(frames: number, seed: number): Promise<{ readonly path: string; readonly pcm: Buffer }> {
  const pcm = noiseS24le(frames, seed);
  const path = join(tmpdir(), `noise-${process.pid}-${seed}.wav`);
  await writeFile(path, wavS24le(pcm));
  return { path, pcm };
}

const decoders = serviceOrSkip('ffmpeg').available && serviceOrSkip('flac').available;

describe.skipIf(!decoders)('a station that plays a file', () => {
  it('archives every sample, publishes every whole segment exactly, and goes off air', async () => {
    const { path, pcm } = await writeNoise(5 * 48_000 + 12_345, 7);
    // Following a file must not keep a station running whose source has ended.
    const args = ['--fast', '--segment-seconds', '1', '--now-playing-file', 'now-playing.txt'];
    const station = await runner.run(['start', '--source', `ffmpeg:${path}`, ...args]);
    const { code, stdout, stderr } = await station.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('segment 5 not published: 12345 frames');

    const manifest = await readStoredManifest(station);
    expect(manifest).toMatchObject({ live: false, first: 0, latest: 4, segmentSeconds: 1, fidelity: 'bit-perfect' });

    const files = await recordings(station);
    expect(files).toHaveLength(1);
    await run('flac', ['--test', '--silent', files[0]!]);
    expect((await decodeWithFlac(files[0]!)).equals(pcm)).toBe(true);

    const live = join(station.directory, 'data/bucket/live', manifest.epoch, 'hq');
    const init = await readFile(join(live, 'init.mp4'));
    const segments = await Promise.all([0, 1, 2, 3, 4].map((n) => readFile(join(live, `0000000${n}.mp4`))));
    for (const [from, to] of [
      [0, 5],
      [1, 3],
      [4, 5],
    ] as const) {
      const decoded = await decodeWithFfmpeg('-', Buffer.concat([init, ...segments.slice(from, to)]));
      expect(decoded.equals(pcm.subarray(from * 288_000, to * 288_000))).toBe(true);
    }
  });
});

describe.skipIf(!decoders)('a live station', () => {
  it('is read as HLS by ffprobe and ffmpeg while it runs, and ends cleanly on SIGTERM', async () => {
    const station = await runner.run(['start', '--segment-seconds', '1', '--window-segments', '3']);
    await station.waitFor('segment 3: ');
    const hls = `${station.liveUrl}/index.m3u8`;
    const probe = JSON.parse((await run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', hls])).toString());
    const codecs = probe.streams.map(({ codec_name, sample_rate }: Record<string, string>) => [
      codec_name,
      sample_rate,
    ]);
    expect(codecs).toContainEqual(['flac', '48000']);
    expect(codecs).toContainEqual(['opus', '48000']);
    const decoded = await decodeWithFfmpeg(`${station.liveUrl}/hq.m3u8`, undefined, ['-t', '2']);
    expect(decoded.some((byte) => byte !== 0)).toBe(true);

    station.kill('SIGTERM');
    const { code, stderr } = await station.ended;
    expect([code, stderr]).toEqual([0, '']);
    const manifest = await readStoredManifest(station);
    expect(manifest.live).toBe(false);
    expect(manifest.latest - manifest.first).toBe(2);
    const media = (await bucketKeys(station)).filter((key) => /\d{8}\.mp4$/.test(key));
    expect(media).toHaveLength(6);
    const [recording] = await recordings(station);
    await run('flac', ['--test', '--silent', recording!]);
  });

  it('shows its state to the operator, on loopback names only', async () => {
    const station = await runner.run(['start', '--segment-seconds', '1', '--archive', 'off']);
    await station.waitFor('segment 0: ');
    const monitor = `http://127.0.0.1:${station.monitorPort}`;
    const status = (await (await fetch(`${monitor}/status`)).json()) as StationStatus;
    expect(status).toMatchObject({
      state: 'live',
      source: { kind: 'demo' },
      archive: { state: 'off' },
      lastError: null,
    });
    expect(status.segments[0]).toMatchObject({ index: 0, state: 'live' });
    const events = await fetch(`${monitor}/events`);
    const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!/event: levels/.test(text)) text += (await reader.read()).value ?? '';
    await reader.cancel();
    expect(text).toMatch(/^event: status\ndata: \{"station"/);
    const foreign = await run('curl', ['-s', '-o', '-', '-H', 'Host: radio.example.org', `${monitor}/status`]);
    expect(foreign.toString()).toContain('does not answer to this host name');
  });

  it('continues its epoch after a kill: nothing goes back, one break, the window stays', async () => {
    const args = ['start', '--segment-seconds', '1', '--window-segments', '5', '--archive', 'off'];
    const first = await runner.run(args);
    await first.waitFor('segment 1: ');
    first.kill('SIGKILL');
    await first.ended;
    const old = await readStoredManifest(first);
    expect(old.live).toBe(true);
    const second = await runner.run(args, { RADIO_DATA_DIR: join(first.directory, 'data') });
    await second.waitFor(`segment ${old.latest + 3}: `);
    second.kill('SIGINT');
    expect((await second.ended).code).toBe(0);
    const manifest = await readStoredManifest(first);
    expect(manifest.epoch).toBe(old.epoch);
    expect(manifest.breaks).toMatchObject([{ reason: 'restart', frame: (manifest.breaks[0]?.index ?? 0) * 48_000 }]);
    expect(manifest.breaks[0]?.lostMs).toBeGreaterThan(0);
    const playlist = await readFile(join(first.directory, 'data/bucket/live/hq.m3u8'), 'utf8');
    expect(playlist.match(/#EXT-X-DISCONTINUITY$/gm)).toHaveLength(1);
    const indices = [...playlist.matchAll(/(\d{8})\.mp4/g)].map(([, index]) => Number(index));
    expect(indices).toEqual(indices.map((_, n) => manifest.first + n));
    for (const index of indices) {
      const names = ['hq', 'lq'].map((name) => `live/${manifest.epoch}/${name}/${String(index).padStart(8, '0')}.mp4`);
      if (!playlist.includes('#EXT-X-GAP')) expect(await bucketKeys(first)).toEqual(expect.arrayContaining(names));
    }
  });

  it('refuses to publish beside another encoder', async () => {
    const first = await runner.run(['start', '--segment-seconds', '1', '--archive', 'off']);
    await first.waitFor('segment 0: ');
    const second = await runner.run(['start', '--segment-seconds', '1', '--archive', 'off'], {
      RADIO_DATA_DIR: await withoutState(first),
    });
    const { code, stderr } = await second.ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^radio: another encoder publishes .*--standby\n$/)]);
  });
});

/** The same bucket without the state that says whose it is: another machine, as far as a station can tell. */
async function withoutState({ directory }: StationProcess): Promise<string> {
  const other = join(directory, 'other');
  await mkdir(other);
  await symlink(join(directory, 'data/bucket'), join(other, 'bucket'));
  return other;
}

const sound = serviceOrSkip('alsa').available;

describe.skipIf(!sound)('a station that captures through a sound server', () => {
  it('says that what it captures is converted', async () => {
    const station = await runner.run(['start', '--source', 'alsa:deck', '--segment-seconds', '1', '--archive', 'off']);
    await station.waitFor('segment 0: ');
    station.kill('SIGTERM');
    expect((await station.ended).code).toBe(0);
    expect((await readStoredManifest(station)).fidelity).toBe('converted');
  });
});

const NO_BUCKET = { R2_BUCKET: 'radio', R2_ACCESS_KEY: 'an-access-key', R2_SECRET_KEY: 'a-secret-that-never-shows' };

describe('bad input', () => {
  async function refused(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const station = await runner.run(['start', ...args], env);
    const { code, stdout, stderr } = await station.ended;
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout + stderr).not.toMatch(/\n\s+at |a-secret-that-never-shows/);
    return stderr.trim();
  }

  it('refuses an unknown source', async () => {
    expect(await refused(['--source', 'gramophone'])).toMatch(/gramophone.*demo.*tone.*ffmpeg.*alsa/);
  });

  it.skipIf(!serviceOrSkip('ffmpeg').available)('refuses a file that is not there', async () => {
    expect(await refused(['--source', 'ffmpeg:/no/such/file.flac'])).toContain('/no/such/file.flac');
  });

  it.skipIf(!serviceOrSkip('ffmpeg').available)('refuses a URL that cannot be reached', async () => {
    expect(await refused(['--source', 'ffmpeg:http://127.0.0.1:9/radio.flac'])).toContain(
      'http://127.0.0.1:9/radio.flac',
    );
  });

  it('refuses a bucket without its secret', async () => {
    const { R2_SECRET_KEY: _, ...incomplete } = NO_BUCKET;
    const message = await refused([], { ...incomplete, R2_ENDPOINT: 'http://127.0.0.1:9' });
    expect(message).toMatch(/R2_SECRET_KEY is missing/);
  });

  it('names the variable of a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const messages = [
      await refused([], { RADIO_MONITOR_PORT: String(port) }),
      await refused([], { RADIO_ORIGIN_PORT: String(port) }),
    ];
    server.close();
    expect(messages[0]).toMatch(new RegExp(`127\\.0\\.0\\.1:${port} is in use .*RADIO_MONITOR_PORT`));
    expect(messages[1]).toMatch(new RegExp(`127\\.0\\.0\\.1:${port} is in use .*RADIO_ORIGIN_PORT`));
  });

  it('refuses an endpoint that does not answer', async () => {
    expect(await refused([], { ...NO_BUCKET, R2_ENDPOINT: 'http://127.0.0.1:9' })).toContain('http://127.0.0.1:9');
  });

  it('leaves nothing behind when it refuses', async () => {
    const station = await runner.run(['start', '--segment-seconds', '99']);
    const { code, stderr } = await station.ended;
    expect([code, stderr]).toEqual([1, 'radio: --segment-seconds is "99": use a whole number from 1 to 10\n']);
    await expect(stat(join(station.directory, 'data'))).rejects.toThrow('ENOENT');
  });
});
