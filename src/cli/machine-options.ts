/** What every verb that reads the machine takes. */
export interface MachineOptions {
  readonly mock?: string;
  readonly config?: string;
}
