import type { JSX, Ref } from 'preact';
import type { RadioPlayer } from '../radio-player.ts';
import type { RadioPlayerAttributes, RadioPlayerEvents } from './attributes.ts';

/** Preact listens to `onradio-state` as `radio-state`. */
type Listeners = {
  readonly [Name in keyof RadioPlayerEvents as `on${Name}`]?: (event: RadioPlayerEvents[Name]) => void;
};

/** `<radio-player>` in Preact. */
export type RadioPlayerProps = RadioPlayerAttributes &
  Listeners &
  Omit<JSX.IntrinsicElements['div'], keyof RadioPlayerAttributes | 'ref'> & { readonly ref?: Ref<RadioPlayer> };

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'radio-player': RadioPlayerProps;
    }
  }
}
