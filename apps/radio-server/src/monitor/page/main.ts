import { StationControls } from './controls.ts';
import { LevelMeter } from './level-meter.ts';
import { LoudnessPanel } from './loudness-panel.ts';
import { RadioMonitor } from './radio-monitor.ts';
import { SpectrumView } from './spectrum-view.ts';

customElements.define('level-meter', LevelMeter);
customElements.define('loudness-panel', LoudnessPanel);
customElements.define('spectrum-view', SpectrumView);
customElements.define('station-controls', StationControls);
customElements.define('radio-monitor', RadioMonitor);
