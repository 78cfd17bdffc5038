import { CHANNELS, SAMPLE_RATE } from '@bucket-radio/pcm';
import { music, tone, whiteNoise } from '@bucket-radio/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { EPOCH, MemoryStation } from '../testing/memory-station.ts';
import { segmentLine, summary } from './print.ts';
import type { VerifyReport } from './report.ts';
import type { BucketSource } from './source.ts';
import { verifyBucket } from './verify.ts';

const SECONDS = 3;
const [FIRST, LATEST] = [7, 9];
let whole: MemoryStation;
let station: MemoryStation;

beforeAll(async () => {
  whole = await MemoryStation.create(music(SECONDS * SAMPLE_RATE, 3));
});

const once = { tries: 1, wait: async () => await Promise.resolve() };

async function verify(source: BucketSource = station.source(), windowSegments?: number): Promise<VerifyReport> {
  return await verifyBucket(source, { patience: once, ...(windowSegments && { windowSegments }) });
}

/** What `check object` is reported, once each. */
async function faults(): Promise<string[]> {
  const { differences, clean } = await verify();
  expect(clean).toBe(differences.length === 0);
  return [...new Set(differences.map(({ check, object }) => `${check} ${object.replace(`${EPOCH}/`, '')}`))];
}

/** A copy of the whole station, damaged. */
async function damaged(damage: (copy: MemoryStation) => void): Promise<string[]> {
  station = whole.clone();
  damage(station);
  return await faults();
}

describe('a station that is as it should be', () => {
  it('is clean: frames, MD5, joins and alignment of every segment', async () => {
    station = whole;
    const report = await verify();
    expect(report.differences).toEqual([]);
    expect(report).toMatchObject({ clean: true, first: FIRST, latest: LATEST, notes: [] });
    expect(report.segments.map(({ index, md5, join, alignment }) => ({ index, md5, join, alignment }))).toEqual(
      Array.from({ length: SECONDS }, (_, i) => ({
        index: FIRST + i,
        md5: 'equal',
        join: i === 0 ? 'start' : 'exact',
        alignment: { decided: true, lag: 0, correlation: expect.any(Number) },
      })),
    );
    for (const { renditions } of report.segments) {
      expect(renditions).toMatchObject({
        hq: { state: 'verified', frames: SAMPLE_RATE },
        lq: { state: 'verified', frames: SAMPLE_RATE },
      });
    }
    expect(summary(report)).toContain('no difference in 3 segments');
  });

  it('is clean whatever it plays, and alignment is not guessed at', async () => {
    const length = 2 * SAMPLE_RATE;
    const cases = [
      { pcm: new Int32Array(length * CHANNELS), reason: 'quiet' },
      { pcm: music(length).map((sample) => Math.round(sample * 1e-4)), reason: 'quiet' },
      { pcm: tone(length, 1000), reason: 'periodic' },
      { pcm: whiteNoise(length), reason: undefined },
    ];
    for (const { pcm, reason } of cases) {
      station = await MemoryStation.create(pcm, { first: 0 });
      const report = await verify();
      expect(report.differences).toEqual([]);
      const told = report.segments.map(({ alignment }) => (alignment?.decided ? undefined : alignment?.reason));
      expect(told).toEqual([reason, reason]);
      if (reason !== undefined) expect(segmentLine(report.segments[0]!)).toContain(`n/a ${reason}`);
    }
  });

  it('may have begun before the window: its first segment has a lead-in', async () => {
    station = whole.clone();
    station.publish({ first: FIRST + 1 });
    expect((await verify()).differences).toEqual([]);
  });
});

