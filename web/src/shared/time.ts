/** Times for people. All take what "now" is, so that tests can hold the clock. */

export function clockTime(at: string, locale: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(safeLocale(locale), { hour: "2-digit", minute: "2-digit" }).format(date);
}

/** A tag the browser knows, or English: a false tag in a setting must not stop the page. */
export function safeLocale(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? "en-GB";
  } catch {
    return "en-GB";
  }
}

/** Seconds as 0:07, 12:40 or 1:02:09. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds));
  const pad = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(total % 60)}` : `${minutes}:${pad(total % 60)}`;
}

export function secondsSince(at: string | null, now: number): number {
  const then = at === null ? NaN : Date.parse(at);
  return Number.isNaN(then) ? 0 : Math.max(0, (now - then) / 1000);
}

/** A wait in whole minutes, rounded outwards: what is promised is kept. */
export function waitMinutes([low, high]: [number, number]): [number, number] {
  return [Math.max(0, Math.floor(low / 60)), Math.max(1, Math.ceil(high / 60))];
}
