import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CaptureError } from '../error.ts';

/** A sound card of this computer. */
export interface SoundCard {
  readonly index: number;
  /** ALSA's short id, stable across reboots for most cards: `hw:CARD=<id>`. */
  readonly id: string;
  readonly name: string;
  /** ALSA's second line: model, bus, address. */
  readonly longName: string;
  /** Numbers of the devices that can record. */
  readonly captureDevices: readonly number[];
}

/** The kernel's list of cards. Absent where ALSA is. */
export const PROC_ASOUND = '/proc/asound';

/** Reads the cards from the kernel; an empty list where there is no ALSA. */
export async function readCards(procAsound: string = PROC_ASOUND): Promise<SoundCard[]> {
  const [cards, devices] = await Promise.all(['cards', 'pcm'].map((file) => readIfThere(join(procAsound, file))));
  return parseCards(cards ?? '', devices ?? '');
}

async function readIfThere(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}

/**
 * Reads the text of `/proc/asound/cards` and `/proc/asound/pcm`:
 * ` 1 [USB            ]: USB-Audio - Scarlett 2i2 USB` with a second line below, and
 * `01-00: USB Audio : USB Audio : playback 1 : capture 1`.
 */
export function parseCards(cards: string, devices: string): SoundCard[] {
  const found: SoundCard[] = [];
  for (const match of cards.matchAll(/^ *(\d+) \[([^\]]*)\]: (.*)\n? *(.*)$/gm)) {
    const [, index = '', id = '', name = '', longName = ''] = match.map((part) => part?.trim());
    found.push({ index: Number(index), id, name, longName, captureDevices: captureDevices(devices, Number(index)) });
  }
  return found;
}

function captureDevices(devices: string, card: number): number[] {
  const numbers: number[] = [];
  for (const [, cardNumber, device] of devices.matchAll(/^(\d+)-(\d+):.*: *capture \d+/gm)) {
    if (Number(cardNumber) === card) numbers.push(Number(device));
  }
  return numbers;
}

/** `hw:CARD=USB,DEV=0`: the card itself, without any conversion. */
export function cardPcm(card: SoundCard): string {
  return `hw:CARD=${card.id},DEV=${card.captureDevices[0] ?? 0}`;
}

/**
 * The card whose id or name contains `device` (any case), or the only card that can record when `device` is omitted.
 * @throws CaptureError `SourceNotFound` or `AmbiguousDevice`; the message lists the cards there are
 */
export function findCard(cards: readonly SoundCard[], device: string | undefined): SoundCard {
  const recorders = cards.filter((card) => card.captureDevices.length > 0);
  const wanted = device?.toLowerCase();
  const fits = (card: SoundCard): boolean =>
    wanted === undefined || `${card.id}\n${card.name}\n${card.longName}`.toLowerCase().includes(wanted);
  const [card, ...others] = recorders.filter(fits);
  if (card && others.length === 0) return card;
  const what = device === undefined ? 'a sound card' : `a sound card named like "${device}"`;
  if (card) {
    const several = describeCards([card, ...others]);
    throw new CaptureError(
      'AmbiguousDevice',
      `${what} fits more than one: ${several}; set CAPTURE_DEVICE_NAME to one of them`,
    );
  }
  throw new CaptureError('SourceNotFound', `${what} was not found; ${availableCards(recorders)}`);
}

/** The end of an error message: what there is instead. */
export function availableCards(cards: readonly SoundCard[]): string {
  if (cards.length === 0) return 'this computer has no sound card that can record (see: radio devices)';
  return `there are: ${describeCards(cards)}`;
}

function describeCards(cards: readonly SoundCard[]): string {
  return cards.map((card) => `${card.id} (${card.name})`).join(', ');
}
