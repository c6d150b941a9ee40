/** Web storage that may be full, forbidden or absent (private windows, embedded frames): then memory stands in. */
export interface KeyValue {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
}

export function memoryStorage(): KeyValue {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
  };
}

export function webStorage(kind: "local" | "session"): KeyValue {
  const fallback = memoryStorage();
  const attempt = <T>(use: (storage: Storage) => T, otherwise: () => T): T => {
    try {
      return use(kind === "local" ? window.localStorage : window.sessionStorage);
    } catch {
      return otherwise();
    }
  };
  return {
    get: (key) => attempt((storage) => storage.getItem(key), () => null) ?? fallback.get(key),
    set: (key, value) => attempt((storage) => storage.setItem(key, value), () => fallback.set(key, value)),
    remove: (key) => {
      fallback.remove(key);
      attempt((storage) => storage.removeItem(key), () => undefined);
    },
  };
}
