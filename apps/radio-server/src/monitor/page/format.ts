/** `1536000` → `1.5 MB`: decimal units, as file managers and invoices count. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** `2480000` → `2.48 Mbit/s`. */
export function bitRateText(bps: number): string {
  return `${(bps / 1e6).toFixed(2)} Mbit/s`;
}

/** Kilobytes for a column of them: `1536000` → `1,536`; nothing stored yet is a dash. */
export function kilobytesText(bytes: number): string {
  return bytes === 0 ? '–' : Math.round(bytes / 1000).toLocaleString('en');
}

/** `3h 05m 09s`; days appear when there are any. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  const clock = hours === 0 && days === 0 ? `${minutes}m` : `${hours}h ${two(minutes)}m`;
  return `${days === 0 ? '' : `${days}d `}${clock} ${two(whole % 60)}s`;
}

/** `5.1 hours`, `12 days`: how long a disk lasts. */
export function hoursText(hours: number): string {
  return hours < 72 ? `${hours.toFixed(1)} hours` : `${Math.floor(hours / 24)} days`;
}

/** Time of day where the reader is: `21:05:09`. */
export function clockText(utcMs: number): string {
  return new Date(utcMs).toLocaleTimeString('en-GB');
}

/** `−18.3`; below the meter's reach it is silence. */
export function decibelText(db: number): string {
  return db <= -120 ? '−∞' : db.toFixed(1).replace('-', '−');
}

/** `+61 ppm`, `−0.3`: with its sign, which is what is looked for. */
export function signedText(value: number, digits = 0): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}
