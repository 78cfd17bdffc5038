/** @jsxImportSource solid-js */
// Checked by the compiler, never run: what Solid accepts of the bare tag.

import type { RadioPlayer } from '@bucket-radio/player';
import type {} from '@bucket-radio/player/jsx/solid';
import type { JSX } from 'solid-js';

let element: RadioPlayer | undefined;

export const tag: JSX.Element = (
  <radio-player
    ref={(player) => {
      element = player;
    }}
    src="/live/manifest.json"
    latency-mode="low"
    volume={0.5}
    muted
    class="radio"
    on:radio-state={({ detail }) => detail.state === 'playing'}
  >
    <b slot="title">My radio</b>
  </radio-player>
);
element?.goLive();
// @ts-expect-error there is no such layout
export const wrongLayout: JSX.Element = <radio-player src="" layout="big" />;
// @ts-expect-error a state event has no code
export const wrongEvent: JSX.Element = <radio-player src="" on:radio-state={({ detail }) => detail.code} />;