describe('damage in an object', () => {
  const hq = `hq/0000000${FIRST + 1}.mp4`;
  const lq = `lq/0000000${FIRST + 1}.mp4`;
  const next = `lq/0000000${FIRST + 2}.mp4`;
  const key = (name: string): string => `${EPOCH}/${name}`;

  it('a flipped audio bit', async () => {
    const found = await damaged((copy) => {
      copy.patch(key(hq), 'mdat', 20_000, (view) => view.setUint8(0, view.getUint8(0) ^ 1));
    });
    expect(found).toEqual([`frames ${hq}`]);
  });

  it('other audio under the proof of what was captured', async () => {
    const other = await MemoryStation.create(music(SECONDS * SAMPLE_RATE, 99));
    const found = await damaged((copy) => {
      const [foreign, own] = [other.objects.get(key(hq))!, copy.objects.get(key(hq))!];
      copy.objects.set(key(hq), Buffer.concat([own.subarray(0, 90), foreign.subarray(90)]));
    });
    expect(found).toContain(`md5 ${hq}`);
    expect(found).not.toContain(`frames ${hq}`);
  });

  it('a wrong MD5, epoch, index, first frame or length in the proof', async () => {
    for (const [offset, check] of [
      [70, 'md5'],
      [24, 'proof'],
      [57, 'proof'],
      [65, 'proof'],
      [69, 'proof'],
    ] as const) {
      const found = await damaged((copy) => copy.patch(key(hq), 'uuid', offset, (view) => view.setUint8(0, 0x5a)));
      expect(found).toEqual([`${check} ${hq}`]);
    }
  });

  it('no proof', async () => {
    const found = await damaged((copy) => copy.objects.set(key(hq), copy.objects.get(key(hq))!.subarray(90)));
    expect(found).toEqual([`proof ${hq}`]);
  });

  it('a wrong tfdt or sequence number, in either rendition', async () => {
    for (const name of [hq, lq]) {
      const late = await damaged((copy) => copy.patch(key(name), 'tfdt', 12, (view) => view.setUint32(0, 960)));
      expect(late).toEqual([`boxes ${name}`]);
      const renumbered = await damaged((copy) => copy.patch(key(name), 'mfhd', 8, (view) => view.setUint32(0, 1)));
      expect(renumbered).toEqual([`boxes ${name}`]);
    }
  });

  it('durations that are not those of a segment', async () => {
    const found = await damaged((copy) => copy.patch(key(lq), 'tfhd', 12, (view) => view.setUint32(0, 959)));
    expect(found).toEqual([`boxes ${lq}`, `frames ${lq}`]);
  });

  it('a truncated object, at any place', async () => {
    for (const name of [hq, lq]) {
      for (const part of [0, 0.001, 0.02, 0.5, 0.999]) {
        const found = await damaged((copy) => {
          const data = copy.objects.get(key(name))!;
          copy.objects.set(key(name), data.subarray(0, Math.floor(data.length * part)));
        });
        expect(found).toContain(`boxes ${name}`);
      }
    }
  });

  it('bytes after the last box', async () => {
    const found = await damaged((copy) => {
      copy.objects.set(key(hq), Buffer.concat([copy.objects.get(key(hq))!, Buffer.alloc(3)]));
    });
    expect(found).toEqual([`boxes ${hq}`]);
  });

  it('swapped segments', async () => {
    for (const rendition of ['hq', 'lq'] as const) {
      const found = await damaged((copy) => {
        const [a, b] = [copy.key(rendition, FIRST + 1), copy.key(rendition, FIRST + 2)];
        const [first, second] = [copy.objects.get(a)!, copy.objects.get(b)!];
        copy.objects.set(a, second).set(b, first);
      });
      expect(found).toContain(`boxes ${rendition}/0000000${FIRST + 1}.mp4`);
      expect(found).toContain(`boxes ${rendition}/0000000${FIRST + 2}.mp4`);
      expect(found).toContain(rendition === 'hq' ? `proof ${hq}` : `join ${next}`);
    }
  });

  it('an lq that is shifted by one packet, or by five', async () => {
    for (const lqShift of [1, -1, 5]) {
      const packets = 50 * SECONDS;
      station = await MemoryStation.create(music(SECONDS * SAMPLE_RATE), { lqShift: (lqShift + packets) % packets });
      const { differences } = await verify();
      const told = differences.filter(({ check }) => check === 'alignment').map(({ message }) => message);
      const direction = lqShift > 0 ? 'ahead of' : 'behind';
      expect(told).toContain(`lq is ${Math.abs(lqShift) * 960} frames ${direction} hq`);
    }
  });

  it('a lead-in that is absent, or not the packets before', async () => {
    const without = await damaged((copy) => {
      const data = copy.objects.get(key(next))!;
      copy.objects.set(key(next), data.subarray(Buffer.from(data).readUInt32BE(0)));
    });
    expect(without).toEqual([`join ${next}`]);
    const other = await damaged((copy) =>
      copy.patch(key(next), 'uuid', 60, (view) => view.setUint8(0, view.getUint8(0) ^ 1)),
    );
    expect(other).toEqual([`join ${next}`]);
  });

  it('packets around a cut that let nobody join exactly', async () => {
    station = await MemoryStation.create(music(SECONDS * SAMPLE_RATE), { opusSegmentFrames: 480_000 });
    expect(await faults()).toContain(`join ${lq}`);
  });

  it('an lq segment that does not decode', async () => {
    const found = await damaged((copy) => copy.patch(key(lq), 'mdat', 4, (view) => view.setUint32(0, 0xff_ff_ff_ff)));
    expect(found).toContain(`frames ${lq}`);
  });

  it('more bytes than the samples themselves', async () => {
    const found = await damaged((copy) => {
      const data = Buffer.concat([copy.objects.get(key(hq))!, Buffer.alloc(300_000)]);
      data.writeUInt32BE(data.readUInt32BE(data.indexOf('mdat') - 4) + 300_000, data.indexOf('mdat') - 4);
      copy.objects.set(key(hq), data);
    });
    expect(found).toContain(`size ${hq}`);
  });

  it('an object that is not there', async () => {
    for (const name of [hq, lq, 'hq/init.mp4', 'lq/init.mp4']) {
      const found = await damaged((copy) => copy.objects.delete(key(name)));
      expect(found).toEqual([`readable ${name}`]);
    }
  });
});

