import type { ToolState } from '../world/state.ts';
import type { Fault } from './fault.ts';

const tool = (name: string, nvidiaSmi: ToolState, help: string): Fault => ({
  name,
  component: 'node',
  help,
  breaks: (world) => ({ ...world, nvidiaSmi }),
});

export const hungSmi = tool('hung-smi', 'hung', 'nvidia-smi hangs and ignores SIGTERM');
export const brokenSmi = tool('broken-smi', 'garbage', 'nvidia-smi prints garbage and exits with 255');
export const driverMismatch = tool(
  'driver-mismatch',
  'library-mismatch',
  'the driver library and the loaded kernel module have different versions',
);
export const noDriver = tool('no-driver', 'no-driver', 'the NVIDIA kernel module is not loaded');
