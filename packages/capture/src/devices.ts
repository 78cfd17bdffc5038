import { cardPcm, PROC_ASOUND, readCards, type SoundCard } from './alsa/cards.ts';
import { DEFAULT_TOOLS, runTool, type Tools } from './tool.ts';

/** A PCM that ALSA's configuration offers by name. */
export interface NamedPcm {
  readonly name: string;
  readonly description: string;
}

/** What this computer can capture from. */
export interface DeviceList {
  readonly cards: readonly (SoundCard & {
    /** The source specification that records from it; absent for a card that only plays. */
    readonly source?: string;
  })[];
  /** `alsa:<name>` opens one of these; they may convert. */
  readonly pcms: readonly NamedPcm[];
  /** Why something is not listed. */
  readonly reason?: string;
}

const TIMEOUT_MS = 5_000;

/** Cards and named PCMs. Where ALSA is absent the lists are empty and `reason` says why; it never throws. */
export async function listDevices(
  options: { readonly tools?: Partial<Tools>; readonly procAsound?: string } = {},
): Promise<DeviceList> {
  const found = await readCards(options.procAsound ?? PROC_ASOUND);
  const cards = found.map((card) =>
    card.captureDevices.length > 0 ? { ...card, source: `alsa:${cardPcm(card)}` } : card,
  );
  const noCards = cards.length === 0 ? 'the kernel lists no sound card' : undefined;
  try {
    const { output } = await runTool(options.tools?.arecord ?? DEFAULT_TOOLS.arecord, ['-L'], TIMEOUT_MS);
    const pcms = parsePcmNames(output.toString('utf8'));
    return { cards, pcms, ...(noCards === undefined ? {} : { reason: noCards }) };
  } catch (error) {
    const noTool = error instanceof Error ? error.message : String(error);
    return { cards, pcms: [], reason: noCards === undefined ? noTool : `${noCards}; ${noTool}` };
  }
}

/** Reads `arecord -L`: a name at the start of a line, its description indented below. */
export function parsePcmNames(text: string): NamedPcm[] {
  return text
    .split(/\n(?=\S)/)
    .map((entry) => entry.split('\n').map((line) => line.trim()))
    .map(([name = '', ...description]) => ({ name, description: description.filter(Boolean).join(', ') }))
    .filter(({ name }) => name !== '');
}
