import { hydrateRoot } from 'react-dom/client';
import { App, type Told } from './app.tsx';

const told: Told = { events: [] };
const root = document.getElementById('root');
if (root !== null) hydrateRoot(root, <App src={root.dataset['src'] ?? ''} told={told} />);
Object.assign(globalThis, { told });
