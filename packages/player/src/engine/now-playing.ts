import type { Manifest, NowPlaying } from '@bucket-radio/manifest';

interface Announced {
  readonly epoch: string;
  readonly nowPlaying: NowPlaying;
}

/** Titles announced ahead of the sound. */
const MAX_ANNOUNCED = 16;

/** A manifest announces a title when it is captured; a listener hears it seconds later. This keeps it until then. */
export class NowPlayingTrack {
  #announced: Announced[] = [];

  learn({ epoch, nowPlaying }: Manifest): void {
    if (nowPlaying === undefined) return;
    const last = this.#announced.at(-1);
    if (last?.epoch === epoch && last.nowPlaying.frame === nowPlaying.frame) this.#announced.pop();
    this.#announced = [...this.#announced, { epoch, nowPlaying }].slice(-MAX_ANNOUNCED);
  }

  /** The title that belongs to the frame being heard. */
  at(epoch: string, frame: number): NowPlaying | undefined {
    return this.#announced.findLast((one) => one.epoch === epoch && one.nowPlaying.frame <= frame)?.nowPlaying;
  }

  /** Frames until the next title that is known begins. */
  framesToNext(epoch: string, frame: number): number | undefined {
    const next = this.#announced.find((one) => one.epoch === epoch && one.nowPlaying.frame > frame);
    return next === undefined ? undefined : next.nowPlaying.frame - frame;
  }
}
