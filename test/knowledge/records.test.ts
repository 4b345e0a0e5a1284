import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { builtInMachines } from '../../src/knowledge/profiles/machines.ts';
import { products } from '../../src/knowledge/profiles/products.ts';
import { machineSchema, productSchema } from '../../src/knowledge/profiles/record.ts';

describe('what ships fits the schema that a site file is held to', () => {
  it.each(builtInMachines.map((machine) => [machine.id, machine] as const))('machine %s', (_, machine) => {
    expect(v.parse(machineSchema, machine)).toEqual(machine);
  });

  it.each(products.map((product) => [product.id, product] as const))('product %s', (_, product) => {
    expect(v.parse(productSchema, product)).toEqual(product);
  });
});
