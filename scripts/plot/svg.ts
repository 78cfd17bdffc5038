/** Colours that are told apart on white and on black, and by people who see fewer. */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'] as const;

const FONT = 'font-family="system-ui, sans-serif" font-size="12"';

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export interface Label {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

export function label({ x, y, text, anchor = 'start' }: Label): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="#767676">${escapeXml(text)}</text>`;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly shapes: readonly string[];
}

export function svg({ width, height, title, shapes }: Drawing): string {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" ${FONT}>`;
  return `${head}\n<title>${escapeXml(title)}</title>\n${shapes.join('\n')}\n</svg>\n`;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
