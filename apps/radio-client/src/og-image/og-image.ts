import { drawable, type Font, GLYPH_SIZE, loadFont, textWidth } from './font.ts';
import { type Colour, Picture } from './png.ts';

/** What link previews show: 1200 × 630, the size that the services that make them ask for. */
export const OG_WIDTH = 1200;
export const OG_HEIGHT = 630;

const MARGIN = 90;
const MAX_SCALE = 1.75;
const PAPER: Colour = [20, 22, 26];
const INK: Colour = [236, 234, 229];
const SOFT: Colour = [163, 168, 179];
const LIVE: Colour = [255, 107, 94];

/**
 * The station's picture for link previews: its name and what it is. A letter that the font does not have is left out; a
 * name that has none of its letters leaves the rest of the picture.
 * @param accent of the theme
 */
export async function drawOgImage(name: string, accent: Colour): Promise<Uint8Array<ArrayBuffer>> {
  const font = await loadFont();
  const picture = new Picture(OG_WIDTH, OG_HEIGHT, PAPER);
  picture.fill(0, OG_HEIGHT - 16, OG_WIDTH, 16, accent);
  picture.disc(MARGIN + 14, 150, 14, LIVE);
  drawText(picture, font, 'Live radio', { left: MARGIN + 48, top: 116, scale: 0.85, colour: SOFT });
  const title = drawable(font, name);
  const scale = Math.min(MAX_SCALE, (OG_WIDTH - 2 * MARGIN) / Math.max(1, textWidth(font, title)));
  drawText(picture, font, title, { left: MARGIN, top: 315 - (GLYPH_SIZE * scale) / 2, scale, colour: INK });
  drawText(picture, font, 'Lossless, 48 kHz / 24 bit', { left: MARGIN, top: 470, scale: 0.65, colour: SOFT });
  return picture.toPng();
}

interface TextPlace {
  readonly left: number;
  readonly top: number;
  readonly scale: number;
  readonly colour: Colour;
}

function drawText(picture: Picture, font: Font, text: string, { left, top, scale, colour }: TextPlace): void {
  let pen = left;
  for (const letter of text) {
    const glyph = font.get(letter);
    if (glyph === undefined) continue;
    const { width, height, grey } = glyph;
    const originX = pen + glyph.left * scale;
    const originY = top + glyph.top * scale;
    for (let y = Math.floor(originY); y < originY + height * scale; y++) {
      for (let x = Math.floor(originX); x < originX + width * scale; x++) {
        const opacity = sample(
          grey,
          width,
          height,
          (x + 0.5 - originX) / scale - 0.5,
          (y + 0.5 - originY) / scale - 0.5,
        );
        picture.blend(x, y, colour, opacity);
      }
    }
    pen += glyph.advance * scale;
  }
}

/** Opacity between pixels: bilinear, nothing outside. */
function sample(grey: Uint8Array, width: number, height: number, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const at = (column: number, row: number): number =>
    column < 0 || row < 0 || column >= width || row >= height ? 0 : (grey[row * width + column] ?? 0) / 15;
  const across = x - left;
  const upper = at(left, top) * (1 - across) + at(left + 1, top) * across;
  const lower = at(left, top + 1) * (1 - across) + at(left + 1, top + 1) * across;
  return upper + (lower - upper) * (y - top);
}

/** `#7cc6d0` as numbers. */
export function parseColour(hex: string): Colour {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
