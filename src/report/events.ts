import type { EventComponent, EventRecord } from '../engine/event.ts';
import type { Palette } from './colour.ts';
import { nameOf } from './component-name.ts';
import { printable } from './printable.ts';

/** What `muster events -o json` prints and `/api/v1/events` answers. */
export interface EventsReport {
  readonly schema_version: 1;
  /** Oldest first. */
  readonly events: readonly EventRecord[];
}

// What JSON leaves as it is and a terminal obeys: C1 controls, line separators, changes of direction.
const OBEYED = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

export const eventsReport = (events: readonly EventRecord[]): EventsReport => ({ schema_version: 1, events });

export const eventsJson = (events: readonly EventRecord[]): string =>
  `${JSON.stringify(eventsReport(events), undefined, 2).replaceAll(OBEYED, escaped)}\n`;

/** `2025-06-01T11:58:12Z`: UTC, and no more digits than a person compares with another log. */
const moment = (at: string): string => at.replace(/\.[0-9]+(?=Z$)/, '');

/** The name, and the address by which the kernel log and the tools call the same part. */
const whereOf = (component: EventComponent | undefined): string => {
  if (component === undefined) return '';
  const name = nameOf(component);
  const { pci_bus_id } = component;
  return pci_bus_id === undefined || name.includes(pci_bus_id) ? name : `${name} ${pci_bus_id}`;
};

const whatOf = ({ message, reason, owner, expires_at }: EventRecord): string => {
  const more = [
    ...(reason === undefined ? [] : [reason]),
    ...(owner === undefined ? [] : [`by ${owner}`]),
    ...(expires_at === undefined ? [] : [`until ${moment(expires_at)}`]),
  ];
  return more.length === 0 ? message : `${message} (${more.join(', ')})`;
};

const paintFor = ({ type, severity }: EventRecord, palette: Palette): ((text: string) => string) => {
  if (type === 'finding_cleared' || type === 'events_durable') return palette.good;
  if (severity === 'CRITICAL') return palette.bad;
  return severity === 'WARNING' ? palette.doubtful : (text) => text;
};

interface Row {
  readonly event: EventRecord;
  readonly cells: readonly string[];
}

const rowOf = (event: EventRecord): Row => {
  const { at, severity, type, check, component } = event;
  const cells = [moment(at), severity ?? '-', type, check ?? '-', whereOf(component) || '-', whatOf(event)];
  return { event, cells: cells.map((cell) => printable(String(cell))) };
};

/** A line an event, the newest last, in columns: time, severity, type, check, component, and what happened. */
export const eventsText = (events: readonly EventRecord[], palette: Palette): string => {
  const rows = events.map(rowOf);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map(({ cells }) => cells[column]?.length ?? 0)));
  const lineOf = ({ event, cells }: Row): string => {
    const paints = [palette.faint, paintFor(event, palette)];
    return cells
      .map((cell, column) => (paints[column] ?? ((text: string) => text))(cell.padEnd(widths[column] ?? 0)))
      .join('  ');
  };
  return rows.map((row) => `${lineOf(row)}\n`).join('');
};