describe('damage in an init segment', () => {
  const faultOf = async (name: 'hq' | 'lq', after: string, offset: number, value: number): Promise<string[]> =>
    await damaged((copy) => copy.patch(`${EPOCH}/${name}/init.mp4`, after, offset, (view) => view.setUint16(0, value)));

  it('a sample size, pre-skip, time scale or block size that is wrong', async () => {
    expect(await faultOf('hq', 'fLaC', 22, 16)).toEqual(['init hq/init.mp4']);
    expect(await faultOf('lq', 'dOps', 6, 312)).toEqual(['init lq/init.mp4']);
    expect(await faultOf('lq', 'mdhd', 18, 44_100)).toEqual(['init lq/init.mp4']);
    expect(await faultOf('hq', 'dfLa', 12, 4096)).toContain('init hq/init.mp4');
  });

  it('an edit list', async () => {
    const found = await damaged((copy) => {
      // The track header is of no consequence to a player: an empty edit list in its place.
      copy.patch(`${EPOCH}/lq/init.mp4`, 'tkhd', 0, (view) => view.setUint32(0, 0x65_64_74_73));
    });
    expect(found).toEqual(['init lq/init.mp4']);
  });

  it('an init segment of the other rendition, or none', async () => {
    const swapped = await damaged((copy) => {
      copy.objects.set(`${EPOCH}/hq/init.mp4`, copy.objects.get(`${EPOCH}/lq/init.mp4`)!);
    });
    expect(swapped).toEqual(['init hq/init.mp4']);
    expect(await damaged((copy) => copy.text(`${EPOCH}/hq/init.mp4`, 'not here'))).toEqual(['init hq/init.mp4']);
  });
});

