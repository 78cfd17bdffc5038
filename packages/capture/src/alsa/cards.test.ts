import { describe, expect, test } from 'vitest';
import { cardPcm, findCard, parseCards } from './cards.ts';

const CARDS = ` 0 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7210000 irq 30
 1 [USB            ]: USB-Audio - Scarlett 2i2 USB
                      Focusrite Scarlett 2i2 USB at usb-0000:00:14.0-2, high speed
 2 [HDMI           ]: HDA-Intel - HDA ATI HDMI
                      HDA ATI HDMI at 0xf7260000 irq 31
`;
const DEVICES = `00-00: ALC892 Analog : ALC892 Analog : playback 1 : capture 1
00-02: ALC892 Alt Analog : ALC892 Alt Analog : capture 1
01-02: USB Audio : USB Audio : playback 1 : capture 1
02-03: HDMI 0 : HDMI 0 : playback 1
`;
const cards = parseCards(CARDS, DEVICES);

test('cards and the devices that record are read from the kernel', () => {
  expect(cards.map(({ index, id, name, captureDevices }) => [index, id, name, captureDevices])).toEqual([
    [0, 'PCH', 'HDA-Intel - HDA Intel PCH', [0, 2]],
    [1, 'USB', 'USB-Audio - Scarlett 2i2 USB', [2]],
    [2, 'HDMI', 'HDA-Intel - HDA ATI HDMI', []],
  ]);
  expect(cards[1]?.longName).toMatch(/^Focusrite/);
});

test('a computer without cards has none', () => {
  expect(parseCards('--- no soundcards ---\n', '')).toEqual([]);
});

describe('finding a card', () => {
  test('any part of a name will do, in any case, and the hardware itself is opened', () => {
    expect(cardPcm(findCard(cards, 'focusrite'))).toBe('hw:CARD=USB,DEV=2');
    expect(cardPcm(findCard(cards, 'PCH'))).toBe('hw:CARD=PCH,DEV=0');
  });

  test('without a name the only card that records is taken', () => {
    expect(findCard(cards.slice(1), undefined).id).toBe('USB');
  });

  test('several that fit are refused and listed', () => {
    expect(() => findCard(cards, undefined)).toThrow(
      expect.objectContaining({
        code: 'AmbiguousDevice',
        message: expect.stringMatching(/PCH .*USB .*CAPTURE_DEVICE_NAME/),
      }),
    );
  });

  test('a name that fits none is refused and what there is is listed', () => {
    expect(() => findCard(cards, 'Babyface')).toThrow(
      expect.objectContaining({
        code: 'SourceNotFound',
        message: expect.stringMatching(/"Babyface".*USB \(USB-Audio/),
      }),
    );
    expect(() => findCard([], undefined)).toThrow(/no sound card that can record/);
  });

  test('a card that only plays is not a source', () => {
    expect(() => findCard(cards, 'HDMI')).toThrow(/was not found/);
  });
});
