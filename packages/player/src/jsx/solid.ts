import type { JSX } from 'solid-js';
import type { RadioPlayer } from '../radio-player.ts';
import type { RadioPlayerAttributes, RadioPlayerEvents } from './attributes.ts';

/** Solid listens to `on:radio-state` as `radio-state`. */
type Listeners = {
  readonly [Name in keyof RadioPlayerEvents as `on:${Name}`]?: (event: RadioPlayerEvents[Name]) => void;
};

/** `<radio-player>` in Solid. */
export type RadioPlayerProps = RadioPlayerAttributes &
  Listeners &
  Omit<JSX.HTMLAttributes<RadioPlayer>, keyof RadioPlayerAttributes>;

declare module 'solid-js' {
  namespace JSX {
    interface IntrinsicElements {
      'radio-player': RadioPlayerProps;
    }
  }
}
