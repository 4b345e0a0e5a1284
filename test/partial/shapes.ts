import type { Edit, RawMachine } from '../support/raw-machine.ts';
import { rawMachine } from '../support/raw-machine.ts';

export const XML = 'commands/nvidia-smi_-q_-x.out';
const NVLINK_STATUS = 'commands/nvidia-smi_nvlink_-s.out';
const NVLINK_ERRORS = 'commands/nvidia-smi_nvlink_-e.out';
const TOPOLOGY = 'commands/nvidia-smi_topo_-m.out';
const DEVICES = 'sys/bus/pci/devices';

/** Bare output of `nvidia-smi -q -x`, as `--from` takes it. */
export const bareXml = (text: string, at = Date.UTC(2026, 7, 21)): RawMachine =>
  rawMachine([{ tree: new Map([[XML, text]]), at }]);

/** Changes of the XML one after the other. */
export const xml =
  (...edits: readonly ((text: string) => string)[]) =>
  (machine: RawMachine): RawMachine =>
    machine.with({ [XML]: (text) => edits.reduce((changed, edit) => edit(changed), text) });

/** Other words in an element, wherever it stands. */
export const saying =
  (element: string, words: string) =>
  (text: string): string =>
    text.replaceAll(new RegExp(`<(${element})>[^<]*<`, 'g'), `<$1>${words}<`);

/** Another product under another device id. */
export const product =
  (name: string, deviceId: string) =>
  (text: string): string =>
    saying('pci_device_id', `${deviceId}10DE`)(saying('product_name', name)(text));

const blocks = /\t<gpu id=[\s\S]*?<\/gpu>\n/g;

/** Only these GPUs, by their place, are described. */
const describing = (kept: readonly number[]) => (text: string) => {
  let place = 0;
  return text.replaceAll(blocks, (block) => (kept.includes(place++) ? block : ''));
};

/** The part of `nvidia-smi nvlink` and its like that is about these GPUs, counted anew. */
const listing = (kept: readonly number[]) => (text: string) =>
  text
    .split(/(?=^GPU \d+:)/m)
    .filter((_, place) => kept.includes(place))
    .map((block, place) => block.replace(/^GPU \d+/, `GPU ${place}`))
    .join('');

const attached = (count: number) => saying('attached_gpus', `${count}`);

/** A process that may see only these GPUs; the driver counts `of` of them. */
export const seeing =
  (kept: readonly number[], of: number) =>
  (machine: RawMachine): RawMachine =>
    xml(
      describing(kept),
      attached(of),
    )(machine.with({ [NVLINK_STATUS]: listing(kept), [NVLINK_ERRORS]: listing(kept) })).without(TOPOLOGY);

const gpuAddresses = (machine: RawMachine): readonly string[] => {
  const tree = machine.moments[0]?.tree ?? new Map<string, string>();
  return [...tree]
    .filter(([path, text]) => path.endsWith('/uevent') && text.includes('PCI_CLASS=030200'))
    .map(([path]) => path.split('/').at(-2) ?? '')
    .sort();
};

/** A machine, virtual or small, that has the first GPUs only. */
export const slice =
  (count: number) =>
  (machine: RawMachine): RawMachine => {
    const gone = gpuAddresses(machine).slice(count);
    const kept = Array.from({ length: count }, (_, place) => place);
    return seeing(
      kept,
      count,
    )(gone.length === 0 ? machine : machine.without(...gone.map((pci) => `${DEVICES}/${pci}/**`)));
  };

/** The host gave these GPUs, by their place on the bus, to virtual machines. */
export const passingThrough =
  (places: readonly number[]) =>
  (machine: RawMachine): RawMachine => {
    const given = gpuAddresses(machine).filter((_, place) => places.includes(place));
    const edits = given.map((pci): [string, Edit] => [
      `${DEVICES}/${pci}/uevent`,
      (text) => text.replace('DRIVER=nvidia\n', 'DRIVER=vfio-pci\n'),
    ]);
    return machine.with(Object.fromEntries(edits));
  };

/** Every call of nvidia-smi ends so. */
export const answering =
  (words: string, exitCode: number) =>
  (machine: RawMachine): RawMachine =>
    machine.with(
      Object.fromEntries(
        ['-q_-x', 'nvlink_-s', 'nvlink_-e', 'topo_-m'].flatMap((call) => [
          [`commands/nvidia-smi_${call}.out`, `${words}\n`],
          [`commands/nvidia-smi_${call}.exit`, `${exitCode}\n`],
        ]),
      ),
    );

/** A guest of a hypervisor that hands whole GPUs through. */
export const guest = saying('virtualization_mode', 'Pass-Through');

