import { describe, expect, test } from 'vitest';
import { parseSourceSpec } from './spec.ts';

describe('a source specification', () => {
  test.each([
    ['demo', { kind: 'demo' }],
    ['tone', { kind: 'tone', frequencyHz: 1000, levelDbfs: -18 }],
    ['tone:440', { kind: 'tone', frequencyHz: 440, levelDbfs: -18 }],
    ['tone:997.1234,-6', { kind: 'tone', frequencyHz: 997.123, levelDbfs: -6 }],
    ['ffmpeg:a file: really.flac', { kind: 'ffmpeg', input: 'a file: really.flac' }],
    ['ffmpeg:https://host/x', { kind: 'ffmpeg', input: 'https://host/x' }],
    ['ffmpeg-loop:music/all.m3u', { kind: 'ffmpeg-loop', path: 'music/all.m3u' }],
    ['ffmpeg-device:avfoundation::0', { kind: 'ffmpeg-device', format: 'avfoundation', device: ':0' }],
    ['pulse', { kind: 'pulse' }],
    ['pulse:alsa_input.usb', { kind: 'pulse', source: 'alsa_input.usb' }],
    ['pipewire:42', { kind: 'pipewire', source: '42' }],
    [
      'failover:alsa:hw:CARD=USB | ffmpeg-loop:backup.m3u|demo',
      { kind: 'failover', specs: ['alsa:hw:CARD=USB', 'ffmpeg-loop:backup.m3u', 'demo'] },
    ],
    ['alsa', { kind: 'alsa' }],
    ['alsa:hw:CARD=USB,DEV=0', { kind: 'alsa', pcm: 'hw:CARD=USB,DEV=0' }],
  ])('%s is read', (spec, expected) => {
    expect(parseSourceSpec(spec)).toEqual(expected);
  });

  test.each([
    '',
    'demo:x',
    'ffmpeg',
    'ffmpeg:',
    'mp3:x',
    'Demo',
    'ffmpeg-device:x',
    'ffmpeg-device:-i:x',
    'failover:demo',
    'failover:demo|failover:demo|demo',
  ])('"%s" is unknown and the forms are listed', (spec) => {
    expect(() => parseSourceSpec(spec)).toThrow(
      expect.objectContaining({ code: 'UnknownSource', message: expect.stringContaining('ffmpeg:<file or URL>') }),
    );
  });

  test('a failover of one source is told that it needs two', () => {
    const read = (): unknown => parseSourceSpec('failover:ffmpeg:a.flac');
    expect(read).toThrow(/"failover:ffmpeg:a\.flac" does not name two or more sources/);
    expect(read).not.toThrow('a file or URL is written');
  });

  test.each(['tone:', 'tone:0', 'tone:24000', 'tone:440,1', 'tone:440,-121', 'tone:x', 'tone:440,-6,1'])(
    '"%s" is refused with the range',
    (spec) => {
      expect(() => parseSourceSpec(spec)).toThrow(/1 to 23999 Hz and -120 to 0 dBFS/);
    },
  );

  test('a URL without ffmpeg: is refused without its password', () => {
    const refused = expect.objectContaining({ message: expect.stringMatching(/REDACTED@host.*written ffmpeg:/) });
    expect(() => parseSourceSpec('http://ann:secret@host/x')).toThrow(refused);
    expect(() => parseSourceSpec('http://ann:secret@host/x')).not.toThrow(/secret/);
  });
});
