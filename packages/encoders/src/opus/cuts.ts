import { OPUS_PACKET_FRAMES } from '@bucket-radio/pcm';

/** Packets of lead-in that a segment carries: what a fresh decoder needs to join the continuous decode exactly. */
export const LEAD_IN_PACKETS = 5;

/** How a packet is coded. */
export interface PacketCoding {
  /** Without inter-frame prediction (`OPUS_SET_PREDICTION_DISABLED`). */
  readonly predictionFree: boolean;
  /** With long blocks only (complexity 0 skips transient analysis). */
  readonly longBlocks: boolean;
}

/**
 * How the packet at `position` is coded, so that a decoder which starts with the lead-in is bit-exact from the cut on.
 * Three things of a CELT decoder's past reach across a packet, and each must be forgotten before the cut:
 * - band energies and the pitch post-filter: packets without prediction, three before a cut and the first after it;
 * - noise levels for the "anti-collapse" of transients, kept from the last two packets, but a packet that is itself a
 *   transient does not replace them: so the first two of those three packets may not be transients;
 * - the window overlap: the third of them, which starts from a clean state and reaches over the cut.
 * With ordinary packets even 400 ms of lead-in leave a difference. The bit rate does not change.
 */
export function packetCoding(position: number, segmentFrames: number): PacketCoding {
  const packets = segmentFrames / OPUS_PACKET_FRAMES;
  const index = (position / OPUS_PACKET_FRAMES) % packets;
  const beforeCut = packets - index;
  return { predictionFree: index === 0 || beforeCut <= 3, longBlocks: beforeCut === 3 || beforeCut === 2 };
}
