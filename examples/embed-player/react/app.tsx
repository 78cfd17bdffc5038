import { RadioPlayer, type RadioPlayerElement } from '@bucket-radio/player/react';
import { useRef, useState } from 'react';

export function Radio() {
  const player = useRef<RadioPlayerElement>(null);
  const [state, setState] = useState('stopped');
  return (
    <>
      <RadioPlayer
        ref={player}
        src="https://radio.example/live/manifest.json"
        workletSrc="/player/worklet.js"
        layout="mini"
        onRadioState={({ detail }) => setState(detail.state)}
      />
      <button type="button" disabled={state !== 'playing'} onClick={() => player.current?.seek(10)}>
        What was that?
      </button>
    </>
  );
}
