/** @jsxImportSource preact */
// Checked by the compiler, never run: what Preact accepts of the bare tag.

import type { RadioPlayer } from '@bucket-radio/player';
import type {} from '@bucket-radio/player/jsx/preact';
import { createRef, type VNode } from 'preact';

const ref = createRef<RadioPlayer>();

export const tag: VNode = (
  <radio-player
    ref={ref}
    src="/live/manifest.json"
    latency-mode="low"
    volume={0.5}
    muted
    class="radio"
    onradio-state={({ detail }) => detail.state === 'playing'}
  >
    <b slot="title">My radio</b>
  </radio-player>
);
// @ts-expect-error there is no such layout
export const wrongLayout: VNode = <radio-player src="" layout="big" />;
// @ts-expect-error a state event has no code
export const wrongEvent: VNode = <radio-player src="" onradio-state={({ detail }) => detail.code} />;
