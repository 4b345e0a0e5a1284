export type Severity = 'INFO' | 'WARNING' | 'CRITICAL';
export type Context = 'continuous' | 'prejob' | 'deep' | 'job';

/** What can be done next, the greater effort last. */
export const ACTIONS = ['none', 'watch', 'restart_app', 'reset_gpu', 'reboot', 'service'] as const;

/** What to do next. `drain`: no new job should start here until it is done. */
export interface Action {
  readonly drain: boolean;
  readonly then: (typeof ACTIONS)[number];
}

/** A condition is raised by N of M and cleared by passes; an event is raised at once and cleared only by what is stated. */
export type Lifetime =
  | 'condition'
  | { readonly clearedBy: 'gpu-reset' | 'reboot' | 'service' }
  | { readonly clearedAfterSeconds: number };

export interface Rule {
  readonly title: string;
  readonly severity: Severity;
  readonly action: Action;
  readonly lifetime: Lifetime;
  /** A condition that no reboot cures: it stands until its component is judged anew, also after one. */
  readonly outlivesReboot?: true;
  /**
   * A condition of something that ends, such as a job: raised, it is over when it has not been seen for so long and nothing
   * is left by which it could be judged anew. A source that fails is no such end.
   */
  readonly lapsesAfterSeconds?: number;
  /** Since when, or where only, the value exists ("from driver 570"). Silence about such a code does not hold back a pass. */
  readonly availability?: string;
}
