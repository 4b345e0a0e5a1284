import type { Judgement, Reading } from '../api.ts';
import type { MachineOptions } from '../host/machine.ts';

/** What the child is asked to judge: everything but the facts, which are in a file. */
export interface JudgeRequest {
  readonly context: 'continuous' | 'prejob' | 'deep' | 'job';
  /** Unix ms. */
  readonly bootedAt: number;
  /** The checks to judge, by id, with the options in force. */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** How long one `judge` may take, and the loading of the module. */
  readonly judgeMs: number;
  /** The machine that collectors read; nothing where there is only a recording of it. */
  readonly machine?: MachineOptions;
}

/** The facts of one moment, as they are written for plugins. */
export interface FactsFile {
  readonly schema_version: 1;
  /** Unix ms. */
  readonly at: number;
  readonly node: string;
  readonly context: string;
  readonly facts: Readonly<Record<string, Reading<unknown> & { readonly at: number; readonly source: string }>>;
}

/** What a module exports, functions by their kind alone; or why it cannot be loaded. */
export type LoadAnswer =
  | { readonly ok: true; readonly exported: readonly unknown[] }
  | { readonly ok: false; readonly reason: string };

/** What one check said, not yet looked at; or what its `judge` did instead. */
export type JudgeAnswer = { readonly judgements: readonly Judgement[] } | { readonly problem: string };

export type JudgedModule =
  | { readonly ok: true; readonly answers: Readonly<Record<string, JudgeAnswer>> }
  | { readonly ok: false; readonly reason: string };