describe('manifest and playlists', () => {
  it('a playlist that says otherwise', async () => {
    for (const [search, replacement] of [
      ['#EXTM3U', '#EXTINF'],
      ['MEDIA-SEQUENCE:7', 'MEDIA-SEQUENCE:8'],
      ['TARGETDURATION:1', 'TARGETDURATION:0'],
      ['#EXTINF:1.00000', '#EXTINF:1.02000'],
      ['/hq/init.mp4', '/lq/init.mp4'],
      [/DATE-TIME:.*/, 'DATE-TIME:2026-11-20T20:00:07.011Z'],
      [/#EXT-X-PROGRAM-DATE-TIME.*\n/, ''],
      ['00000008.mp4', '00000009.mp4'],
      [/#EXTINF.*\n.*00000009.mp4\n/, ''],
      [/$/, '#EXT-X-ENDLIST\n'],
      ['#EXTINF', '#EXT-X-GAP\n#EXTINF'],
    ] as const) {
      station = whole.clone();
      station.replace('hq.m3u8', search, replacement);
      const { differences, notes } = await verify();
      if (replacement.startsWith('#EXT-X-GAP')) expect(notes).toEqual([expect.stringContaining('arrived late')]);
      else
        expect(new Set(differences.map(({ check, object }) => `${check} ${object}`))).toEqual(
          new Set(['playlist hq.m3u8']),
        );
    }
  });

  it('a label up to 10 ms off is within tolerance', async () => {
    const found = await damaged((copy) => {
      copy.replace('hq.m3u8', '20:00:09.000Z', '20:00:09.010Z');
      copy.replace('lq.m3u8', '20:00:07.000Z', '20:00:06.990Z');
    });
    expect(found).toEqual([]);
  });

  it('renditions that the multivariant playlist lacks or names wrongly', async () => {
    expect(await damaged((copy) => copy.replace('index.m3u8', 'lq.m3u8', 'low.m3u8'))).toEqual(['playlist index.m3u8']);
    expect(await damaged((copy) => copy.replace('index.m3u8', 'fLaC', 'mp4a.40.2'))).toEqual(['playlist index.m3u8']);
    expect(await damaged((copy) => copy.objects.delete('lq.m3u8'))).toEqual(['readable lq.m3u8']);
  });

  it('a clean stop that only one of them tells', async () => {
    expect(await damaged((copy) => copy.publish({ live: false }))).toEqual([]);
    const found = await damaged((copy) => copy.publish({ live: false }, { live: true }));
    expect(found).toEqual(['playlist hq.m3u8', 'playlist lq.m3u8']);
  });

  it('a missing segment is not looked for, and must be a gap', async () => {
    const missing = [{ rendition: 'hq' as const, index: FIRST + 1 }];
    const gone = (copy: MemoryStation): void => {
      copy.objects.delete(copy.key('hq', FIRST + 1));
    };
    station = whole.clone();
    gone(station);
    station.publish({ missing });
    const report = await verify();
    expect(report.differences).toEqual([]);
    expect(report.segments[1]?.renditions).toMatchObject({ hq: { state: 'missing' }, lq: { state: 'verified' } });
    const untold = await damaged((copy) => {
      gone(copy);
      copy.publish({ missing }, { missing: [] });
    });
    expect(untold).toEqual(['playlist hq.m3u8']);
  });

  it('an interruption must be told in the playlists, and lq starts anew after it', async () => {
    const index = FIRST + 2;
    const breaks = [
      { index, frame: index * SAMPLE_RATE, utcMs: whole.manifest.latestStart, lostMs: 0, reason: 'restart' },
    ];
    const lead = `join lq/0000000${index}.mp4`;
    expect(await damaged((copy) => copy.publish({ breaks, discontinuities: 1 }))).toEqual([lead]);
    const untold = await damaged((copy) => copy.publish({ breaks }, {}));
    expect(untold).toEqual(['playlist hq.m3u8', 'playlist lq.m3u8', lead]);
    const miscounted = await damaged((copy) =>
      copy.publish({ breaks, discontinuities: 3 }, { breaks, discontinuities: 1 }),
    );
    expect(miscounted).toEqual(['playlist hq.m3u8', 'playlist lq.m3u8', lead]);
  });

  it('a manifest that is too long, or that the parsers disagree on', async () => {
    const found = await damaged((copy) =>
      copy.text('manifest.json', JSON.stringify({ ...copy.manifest, x: 'y'.repeat(2000) })),
    );
    expect(found).toEqual(['manifest manifest.json']);
    const renditions = whole.manifest.renditions.slice(0, 1);
    expect(await damaged((copy) => copy.publish({ renditions }))).toContain('manifest manifest.json');
  });

  it('a manifest that cannot be used is no report at all', async () => {
    for (const text of ['<html>', '{}', '{"version":2}']) {
      station = whole.clone();
      station.text('manifest.json', text);
      await expect(verify()).rejects.toThrow(/^memory\/manifest.json cannot be used: [^\n]*$/);
    }
  });

  it('what stays outside the window after a clean stop, and a window of another size', async () => {
    const found = await damaged((copy) => copy.publish({ live: false, first: FIRST + 1 }));
    expect(found).toEqual([`window hq/0000000${FIRST}.mp4`, `window lq/0000000${FIRST}.mp4`]);
    station = whole;
    expect((await verify(undefined, 3)).clean).toBe(true);
    expect((await verify(undefined, 2)).differences).toMatchObject([{ check: 'window' }]);
    expect((await verify(undefined, 4)).notes).toEqual([expect.stringContaining('3 segments; 4 are expected')]);
  });
});

describe('a station that goes on meanwhile', () => {
  it('a segment that left the window is no difference', async () => {
    station = whole.clone();
    const left = station.key('hq', FIRST);
    const report = await verify(
      station.source((key) => {
        if (key !== left || !station.objects.has(left)) return;
        station.publish({ first: FIRST + 1 });
        station.objects.delete(left);
        station.objects.delete(station.key('lq', FIRST));
      }),
    );
    expect(report.differences).toEqual([]);
    expect(report.segments[0]?.renditions).toMatchObject({ hq: { state: 'left' }, lq: { state: 'left' } });
    expect(report.segments.slice(1).every(({ md5 }) => md5 === 'equal')).toBe(true);
    expect(summary(report)).toContain('no difference in 2 segments, 1 left the window meanwhile');
  });

  it('playlists that lag behind the manifest are read again until they agree', async () => {
    station = whole.clone();
    station.publish({}, { latest: LATEST - 1, latestStart: whole.manifest.latestStart - 1000 });
    let waits = 0;
    const wait = async (): Promise<void> => {
      waits += 1;
      if (waits === 3) station.publish();
      await Promise.resolve();
    };
    const report = await verifyBucket(station.source(), { patience: { tries: 5, wait } });
    expect([report.differences, waits]).toEqual([[], 3]);
  });

  it('latest that goes back is a difference', async () => {
    station = whole.clone();
    const last = station.key('lq', LATEST);
    const report = await verify(
      station.source((key) => {
        if (key === last) station.publish({ latest: LATEST - 1 });
      }),
    );
    expect(report.differences).toMatchObject([{ check: 'window', message: 'latest went back from 9 to 8' }]);
  });
});
