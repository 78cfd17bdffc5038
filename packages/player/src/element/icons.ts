import { type SVGTemplateResult, svg } from 'lit';

/** Drawn in a 24 × 24 box with the current colour. Decorative: the control around it has the name. */
export const icons: Readonly<Record<'play' | 'stop' | 'pause' | 'check' | 'volume' | 'muted', SVGTemplateResult>> = {
  play: svg`<path d="M8 5.2v13.6a.8.8 0 0 0 1.2.7l11-6.8a.8.8 0 0 0 0-1.4l-11-6.8A.8.8 0 0 0 8 5.2Z" fill="currentColor"/>`,
  stop: svg`<rect x="6" y="6" width="12" height="12" rx="2" fill="currentColor"/>`,
  pause: svg`<path d="M7 5h3.5v14H7zM13.5 5H17v14h-3.5z" fill="currentColor"/>`,
  check: svg`<path d="m5 12.5 4.5 4.5L19 7.5" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/>`,
  volume: svg`<path d="M4 9.5v5h3.5L12 19V5L7.5 9.5H4Z" fill="currentColor"/><path d="M15.5 8.5a5 5 0 0 1 0 7M18 6a8.5 8.5 0 0 1 0 12" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/>`,
  muted: svg`<path d="M4 9.5v5h3.5L12 19V5L7.5 9.5H4Z" fill="currentColor"/><path d="m16 9.5 5 5m0-5-5 5" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/>`,
};
