import { css } from 'lit';

export const monitorStyles = css`
  * {
    box-sizing: border-box;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0.25rem 1.25rem;
    margin-bottom: 1rem;
  }
  h1 {
    margin: 0;
    font-size: 1.6rem;
    line-height: 1.2;
    letter-spacing: -0.01em;
    overflow-wrap: anywhere;
  }
  h2,
  caption {
    margin: 0 0 0.6rem;
    font-size: 0.95rem;
    font-weight: 650;
    text-align: start;
  }
  small {
    color: var(--soft);
    font-weight: 400;
  }
  p {
    margin: 0;
  }
  .air {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    padding: 0.2rem 0.7rem;
    border: 1px solid var(--line);
    border-radius: 99rem;
    color: var(--soft);
    font-weight: 650;
  }
  .lamp {
    width: 0.65rem;
    height: 0.65rem;
    border-radius: 50%;
    background: var(--soft);
  }
  .air[data-state='on'] {
    border-color: currentColor;
    color: var(--live);
  }
  .air[data-state='on'] .lamp {
    background: currentColor;
    box-shadow: 0 0 0.6rem currentColor;
  }
  .air[data-state='off'],
  .air[data-state='lost'] {
    border-color: currentColor;
    color: var(--warn);
  }
  .soft,
  .uptime {
    color: var(--soft);
  }
  .uptime {
    margin-inline-start: auto;
    font-variant-numeric: tabular-nums;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr));
    gap: 1rem;
    margin-block: 1rem;
  }
  .stack {
    display: grid;
    grid-template-rows: auto 1fr;
    gap: 1rem;
    min-width: 0;
  }
  .card {
    min-width: 0;
    padding: 1rem 1.1rem;
    border: 1px solid var(--line);
    border-radius: 0.8rem;
    background: var(--card);
  }
  .stale {
    opacity: 0.55;
  }
  dl {
    display: grid;
    gap: 0.3rem;
    margin: 0;
  }
  dl div {
    display: grid;
    grid-template-columns: 5.5rem minmax(0, 1fr);
    gap: 0.5rem;
  }
  dt {
    color: var(--soft);
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
    font-variant-numeric: tabular-nums;
  }
  code {
    font: 0.85em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  }
  a {
    color: var(--accent);
  }
  .good {
    color: var(--good);
    font-weight: 600;
  }
  .warn {
    color: var(--warn);
    font-weight: 600;
  }
  .bad {
    color: var(--live);
    font-weight: 600;
  }
  .error {
    margin-top: 1rem;
    padding: 0.7rem 1rem;
    border: 1px solid var(--live);
    border-radius: 0.6rem;
    overflow-wrap: anywhere;
  }
  .scroll {
    max-height: 24rem;
    overflow: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 0.3rem 0.6rem 0.3rem 0;
    border-top: 1px solid var(--line);
    text-align: start;
    font-weight: 400;
    white-space: nowrap;
  }
  thead th {
    border: 0;
    color: var(--soft);
    font-size: 0.85rem;
  }
  .number {
    padding-inline-end: 1.2rem;
    text-align: end;
  }
  th.number[scope='row'],
  th[scope='col']:first-child {
    width: 5rem;
    text-align: start;
  }
  [data-state='in-window'],
  [data-state='uploaded'] {
    --tone: var(--good);
  }
  [data-state='spooled'],
  [data-state='encoding'] {
    --tone: var(--warn);
  }
  [data-state='uploading'] {
    --tone: var(--accent);
  }
  [data-state='failed'] {
    --tone: var(--live);
  }
  [data-state='leaving'],
  [data-state='deleted'] {
    --tone: var(--soft);
  }
  .state {
    color: var(--tone);
  }
  .state[data-state='failed'] {
    font-weight: 650;
  }
  .strip {
    display: grid;
    grid-template-columns: 1.6rem repeat(20, minmax(0, 1fr));
    gap: 3px;
    align-items: center;
    margin-bottom: 0.9rem;
  }
  .strip .label {
    color: var(--soft);
    font-size: 0.8rem;
  }
  .cell {
    height: 1.1rem;
    border-radius: 3px;
    background: var(--tone, var(--track));
  }
  .cell[data-state='deleted'] {
    opacity: 0.35;
  }
  .cell[data-state='uploading'] {
    animation: breathe 1s ease-in-out infinite alternate;
  }
  @keyframes breathe {
    to {
      opacity: 0.45;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .cell {
      animation: none !important;
    }
  }
  .alerts {
    display: grid;
    gap: 0.6rem;
    margin-block: 0.8rem;
  }
  .alert {
    --tone: var(--warn);
    padding: 0.7rem 1rem;
    border: 1px solid var(--tone);
    border-inline-start-width: 0.5rem;
    border-radius: 0.6rem;
    background: var(--card);
    overflow-wrap: anywhere;
  }
  .alert[data-severity='critical'] {
    --tone: var(--live);
  }
  .alert strong {
    color: var(--tone);
  }
  .grid.wide {
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 17.5rem), 1fr));
  }
  .charts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
    gap: 1rem;
  }
  figure {
    min-width: 0;
    margin: 0;
  }
  figcaption small {
    display: block;
    font-size: 0.8rem;
  }
  svg {
    display: block;
    width: 100%;
    height: 3.75rem;
    border: 1px solid var(--line);
    border-radius: 0.4rem;
    background: var(--paper);
  }
  svg line {
    stroke: var(--line);
    vector-effect: non-scaling-stroke;
  }
  svg path {
    fill: none;
    stroke: var(--accent);
    stroke-width: 1.5;
    vector-effect: non-scaling-stroke;
  }
  svg circle {
    fill: var(--accent);
  }
  .past {
    max-height: 18rem;
    margin: 0;
    padding: 0;
    overflow-y: auto;
    list-style: none;
  }
  .past li {
    padding-block: 0.3rem;
    border-top: 1px solid var(--line);
    overflow-wrap: anywhere;
  }
  .card + .card {
    margin-top: 1rem;
  }
  .grid .card {
    margin-top: 0;
  }
  .log {
    max-height: 20rem;
    overflow-y: auto;
    font: 0.82rem / 1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  }
  .log p {
    padding-block: 0.1rem;
    overflow-wrap: anywhere;
  }
  .log time,
  .past time {
    color: var(--soft);
  }
  .log [data-level='warn'] .level {
    color: var(--warn);
  }
  .log [data-level='error'] .level,
  .log [data-level='fatal'] .level {
    color: var(--live);
    font-weight: 700;
  }
  @media (max-width: 30rem) {
    .uptime {
      margin-inline-start: 0;
    }
    th,
    td,
    .number {
      padding-inline-end: 0.5rem;
      font-size: 0.85rem;
    }
    th.number[scope='row'],
    th[scope='col']:first-child {
      width: auto;
    }
  }
  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
  }
`;
