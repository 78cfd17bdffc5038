import { COLOURS, label, round, svg } from './svg.ts';

export interface RatioBar {
  readonly name: string;
  /** Ours divided by the peer's; below 1 is less. */
  readonly ratio: number;
  /** Whether more is better, as with throughput. */
  readonly moreIsBetter: boolean;
}

const ROW = 26;
const LEFT = 260;
const WIDTH = 720;
const RIGHT = 60;
/** Room for a number left of the longest bar. */
const VALUE = 40;
const TOP = 34;

/** Bars to the left and right of 1, on a logarithmic scale: half as much and twice as much are equally long. */
export function ratioBars(title: string, bars: readonly RatioBar[]): string {
  const reach = Math.max(1, ...bars.map(({ ratio }) => Math.abs(Math.log2(ratio))));
  const half = (WIDTH - LEFT - RIGHT - VALUE) / 2;
  const middle = LEFT + VALUE + half;
  const shapes = bars.flatMap(({ name, ratio, moreIsBetter }, index) => {
    const y = TOP + index * ROW;
    const length = (Math.log2(ratio) / reach) * half;
    const better = moreIsBetter ? ratio >= 1 : ratio <= 1;
    const at = round(Math.min(middle, middle + length));
    return [
      label({ x: LEFT - 10, y: y + 15, text: name, anchor: 'end' }),
      `<rect x="${at}" y="${y + 3}" width="${round(Math.abs(length))}" height="${ROW - 8}" fill="${COLOURS[better ? 0 : 1]}"/>`,
      label({
        x: middle + length + (length < 0 ? -6 : 6),
        y: y + 15,
        text: `${round(ratio)}`,
        anchor: length < 0 ? 'end' : 'start',
      }),
    ];
  });
  const bottom = TOP + bars.length * ROW;
  const axis = `<line x1="${middle}" y1="${TOP - 6}" x2="${middle}" y2="${bottom}" stroke="#767676"/>`;
  const legend = label({
    x: middle,
    y: 18,
    text: 'the peer = 1; blue is better than it, orange worse',
    anchor: 'middle',
  });
  return svg({ width: WIDTH, height: bottom + 8, title, shapes: [legend, axis, ...shapes] });
}
