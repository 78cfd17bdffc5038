import { describe, expect, it } from 'vitest';
import { listen, playing, run } from '../../test/listening.ts';

describe('in steady state', () => {
  it.each([1, 2, 10])('plays %i s segments without a gap, and asks for each once', async (segmentSeconds) => {
    const l = listen({ segmentSeconds, windowSegments: Math.max(3, 30 / segmentSeconds), head: 40 });
    await playing(l);
    await l.clock.advance(12 * l.station.segmentMs);
    const first = Number(l.heard[0]?.split(' ')[1]);
    expect(l.heard.length).toBeGreaterThanOrEqual(12);
    expect(l.heard).toEqual(run('hq', first, l.heard.length));
    expect(l.engine.stats.underruns).toBe(0);
    expect(l.sink.silentMs).toBe(0);
    expect(l.errors).toEqual([]);
    const media = l.station.requests.map(({ path }) => path).filter((path) => path !== 'manifest.json');
    expect(new Set(media).size).toBe(media.length);
    expect(media.filter((path) => path.includes('/lq/'))).toEqual([]);
  });

  it('polls the manifest little more than once a segment, conditionally, and never asks for a segment before it is readable', async () => {
    const l = listen({ head: 40 });
    await playing(l);
    const polls = l.station.count(/manifest/);
    await l.clock.advance(10 * l.station.segmentMs);
    expect(l.station.count(/manifest/) - polls).toBeLessThanOrEqual(14);
    expect(
      l.station.requests
        .filter(({ path }) => path === 'manifest.json')
        .slice(1)
        .every((r) => r.conditional),
    ).toBe(true);
    expect(l.station.count(/retry/)).toBe(0);
  });

  it.each([
    [1, 3],
    [2, 5],
    [10, 14],
  ])('is, at %i s segments, at most %i s behind', async (segmentSeconds, limit) => {
    const l = listen({ segmentSeconds, windowSegments: 30, head: 40 });
    await playing(l);
    await l.clock.advance(30_000);
    const { latencySeconds, frame } = l.engine.stats;
    expect(latencySeconds).toBeLessThan(limit);
    const truth = (l.clock.now() - l.station.capturedAt(frame ?? 0)) / 1000;
    expect(Math.abs((latencySeconds ?? 0) - truth)).toBeLessThan(0.6);
  });

  it.each([900, 1700, 2500])('is as near when the sound device takes %i ms to start', async (openMs) => {
    const l = listen({ segmentSeconds: 1, windowSegments: 30, head: 40 });
    l.sink.openMs = openMs;
    await playing(l);
    await l.clock.advance(5000);
    expect(l.engine.stats.latencySeconds).toBeLessThan(2.5);
    expect(l.engine.stats.underruns).toBe(0);
  });

  it('starts within a second of virtual time', async () => {
    const l = listen();
    await playing(l);
    expect(l.clock.now() - Date.UTC(2026, 0, 1)).toBeLessThan(1000);
  });

  it.each([3_600_000, -3_600_000])('plays with a clock that is wrong by %i ms', async (skewMs) => {
    for (const exposesDate of [true, false]) {
      const l = listen({ segmentSeconds: 2, windowSegments: 15, head: 40, skewMs, exposesDate, light: true });
      await playing(l);
      await l.clock.advance(30_000);
      expect(l.engine.stats.underruns).toBe(0);
      expect(l.errors).toEqual([]);
      expect(l.engine.state).toBe('playing');
    }
  });
});

