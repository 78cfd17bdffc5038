import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { drawable, loadFont, textWidth } from './font.ts';
import { drawOgImage, OG_HEIGHT, OG_WIDTH, parseColour } from './og-image.ts';
import { Picture } from './png.ts';

/** A PNG's size and pixels, read by other means than they were written. */
function readPng(png: Uint8Array) {
  const bytes = Buffer.from(png);
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12) {
    const data = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at));
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(data);
  }
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const lines = inflateSync(Buffer.concat(parts));
  const pixel = (x: number, y: number) => [...lines.subarray(y * (width * 3 + 1) + 1 + x * 3).subarray(0, 3)];
  return { width, height, pixel };
}

const countInk = ({ pixel }: ReturnType<typeof readPng>): number => {
  let ink = 0;
  for (let y = 260; y < 370; y++) for (let x = 0; x < OG_WIDTH; x++) if ((pixel(x, y)[0] ?? 0) > 128) ink++;
  return ink;
};

test('a picture is a PNG of its pixels', async () => {
  const picture = new Picture(3, 2, [1, 2, 3]);
  picture.fill(1, 1, 1, 1, [250, 0, 100]);
  picture.blend(2, 0, [101, 102, 103], 0.5);
  const png = readPng(await picture.toPng());
  expect([png.width, png.height]).toEqual([3, 2]);
  expect([png.pixel(0, 0), png.pixel(1, 1), png.pixel(2, 0)]).toEqual([
    [1, 2, 3],
    [250, 0, 100],
    [51, 52, 53],
  ]);
});

test('the image holds the name, in the size that previews ask for, with the accent below', async () => {
  const [named, other, unnamed] = await Promise.all(
    ['Vinyl Hour', 'Vinyl Hours', '電台'].map(async (name) => readPng(await drawOgImage(name, [9, 8, 7]))),
  );
  expect([named?.width, named?.height]).toEqual([OG_WIDTH, OG_HEIGHT]);
  expect(named?.pixel(600, 625)).toEqual([9, 8, 7]);
  const [some, more, none] = [named, other, unnamed].map((png) => (png === undefined ? -1 : countInk(png)));
  expect(some).toBeGreaterThan(1000);
  expect(more).toBeGreaterThan(some ?? 0);
  expect(none).toBe(0);
});

test('a long name is made to fit', async () => {
  const png = readPng(await drawOgImage('A Very Long Name Of A Radio Station That Goes On And On For Ever', [0, 0, 0]));
  const rows = Array.from({ length: 110 }, (_, at) => 260 + at);
  const columns = [...Array(80).keys(), ...[...Array(80).keys()].map((x) => OG_WIDTH - 1 - x)];
  const outside = columns.flatMap((x) => rows.map((y) => png.pixel(x, y)[0] ?? 0));
  expect(Math.max(...outside)).toBeLessThan(30);
  expect(countInk(png)).toBeGreaterThan(1000);
});

test('letters outside the font are left out of a name, and accents are composed', async () => {
  const font = await loadFont();
  expect(drawable(font, ' Radio  電台 U\u0308nter ')).toBe('Radio Ünter');
  expect(textWidth(font, 'ii')).toBe(2 * textWidth(font, 'i'));
});

test('a colour is three numbers', () => {
  expect(parseColour('#7cc6D0')).toEqual([0x7c, 0xc6, 0xd0]);
});
