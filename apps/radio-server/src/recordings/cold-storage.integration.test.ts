import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeRecordings, sidecarPath } from '@bucket-radio/archive';
import { createBucket, createS3Store, type S3Store } from '@bucket-radio/object-store-s3';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CountingProxy, startCountingProxy } from '../testing/counting-proxy.ts';
import { run } from '../testing/decode.ts';
import { makeRecording } from '../testing/recording-file.ts';
import { StationRunner } from '../testing/station-process.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? '1');
const SCALE = Number(process.env['PROVE_SCALE'] ?? '1');
const EIGHT_PM = Date.UTC(2026, 10, 20, 20);
const MIB = 1024 ** 2;
/** A block of noise takes about 11.5 kB: 32 MB, and 1 GB from scale 32 on. */
const BLOCKS = Math.round(2800 * SCALE);
/** What one process has on its way: four parts of 5 MiB. */
const IN_FLIGHT_BYTES = 4 * 5 * MIB;

const usable = ['s3', 'flac', 'ffmpeg'].every((name) => serviceOrSkip(name as 's3').available);

describe.skipIf(!usable)('recordings in cold storage', { timeout: 300_000 * Math.max(1, SCALE / 4) }, () => {
  const runner = new StationRunner();
  const settings = {
    endpoint: process.env['S3_ENDPOINT'] ?? '',
    accessKeyId: process.env['S3_ACCESS_KEY'] ?? '',
    secretAccessKey: process.env['S3_SECRET_KEY'] ?? '',
    bucket: `cold-${randomBytes(6).toString('hex')}`,
  };
  let store: S3Store;
  let proxy: CountingProxy;
  let directory: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    await createBucket(settings);
    store = createS3Store(settings);
    proxy = await startCountingProxy(settings.endpoint);
  });
  afterAll(() => {
    store?.close();
    proxy?.close();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cold-'));
    env = {
      RADIO_RECORDINGS_DIR: join(directory, 'recordings'),
      RADIO_DATA_DIR: join(directory, 'data'),
      RADIO_ARCHIVE_ENDPOINT: proxy.endpoint,
      RADIO_ARCHIVE_BUCKET: settings.bucket,
      RADIO_ARCHIVE_ACCESS_KEY: settings.accessKeyId,
      RADIO_ARCHIVE_SECRET_KEY: settings.secretAccessKey,
    };
  });
  afterEach(async () => {
    proxy.onBytes = () => undefined;
    await runner.cleanUp();
    await rm(directory, { recursive: true });
  });

  async function radio(...args: readonly string[]) {
    return await (await runner.run(args, env)).ended;
  }

  async function keys(): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of store.list()) found.push(key);
    return found;
  }

  async function sha256(chunks: AsyncIterable<Uint8Array>): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of chunks) hash.update(chunk);
    return hash.digest('hex');
  }

  async function only() {
    const [recording] = await describeRecordings(join(directory, 'recordings'));
    return recording!;
  }

  it('arrive whole through two crashes, are not sent twice, and are shared for a while', async () => {
    const path = await makeRecording({
      directory: join(directory, 'recordings'),
      startMs: EIGHT_PM,
      blocks: BLOCKS,
      seed: SEED,
    });
    const { size } = await stat(path);
    const startBytes = proxy.sentBytes();
    // Late enough for some parts to be there, and again early enough for some to be missing.
    for (const killBytes of [
      Math.max(0.35 * size, IN_FLIGHT_BYTES + 3 * MIB),
      Math.max(0.3 * size - IN_FLIGHT_BYTES, 2 * MIB),
    ]) {
      const before = proxy.sentBytes();
      const upload = await runner.run(['archive', 'upload'], env);
      proxy.onBytes = () => {
        if (proxy.sentBytes() - before >= killBytes) upload.kill('SIGKILL');
      };
      expect((await upload.ended).code).toBeNull();
      proxy.onBytes = () => undefined;
      expect((await only()).stored).toBeUndefined();
    }
    const third = await radio('archive', 'upload');
    expect([third.code, third.stderr]).toEqual([0, '']);
    expect(third.stdout).toMatch(/\.flac: [\d.]+ [MG]iB uploaded, [\d.]+ MiB of it earlier, read back\n$/);
    const sentBytes = proxy.sentBytes() - startBytes;
    expect(sentBytes).toBeGreaterThanOrEqual(size);
    expect(sentBytes).toBeLessThan(size + 2 * IN_FLIGHT_BYTES + MIB);
    const { stored } = await only();
    const key = stored?.key ?? '';
    expect(await sha256((await store.get(key)).body)).toBe(await sha256(createReadStream(path)));
    const uploads: unknown[] = [];
    for await (const upload of store.listMultiparts()) uploads.push(upload);
    expect(uploads).toEqual([]);

    // The same content again, by a machine that knows nothing of it: only the sidecar is put, a few hundred bytes.
    await unlink(sidecarPath(path));
    const beforeSecond = proxy.sentBytes();
    const second = await radio('archive', 'upload');
    expect([second.code, second.stdout]).toEqual([0, expect.stringMatching(/iB present, read back\n$/)]);
    const sentAgainBytes = proxy.sentBytes() - beforeSecond;
    expect(sentAgainBytes).toBeLessThan(5000);
    process.stdout.write(
      `${size} bytes; ${sentBytes} sent through two crashes, ${sentAgainBytes} sent for the same content again\n`,
    );
    expect((await radio('archive', 'upload')).stdout).toBe('every recording is stored already\n');

    env['RADIO_ARCHIVE_ENDPOINT'] = settings.endpoint;
    const url = (await radio('archive', 'share', '2026/11/20/200000Z.flac', '--expires', '2d')).stdout.trim();
    const answer = await fetch(url, { headers: { Range: 'bytes=0-3' } });
    expect([answer.status, await answer.text()]).toEqual([206, 'fLaC']);
    expect((await fetch(url.split('?')[0] ?? '')).status).toBe(403);
    const short = (await radio('archive', 'share', key, '--expires', '1s')).stdout.trim();
    await expect
      .poll(async () => (await fetch(short, { headers: { Range: 'bytes=0-3' } })).status, { timeout: 30_000 })
      .toBe(403);
    await store.delete(key);
  });

  it('leave by themselves from a running station, which keeps their sidecars and what is not stored', async () => {
    const path = await makeRecording({
      directory: join(directory, 'recordings'),
      startMs: EIGHT_PM,
      blocks: 600,
      seed: SEED + 1,
    });
    const sound = await sha256(createReadStream(path));
    const station = await runner.run(['start', '--source', 'tone', '--segment-seconds', '1'], {
      ...env,
      RADIO_ARCHIVE_KEEP_HOURS: '0',
    });
    await station.waitFor('it is stored as archive/2026/11/20/200000Z-');
    station.kill('SIGTERM');
    const { code, stdout } = await station.ended;
    expect(code).toBe(0);
    expect(stdout).not.toContain(settings.secretAccessKey);
    await expect(stat(path)).rejects.toThrow('ENOENT');
    const [stored, own] = await describeRecordings(join(directory, 'recordings'));
    expect(stored).toMatchObject({ isLocal: false, path });
    expect(own).toMatchObject({ isLocal: true });
    expect(await sha256((await store.get(stored?.stored?.key ?? '')).body)).toBe(sound);
    const list = await radio('archive', 'list');
    expect(list.stdout).toMatch(/2026-11-20T20:00:00\.000Z +24\.000 s .* stored +.*200000Z\.flac\n.* not recorded\n/);
    const cut = await radio(
      ...['archive', 'cut', join(directory, 'cut.flac')],
      ...['--from', '2026-11-20T20:00:01Z', '--to', '2026-11-20T20:00:02Z'],
    );
    expect([cut.code, cut.stderr]).toEqual([1, expect.stringMatching(/has left for cold storage: fetch archive\//)]);
  });

  it('are refused a bucket that anybody can read, before the station starts', async () => {
    const publicSite = await startPublicSite();
    const refused = await runner.run(['start', '--source', 'tone'], {
      ...env,
      R2_PUBLIC_URL: `http://127.0.0.1:${(publicSite.address() as AddressInfo).port}`,
    });
    const { code, stderr } = await refused.ended;
    publicSite.close();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^radio: anyone can read the archive bucket "cold-.*RADIO_ARCHIVE_PUBLIC=on/),
    ]);
    expect((await keys()).filter((key) => key.includes('probe'))).toEqual([]);
  });

  /** Serves the bucket to anybody, as a custom domain does. */
  async function startPublicSite(): Promise<Server> {
    const server = createServer((incoming, outgoing) => {
      store.get((incoming.url ?? '').slice(1)).then(
        async (object) => outgoing.end(await object.bytes()),
        () => outgoing.writeHead(404).end(),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  it('are refused with one line where the bucket is not there or the credentials are wrong', async () => {
    await makeRecording({ directory: join(directory, 'recordings'), startMs: EIGHT_PM, blocks: 5, seed: 9 });
    env['RADIO_ARCHIVE_SECRET_KEY'] = 'a-secret-that-never-shows';
    const { code, stdout, stderr } = await radio('archive', 'upload');
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([1, '', 1]);
    expect(stderr).not.toContain('never-shows');
    // A station starts all the same: listeners do not wait for the archive.
    const station = await runner.run(['start', '--source', 'tone', '--segment-seconds', '1'], env);
    await station.waitFor('published in');
    expect(station.output()).toContain('recordings cannot be stored yet: ');
    station.kill('SIGTERM');
    expect((await station.ended).code).toBe(0);
    expect(await readdir(join(directory, 'recordings/2026/11/20'))).toContain('200000Z.flac');
  });

  it('decode without ffmpeg too', async () => {
    await makeRecording({ directory: join(directory, 'recordings'), startMs: EIGHT_PM, blocks: 50, seed: 3 });
    const verify = async (PATH: string) => {
      const { code, stdout } = await (await runner.run(['archive', 'verify'], { ...env, PATH })).ended;
      return [code, stdout.replace(/^.*: /, '')];
    };
    expect(await verify('/nowhere')).toEqual([0, 'ok\n1 ok, 0 damaged\n']);
    const { path } = await only();
    await run('dd', ['if=/dev/urandom', `of=${path}`, 'bs=1', 'seek=200000', 'count=9', 'conv=notrunc']);
    expect(await verify('/nowhere')).toEqual([1, 'it does not decode\n0 ok, 1 damaged\n']);
  });
});
