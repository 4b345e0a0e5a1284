/** Our own child processes: what runs when the entry is started again by `selfCommand`. */

export const mockOwner = async (args: readonly string[]): Promise<number> => {
  const { runOwnerFromArgs } = await import('../mock/owner.ts');
  return runOwnerFromArgs(args);
};

export const pluginChild = async (args: readonly string[]): Promise<number> => {
  const { runPluginChild } = await import('../plugins/module-child.ts');
  return runPluginChild(args);
};

export const inventoryChild = async (): Promise<number> => {
  const { runInventoryChild } = await import('../collectors/inventory-child.ts');
  return runInventoryChild();
};
