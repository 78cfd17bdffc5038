import { LevelMeter } from './level-meter.ts';
import { RadioMonitor } from './radio-monitor.ts';

customElements.define('level-meter', LevelMeter);
customElements.define('radio-monitor', RadioMonitor);
