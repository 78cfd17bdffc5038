import { estimateCost } from '../../apps/radio-server/src/cost/estimate.ts';
import { R2_PRICES } from '../../apps/radio-server/src/cost/prices.ts';

/** Those that divide an hour evenly. */
const SEGMENT_SECONDS = [1, 2, 3, 4, 5, 6, 10] as const;
const AUDIENCE = 5000;
/** A segment has to be whole, sent, and be named by the manifest, before a player can begin to fetch it. */
const SEND_AND_TELL_SECONDS = [0.7, 2] as const;

/** docs/costs.md, whole. */
export function costsPage(): string {
  const rows = SEGMENT_SECONDS.map((segmentSeconds) => {
    const dollars = (listeners: number, edgeCached: boolean): string =>
      `$${estimateCost({ segmentSeconds, listeners, edgeCached }, R2_PRICES).dollars.total.toFixed(2)}`;
    const latency = SEND_AND_TELL_SECONDS.map((seconds) => (segmentSeconds + seconds).toFixed(0)).join('–');
    const wait = Math.max(3, Math.ceil(30 / segmentSeconds)) * segmentSeconds;
    return `| ${segmentSeconds} | ${latency} s | ${3 * segmentSeconds}–${4 * segmentSeconds} s | ${dollars(100, true)} | ${dollars(AUDIENCE, true)} | ${dollars(100, false)} | ${wait} s |`;
  });
  return `# Latency and money, by the length of a segment

Written by \`pnpm costs\`; a test keeps it equal to what \`radio cost\` says. ${R2_PRICES.name}, ${R2_PRICES.date}
(${R2_PRICES.source}), what is free taken off, 30 days on air without a stop, in both qualities.

| \`--segment-seconds\` | behind live, \`<radio-player>\` | behind live, other players | a month, 100 listeners, cached | ${AUDIENCE} listeners, cached | 100 listeners, not cached | window |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

"Cached" means a CDN before the bucket that keeps the manifest for a second ([how](deployment.md#1-the-bucket-on-cloudflare-r2)):
then the price does not depend on how many listen. Traffic out of R2 costs nothing; on other providers it is most of the
bill: \`hq\` is about 0.8 GB an hour and listener at most, \`lq\` 0.06 GB.

The delays are arithmetic, not measurements: a segment's length, and ${SEND_AND_TELL_SECONDS.join(' to ')} s to send it, tell of it and fetch it; other players wait for
three segments. What was measured is in [the benchmarks](benchmarks.md). Your own numbers:

\`\`\`sh
npm run radio -- cost --segment-seconds 2 --listeners 5000
\`\`\`
`;
}
