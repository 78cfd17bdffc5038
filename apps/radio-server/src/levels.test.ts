import { type PcmBlock, packS24le } from '@bucket-radio/pcm';
import { expect, it } from 'vitest';
import { LevelMeter } from './levels.ts';

function block(samples: readonly number[]): PcmBlock {
  const data = packS24le(Int32Array.from(samples));
  return { position: 0, frames: samples.length / 2, data, utcMs: 0, segment: 0 };
}

it('measures peak and RMS per channel over the blocks since the last reading', () => {
  const meter = new LevelMeter();
  const half = 0x40_00_00;
  meter.add(block([half, 0, -half, 0]));
  meter.add(block([half, 0x20_00_00, half, 0]));
  const { peakDbfs, rmsDbfs } = meter.take();
  expect(peakDbfs.map((value) => value.toFixed(2))).toEqual(['-6.02', '-12.04']);
  expect(rmsDbfs.map((value) => value.toFixed(2))).toEqual(['-6.02', '-18.06']);
});

it('reads digital silence as -150 dBFS, which JSON can say', () => {
  const meter = new LevelMeter();
  meter.add(block([0, 0]));
  expect(meter.take()).toEqual({ peakDbfs: [-150, -150], rmsDbfs: [-150, -150] });
});

it('hears full scale of either sign', () => {
  const meter = new LevelMeter();
  meter.add(block([-0x80_00_00, 0x7f_ff_ff]));
  expect(meter.take().peakDbfs[0]).toBe(0);
});
