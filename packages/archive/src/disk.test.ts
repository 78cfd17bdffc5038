import { expect, it } from 'vitest';
import { type DiskLimits, DiskWatch } from './disk.ts';

const LIMIT = 1_000_000;

function watch(free: { bytes: number }, limits: Partial<DiskLimits> = {}) {
  const clock = { ms: 0, looks: 0 };
  const freeBytes = async () => {
    clock.looks += 1;
    return await Promise.resolve(free.bytes);
  };
  const disk = new DiskWatch('/recordings', { minFreeBytes: LIMIT, freeBytes, ...limits }, () => clock.ms);
  return { disk, clock };
}

it('tells how many hours are left above the limit, at the rate of what was recorded last', async () => {
  const { disk } = watch({ bytes: LIMIT + 48_000 * 3600 * 6 });
  expect(disk.status).toBeUndefined();
  await disk.beforeStart({ afterFailure: false });
  expect(disk.status?.hoursLeft).toBeCloseTo(1 / 0.7);
  await disk.afterWrite(1000, { bytes: 480_000 * 3, frames: 480_000 });
  expect(disk.status?.hoursLeft).toBeCloseTo(2);
});

it('looks every five seconds, and more often the less is free', async () => {
  const { disk, clock } = watch({ bytes: LIMIT + 4000 });
  await disk.beforeStart({ afterFailure: false });
  for (let n = 0; n < 9; n++) await disk.afterWrite(100, { bytes: 100, frames: 1920 });
  expect(clock.looks).toBe(1);
  await disk.afterWrite(100, { bytes: 100, frames: 1920 });
  expect(clock.looks).toBe(2);
  clock.ms = 5000;
  await disk.afterWrite(100, { bytes: 100, frames: 1920 });
  expect(clock.looks).toBe(3);
});

it('refuses at the limit, and begins again only with a quarter more', async () => {
  const free = { bytes: LIMIT - 1 };
  const { disk } = watch(free);
  await expect(disk.beforeStart({ afterFailure: false })).rejects.toThrow(
    'the disk of /recordings is full: 1.0 MB are free, recording takes no more than leaves 1.0 MB; make room',
  );
  free.bytes = LIMIT;
  await disk.beforeStart({ afterFailure: false });
  await expect(disk.beforeStart({ afterFailure: true })).rejects.toThrow('is full');
  free.bytes = LIMIT * 1.25;
  await disk.beforeStart({ afterFailure: true });
});

it('asks for room first', async () => {
  const free = { bytes: 10 };
  const { disk } = watch(free, {
    makeRoom: async (wanted) => {
      free.bytes = wanted;
      await Promise.resolve();
    },
  });
  await disk.beforeStart({ afterFailure: false });
  expect(free.bytes).toBe(LIMIT);
});
