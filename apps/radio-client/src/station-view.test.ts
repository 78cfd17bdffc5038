import { manifestOf, MANIFEST_NOW as NOW } from '@bucket-radio/testing';
import { expect, test } from 'vitest';
import { viewStation } from './station-view.ts';

const answer = (change = {}) => ({ ok: true as const, body: '', etag: '""', manifest: manifestOf(change) });

test('a live station is on the air, with its format and fidelity', () => {
  expect(viewStation(answer(), 'x', NOW)).toEqual({
    name: 'Radio <Ünter>',
    state: 'live',
    status: 'On the air',
    format: 'Lossless FLAC, 48\u00a0kHz, 24\u00a0bit, stereo, at 1520\u00a0kbit/s; or Opus at 128\u00a0kbit/s',
    fidelity: 'Bit-perfect: you hear the samples that were captured',
  });
});

test('a converted source and what is playing are named', () => {
  const nowPlaying = { frame: 0, title: 'Song', artist: 'Ann' };
  const view = viewStation(answer({ fidelity: 'converted', nowPlaying }), 'x', NOW);
  expect(view.fidelity).toMatch(/^Converted/);
  expect(view.nowPlaying).toBe('Ann · Song');
});

test('a station that said goodbye, or fell silent, is off the air', () => {
  expect(viewStation(answer({ live: false }), 'x', NOW)).toMatchObject({ state: 'offline', status: 'Off the air' });
  expect(viewStation(answer(), 'x', NOW + 38_000).state).toBe('live');
  expect(viewStation(answer(), 'x', NOW + 38_001)).toMatchObject({
    state: 'offline',
    status: expect.stringMatching(/nothing new/),
  });
});

test('without a manifest the station is starting or out of reach, under the configured name', () => {
  const none = { ok: false as const, message: '' };
  expect(viewStation({ ...none, code: 'NotStarted' }, 'Mine', NOW)).toMatchObject({ name: 'Mine', state: 'starting' });
  expect(viewStation({ ...none, code: 'Unreachable' }, 'Mine', NOW)).toMatchObject({ name: 'Mine', state: 'offline' });
});
