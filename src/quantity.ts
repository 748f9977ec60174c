const grouped = new Intl.NumberFormat('en-US');

/** `1,234,567`. */
export function formatCount(count: number): string {
  return grouped.format(count);
}

/** `1 table`, `2 tables`. */
export function formatQuantity(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Decimal units with three significant figures: `0 B`, `12.3 kB`, `4.56 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would round up to "1000 kB".
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

/** Seconds with one decimal: `0.4`, `1,234.5`. */
export function formatSeconds(seconds: number): string {
  return seconds.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** A length of time as people say it: `12.3 s`, `4 min 5 s`, `2 h 3 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 99.95) return `${formatSeconds(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${formatCount(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** `2026-11-20 02:00:01 UTC` for an ISO instant; milliseconds are noise to a reader. */
export function formatInstant(instant: string): string {
  return instant.replace(/^([\d-]+)T([\d:]+)(?:\.\d+)?Z$/, '$1 $2 UTC');
}
