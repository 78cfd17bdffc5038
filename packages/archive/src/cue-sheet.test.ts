import { expect, it } from 'vitest';
import { formatCueSheet } from './cue-sheet.ts';

it('starts with the file, counts 75 units a second, and quotes what the format cannot escape', () => {
  const sheet = formatCueSheet('set.flac', {
    title: 'Friday "night"',
    tracks: [
      { frame: 48_000 * 61 + 640 * 3, title: 'So\nWhat', performer: 'Miles Davis' },
      { frame: 48_000 * 6000, title: 'After a hundred minutes' },
    ],
  });
  expect(sheet.split('\r\n')).toEqual([
    `TITLE "Friday 'night'"`,
    'FILE "set.flac" WAVE',
    '  TRACK 01 AUDIO',
    `    TITLE "Friday 'night'"`,
    '    INDEX 01 00:00:00',
    '  TRACK 02 AUDIO',
    '    TITLE "So What"',
    '    PERFORMER "Miles Davis"',
    '    INDEX 01 01:01:03',
    '  TRACK 03 AUDIO',
    '    TITLE "After a hundred minutes"',
    '    INDEX 01 100:00:00',
    '',
  ]);
});

it('has no track of its own before a cue at the start, and no more than 99 in all', () => {
  const tracks = Array.from({ length: 120 }, (_, n) => ({ frame: n * 48_000, title: `Track ${n}` }));
  const sheet = formatCueSheet('a.flac', { title: 'A', tracks });
  expect(sheet.match(/TRACK \d+ AUDIO/g)).toHaveLength(99);
  expect(sheet).toContain('TRACK 01 AUDIO\r\n    TITLE "Track 0"\r\n    INDEX 01 00:00:00');
});
