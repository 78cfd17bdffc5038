import { GLYPH_SIZE, GLYPHS } from './glyphs.ts';

/** One letter: where its picture goes relative to the pen, and its grey levels (0 to 15) row by row. */
export interface Glyph {
  /** How far the pen moves on. */
  readonly advance: number;
  readonly left: number;
  /** Distance from the top of the line. */
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array;
}

export type Font = ReadonlyMap<string, Glyph>;

let font: Promise<Font> | undefined;

/** The letters of the image, unpacked once. */
export function loadFont(): Promise<Font> {
  font ??= unpack();
  return font;
}

/** The part of `text` that can be drawn: letters outside the font are left out, and so is the space they leave. */
export function drawable(loaded: Font, text: string): string {
  const known = [...text.normalize('NFC')].filter((letter) => loaded.has(letter));
  return known.join('').replace(/\s+/g, ' ').trim();
}

/** Width of `text` in pixels at the font's own size. */
export function textWidth(loaded: Font, text: string): number {
  return [...text].reduce((width, letter) => width + (loaded.get(letter)?.advance ?? 0), 0);
}

export { GLYPH_SIZE };

async function unpack(): Promise<Font> {
  const packed = Uint8Array.from(atob(GLYPHS), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const glyphs = new Map<string, Glyph>();
  for (let at = 0; at < bytes.length; ) {
    const [high = 0, low = 0, advance = 0, left = 0, top = 0, width = 0, height = 0] = bytes.subarray(at, at + 7);
    at += 7;
    const packedPixels = bytes.subarray(at, at + Math.ceil((width * height) / 2));
    at += packedPixels.length;
    const grey = Uint8Array.from({ length: width * height }, (_, pixel) => {
      const pair = packedPixels[pixel >> 1] ?? 0;
      return pixel % 2 === 0 ? pair >> 4 : pair & 15;
    });
    glyphs.set(String.fromCodePoint(high * 256 + low), {
      advance,
      left: left - 128,
      top: top - 128,
      width,
      height,
      grey,
    });
  }
  return glyphs;
}
