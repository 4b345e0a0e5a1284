// Writes kernel records at a steady rate: FILE RATE SECONDS ADDRESS. One in a hundred is an Xid of the GPU at that address;
// when each of these was written (Unix ms) is printed as a JSON list.
import { closeSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const [file, rate, seconds, address] = process.argv.slice(2);
const total = Number(rate) * Number(seconds);
const fd = openSync(file, 'a');
const isDevice = fstatSync(fd).isCharacterDevice();
const startedMs = performance.now();
const uptimeUs = isDevice ? 0 : Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1e6;
const head = (line) =>
  isDevice ? '<4>' : `4,${line},${Math.round(uptimeUs + (performance.now() - startedMs) * 1000)},-;`;
const text = (line) =>
  line % 100 === 0
    ? `NVRM: Xid (PCI:${address}): 31, pid=${line}, name=flood, Ch 00000008`
    : `flood: line ${line} of a driver gone wild, with as many words as a line of the kernel usually has`;

const xidsAt = [];
for (let line = 0; line < total; ) {
  const due = Math.min(total, Math.floor(((performance.now() - startedMs) / 1000) * Number(rate)));
  for (; line < due; line += 1) {
    if (line % 100 === 0) xidsAt.push(Date.now());
    writeSync(fd, `${head(line)}${text(line)}\n`);
  }
  await sleep(5);
}
closeSync(fd);
process.stdout.write(JSON.stringify(xidsAt));
