/** Red, green, blue, 0 to 255. */
export type Colour = readonly [number, number, number];

/** A picture in memory that can be written as PNG (RFC 2083): 8 bits, RGB. Runs wherever `CompressionStream` does. */
export class Picture {
  readonly width: number;
  readonly height: number;
  readonly #rgb: Uint8Array;

  constructor(width: number, height: number, background: Colour) {
    this.width = width;
    this.height = height;
    this.#rgb = new Uint8Array(width * height * 3);
    this.fill(0, 0, width, height, background);
  }

  fill(left: number, top: number, width: number, height: number, colour: Colour): void {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) this.blend(x, y, colour, 1);
    }
  }

  disc(centreX: number, centreY: number, radius: number, colour: Colour): void {
    for (let y = Math.floor(centreY - radius); y <= centreY + radius; y++) {
      for (let x = Math.floor(centreX - radius); x <= centreX + radius; x++) {
        this.blend(x, y, colour, radius + 0.5 - Math.hypot(x - centreX, y - centreY));
      }
    }
  }

  /** Mixes a colour in; `opacity` is clamped to 0…1, and pixels outside the picture are ignored. */
  blend(x: number, y: number, colour: Colour, opacity: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height || opacity <= 0) return;
    const part = Math.min(1, opacity);
    const at = (y * this.width + x) * 3;
    for (const channel of [0, 1, 2] as const) {
      const before = this.#rgb[at + channel] ?? 0;
      this.#rgb[at + channel] = Math.round(before + (colour[channel] - before) * part);
    }
  }

  async toPng(): Promise<Uint8Array<ArrayBuffer>> {
    const stride = this.width * 3;
    // Each line starts with its filter type: 0, none.
    const lines = new Uint8Array(this.height * (stride + 1));
    for (let y = 0; y < this.height; y++) {
      lines.set(this.#rgb.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
    }
    const header = new DataView(new ArrayBuffer(13));
    header.setUint32(0, this.width);
    header.setUint32(4, this.height);
    header.setUint8(8, 8);
    header.setUint8(9, 2);
    const chunks = [
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      chunk('IHDR', new Uint8Array(header.buffer)),
      chunk('IDAT', await deflate(lines)),
      chunk('IEND', new Uint8Array(0)),
    ];
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  }
}

async function deflate(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(data.length + 12);
  const view = new DataView(whole.buffer);
  view.setUint32(0, data.length);
  whole.set(new TextEncoder().encode(type), 4);
  whole.set(data, 8);
  view.setUint32(data.length + 8, crc32(whole.subarray(4, data.length + 8)));
  return whole;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (CRC_TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
