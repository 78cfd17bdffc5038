// Draws the letters of the Open Graph image, once, with a browser's text renderer, into `src/og-image/glyphs.ts`:
//   node --conditions=@bucket-radio/source apps/radio-client/tools/draw-glyphs.ts
// DejaVu Sans Bold (its licence allows what is drawn with it), 64 px, 16 levels of grey.
import { writeFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import { launchChromium } from '@bucket-radio/testing';

const SIZE = 64;
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at);
/** Basic Latin, Latin-1, Latin Extended-A, and the punctuation that names use. */
const CODES = [
  ...range(0x20, 0x7e),
  ...range(0xa1, 0x17f),
  0x2013,
  0x2014,
  0x2018,
  0x2019,
  0x201c,
  0x201d,
  0x2022,
  0x2026,
];

const browser = await launchChromium();
const page = await browser.newPage();
const glyphs = await page.evaluate(
  ({ codes, size }) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: size * 2, height: size * 2 });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('no canvas');
    context.font = `bold ${size}px "DejaVu Sans"`;
    return codes.map((code) => {
      const text = String.fromCodePoint(code);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.fillText(text, size / 2, size * 1.25);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const alpha = (x: number, y: number) => data[(y * canvas.width + x) * 4 + 3] ?? 0;
      const xs: number[] = [];
      const ys: number[] = [];
      for (let y = 0; y < canvas.height; y++) {
        for (let x = 0; x < canvas.width; x++) {
          if (alpha(x, y) > 7) {
            xs.push(x);
            ys.push(y);
          }
        }
      }
      const [left, top] = xs.length === 0 ? [0, 0] : [Math.min(...xs), Math.min(...ys)];
      const [width, height] = xs.length === 0 ? [0, 0] : [Math.max(...xs) - left + 1, Math.max(...ys) - top + 1];
      const grey: number[] = [];
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) grey.push(Math.round(alpha(left + x, top + y) / 17));
      }
      const advance = Math.round(context.measureText(text).width);
      return { code, advance, left: left - size / 2, top: top - size * 0.25, width, height, grey };
    });
  },
  { codes: CODES, size: SIZE },
);
await browser.close();

/** Per glyph: code (2 bytes), advance, left + 128, top + 128, width, height, then two pixels a byte. */
const bytes = glyphs.flatMap(({ code, advance, left, top, width, height, grey }) => [
  code >> 8,
  code & 255,
  advance,
  left + 128,
  top + 128,
  width,
  height,
  ...Array.from(
    { length: Math.ceil(grey.length / 2) },
    (_, at) => ((grey[at * 2] ?? 0) << 4) | (grey[at * 2 + 1] ?? 0),
  ),
]);
const packed = deflateSync(Uint8Array.from(bytes), { level: 9 }).toString('base64');
await writeFile(
  new URL('../src/og-image/glyphs.ts', import.meta.url),
  `// Written by tools/draw-glyphs.ts.\n\n/** Height in pixels of the font that the glyphs were drawn with. */\nexport const GLYPH_SIZE = ${SIZE};\n\n/** Base64 of a zlib stream: ${glyphs.length} glyphs, one after the other. */\nexport const GLYPHS =\n  '${packed}';\n`,
);
process.stdout.write(`${glyphs.length} glyphs, ${packed.length} characters\n`);