describe('quality', () => {
  it('changes at a segment boundary without a gap, and back', async () => {
    const l = listen({ segmentSeconds: 1, windowSegments: 10, head: 20 });
    await playing(l);
    await l.clock.advance(3000);
    l.engine.setQuality('lq');
    await l.clock.advance(5000);
    l.engine.setQuality('hq');
    await l.clock.advance(5000);
    const renditions = l.heard.map((entry) => entry.slice(0, 2)).join(' ');
    expect(renditions).toMatch(/^(hq )+(lq )+(hq ?)+$/);
    expect(l.heard.map((entry) => Number(entry.slice(3)))).toEqual(
      run('', Number(l.heard[0]?.slice(3)), l.heard.length).map(Number),
    );
    expect(l.engine.stats.underruns).toBe(0);
    const lq = l.decoder.jobs.filter(({ config }) => config.codec === 'opus');
    expect(lq.every(({ leadIn }) => leadIn.length === 1)).toBe(true);
  });

  it('in auto, falls back to lq for a segment that is too slow, and comes back', async () => {
    const l = listen({ segmentSeconds: 2, windowSegments: 15, head: 20 });
    await playing(l);
    l.station.delayMs = (path) => (path.includes('/hq/') ? 1900 : 30);
    await l.clock.advance(8000);
    expect(l.heard.at(-1)).toMatch(/^lq/);
    l.station.delayMs = () => 20;
    await l.clock.until(() => l.heard.at(-1)?.startsWith('hq') === true, 120_000);
    expect(l.errors).toEqual([]);
  });

  it('plays lq where hq is missing, whatever is locked', async () => {
    for (const quality of ['auto', 'hq'] as const) {
      const l = listen({ segmentSeconds: 1, windowSegments: 10, head: 20 }, { quality });
      l.station.missing = [{ rendition: 'hq', index: 22 }];
      await playing(l);
      await l.clock.advance(6000);
      expect(l.heard).toContain('lq 22');
      expect(l.heard).toContain('hq 21');
      expect(l.heard).toContain('hq 23');
      expect(l.engine.stats.underruns).toBe(0);
      expect(l.errors).toEqual([]);
    }
  });

  it('is hq only where the browser decodes nothing else', async () => {
    const l = listen({ segmentSeconds: 1, windowSegments: 10, head: 20 }, { quality: 'lq' });
    l.decoder.codecs = ['flac'];
    await playing(l);
    expect(l.heard[0]).toMatch(/^hq/);
    expect(l.station.count(/\/lq\//)).toBe(0);
  });
});

describe('a fault', () => {
  const minute = { segmentSeconds: 2, windowSegments: 15, head: 20 } as const;

  it('of one request is repeated unheard; only a 404 gets a query', async () => {
    for (const [fault, query] of [
      [404, true],
      [503, false],
      ['drop', false],
      ['truncate', true],
    ] as const) {
      const l = listen(minute, { quality: 'hq' });
      await playing(l);
      let faults = 1;
      l.station.fault = (path) => (path.includes('/hq/') && faults-- > 0 ? fault : undefined);
      await l.clock.advance(10_000);
      expect(l.engine.stats.underruns).toBe(0);
      expect(l.heard).toEqual(run('hq', Number(l.heard[0]?.slice(3)), l.heard.length));
      expect(l.station.count(/\?retry=/)).toBe(query ? 1 : 0);
      expect(l.errors.map(({ severity }) => severity)).toEqual(query ? [] : ['transient']);
      expect(l.engine.error).toBeUndefined();
    }
  });

  it.each([404, 503, 'drop', 'stall', 'truncate'] as const)(
    'of everything for 20 s (%s) ends by itself',
    async (fault) => {
      const l = listen(minute);
      await playing(l);
      l.station.fault = () => fault;
      await l.clock.advance(20_000);
      // Of what arrives in halves, the halves are played.
      if (fault !== 'truncate') expect(l.engine.state).toBe('rebuffering');
      expect(l.engine.error?.severity).toBe('transient');
      l.station.fault = () => undefined;
      await l.clock.until(() => l.engine.state === 'playing', 16_000);
      await l.clock.advance(6000);
      expect(l.engine.error).toBeUndefined();
      expect(l.engine.stats.latencySeconds).toBeLessThan(12);
    },
  );

  it('that outlasts the window continues at the live edge', async () => {
    const l = listen({ segmentSeconds: 10, windowSegments: 3, head: 20 });
    await playing(l);
    l.station.fault = () => 'drop';
    await l.clock.advance(90_000);
    l.station.fault = () => undefined;
    await l.clock.until(() => l.engine.state === 'playing', 16_000);
    await l.clock.advance(30_000);
    expect(l.engine.stats.latencySeconds).toBeLessThan(20);
  });

  it('at the start delays the start, and is told once it lasts', async () => {
    const l = listen();
    l.station.fault = () => 503;
    l.engine.play();
    await l.clock.advance(60_000);
    expect(l.engine.state).toBe('connecting');
    expect(l.engine.error?.code).toBe('ManifestUnreachable');
    expect(l.station.requests.length).toBeLessThan(20);
    l.station.fault = () => undefined;
    await l.clock.until(() => l.engine.state === 'playing', 16_000);
    expect(l.engine.error).toBeUndefined();
  });

  it('in an object that is damaged for good costs only what is missing of it', async () => {
    const l = listen({ segmentSeconds: 2, windowSegments: 15, head: 20 });
    await playing(l);
    l.station.fault = (path) => (path.includes('00000022') ? 'truncate' : undefined);
    await l.clock.until(() => l.heard.some((entry) => entry.endsWith(' 24')), 30_000);
    expect(l.heard).toEqual([...new Set(l.heard)]);
    expect(l.sink.silentMs).toBeLessThan(2000);
    expect(l.errors.length).toBeGreaterThan(0);
    expect(l.errors.every(({ code }) => code === 'SegmentCorrupt')).toBe(true);
  });

  it('of the decoder costs that segment only', async () => {
    const l = listen({ segmentSeconds: 1, windowSegments: 15, head: 20 });
    l.decoder.fail = () => (l.decoder.jobs.length === 4 ? new Error('bad packet') : undefined);
    await playing(l);
    await l.clock.advance(10_000);
    expect(l.errors.map(({ code }) => code)).toEqual(['DecodeFailed']);
    expect(l.engine.state).toBe('playing');
  });

  it('in the manifest is named and lasts no longer than the fault', async () => {
    const l = listen();
    l.station.patch = (manifest) => ({ ...manifest, segmentSeconds: 'ten' });
    l.engine.play();
    await l.clock.advance(3000);
    expect(l.engine.error?.code).toBe('ManifestInvalid');
    expect(l.engine.error?.message).toContain('segmentSeconds is "ten"');
    l.station.patch = (manifest) => manifest;
    await l.clock.until(() => l.engine.state === 'playing', 16_000);
  });

  it('that no patience helps ends in "failed": a manifest of another version', async () => {
    const l = listen();
    l.station.patch = (manifest) => ({ ...manifest, version: 2 });
    l.engine.play();
    await l.clock.advance(1000);
    expect(l.states).toEqual(['connecting', 'failed']);
    expect(l.engine.error).toMatchObject({ code: 'UnsupportedVersion', severity: 'fatal', recovery: 'newer-player' });
    const { length } = l.station.requests;
    await l.clock.advance(60_000);
    expect(l.station.requests.length).toBe(length);
  });

  it('in a cache that serves an old manifest does not turn time back', async () => {
    const l = listen({ segmentSeconds: 1, windowSegments: 10, head: 20 });
    await playing(l);
    const stale = l.station.manifest();
    await l.clock.advance(5000);
    let polls = 0;
    l.station.patch = (manifest) => (polls++ % 2 === 0 ? stale : manifest);
    await l.clock.advance(10_000);
    expect(l.heard).toEqual(run('hq', Number(l.heard[0]?.slice(3)), l.heard.length));
  });
});

describe('the station', () => {
  it('whose clock is set back an hour is followed all the same', async () => {
    const listening = listen();
    await playing(listening);
    const { clock, heard, engine, station } = listening;
    station.patch = (manifest) => ({ ...manifest, updatedAt: manifest.updatedAt - 3_600_000 });
    const before = heard.length;
    await clock.until(() => heard.length >= before + 4);
    expect(engine.state).toBe('playing');
    expect(engine.stats.underruns).toBe(0);
  });

  it('that signs off is played to its end, then awaited, and played again when it is back', async () => {
    const l = listen({ segmentSeconds: 1, windowSegments: 10, head: 20 });
    await playing(l);
    await l.clock.advance(4000);
    l.station.signOff();
    await l.clock.until(() => l.engine.state === 'offline', 10_000);
    expect(l.heard.at(-1)).toBe(`hq ${l.station.latest}`);
    expect(l.engine.stats).toMatchObject({ live: false, underruns: 0 });
    await l.clock.advance(120_000);
    expect(l.engine.state).toBe('offline');
    l.station.signOn();
    await l.clock.until(() => l.engine.state === 'playing', 12_000);
    await l.clock.advance(5000);
    expect(l.engine.stats.latencySeconds).toBeLessThan(5);
    expect(l.engine.stats.underruns).toBe(0);
    expect(l.errors).toEqual([]);
  });

  it('that is off the air when play is pressed is awaited', async () => {
    const l = listen({ segmentSeconds: 1, windowSegments: 10, head: 20 });
    l.station.signOff();
    l.engine.play();
    await l.clock.advance(30_000);
    expect(l.states).toEqual(['connecting', 'offline']);
    expect(l.station.count(/mp4/)).toBe(0);
    l.station.signOn();
    await l.clock.until(() => l.engine.state === 'playing', 12_000);
  });

  it('whose box died is off the air too, although its manifest says live', async () => {
    const l = listen({ segmentSeconds: 1, windowSegments: 10, head: 20 });
    await playing(l);
    l.station.die();
    await l.clock.until(() => l.engine.state === 'rebuffering', 10_000);
    await l.clock.until(() => l.engine.state === 'offline', 60_000);
    l.station.signOn();
    await l.clock.until(() => l.engine.state === 'playing', 12_000);
  });

  it('that starts a new epoch is followed there', async () => {
    const l = listen({ segmentSeconds: 1, windowSegments: 10, head: 20 });
    await playing(l);
    await l.clock.advance(3000);
    l.station.newEpoch('01KA0000000000000000000000');
    await l.clock.advance(8000);
    expect(l.heard.at(-1)).toMatch(/^hq \d$/);
    expect(l.engine.state).toBe('playing');
    expect(l.engine.stats.latencySeconds).toBeLessThan(5);
  });
});

describe('the listener', () => {
  it('requests nothing before play, and nothing after stop', async () => {
    const l = listen();
    await l.clock.advance(60_000);
    expect(l.station.requests).toEqual([]);
    await playing(l);
    l.engine.stop();
    const { length } = l.station.requests;
    await l.clock.advance(60_000);
    expect(l.station.requests.length).toBe(length);
    expect(l.engine.stats).toMatchObject({ state: 'stopped', bufferedSeconds: 0, latencySeconds: undefined });
  });

  it('may press play and stop as fast as they like', async () => {
    const l = listen();
    for (let i = 0; i < 10; i++) {
      l.engine.play();
      l.engine.play();
      await l.clock.advance(15 * i);
      l.engine.stop();
      l.engine.stop();
    }
    await playing(l);
    await l.clock.advance(20_000);
    expect(l.engine.stats.underruns).toBe(0);
    expect(l.engine.state).toBe('playing');
  });

  it('is told when the browser withholds sound, and can press play again', async () => {
    const l = listen();
    l.sink.running = false;
    l.engine.play();
    await l.clock.advance(3000);
    expect(l.states.at(-1)).toBe('stopped');
    expect(l.engine.error).toMatchObject({ code: 'AutoplayBlocked', severity: 'action', recovery: 'press-play' });
    l.sink.running = true;
    await playing(l);
    expect(l.engine.error).toBeUndefined();
  });

  it('hears the live edge after a phone call, and the call costs no memory', async () => {
    const l = listen({ segmentSeconds: 1, windowSegments: 10, head: 20 });
    await playing(l);
    l.sink.setRunning(false);
    await l.clock.advance(120_000);
    expect(l.engine.stats.bufferedSeconds).toBeLessThan(60);
    l.sink.setRunning(true);
    await l.clock.advance(3000);
    expect(l.engine.stats.latencySeconds).toBeLessThan(5);
  });

  it('cannot set a volume that is none', () => {
    const { engine } = listen();
    for (const volume of [-0.1, 1.1, Number.NaN]) expect(() => engine.setVolume(volume)).toThrow(RangeError);
    expect(() => listen({}, { volume: 2 })).toThrow('volume is 2; allowed: 0 to 1');
  });

  it('gets an error for an address that is none', async () => {
    const l = listen({}, { src: 'not a url' });
    l.engine.play();
    await l.clock.advance(100);
    expect(l.engine.error?.message).toBe('src is "not a url"; it must be the URL of a manifest');
    expect(l.engine.state).toBe('stopped');
  });
});
