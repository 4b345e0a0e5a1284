import type { Judgement } from './check.ts';
import type { Component } from './component.ts';

/** What one check of a plugin said when it was last asked, under its own id. */
export type PluginAnswer = readonly Judgement[];

/** A plugin that is not used: which file or entry it is, and what is wrong with it. */
export interface RefusedPlugin {
  readonly origin: string;
  readonly reason: string;
}

/** What the site has added to the checks. */
export interface SitePlugins {
  readonly ref: Component;
  /** Ids of the checks that plugins judge. */
  readonly checks: readonly string[];
  readonly refused: readonly RefusedPlugin[];
}
