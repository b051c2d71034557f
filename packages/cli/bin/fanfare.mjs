#!/usr/bin/env node
// Plain JavaScript: it runs on whatever Node a machine has, and hands over to the pinned one where that is too old.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const nodeMajor = Number(process.versions.node.split('.')[0]);
const main = new URL('../src/main.ts', import.meta.url);
const toolchain = new URL('../../../infra/toolchain.mjs', import.meta.url);

if (nodeMajor >= 24) {
  // Stripped types are kept between runs, where services keep theirs.
  module.enableCompileCache(fileURLToPath(new URL('../../../.fanfare/compile-cache', import.meta.url)));
  await import(main.href);
} else {
  process.argv.splice(1, 1, fileURLToPath(toolchain), 'node', fileURLToPath(main));
  await import(toolchain.href);
}
