/** Builds the three parts into dist/: widget.js, console/, demo/. Prints what a customer's browser has to load. */
import { readFileSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const dist = resolve(root, "dist");
const WIDGET_LIMIT_KB = 60;

const common = {
  configFile: false,
  logLevel: "warn",
  // The strict Content-Security-Policy allows no data: URLs in styles, so nothing is inlined.
  build: { target: "es2022", assetsInlineLimit: 0, emptyOutDir: true },
};

rmSync(dist, { recursive: true, force: true });

await build({
  ...common,
  root,
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    ...common.build,
    outDir: dist,
    lib: {
      entry: resolve(root, "src/widget/main.ts"),
      name: "CandourWidget",
      formats: ["iife"],
      fileName: () => "widget.js",
    },
  },
});

for (const [page, base] of [
  ["console", "/console/"],
  ["demo", "/"],
]) {
  await build({
    ...common,
    root: resolve(root, page),
    base,
    build: { ...common.build, outDir: resolve(dist, page), modulePreload: { polyfill: false } },
  });
}

const widget = readFileSync(resolve(dist, "widget.js"));
const kb = gzipSync(widget, { level: 9 }).length / 1000;
console.log(`widget.js: ${(widget.length / 1000).toFixed(1)} kB, ${kb.toFixed(1)} kB gzipped (limit ${WIDGET_LIMIT_KB} kB)`);
if (kb > WIDGET_LIMIT_KB) {
  console.error("widget.js is too large: customers on slow connections wait for it.");
  process.exitCode = 1;
}
