import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type StationProcess, StationRunner } from '../testing/station-process.ts';
import type { VerifyReport } from '../verify/report.ts';

const runner = new StationRunner();
afterEach(async () => await runner.cleanUp());

async function verify(...args: readonly string[]) {
  const { ended } = await runner.run(['verify', ...args]);
  return await ended;
}

async function report(...args: readonly string[]): Promise<VerifyReport> {
  const { code, stdout, stderr } = await verify(...args, '--json');
  const parsed = JSON.parse(stdout) as VerifyReport;
  expect([code, stderr]).toEqual([parsed.clean ? 0 : 1, '']);
  return parsed;
}

async function stop(station: StationProcess): Promise<void> {
  station.kill('SIGTERM');
  expect((await station.ended).code).toBe(0);
}

describe('radio verify', () => {
  it('finds nothing wrong with a live station over HTTP, nor with its bucket and recordings after a stop', async () => {
    const flags = ['--segment-seconds', '1', '--window-segments', '4'];
    const station = await runner.run(['start', ...flags], { RADIO_DELETE_GRACE_SEGMENTS: '0' });
    await station.waitFor('segment 4: ');
    const live = await report(station.liveUrl);
    expect(live.differences).toEqual([]);
    expect(live).toMatchObject({ live: true, segmentSeconds: 1, notes: [] });
    expect(live.segments).toHaveLength(4);

    const table = await verify(station.liveUrl.replace(/\/live$/, ''));
    expect([table.code, table.stderr]).toEqual([0, '']);
    expect(table.stdout).toMatch(/segment +frames +md5 +join +lq on hq/);
    expect(table.stdout).toMatch(/\n +\d+ +48000 +equal +(start|exact) +0 \(0\.9\d+\)/);

    await stop(station);
    const { directory } = station;
    const after = await report(
      join(directory, 'data/bucket'),
      '--window',
      '4',
      '--recordings',
      join(directory, 'recordings'),
    );
    expect(after.differences).toEqual([]);
    expect(after).toMatchObject({ live: false, notes: [], recordings: [{ intact: true }] });
    expect(after.segments.map(({ md5 }) => md5)).toEqual(['equal', 'equal', 'equal', 'equal']);
  });

  it('finds nothing wrong after a crash and a restart', async () => {
    const flags = ['start', '--segment-seconds', '1', '--archive', 'off', '--window-segments', '30'];
    const first = await runner.run(flags);
    await first.waitFor('segment 1: ');
    first.kill('SIGKILL');
    await first.ended;
    const data = join(first.directory, 'data');
    const second = await runner.run(flags, { RADIO_DATA_DIR: data });
    await second.waitFor('segment 4: ');
    expect((await report(second.liveUrl)).differences).toEqual([]);
    await stop(second);
    const after = await report(join(data, 'bucket'));
    expect(after.differences).toEqual([]);
    expect(after.first).toBe(0);
  });

  it('ends with 1 and names the object when one bit of a segment differs', async () => {
    const station = await runner.run(['start', '--segment-seconds', '1', '--archive', 'off']);
    await station.waitFor('segment 1: ');
    await stop(station);
    const bucket = join(station.directory, 'data/bucket');
    const live = join(bucket, 'live');
    const [epoch = ''] = (await readdir(live)).filter((name) => name.length === 26);
    const path = join(live, epoch, 'hq/00000001.mp4');
    const bytes = await readFile(path);
    bytes[bytes.length - 1000]! ^= 1;
    await writeFile(path, bytes);
    const { code, stdout } = await verify(bucket);
    expect(code).toBe(1);
    expect(stdout).toMatch(/DIFFERENT .*hq\/00000001\.mp4: frames: FLAC frame \d+ is damaged/);
    expect(stdout).toMatch(/1 difference in \d+ segments/);
  });

  it('ends with 2 and one line when there is nothing to verify', async () => {
    for (const args of [['./nothing'], ['http://127.0.0.1:1/radio'], ['gopher://x'], ['.', '--window', '0'], []]) {
      const { code, stdout, stderr } = await verify(...args);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });
});
