// Checked by the compiler, never run: what React accepts of the wrapper and of the bare tag.
import { RadioPlayer, type RadioPlayerElement } from '@bucket-radio/player/react';
import { createRef, type ReactElement } from 'react';

const ref = createRef<RadioPlayerElement>();

export const wrapper: ReactElement = (
  <RadioPlayer
    ref={ref}
    src="https://radio.example/live/manifest.json"
    tokenUrl="/token"
    latencyMode="low"
    quality="hq"
    layout="mini"
    volume={0.5}
    muted
    className="radio"
    lang="de"
    onRadioState={({ detail, target }) => [detail.state === 'playing', target]}
    onRadioError={({ detail }) => detail.recovery}
  >
    <b slot="title">My radio</b>
  </RadioPlayer>
);
export const tag: ReactElement = (
  <radio-player src="/live/manifest.json" latency-mode="stable" class="radio" ref={ref} />
);
ref.current?.seek(10);

// @ts-expect-error there is no such quality
export const wrongQuality: ReactElement = <RadioPlayer src="" quality="best" />;
// @ts-expect-error volume is a number
export const wrongVolume: ReactElement = <RadioPlayer src="" volume="loud" />;
// @ts-expect-error a state event has no code
export const wrongEvent: ReactElement = <RadioPlayer src="" onRadioState={({ detail }) => detail.code} />;
// @ts-expect-error the tag has the attribute's name
export const wrongAttribute: ReactElement = <radio-player latencyMode="low" />;
