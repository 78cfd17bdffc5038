import '@bucket-radio/player';
import {
  createElement,
  type DetailedHTMLProps,
  type ForwardRefExoticComponent,
  forwardRef,
  type HTMLAttributes,
  type RefAttributes,
  useEffect,
  useImperativeHandle,
  useRef,
  version,
} from 'react';
import type { RadioPlayerAttributes, RadioPlayerEvents } from './jsx/attributes.ts';
import type { RadioPlayer as RadioPlayerElement } from './radio-player.ts';

export type { RadioPlayerElement };

const IS_REACT_18: boolean = version.startsWith('18.');

/** Event of the element → the prop that listens to it. */
const EVENT_PROPS: Readonly<Record<keyof RadioPlayerEvents, keyof EventProps>> = {
  'radio-state': 'onRadioState',
  'radio-segment': 'onRadioSegment',
  'radio-nowplaying': 'onRadioNowPlaying',
  'radio-error': 'onRadioError',
};

type Listener<Name extends keyof RadioPlayerEvents> = ((event: RadioPlayerEvents[Name]) => void) | undefined;

interface EventProps {
  readonly onRadioState?: Listener<'radio-state'>;
  readonly onRadioSegment?: Listener<'radio-segment'>;
  readonly onRadioNowPlaying?: Listener<'radio-nowplaying'>;
  readonly onRadioError?: Listener<'radio-error'>;
}

/** Prop → attribute, where they are spelt differently. React 18 passes `className` to a custom element as it is. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  className: 'class',
  tokenUrl: 'token-url',
  workletSrc: 'worklet-src',
  latencyMode: 'latency-mode',
};

/** The element's properties in React's spelling, its events, and what every HTML element takes (`className`, `lang`, …). */
export interface RadioPlayerProps
  extends Omit<HTMLAttributes<RadioPlayerElement>, keyof RadioPlayerAttributes>,
    EventProps,
    Omit<RadioPlayerAttributes, 'token-url' | 'worklet-src' | 'latency-mode'> {
  readonly tokenUrl?: RadioPlayerAttributes['token-url'];
  readonly workletSrc?: RadioPlayerAttributes['worklet-src'];
  readonly latencyMode?: RadioPlayerAttributes['latency-mode'];
}

/** The bare tag in JSX: attributes by their names in HTML; `class`, not `className`; events through `ref`. */
export type RadioPlayerElementProps = RadioPlayerAttributes &
  Omit<
    DetailedHTMLProps<HTMLAttributes<RadioPlayerElement>, RadioPlayerElement>,
    keyof RadioPlayerAttributes | 'className'
  > & { readonly class?: string | undefined };

/**
 * `<radio-player>` for React 18 and 19: properties and events as props; `ref` is the element, with its methods. On a server it
 * renders the tag with its attributes; a change of a listener subscribes nothing anew.
 */
export const RadioPlayer: ForwardRefExoticComponent<RadioPlayerProps & RefAttributes<RadioPlayerElement>> = forwardRef<
  RadioPlayerElement,
  RadioPlayerProps
>((props, ref) => {
  const element = useRef<RadioPlayerElement>(null);
  const current = useRef<EventProps>(props);
  // The methods of the element are the handle: there is nothing to add to them.
  useImperativeHandle(ref, () => element.current as RadioPlayerElement, []);
  useEffect(() => {
    current.current = props;
  });
  useEffect(() => {
    const player = element.current;
    if (player === null) return undefined;
    const ended = new AbortController();
    for (const name of Object.keys(EVENT_PROPS) as (keyof RadioPlayerEvents)[]) {
      const listener = (event: Event): void => tell(current.current, name, event as RadioPlayerEvents[typeof name]);
      player.addEventListener(name, listener, { signal: ended.signal });
    }
    return () => ended.abort();
  }, []);
  return createElement('radio-player', { ...attributesOf(props), ref: element }, props.children);
});
RadioPlayer.displayName = 'RadioPlayer';

function tell(props: EventProps, name: keyof RadioPlayerEvents, event: Event): void {
  const listener = props[EVENT_PROPS[name]] as ((event: Event) => void) | undefined;
  listener?.(event);
}

/** Attributes, which both versions of React write, on the server too. */
function attributesOf(props: RadioPlayerProps): Record<string, unknown> {
  const listeners: readonly string[] = Object.values(EVENT_PROPS);
  const entries = Object.entries(props)
    .filter(([name]) => name !== 'children' && !listeners.includes(name))
    .map(([name, value]) => [ATTRIBUTES[name] ?? name, value]);
  const attributes = Object.fromEntries(entries) as Record<string, unknown>;
  // React 18 writes `false` as text, which an element reads as true.
  if (attributes['muted'] === false && IS_REACT_18) attributes['muted'] = undefined;
  return attributes;
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'radio-player': RadioPlayerElementProps;
    }
  }
}
