import { expect, test } from 'vitest';
import { type Beacon, ListenerStatistics, parseBeacon } from './statistics.ts';

function statistics() {
  const clock = { nowMs: 1_000_000 };
  const counted = new ListenerStatistics(() => clock.nowMs);
  const take = (listener: number, change: Partial<Beacon> = {}) =>
    counted.take({ session: sessionOf(listener), listening: true, stalls: 0, ...change });
  return { clock, counted, take };
}

function sessionOf(listener: number): string {
  return `00000000-0000-4000-8000-${String(listener).padStart(12, '0')}`;
}

test('listeners are counted once each, by what they hear', () => {
  const { counted, take } = statistics();
  take(1, { quality: 'hq', latencySeconds: 12 });
  take(2, { quality: 'lq', latencySeconds: 14 });
  take(3, { quality: 'hq', latencySeconds: 13 });
  take(3, { quality: 'hq', latencySeconds: 13 });
  expect(counted.summary()).toEqual({
    listeners: 3,
    byQuality: { hq: 2, lq: 1 },
    medianLatencySeconds: 13,
    peakListeners: 3,
    sessionsTotal: 3,
    stallsTotal: 0,
  });
});

test('a listener who stops leaves at once, one who vanishes after 75 s', () => {
  const { clock, counted, take } = statistics();
  take(1);
  take(2);
  take(1, { listening: false, stalls: 2 });
  expect(counted.summary()).toMatchObject({ listeners: 1, stallsTotal: 2 });
  clock.nowMs += 74_999;
  expect(counted.summary().listeners).toBe(1);
  clock.nowMs += 1;
  expect(counted.summary()).toMatchObject({ listeners: 0, peakListeners: 2, medianLatencySeconds: null });
});

test('one who speaks stays, whoever came earlier and fell silent', () => {
  const { clock, counted, take } = statistics();
  take(1);
  take(2);
  clock.nowMs += 50_000;
  take(1);
  clock.nowMs += 30_000;
  expect(counted.summary().listeners).toBe(1);
});

test('past 50,000 pages the count stands still and memory with it', () => {
  const { counted, take } = statistics();
  for (let listener = 0; listener < 50_010; listener++) take(listener);
  expect(counted.summary()).toMatchObject({ listeners: 50_000, sessionsTotal: 50_000 });
});

test('the metrics are Prometheus text: cumulative buckets, and every series with its type', () => {
  const { counted, take } = statistics();
  take(1, { quality: 'hq', latencySeconds: 3, stalls: 1 });
  take(2, { quality: 'lq', latencySeconds: 90 });
  const lines = counted.metrics().trimEnd().split('\n');
  expect(lines).toContain('radio_listeners 2');
  expect(lines).toContain('radio_listeners_by_quality{quality="lq"} 1');
  expect(lines).toContain('radio_listener_stalls_total 1');
  expect(lines).toContain('radio_listener_latency_seconds_bucket{le="2"} 0');
  expect(lines).toContain('radio_listener_latency_seconds_bucket{le="4"} 1');
  expect(lines).toContain('radio_listener_latency_seconds_bucket{le="60"} 1');
  expect(lines).toContain('radio_listener_latency_seconds_bucket{le="+Inf"} 2');
  expect(lines).toContain('radio_listener_latency_seconds_sum 93');
  const names = new Set(lines.filter((line) => !line.startsWith('#')).map((line) => line.replace(/[{ ].*/, '')));
  for (const name of names) {
    expect(lines.some((line) => line.startsWith(`# TYPE ${name.replace(/_(bucket|sum|count)$/, '')} `))).toBe(true);
  }
});

test.each([
  '',
  '[]',
  'null',
  '{"session":"me","listening":true,"stalls":0}',
  '{"session":"00000000-0000-4000-8000-000000000001","listening":true,"stalls":-1}',
  '{"session":"00000000-0000-4000-8000-000000000001","listening":true,"stalls":0,"quality":"best"}',
])('%j is no beacon', (text) => {
  expect(parseBeacon(text)).toBeUndefined();
});