/** MIG mode on every GPU, as an A100 prints it: what is of the whole GPU is N/A, and its instances are listed. */
export const inMigMode = (machine: RawMachine): RawMachine => {
  const instance = (index: number) =>
    `\t\t\t<mig_device>\n\t\t\t\t<index>${index}</index>\n\t\t\t\t<gpu_instance_id>${index + 1}</gpu_instance_id>\n\t\t\t\t<compute_instance_id>0</compute_instance_id>\n\t\t\t\t<ecc_error_count>\n\t\t\t\t\t<volatile_count>\n\t\t\t\t\t\t<sram_uncorrectable>0</sram_uncorrectable>\n\t\t\t\t\t</volatile_count>\n\t\t\t\t</ecc_error_count>\n\t\t\t\t<fb_memory_usage>\n\t\t\t\t\t<total>40192 MiB</total>\n\t\t\t\t\t<used>1 MiB</used>\n\t\t\t\t\t<free>40191 MiB</free>\n\t\t\t\t</fb_memory_usage>\n\t\t\t</mig_device>\n`;
  const refused: Edit = (text) =>
    text
      .replaceAll(/^\t .*\n/gm, '')
      .replaceAll(/^(GPU \d+: .*)$/gm, '$1\nNvlink queries are not supported for Devices in MIG mode');
  return xml(
    saying('current_mig|pending_mig', 'Enabled'),
    saying('gpu_util|memory_util|encoder_util|decoder_util|jpeg_util|ofa_util', 'N/A'),
    (text) => text.replaceAll(/<volatile>[\s\S]*?<\/volatile>/g, (counts) => counts.replaceAll(/>\d+</g, '>N/A<')),
    (text) => text.replaceAll(/<remapped_rows>[\s\S]*?<\/remapped_rows>/g, '<remapped_rows>N/A</remapped_rows>'),
    (text) =>
      text.replaceAll(
        /<mig_devices>[\s\S]*?<\/mig_devices>/g,
        `<mig_devices>\n${instance(0)}${instance(1)}\t\t</mig_devices>`,
      ),
  )(machine.with({ [NVLINK_STATUS]: refused, [NVLINK_ERRORS]: refused }));
};

/** No GPU of the machine has NVLink. */
export const withoutNvlink = (machine: RawMachine): RawMachine => {
  const none: Edit = (text) =>
    text.replaceAll(/^\t .*\n/gm, '').replaceAll(/^(GPU \d+: .*)$/gm, '$1\nDevice does not have or support Nvlink');
  return machine.with({ [NVLINK_STATUS]: none, [NVLINK_ERRORS]: none });
};

/** These links of every GPU are wired to nothing. */
export const unwired =
  (links: readonly number[]) =>
  (machine: RawMachine): RawMachine =>
    machine.with({
      [NVLINK_STATUS]: (text) =>
        text.replaceAll(/Link (\d+): \S+ GB\/s/g, (line, link) =>
          links.includes(Number(link)) ? `Link ${link}: <inactive>` : line,
        ),
    });

const NOT_OF_A_VGPU = [
  'max_link_gen|current_link_gen|device_current_link_gen|max_device_link_gen|max_link_width|current_link_width',
  'replay_counter|replay_rollover_counter|fan_speed|vbios_version|img_version|oem_object|ecc_object',
  'gpu_temp|gpu_temp_tlimit|memory_temp|gpu_temp_\\w+_threshold|average_power_draw|instant_power_draw',
  'current_power_limit|requested_power_limit|default_power_limit|min_power_limit|max_power_limit',
  'current_ecc|pending_ecc|sram_correctable|sram_uncorrectable_\\w+|dram_correctable|dram_uncorrectable',
  'sram_threshold_exceeded|graphics_clock|sm_clock|video_clock|clocks_event_reason_\\w+|gsp_firmware_version',
  'gpu_recovery_action',
].join('|');

/** The guest of a vGPU host: a part of a board under the device id of the whole, without the board's sensors. */
export const vgpu =
  (name: string) =>
  (machine: RawMachine): RawMachine =>
    withoutNvlink(
      xml(saying('product_name', name), saying('virtualization_mode', 'VGPU'), saying(NOT_OF_A_VGPU, 'N/A'), (text) =>
        text.replaceAll(/<remapped_rows>[\s\S]*?<\/remapped_rows>/g, '<remapped_rows>N/A</remapped_rows>'),
      )(machine),
    );

/** One change after the other. */
export const changed = (
  machine: RawMachine,
  ...changes: readonly ((machine: RawMachine) => RawMachine)[]
): RawMachine => changes.reduce((so, change) => change(so), machine);
