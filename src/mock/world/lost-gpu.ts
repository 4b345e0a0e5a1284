/**
 * What `nvidia-smi -q -x` cannot read from a GPU that fell off the bus: 29 bodies say "GPU is lost", a whole subtree
 * among them, while name, UUID, power limits and maximum clocks still look well
 * (NVIDIA/k8s-test-infra, real nvidia-smi 580.65.06 over a lost device).
 */
export const LOST_PATHS: ReadonlySet<string> = new Set([
  'performance_state',
  'pci/pci_gpu_link_info/pcie_gen/current_link_gen',
  'pci/pci_gpu_link_info/link_widths/current_link_width',
  'pci/replay_counter',
  'pci/tx_util',
  'pci/rx_util',
  'fb_memory_usage/total',
  'fb_memory_usage/reserved',
  'fb_memory_usage/used',
  'fb_memory_usage/free',
  'bar1_memory_usage/total',
  'bar1_memory_usage/used',
  'bar1_memory_usage/free',
  'utilization/gpu_util',
  'utilization/memory_util',
  'ecc_errors/volatile/dram_correctable',
  'ecc_errors/volatile/dram_uncorrectable',
  'ecc_errors/aggregate/dram_correctable',
  'ecc_errors/aggregate/dram_uncorrectable',
  'remapped_rows',
  'temperature/gpu_temp',
  'temperature/gpu_temp_tlimit',
  'temperature/memory_temp',
  'gpu_power_readings/average_power_draw',
  'gpu_power_readings/instant_power_draw',
  'clocks/graphics_clock',
  'clocks/sm_clock',
  'clocks/mem_clock',
  'clocks/video_clock',
]);
