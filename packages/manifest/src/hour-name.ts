const HOUR = /^\d{10}$/;

/** The hour a UTC time lies in, as keys name it: `2026112020`. */
export function hourName(utcMs: number): string {
  return new Date(utcMs).toISOString().slice(0, 13).replaceAll(/[-T]/g, '');
}

export function isHourName(text: string): boolean {
  return HOUR.test(text);
}
