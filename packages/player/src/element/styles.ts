import { type CSSResult, css } from 'lit';

/** Light and dark follow `color-scheme`; everything a site wants to change is a `--radio-…` variable or a part. */
export const styles: CSSResult = css`
  :host {
    color-scheme: light dark;
    --_accent: var(--radio-accent, light-dark(#0f6b5c, #5fd0b8));
    --_on-accent: var(--radio-on-accent, light-dark(#fff, #06211c));
    --_background: var(--radio-background, light-dark(#fff, #16191c));
    --_foreground: var(--radio-foreground, light-dark(#1a1f23, #eef1f2));
    --_subtle: var(--radio-subtle, light-dark(#5a646b, #9aa5ac));
    --_border: var(--radio-border, light-dark(#dfe4e7, #2b3136));
    --_live: var(--radio-live, light-dark(#c22f2f, #ff7b72));
    display: block;
    max-inline-size: 30rem;
    font: 400 0.9375rem / 1.4 var(--radio-font, system-ui, sans-serif);
    color: var(--_foreground);
  }
  :host([hidden]) {
    display: none;
  }
  * {
    box-sizing: border-box;
    margin: 0;
  }
  .card {
    display: grid;
    gap: 0.875rem;
    padding: 1rem 1.125rem;
    border: 1px solid var(--_border);
    border-radius: var(--radio-radius, 1rem);
    background: var(--_background);
  }
  .row {
    display: flex;
    align-items: center;
    gap: 0.5rem 0.875rem;
    min-inline-size: 0;
  }
  .controls {
    justify-content: space-between;
    padding-block-start: 0.75rem;
    border-block-start: 1px solid var(--_border);
  }
  /* As high as title, now playing and badges together, so that the card does not jump when play is pressed. */
  .mini {
    padding: 0.5rem 0.75rem;
    gap: 0;
  }
  .mini .text {
    min-block-size: 2.75rem;
  }
  .mini .play {
    inline-size: 2.5rem;
    block-size: 2.5rem;
  }
  .timeline {
    margin-block-end: -0.25rem;
  }
  canvas {
    flex: none;
    inline-size: 3.5rem;
    block-size: 0.6875rem;
    color: var(--_accent);
  }
  .text {
    display: grid;
    flex: 1;
    gap: 0.125rem;
    align-content: center;
    min-inline-size: 0;
    min-block-size: 4.25rem;
  }
  .title {
    overflow: hidden;
    font-weight: 600;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .now,
  .status,
  .meta {
    color: var(--_subtle);
    font-size: 0.8125rem;
  }
  .now {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .status:empty {
    display: none;
  }
  .status.error {
    color: var(--_live);
  }
  .meta {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.25rem 0.625rem;
    padding-block-start: 0.125rem;
    font-variant-numeric: tabular-nums;
  }
  .meta:not(:has(*)) {
    display: none;
  }
  .pill {
    display: inline-flex;
    align-items: center;
    gap: 0.3rem;
    padding: 0.1rem 0.5rem;
    border: 1px solid var(--_border);
    border-radius: 99rem;
    font-size: 0.75rem;
    font-weight: 500;
    white-space: nowrap;
  }
  .pill svg {
    inline-size: 0.8rem;
    block-size: 0.8rem;
  }
  .live {
    color: var(--_live);
    border-color: color-mix(in srgb, currentColor 35%, transparent);
  }
  .live::before {
    content: '';
    inline-size: 0.4rem;
    block-size: 0.4rem;
    border-radius: 50%;
    background: currentColor;
  }
  .action {
    border-radius: 99rem;
    color: var(--_live);
    white-space: nowrap;
  }
  .badge.lit {
    color: var(--_accent);
    border-color: currentColor;
  }
  button {
    display: inline-grid;
    flex: none;
    place-items: center;
    padding: 0;
    border: 0;
    border-radius: 50%;
    background: none;
    color: inherit;
    font: inherit;
    cursor: pointer;
  }
  svg {
    display: block;
    inline-size: 1.375rem;
    block-size: 1.375rem;
  }
  .play {
    position: relative;
    inline-size: 3.25rem;
    block-size: 3.25rem;
    background: var(--_accent);
    color: var(--_on-accent);
  }
  .play:hover {
    background: color-mix(in srgb, var(--_accent) 88%, var(--_foreground));
  }
  .play.busy::after {
    content: '';
    position: absolute;
    inset: -0.25rem;
    border: 2px solid transparent;
    border-block-start-color: var(--_accent);
    border-radius: 50%;
    animation: turn 1s linear infinite;
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .play.busy::after {
      animation-duration: 6s;
    }
  }
  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 3px;
  }
  .mute {
    inline-size: 2rem;
    block-size: 2rem;
    color: var(--_subtle);
  }
  .mute:hover {
    color: var(--_foreground);
  }
  .volume {
    display: flex;
    flex: 1;
    align-items: center;
    gap: 0.375rem;
    min-inline-size: 0;
    max-inline-size: 14rem;
    margin-inline-start: -0.25rem;
  }
  input {
    flex: 1;
    inline-size: 100%;
    min-inline-size: 2rem;
    block-size: 1.5rem;
    accent-color: var(--_accent);
    cursor: pointer;
  }
  select {
    padding: 0.25rem 0.375rem;
    border: 1px solid var(--_border);
    border-radius: 0.5rem;
    background: var(--_background);
    color: inherit;
    font: inherit;
    font-size: 0.8125rem;
    cursor: pointer;
  }
  label {
    color: var(--_subtle);
    font-size: 0.8125rem;
  }
`;
