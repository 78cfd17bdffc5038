import { css } from 'lit';

export const controlStyles = css`
  * {
    box-sizing: border-box;
  }
  section {
    display: grid;
    gap: 0.75rem;
    min-width: 0;
  }
  h2 {
    margin: 0;
    font-size: 0.95rem;
    font-weight: 650;
  }
  p {
    margin: 0;
  }
  form {
    display: grid;
    gap: 0.6rem;
  }
  .fields {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 10rem), 1fr));
    gap: 0.6rem;
  }
  label {
    display: grid;
    gap: 0.2rem;
    color: var(--soft);
    font-size: 0.85rem;
  }
  input {
    width: 100%;
    min-height: 2.4rem;
    padding: 0.4rem 0.6rem;
    border: 1px solid var(--edge);
    border-radius: 0.4rem;
    background: var(--paper);
    color: var(--ink);
    font: inherit;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.6rem;
  }
  button {
    min-height: 2.4rem;
    padding: 0.4rem 0.9rem;
    border: 1px solid transparent;
    border-radius: 0.4rem;
    background: var(--accent);
    color: var(--card);
    font: inherit;
    font-weight: 600;
    cursor: pointer;
  }
  button.quiet {
    border-color: var(--edge);
    background: transparent;
    color: var(--ink);
  }
  button.danger {
    background: var(--live);
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  .note:empty {
    display: none;
  }
  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
  }
`;
