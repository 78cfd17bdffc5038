import { RadioPlayer, type RadioPlayerElement } from '@bucket-radio/player/react';
import { type ReactElement, useEffect, useRef, useState } from 'react';

/** What the page under test may change from outside, and what it heard. */
export interface Told {
  player?: RadioPlayerElement | null;
  readonly events: string[];
  set?: (change: { quality?: 'auto' | 'hq' | 'lq'; muted?: boolean; shown?: boolean; round?: number }) => void;
}

export interface AppProps {
  readonly src: string;
  readonly told?: Told;
}

/** A page with the player: every prop changes, and listeners are new at each render. */
export function App({ src, told = { events: [] } }: AppProps): ReactElement {
  const [state, setState] = useState({ quality: 'auto' as 'auto' | 'hq' | 'lq', muted: false, shown: true, round: 1 });
  const player = useRef<RadioPlayerElement>(null);
  useEffect(() => {
    told.player = player.current;
    told.set = (change) => setState((before) => ({ ...before, ...change }));
  });
  if (!state.shown) return <p>gone</p>;
  return (
    <RadioPlayer
      ref={player}
      src={src}
      workletSrc="/worklet.js"
      latencyMode="stable"
      quality={state.quality}
      muted={state.muted}
      className="radio"
      onRadioState={({ detail }) => told.events.push(`${detail.state} ${state.round}`)}
    >
      <b slot="title">My radio</b>
    </RadioPlayer>
  );
}
