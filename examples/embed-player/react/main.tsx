import { createRoot } from 'react-dom/client';
import { Radio } from './app.tsx';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<Radio />);
