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
  .air[data-state='live'] {
    border-color: currentColor;
    color: var(--live);
  }
  .air[data-state='live'] .lamp {
    background: currentColor;
    box-shadow: 0 0 0.6rem currentColor;
  }
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
    overflow-x: auto;
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
  .state[data-state='live'] {
    color: var(--good);
  }
  .state[data-state='queued'],
  .state[data-state='encoding'] {
    color: var(--warn);
  }
  .state[data-state='dropped'] {
    color: var(--live);
    font-weight: 600;
  }
  .state[data-state='deleted'] {
    color: var(--soft);
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
