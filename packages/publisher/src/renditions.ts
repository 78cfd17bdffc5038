import { initKey, type ManifestRendition, segmentTemplate } from '@bucket-radio/manifest';
import type { RenditionName } from '@bucket-radio/pcm';

export const RENDITIONS: readonly RenditionName[] = ['hq', 'lq'];

/** What a manifest says of the two renditions. @param bitrates of recent segments, in bits per second */
export function manifestRenditions(
  epoch: string,
  bitrates: Readonly<Record<RenditionName, readonly number[]>>,
): ManifestRendition[] {
  const paths = (name: RenditionName) => ({ init: initKey(epoch, name), segment: segmentTemplate(epoch, name) });
  const bitrate = (name: RenditionName): number => Math.ceil(Math.max(0, ...bitrates[name]) / 1000) * 1000;
  return [
    {
      name: 'hq',
      codec: 'flac',
      mime: 'audio/mp4; codecs="flac"',
      ...paths('hq'),
      bitDepth: 24,
      bitrate: bitrate('hq'),
    },
    { name: 'lq', codec: 'opus', mime: 'audio/mp4; codecs="opus"', ...paths('lq'), bitrate: bitrate('lq') },
  ];
}
