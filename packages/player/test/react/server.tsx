import { renderToString } from 'react-dom/server';
import { App } from './app.tsx';

/** The page's markup, as a server writes it. */
export function render(src: string): string {
  return renderToString(<App src={src} />);
}
