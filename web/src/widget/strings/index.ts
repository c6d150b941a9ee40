import { de } from "./de";
import { en } from "./en";
import { es } from "./es";
import { fil } from "./fil";
import { fr } from "./fr";
import { pt } from "./pt";
import type { Strings } from "./types";

export type { Strings } from "./types";

export const LANGUAGES: Readonly<Record<string, Strings>> = { en, de, fr, es, pt, fil, tl: fil };

const RIGHT_TO_LEFT = ["ar", "fa", "he", "ur", "ps", "sd", "yi", "dv", "ckb"];

function languageOf(locale: string): string {
  return locale.toLowerCase().split(/[-_]/)[0] ?? "";
}

/** The chrome's words for a locale such as `de-AT`; English where the language is not there. */
export function stringsFor(locale: string): Strings {
  return LANGUAGES[languageOf(locale)] ?? en;
}

export function directionOf(locale: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.includes(languageOf(locale)) ? "rtl" : "ltr";
}
