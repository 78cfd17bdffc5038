import { expect, test } from 'vitest';
import { listDevices, parsePcmNames } from './devices.ts';

test('PCM names are read with their descriptions', () => {
  const text = 'null\n    Discard all samples\ndeck\nhw:CARD=USB,DEV=0\n    Scarlett\n    Direct hardware device\n';
  expect(parsePcmNames(text)).toEqual([
    { name: 'null', description: 'Discard all samples' },
    { name: 'deck', description: '' },
    { name: 'hw:CARD=USB,DEV=0', description: 'Scarlett, Direct hardware device' },
  ]);
});

test('where ALSA is absent the lists are empty and the reason says why', async () => {
  const list = await listDevices({ procAsound: '/nonexistent', tools: { arecord: '/nonexistent/arecord' } });
  expect(list).toMatchObject({ cards: [], pcms: [] });
  expect(list.reason).toMatch(/no sound card; .*apt install alsa-utils/);
});
