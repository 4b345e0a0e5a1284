/** The command that starts our own entry as the child in which a module is loaded. */
export type OwnCommand = (args: readonly string[]) => { readonly file: string; readonly args: readonly string[] };
